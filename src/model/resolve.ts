/**
 * From operations to a PolicySet: what the product's database would hold after the batch. Operations are applied in file
 * order to an empty database, automatic priorities are assigned as the product assigns them (hpux-ipsec reference 5.2), and
 * every list is put into search order.
 */

import { formatAddress } from './address.js';
import type { Dialect } from './language/dialect.js';
import { ranges } from './language/limits.js';
import type { ObjectName } from './language/objects.js';
import type { AlgorithmRow } from './language/values.js';
import { ikev1Encryption, ikev1Hash, ikev2Encryption, ikev2Hash, ikev2Prf } from './language/values.js';
import type { Origin, Sourced } from './origin.js';
import type { Problem } from './problem.js';
import type { AuthRecord } from './record/auth.js';
import type { IkeRecord } from './record/ike.js';
import type { GatewayRecord, HostRecord, PolicyAction, TunnelRecord } from './record/policy.js';
import type {
  BypassRecord,
  CertificateRecord,
  DefaultPolicyRecord,
  Operation,
  PolicyRecord,
  StartupRecord,
} from './record/record.js';
import { SourceText, type Span } from './span.js';

/** A record that has a place in a search order. */
export type Prioritised<R> = R & { readonly priority: Sourced<number> };

/** What happens to packets that no policy selects, and who said so. */
export interface DefaultPolicy {
  readonly action: Sourced<PolicyAction>;
  readonly record?: DefaultPolicyRecord;
}

/** An add statement that made no record at all. */
export interface LostRecord {
  /** Absent where not even that can be told. */
  readonly kind?: ObjectName;
  readonly at: Span;
}

export interface PolicySet {
  readonly dialect: Dialect;
  /** In search order: the lowest priority number first, equal numbers (an error) in file order. */
  readonly hosts: readonly Prioritised<HostRecord>[];
  readonly defaultHost: DefaultPolicy;
  readonly gateways: readonly Prioritised<GatewayRecord>[];
  readonly defaultGateway: DefaultPolicy;
  /** In file order. */
  readonly tunnels: readonly TunnelRecord[];
  readonly tunnelByName: ReadonlyMap<string, TunnelRecord>;
  /** In search order; the preloaded default, when the dialect has one, is not in the list. */
  readonly ike: readonly Prioritised<IkeRecord>[];
  readonly ikev1: readonly Prioritised<IkeRecord>[];
  readonly ikev2: readonly Prioritised<IkeRecord>[];
  /** The preloaded default policies, as shipped or as changed; absent in A.02. */
  readonly defaultIkev1?: IkeRecord;
  readonly defaultIkev2?: IkeRecord;
  /** In search order; A.02 has no priorities, there the longest prefix wins. */
  readonly auths: readonly Prioritised<AuthRecord>[];
  readonly bypass: readonly BypassRecord[];
  readonly startup?: StartupRecord;
  readonly certificates: readonly CertificateRecord[];
  /** Number of add and delete operations. */
  readonly operations: number;
  /** What somebody wanted to add and is not among the records. */
  readonly lost: readonly LostRecord[];
}

/** Step of automatic priorities by profile section. */
export type PriorityStep = (section: string) => Sourced<number>;

type Keyed = HostRecord | GatewayRecord | TunnelRecord | IkeRecord | AuthRecord;
type Ordered = HostRecord | GatewayRecord | IkeRecord | AuthRecord;

const sections: Readonly<Record<Ordered['kind'], string>> = {
  host: 'HostPolicy-Defaults',
  gateway: 'GatewayPolicy-Defaults',
  ike: 'IKEPolicy-Defaults',
  ikev1: 'IKEV1Policy-Defaults',
  ikev2: 'IKEV2Policy-Defaults',
  auth: 'AuthPolicy-Defaults',
};

/** One kind of record in the making: by name, with the highest priority so far. */
class Shelf<R extends Keyed> {
  readonly records = new Map<string, R>();
  #highest = 0;
  /** The highest number went with a deleted record: it must be looked for again. */
  #stale = false;

  get highest(): number {
    if (this.#stale) {
      this.#highest = 0;
      for (const record of this.records.values()) this.#highest = Math.max(this.#highest, countedPriority(record));
      this.#stale = false;
    }
    return this.#highest;
  }

  add(record: R): void {
    this.records.set(record.name, record);
    if (!this.#stale) this.#highest = Math.max(this.#highest, countedPriority(record));
  }

  delete(name: string): void {
    const record = this.records.get(name);
    if (!record) return;
    this.records.delete(name);
    if (priorityOf(record) === this.#highest) this.#stale = true;
  }
}

function priorityOf(record: Keyed): number | undefined {
  return 'priority' in record ? record.priority?.value : undefined;
}

/** What counts for automatic priorities: a written number that is out of range would leave none for all that follow. */
function countedPriority(record: Keyed): number {
  const priority = priorityOf(record) ?? 0;
  return priority <= ranges.priority.max ? priority : 0;
}

/** Applies the operations. Refused ones (a second record of one name) are reported and left out. */
export function resolve(
  operations: readonly Operation[],
  dialect: Dialect,
  step: PriorityStep,
  lost: readonly LostRecord[] = [],
): { policies: PolicySet; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const host = new Shelf<HostRecord>();
  const gateway = new Shelf<GatewayRecord>();
  const tunnel = new Shelf<TunnelRecord>();
  const ike = new Shelf<IkeRecord>();
  const ikev1 = new Shelf<IkeRecord>();
  const ikev2 = new Shelf<IkeRecord>();
  const auth = new Shelf<AuthRecord>();
  const shelves = { host, gateway, tunnel, ike, ikev1, ikev2, auth } as const;
  const bypass = new Map<string, BypassRecord>();
  const certificates: CertificateRecord[] = [];
  let defaultHost: DefaultPolicyRecord | undefined;
  let defaultGateway: DefaultPolicyRecord | undefined;
  let defaultIkev1: IkeRecord | undefined;
  let defaultIkev2: IkeRecord | undefined;
  let startup: StartupRecord | undefined;

  const place = <R extends Keyed>(shelf: Shelf<R>, record: R) => {
    const first = shelf.records.get(record.name);
    if (first) {
      problems.push(duplicate(record, first));
      return;
    }
    shelf.add(numbered(record, shelf.highest, step, problems));
  };

  for (const operation of operations) {
    if (operation.verb === 'delete') {
      if (operation.object === 'bypass' && operation.address) bypass.delete(addressKey(operation.address));
      else if (operation.object in shelves) shelves[operation.object as keyof typeof shelves].delete(operation.name);
      continue;
    }
    const { record } = operation;
    switch (record.kind) {
      case 'host':
        place(host, record);
        break;
      case 'gateway':
        place(gateway, record);
        break;
      case 'tunnel':
        place(tunnel, record);
        break;
      case 'ike':
        place(ike, record);
        break;
      case 'ikev1':
        if (record.name === 'default') defaultIkev1 = record;
        else place(ikev1, record);
        break;
      case 'ikev2':
        if (record.name === 'default') defaultIkev2 = record;
        else place(ikev2, record);
        break;
      case 'auth':
        place(auth, record);
        break;
      case 'bypass': {
        const first = bypass.get(addressKey(record.address));
        if (first) problems.push(duplicate(record, first));
        else bypass.set(addressKey(record.address), record);
        break;
      }
      case 'default-host':
        defaultHost = record;
        break;
      case 'default-gateway':
        defaultGateway = record;
        break;
      case 'startup':
        startup = record;
        break;
      default:
        certificates.push(record);
    }
  }
  const pass: Sourced<PolicyAction> = {
    value: { kind: 'PASS' },
    origin: { kind: 'builtin', what: 'preloaded default policy' },
  };
  const defaults =
    dialect === 'A.02'
      ? {}
      : { defaultIkev1: defaultIkev1 ?? shippedIke('ikev1'), defaultIkev2: defaultIkev2 ?? shippedIke('ikev2') };
  return {
    problems,
    policies: {
      dialect,
      hosts: ordered(host),
      defaultHost: defaultHost ? { action: defaultHost.action, record: defaultHost } : { action: pass },
      gateways: ordered(gateway),
      defaultGateway: defaultGateway ? { action: defaultGateway.action, record: defaultGateway } : { action: pass },
      tunnels: [...tunnel.records.values()],
      tunnelByName: tunnel.records,
      ike: ordered(ike),
      ikev1: ordered(ikev1),
      ikev2: ordered(ikev2),
      ...defaults,
      auths: ordered(auth),
      bypass: [...bypass.values()],
      ...(startup ? { startup } : {}),
      certificates,
      operations: operations.length,
      lost,
    },
  };
}

function addressKey(address: BypassRecord['address']): string {
  return formatAddress(address.family, address.value);
}

/** The record with its automatic priority, unless it has one or its kind knows none. */
function numbered<R extends Keyed>(record: R, highest: number, step: PriorityStep, problems: Problem[]): R {
  if (record.kind === 'tunnel' || record.priority) return record;
  const increment = step(sections[record.kind]).value;
  let value = highest + increment;
  if (value > ranges.priority.max) {
    problems.push({
      code: 'SYN002',
      message: `no automatic priority is left for ${record.kind} '${record.name}': the highest one in use is ${highest}`,
      at: record.nameAt,
      help: 'write a priority',
      record: { kind: record.kind, name: record.name },
    });
    value = ranges.priority.max;
  }
  const rule =
    highest === 0 ? `the first record gets the step of ${increment}` : `highest so far (${highest}) plus ${increment}`;
  return { ...record, priority: { value, origin: { kind: 'automatic', rule } } };
}

function duplicate(record: Keyed | BypassRecord, first: Keyed | BypassRecord): Problem {
  return {
    code: 'SYN013',
    message: `${record.kind} '${record.name}' is added twice`,
    at: record.nameAt,
    related: [{ at: first.nameAt, text: 'first added here' }],
    help: 'an existing record is not overwritten: delete it first, or choose another name',
    record: { kind: record.kind, name: record.name },
  };
}

function ordered<R extends Ordered>(shelf: Shelf<R>): Prioritised<R>[] {
  return ([...shelf.records.values()] as Prioritised<R>[]).sort((a, b) => a.priority.value - b.priority.value);
}

/** The preloaded IKE policies (G0300 p.95): 3DES, MD5 or HMAC-SHA1, group 2, 28800 seconds, no PFS. */
function shippedIke(kind: 'ikev1' | 'ikev2'): IkeRecord {
  const origin: Origin = { kind: 'builtin', what: `preloaded default ${kind} policy` };
  const nowhere = { source: new SourceText(`preloaded ${kind} policy`, ''), start: 0, end: 0 };
  const row = (table: readonly AlgorithmRow[], word: string) => table.filter((candidate) => candidate.word === word);
  const any = {
    range: { family: 4 as const, first: 0, last: 0xffff_ffff },
    address: { family: 4 as const, value: 0 },
    prefixLength: 0,
    prefixWritten: true,
    hostBits: false,
  };
  return {
    kind,
    name: 'default',
    nameAt: nowhere,
    at: nowhere,
    remote: { value: any, origin },
    groups: { value: [2], origin },
    hash: { value: kind === 'ikev1' ? row(ikev1Hash, 'MD5') : row(ikev2Hash, 'HMAC-SHA1'), origin },
    encryption: { value: row(kind === 'ikev1' ? ikev1Encryption : ikev2Encryption, '3DES'), origin },
    ...(kind === 'ikev2' ? { prf: { value: row(ikev2Prf, 'HMAC-SHA1'), origin } } : {}),
    lifeSeconds: { value: 28800, origin },
    pfs: { value: false, origin },
  };
}

/** Every record of the set in no particular order. */
export function allRecords(policies: PolicySet): PolicyRecord[] {
  return [
    ...policies.hosts,
    ...policies.gateways,
    ...policies.tunnels,
    ...policies.ike,
    ...policies.ikev1,
    ...policies.ikev2,
    ...policies.auths,
    ...policies.bypass,
    ...policies.certificates,
    ...(policies.startup ? [policies.startup] : []),
    ...(policies.defaultHost.record ? [policies.defaultHost.record] : []),
    ...(policies.defaultGateway.record ? [policies.defaultGateway.record] : []),
  ];
}
