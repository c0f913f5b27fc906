/** A change of one system that may mend a negotiation: what it is called, and how it is made. */
import type { TextEdit } from '../../../model/finding.js';
import type { EntrySource, SystemConfig } from '../../../model/system-config.js';
import type { Side } from '../plan.js';

export interface Change {
  readonly side: Side;
  /** `add 14 to -group of ikev2 'a_ike'`; without the system's name, never a secret. */
  readonly title: string;
  readonly source?: EntrySource;
  /** How records are edited; absent where the system was not written in records, or they cannot say it. */
  readonly edits?: readonly TextEdit[];
  /** The same on the configuration, for systems without records. */
  patch(config: SystemConfig): SystemConfig;
}
