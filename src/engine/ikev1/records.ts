/**
 * Which records of this system a peer's phase 1 is judged by (hpux-ipsec reference 5.3, 7.2): the PAD entry by the addresses
 * in Main Mode, by the identity in Aggressive Mode, then the version, the exchange and the IKE policy by the address. The
 * first entry that fits counts; what is refused after that is not searched for further.
 */
import { formatAddress, formatRange, rangeContains, singleAddress } from '../../model/address.js';
import { byIdentities, type Candidate, connectionsFor } from '../../model/peer/connection/candidates.js';
import { hasConnections } from '../../model/peer/connection/ike.js';
import { classOf, ikev1Method } from '../../model/peer/connection/methods.js';
import { formatExpectation, formatIdentity } from '../../model/peer/identity.js';
import type { SystemView } from '../../model/peer/system-view.js';
import type { Identity, IkePolicy, PadEntry } from '../../model/system-config.js';
import type { EngineEvent, PassedOverEntry } from '../event.js';
import type { FailureCode } from '../failure.js';
import type { Ends } from '../ipsec/bundle.js';

export interface RecordRefusal {
  readonly code: FailureCode;
  readonly text: string;
  /** The PAD entry, where there was one. */
  readonly pad?: PadEntry;
}

export type FoundRecords =
  | {
      readonly kind: 'found';
      readonly pad: PadEntry;
      readonly policy: IkePolicy;
      /** Connections for the same addresses, the best first, where the peer's identity will choose among them. */
      readonly alternatives?: readonly Candidate[];
      readonly events: EngineEvent[];
    }
  | { readonly kind: 'refused'; readonly refusal: RecordRefusal; readonly events: EngineEvent[] };

/** Entries that a search names as passed over; a file may have thousands. */
const passedOverMax = 16;

/** The records for a peer that starts Main Mode, or Aggressive Mode with its identity encrypted. */
export function recordsByAddress(view: SystemView, ends: Ends, exchange: 'main' | 'aggressive' = 'main'): FoundRecords {
  if (hasConnections(view.config)) return connectionsByAddress(view, ends);
  const { config, padEntries } = view;
  const key = formatAddress(ends.remote.family, ends.remote.value);
  const pad = view.padFor(ends);
  const search = found(
    'PAD',
    key,
    pad?.source,
    passedBy(padEntries, pad, (entry) => addressMiss(entry, ends)),
  );
  if (!pad) return refused([search], 'no-pad-entry', `no auth record of ${config.name} is for ${key}`);
  return withPolicy(view, ends, pad, exchange, [search]);
}

/** Of connections the one whose addresses fit best is asked for proposals; identities choose among all that fit. */
function connectionsByAddress(view: SystemView, ends: Ends): FoundRecords {
  const { config, padEntries } = view;
  const key = formatAddress(ends.remote.family, ends.remote.value);
  const alternatives = connectionsFor(config, ends, 1);
  const [first] = alternatives;
  const passedOver = passedBy(padEntries, first?.pad, (entry) => addressMiss(entry, ends));
  const search = found('PAD', key, first?.pad.source, passedOver);
  if (first) {
    const { pad, policy } = first;
    return {
      kind: 'found',
      pad,
      policy,
      alternatives,
      events: [search, found('IKE policies', key, policy.source, [])],
    };
  }
  const [other] = connectionsFor(config, ends, 2);
  if (other) {
    return refused([search], 'version-refused', `${nameOf(other.pad)} takes IKEv2 and not IKEv1`, other.pad);
  }
  return refused([search], 'no-pad-entry', `no connection of ${config.name} is for ${key}`);
}

/** The records for a peer that starts Aggressive Mode with an identity; not for connections, among which it chooses later. */
export function recordsByIdentity(view: SystemView, ends: Ends, identity: Identity): FoundRecords {
  const { config, padEntries } = view;
  const [name, source] = [formatIdentity(identity), ends.remote];
  const pad = view.identities.find(identity, source);
  const passedOver = passedBy(padEntries, pad, (entry) => `it expects ${formatExpectation(entry)}`);
  const search = found('PAD', name, pad?.source, passedOver);
  if (!pad) {
    const byAddress = padEntries.find((entry) => isFor(entry, ends));
    // The record for the address is what its administrator meant: what is wrong with it first explains most.
    const meant = byAddress && withPolicy(view, ends, byAddress, 'aggressive', [search]);
    if (meant?.kind === 'refused') return meant;
    const hint = byAddress
      ? `: ${nameOf(byAddress)}, which is for the address, expects ${formatExpectation(byAddress)}`
      : '';
    const text = `no auth record of ${config.name} expects the identity ${name}${hint}`;
    return refused([search], byAddress ? 'identity-refused' : 'no-pad-entry', text, byAddress);
  }
  if (!rangeContains(pad.remote, singleAddress(source))) {
    const address = formatAddress(source.family, source.value);
    const text = `the identity ${name} leads to ${nameOf(pad)}, which is for ${formatRange(pad.remote)} and not for ${address}`;
    return refused([search], 'identity-refused', text, pad);
  }
  return withPolicy(view, ends, pad, 'aggressive', [search]);
}

/** The connections for an identity with this method and exchange, the best first. */
export function usableConnections(
  alternatives: readonly Candidate[],
  identity: Identity,
  method: PadEntry['localMethod']['value'],
  exchange: 'main' | 'aggressive',
): readonly Candidate[] {
  return byIdentities(alternatives, undefined, identity).filter(
    ({ pad }) => ikev1Method(pad, 'responder') === classOf(method) && pad.exchange.value === exchange,
  );
}

/** The connection that an identity chooses, or in words why there is none. */
export function chooseConnection(
  alternatives: readonly Candidate[],
  identity: Identity,
  method: PadEntry['localMethod']['value'],
  exchange: 'main' | 'aggressive',
): Candidate | string {
  const [usable] = usableConnections(alternatives, identity, method, exchange);
  if (usable) return usable;
  return byIdentities(alternatives, undefined, identity).length > 0
    ? `with this method and ${exchangeName(exchange)} expects`
    : 'expects';
}

function withPolicy(
  view: SystemView,
  { remote }: Ends,
  pad: PadEntry,
  exchange: 'main' | 'aggressive',
  events: EngineEvent[],
): FoundRecords {
  const name = view.config.name;
  if (!pad.ikeVersions.value.includes(1)) {
    const versions = pad.ikeVersions.value.map((version) => `IKEv${version}`).join(' and ');
    return refused(events, 'version-refused', `${nameOf(pad)} takes ${versions} and not IKEv1`, pad);
  }
  if (pad.exchange.value !== exchange) {
    const text = `${nameOf(pad)} takes ${exchangeName(pad.exchange.value)}, and the peer started ${exchangeName(exchange)}`;
    return refused(events, 'exchange-refused', text, pad);
  }
  const policy = view.ikePolicy(remote, 1, pad.connection);
  const key = formatAddress(remote.family, remote.value);
  const passedOver = passedBy(
    view.config.ikePolicies.filter(({ version }) => version === 1),
    policy,
    (candidate) => `it is for ${formatRange(candidate.remote)}`,
  );
  const searched = [...events, found('IKE policies', `${key}, IKEv1`, policy?.source, passedOver)];
  if (!policy) return refused(searched, 'no-ike-policy', `${name} has no IKEv1 policy for ${key}`, pad);
  return { kind: 'found', pad, policy, events: searched };
}

export function exchangeName(exchange: 'main' | 'aggressive'): string {
  return exchange === 'main' ? 'Main Mode' : 'Aggressive Mode';
}

function nameOf({ source }: PadEntry): string {
  return `${source.record.kind} '${source.record.name}'`;
}

function isFor({ remote, local }: PadEntry, ends: Ends): boolean {
  return (
    rangeContains(remote, singleAddress(ends.remote)) &&
    (local?.some((range) => rangeContains(range, singleAddress(ends.local))) ?? true)
  );
}

function addressMiss(entry: PadEntry, ends: Ends): string {
  if (!rangeContains(entry.remote, singleAddress(ends.remote))) return `it is for ${formatRange(entry.remote)}`;
  return 'it is for other addresses of this system, or for other versions of IKE';
}

/** The entries before the one that was taken, the first few of them. */
function passedBy<E extends PadEntry | IkePolicy>(
  entries: readonly E[],
  taken: E | undefined,
  why: (entry: E) => string,
): PassedOverEntry[] {
  const passedOver: PassedOverEntry[] = [];
  for (const entry of entries) {
    if (entry === taken || passedOver.length === passedOverMax) break;
    passedOver.push({ source: entry.source, why: why(entry) });
  }
  return passedOver;
}

function found(
  list: 'PAD' | 'IKE policies',
  key: string,
  entry: PadEntry['source'] | undefined,
  passedOver: readonly PassedOverEntry[],
): EngineEvent {
  return { kind: 'search', list, key, passedOver, ...(entry ? { found: entry } : {}) };
}

function refused(events: EngineEvent[], code: FailureCode, text: string, pad?: PadEntry): FoundRecords {
  return { kind: 'refused', events, refusal: { code, text, ...(pad ? { pad } : {}) } };
}
