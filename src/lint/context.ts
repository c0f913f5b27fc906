/** What rules are given: the records, the configuration, and answers that several rules share. */
import type { Address } from '../model/address.js';
import type { StatedRequirement } from '../model/assertion.js';
import type { SystemCredentials } from '../model/credentials.js';
import type { ExtendedTables } from '../model/language/extra-values.js';
import type { Management } from '../model/management.js';
import type { DataPathName } from '../model/peer-profile/data-path.js';
import type { PeerProfileName } from '../model/peer-profile/peer-profile.js';
import type { PolicySet } from '../model/resolve.js';
import { buildSpdIndex, type SpdIndex } from '../model/selector/spd-index.js';
import type { SourceText } from '../model/span.js';
import type { SpdEntry, SystemConfig } from '../model/system-config.js';
import type { PeerProduct } from './peer-products.js';

/** A host of the inventory, as far as rules need it. */
export interface HostFacts {
  readonly name: string;
  readonly addresses: readonly Address[];
  readonly roles: readonly ('host' | 'gateway')[];
  /** Its addresses are behind a NAT when seen from peers. */
  readonly behindNat: boolean;
  /** Where its policy runs. */
  readonly target: 'hpux' | 'linux-xfrm' | 'userspace' | undefined;
  /** How its IPsec behaves, where that is not what its target says. */
  readonly product?: PeerProfileName;
  /** What carries its packets, where that is not the kernel. */
  readonly dataPath?: DataPathName;
  /** Speed of its fastest link in megabits per second. */
  readonly linkMbps?: number;
  /** Octets of an IP packet that its links carry; 1500 unless told. */
  readonly mtu?: number;
  /** The address that peers see, where it is behind a NAT. */
  readonly publicAddress?: Address;
  /** Names in the Linux crypto API of the algorithms that its kernel has, where somebody asked it. */
  readonly kernelAlgorithms?: readonly string[];
  /** From where it is administered, where the inventory says so. */
  readonly management?: readonly Management[];
}

export interface LintSettings {
  /** The day for which dates are judged, as YYYY-MM-DD. */
  readonly asOf: string;
  /** Guidance profiles that are on, by name. */
  readonly profiles: readonly string[];
  /** Is the name of a file in a tracked repository (for keys in files)? Unknown outside of one. */
  readonly repository: boolean;
  /** Units of work that one exact question about one record may cost before it is left undecided. */
  readonly budget: number;
  /** Lists of IKE values that the configuration has extended. */
  readonly tables?: ExtendedTables;
  /** Peers whose products are known, and what those are taken for of which nothing is known. */
  readonly peers?: readonly PeerProduct[];
  readonly peerProfile?: PeerProfileName;
  /** Days before the end of a certificate from which on it is said; 30 unless told. */
  readonly expiryDays?: number;
}

/** What captures show of one system. */
export interface ObservedTraffic {
  /** Packets with an end that is the system's own. */
  readonly packets: number;
  /** Entries of its SPD that took at least one. */
  readonly hit: ReadonlySet<SpdEntry>;
}

export interface SystemContext {
  readonly name: string;
  /** Read from another product's configuration: there are no records. */
  readonly imported?: boolean;
  readonly policies: PolicySet;
  readonly config: SystemConfig;
  readonly host?: HostFacts;
  readonly settings: LintSettings;
  /** What the files hold that its records name as certificates; absent where they name none. */
  readonly credentials?: SystemCredentials;
  /** Absent where no captures were given. */
  readonly traffic?: ObservedTraffic;
  /** The first of its files, for findings about the system as a whole. */
  readonly firstFile?: SourceText;
  /** First-match index over `config.spd`, built once. */
  readonly spdIndex: SpdIndex;
}

export interface PairContext {
  readonly a: SystemContext;
  readonly b: SystemContext;
  readonly settings: LintSettings;
}

export interface RepositoryContext {
  readonly systems: readonly SystemContext[];
  /** Every host of the inventory, also those without files. */
  readonly hosts: readonly HostFacts[];
  /** Files that belong to no host of the inventory. */
  readonly unownedFiles: readonly string[];
  /** What the repository's assertion files demand; absent where it has none. */
  readonly requirements?: readonly StatedRequirement[];
  readonly settings: LintSettings;
}

/** Builds a system's context; the index is built when the first rule asks for it. */
export function systemContext(base: Omit<SystemContext, 'spdIndex'>): SystemContext {
  let index: SpdIndex | undefined;
  return {
    ...base,
    get spdIndex() {
      index ??= buildSpdIndex(base.config.spd.map((entry) => entry.selectors));
      return index;
    },
  };
}
