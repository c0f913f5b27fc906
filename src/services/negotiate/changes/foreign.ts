/** Changes of systems that are written in another product's language: the same wishes, said in that language. */

import type { EditWish } from '../../../dialects/editing.js';
import type { TextEdit } from '../../../model/finding.js';
import type { NegotiatingSystem } from '../systems.js';
import { ownerText } from './record-text.js';

export interface ForeignChange {
  /** `set pfs=no in conn 'gw'`; never a secret. */
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/** The change as the system's files would say it; undefined for records, and for what the language or its editor cannot say. */
export function foreignChange(system: NegotiatingSystem, wish: EditWish): ForeignChange | undefined {
  const { imported, importedBy } = system.loaded;
  const edit = imported && importedBy?.edit?.(wish, imported);
  if (!edit || edit.edits.length === 0) return undefined;
  return { title: `${edit.what} in ${ownerText(system, sourceOf(wish))}`, edits: edit.edits };
}

function sourceOf(wish: EditWish) {
  if ('pad' in wish) return wish.pad.source;
  return wish.kind === 'ike-proposal' ? wish.policy.source : wish.template.source;
}
