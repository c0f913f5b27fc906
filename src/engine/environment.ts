/** What one engine has at hand: its system's records, its product's ways, cryptography and credentials. */

import type { SystemView } from '../model/peer/system-view.js';
import type { DataPathName } from '../model/peer-profile/data-path.js';
import type { PeerProfile } from '../model/peer-profile/peer-profile.js';
import type { Credentials } from './credentials.js';
import type { CryptoProvider } from './crypto/provider.js';
import type { Millis } from './ipsec/sa.js';

export interface Environment {
  readonly view: SystemView;
  readonly profile: PeerProfile;
  readonly provider: CryptoProvider;
  readonly credentials: Credentials;
  readonly limits: EngineLimits;
  /** What carries the packets of this system; SAs that it cannot have are refused. Absent: it can have all. */
  readonly dataPath?: DataPathName;
  /** The calendar time of an engine time, for certificates. */
  date(now: Millis): Date;
  /** Serial numbers of IKE SAs and Child SAs. */
  nextSerial(of: 'ike' | 'child'): number;
  /** A fresh SPI of ESP or AH, 256..2^32-1, that no inbound SA of this system has. */
  allocateSpi(): number;
}

/** Bounds of what peers can make an engine keep. */
export interface EngineLimits {
  readonly halfOpenMax: number;
  readonly ikeSasMax: number;
  readonly childSasMax: number;
  /** Exchanges that wait for their turn on one IKE SA. */
  readonly queuedExchangesMax: number;
}

export const engineLimits: EngineLimits = {
  halfOpenMax: 10_000,
  ikeSasMax: 100_000,
  childSasMax: 400_000,
  queuedExchangesMax: 256,
};
