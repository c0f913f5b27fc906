/**
 * Which connections a responder considers (strongSwan's backend_manager.c and ike_cfg.c): first by the addresses and the
 * version, then by the identities; the better match goes first, and of equals the one that is written first.
 */
import { type Address, type AddressRange, rangeContains, rangePrefixLength, singleAddress } from '../../address.js';
import type { ConnectionName, Identity, IkePolicy, PadEntry, SystemConfig } from '../../system-config.js';
import { addressIdentity, hasWildcards, sentIdentity } from '../identity.js';
import { identityQuality, qualityOf } from '../identity-quality.js';
import type { Ends } from './selectors.js';

/** A connection with what it has for one peer. */
export interface Candidate {
  readonly connection: ConnectionName;
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  /** How well the addresses fit; only the order counts. */
  readonly addressQuality: number;
}

/** Weights of `ike_cfg_match_t`. */
const weights = { any: 1, version: 4, local: 8, remote: 16 } as const;

/** The connections for two addresses and a version, the best first. */
export function connectionsFor(config: SystemConfig, ends: Ends, version: 1 | 2): readonly Candidate[] {
  const found = new Map<ConnectionName, Candidate>();
  for (const pad of config.pad) {
    const { connection } = pad;
    if (connection === undefined || !pad.ikeVersions.value.includes(version)) continue;
    const remote = rangeQuality(pad.remote, ends.remote);
    const local = pad.local ? Math.max(...pad.local.map((range) => rangeQuality(range, ends.local))) : 1;
    if (remote === 0 || local === 0) continue;
    const policy = config.ikePolicies.find(
      (candidate) =>
        candidate.connection === connection &&
        candidate.version === version &&
        rangeContains(candidate.remote, singleAddress(ends.remote)),
    );
    if (!policy) continue;
    const isForOne = pad.ikeVersions.value.length === 1;
    const addressQuality = local * weights.local + remote * weights.remote + (isForOne ? weights.version : 0);
    const known = found.get(connection);
    if (!known || known.addressQuality < addressQuality)
      found.set(connection, { connection, pad, policy, addressQuality });
  }
  // Sorting keeps the order of equals.
  return [...found.values()].sort((a, b) => b.addressQuality - a.addressQuality);
}

/** One more than the length of a prefix; 129 for one address, 1 for everything and for ranges that are no prefix. */
function rangeQuality(range: AddressRange, address: Address): number {
  if (!rangeContains(range, singleAddress(address))) return 0;
  if (range.first === range.last) return 129;
  return (rangePrefixLength(range) ?? 0) + 1;
}

/** Orders candidates by identities as well; those whose identities do not fit fall away. */
export function byIdentities(
  candidates: readonly Candidate[],
  /** What the initiator asks for; absent: it did not say. */
  local: Identity | 'range' | undefined,
  remote: Identity,
): readonly Candidate[] {
  const sorted: { readonly candidate: Candidate; readonly quality: number }[] = [];
  for (const candidate of candidates) {
    const mine = local ? localQuality(candidate.pad, local) : identityQuality.any;
    const theirs = remoteQuality(candidate.pad, remote);
    if (mine === 0 || theirs === 0) continue;
    const entry = { candidate, quality: mine + theirs };
    const at = sorted.findIndex((other) => isBetter(entry, other));
    sorted.splice(at === -1 ? sorted.length : at, 0, entry);
  }
  return sorted.map(({ candidate }) => candidate);
}

type Ranked = { readonly candidate: Candidate; readonly quality: number };

/** Better in one respect and not worse in the other (insert_sorted). */
function isBetter(a: Ranked, b: Ranked): boolean {
  const [ikeA, ikeB] = [a.candidate.addressQuality, b.candidate.addressQuality];
  return (ikeA > ikeB && a.quality >= b.quality) || (ikeA >= ikeB && a.quality > b.quality);
}

function localQuality({ localId, namesAreOrdered }: PadEntry, asked: Identity | 'range'): number {
  if (!localId) return identityQuality.any;
  if (asked === 'range') return identityQuality.none;
  const { type, value } = localId.value;
  // The subject of a certificate is not known here: it may be what is asked for.
  if (value === undefined) return identityQuality.any;
  // An own identity with a wildcard is everything that it stands for, as whoever asks wishes.
  if (value.startsWith('*') && (type === 'FQDN' || type === 'USER-FQDN'))
    return qualityOf(asked, { kind: 'suffix', type, suffix: value.slice(1) });
  return qualityOf(asked, { kind: 'exact', type, value }, namesAreOrdered);
}

function remoteQuality({ remoteId, namesAreOrdered }: PadEntry, identity: Identity): number {
  return remoteId ? qualityOf(identity, remoteId.value, namesAreOrdered) : identityQuality.any;
}

/**
 * The identity of a responder of IKEv2: what it is asked to be, else its own. One that stands for several is nobody's: without being asked
 * it is the address (build_r of ike_auth.c).
 */
export function answeringIdentity(pad: PadEntry, own: Address, asked: Identity | undefined): Identity {
  if (asked) return asked;
  const configured = sentIdentity(pad, own);
  return hasWildcards(configured) ? addressIdentity(own) : configured;
}

/** The identity that an initiator asks the responder to be: the expected one, where that is no pattern (IDr). */
export function askedIdentity({ remoteId }: PadEntry): Identity | undefined {
  const pattern = remoteId?.value;
  if (pattern?.kind === 'exact') {
    const identity = { type: pattern.type, value: pattern.value };
    return hasWildcards(identity) ? undefined : identity;
  }
  if (pattern?.kind === 'addresses' && pattern.range.first === pattern.range.last)
    return addressIdentity({ family: pattern.range.family, value: pattern.range.first });
  return undefined;
}

/** Whom a system expects at an address before that end has said who it is: nothing written means the address. */
export function expectedIdentity(pad: PadEntry, remote: Address): Identity | undefined {
  return askedIdentity(pad) ?? (pad.remoteId ? undefined : addressIdentity(remote));
}

/** Addresses are no pattern to strongSwan: it asks for the range as if the responder could be called that. */
export function asksForRange({ remoteId }: PadEntry): boolean {
  const pattern = remoteId?.value;
  return pattern?.kind === 'addresses' && pattern.range.first !== pattern.range.last;
}
