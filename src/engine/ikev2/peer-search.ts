/**
 * Which records are for a peer — RFC 4301 §4.4.3; hpux-ipsec reference 7.4. Before IKE_AUTH only addresses are known and IKE
 * policies are found by them; IDi then leads to the PAD entry, in the way of the profile.
 */
import { formatRange, rangeContains, singleAddress } from '../../model/address.js';
import { byIdentities, connectionsFor } from '../../model/peer/connection/candidates.js';
import {
  expectsIdentity,
  formatExpectation,
  formatIdentity,
  matchesIdentity,
  sentIdentity,
} from '../../model/peer/identity.js';
import type { SystemView } from '../../model/peer/system-view.js';
import { type ChosenTransforms, chooseTransforms, type ProposalLike } from '../../model/proposal.js';
import type { AuthenticationMethod, Identity, IkePolicy, PadEntry } from '../../model/system-config.js';
import type { PassedOverEntry } from '../event.js';
import type { Failure } from '../failure.js';
import type { Ends } from '../ipsec/bundle.js';
import { passedOverMax } from './limits.js';
import { addressText, recordText } from './turn.js';

/** A policy that a responder may use with a peer, and the PAD entry that led to it by addresses alone. */
export interface PeerCandidate {
  readonly policy: IkePolicy;
  readonly pad?: PadEntry;
}

const byConnection = new WeakMap<SystemView, boolean>();

/** Do entries belong to connections, so that each has a policy of its own? */
function hasConnections(view: SystemView): boolean {
  let has = byConnection.get(view);
  if (has === undefined) {
    has = view.config.pad.some(({ connection }) => connection !== undefined);
    byConnection.set(view, has);
  }
  return has;
}

/** Is an entry for these addresses? */
function isForEnds(entry: PadEntry, { local, remote }: Ends): boolean {
  return (
    rangeContains(entry.remote, singleAddress(remote)) &&
    (entry.local?.some((range) => rangeContains(range, singleAddress(local))) ?? true)
  );
}

/** The policies that IKE_SA_INIT of a peer may be answered by, in the order in which they are tried. */
export function policiesFor(view: SystemView, ends: Ends): readonly PeerCandidate[] {
  if (!hasConnections(view)) {
    const policy = view.ikePolicy(ends.remote, 2);
    const pad = view.padFor(ends);
    return policy ? [{ policy, ...(pad ? { pad } : {}) }] : [];
  }
  return connectionsFor(view.config, ends, 2);
}

export interface PeerQuestion {
  readonly view: SystemView;
  readonly ends: Ends;
  readonly peerId: Identity;
  /** IDr of the request: the identity that the initiator wants to speak with; `range` where it is none that anybody has. */
  readonly wantedId?: Identity | 'range';
  /** What IKE_SA_INIT agreed on. */
  readonly transforms: ChosenTransforms;
  /** By what the peer proves itself: any of these methods is meant. */
  readonly methods: readonly AuthenticationMethod[];
  readonly search: 'identity' | 'address-then-identity';
  /** Does the kind of signature count? */
  readonly kindCounts: boolean;
}

export interface PeerRecords {
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
}

export interface PeerSearch {
  readonly passedOver: readonly PassedOverEntry[];
  readonly found?: PeerRecords;
  /** Connections that take its place where what the peer proves does not meet its demands, in their order. */
  readonly others?: readonly PeerRecords[];
  /** Why there is none. */
  readonly failure?: Pick<Failure, 'code' | 'text' | 'records' | 'rfc'>;
}

/** Finds the PAD entry of a peer that has told its identity. */
export function findPeer(question: PeerQuestion): PeerSearch {
  if (hasConnections(question.view)) return amongConnections(question);
  return question.search === 'identity' ? byIdentity(question) : byAddressThenIdentity(question);
}

/** The first entry for the identity decides; its address and version are checked, not searched by. */
function byIdentity({ view, ends, peerId }: PeerQuestion): PeerSearch {
  const pad = view.identities.find(peerId, ends.remote);
  const passedOver: PassedOverEntry[] = [];
  for (const entry of view.padEntries) {
    if (entry === pad || passedOver.length === passedOverMax) break;
    passedOver.push({ source: entry.source, why: `it expects ${formatExpectation(entry)}` });
  }
  const sent = formatIdentity(peerId);
  if (!pad) {
    const meant = view.padFor(ends);
    const expects = meant
      ? `; ${recordText(meant.source)}, which is for its address, expects ${formatExpectation(meant)}`
      : '';
    return {
      passedOver,
      failure: {
        code: 'identity-refused',
        text: `no auth record is for ${sent}${expects}`,
        records: meant ? [meant.source] : [],
        rfc: 'RFC 4301 §4.4.3',
      },
    };
  }
  const name = recordText(pad.source);
  if (!isForEnds(pad, ends)) {
    return {
      passedOver,
      failure: {
        code: 'identity-refused',
        text: `${sent} leads to ${name}, which is for ${formatRange(pad.remote)} and not for ${addressText(ends.remote)}`,
        records: [pad.source],
      },
    };
  }
  if (!pad.ikeVersions.value.includes(2)) {
    return {
      passedOver,
      failure: { code: 'version-refused', text: `${name} does not list IKEv2`, records: [pad.source] },
    };
  }
  const policy = view.ikePolicy(ends.remote, 2, pad.connection);
  if (policy) return { passedOver, found: { pad, policy } };
  return {
    passedOver,
    failure: {
      code: 'no-ike-policy',
      text: `no IKEv2 policy is for ${addressText(ends.remote)}`,
      records: [pad.source],
    },
  };
}

/**
 * Of the connections for the addresses those that have the proposal, the best by their identities first (charon's
 * backend_manager.c); one whose demands the proof does not meet gives way to the next.
 */
function amongConnections(question: PeerQuestion): PeerSearch {
  const { view, ends, peerId, wantedId, transforms, methods, kindCounts } = question;
  const all = connectionsFor(view.config, ends, 2);
  const fitting = byIdentities(
    all.filter(({ policy }) => accepts(policy, transforms)),
    wantedId,
    peerId,
  );
  const satisfied = fitting.filter(
    ({ pad }) =>
      (pad.remoteRounds ?? []).length === 0 &&
      methods.some((method) => methodFits(method, pad.remoteMethod.value, kindCounts)),
  );
  const found = satisfied[0] ?? fitting[0];
  const before = found ? fitting.slice(0, fitting.indexOf(found)) : all;
  const passedOver = before.slice(0, passedOverMax).map(({ pad, policy }) => ({
    source: pad.source,
    why: whyNot(pad, policy),
  }));
  if (found) return { passedOver, found, others: satisfied.slice(1) };
  const [first] = passedOver;
  const asks = wantedId && wantedId !== 'range' ? ` and asks for ${formatIdentity(wantedId)}` : '';
  return {
    passedOver,
    failure: {
      code: 'identity-refused',
      text: first
        ? `the peer is ${formatIdentity(peerId)}${asks}, which no connection is for: ${recordText(first.source)} does not fit because ${first.why}`
        : `no connection is for ${addressText(ends.remote)}`,
      records: first ? [first.source] : [],
    },
  };

  function whyNot(pad: PadEntry, policy: IkePolicy): string {
    if (!accepts(policy, transforms)) return 'its proposals are not those that were agreed on';
    if (byIdentities([{ connection: '', pad, policy, addressQuality: 1 }], undefined, peerId).length === 0)
      return `it expects ${formatExpectation(pad)}`;
    if (fitting.some((candidate) => candidate.pad === pad)) return `it expects ${pad.remoteMethod.value}`;
    return `its own identity is ${formatIdentity(sentIdentity(pad, ends.local))}`;
  }
}

/** Entries for the addresses, the first of which whose identities and proposals fit; better one whose method fits too. */
function byAddressThenIdentity(question: PeerQuestion): PeerSearch {
  const { view, ends, peerId, transforms, wantedId, methods } = question;
  const passedOver: PassedOverEntry[] = [];
  const passOver = (pad: PadEntry, why: string): void => {
    if (passedOver.length < passedOverMax) passedOver.push({ source: pad.source, why });
  };
  let otherMethod: { pad: PadEntry; policy: IkePolicy } | undefined;
  for (const pad of view.padEntries) {
    if (!isForEnds(pad, ends)) continue;
    if (!pad.ikeVersions.value.includes(2)) passOver(pad, 'it does not list IKEv2');
    else if (expectsIdentity(pad, peerId, ends.remote) !== 'match')
      passOver(pad, `it expects ${formatExpectation(pad)}`);
    else if (wantedId && wantedId !== 'range' && !isOwnIdentity(pad, wantedId, ends)) {
      passOver(
        pad,
        `its own identity is ${formatIdentity(sentIdentity(pad, ends.local))}, not ${formatIdentity(wantedId)}`,
      );
    } else {
      const policy = view.ikePolicy(ends.remote, 2, pad.connection);
      if (!policy) passOver(pad, 'it has no IKEv2 policy');
      else if (!accepts(policy, transforms)) passOver(pad, 'its proposals are not those that were agreed on');
      else if (methods.some((method) => methodFits(method, pad.remoteMethod.value)))
        return { passedOver, found: { pad, policy } };
      else {
        passOver(pad, `it expects ${pad.remoteMethod.value}`);
        otherMethod ??= { pad, policy };
      }
    }
  }
  if (otherMethod) return { passedOver, found: otherMethod };
  const [first] = passedOver;
  return {
    passedOver,
    failure: {
      code: 'identity-refused',
      text: first
        ? `nothing fits ${formatIdentity(peerId)} at ${addressText(ends.remote)}: ${recordText(first.source)} does not because ${first.why}`
        : `no record is for ${addressText(ends.remote)}`,
      records: first ? [first.source] : [],
      rfc: 'RFC 4301 §4.4.3',
    },
  };
}

/** A local identity that only a certificate tells is not compared. */
function isOwnIdentity(pad: PadEntry, wanted: Identity, { local }: Ends): boolean {
  const own = sentIdentity(pad, local);
  if (own.value === undefined) return own.type === wanted.type;
  return matchesIdentity(wanted, { kind: 'exact', type: own.type, value: own.value }) === 'match';
}

/** Would a policy have led to these algorithms? */
export function accepts(
  { proposals }: IkePolicy,
  { encryption, integrity, prf, keyExchange }: ChosenTransforms,
): boolean {
  const chosen: ProposalLike = {
    name: '',
    encryption: encryption ? [encryption] : [],
    authentication: integrity ? [integrity] : [],
    prf: prf ? [prf] : [],
    keyExchange: keyExchange ? [keyExchange] : [],
  };
  return proposals.some((proposal) => chooseTransforms(chosen, proposal) !== undefined);
}

const signatures: ReadonlySet<AuthenticationMethod> = new Set(['RSASIG', 'ECDSASIG', 'EDDSASIG', 'DSSSIG', 'DIGSIG']);

/** Is a method what a record expects? `DIGSIG` stands for every signature (RFC 7427), and so may every kind of them. */
export function methodFits(used: AuthenticationMethod, expected: AuthenticationMethod, kindCounts = true): boolean {
  if (used === expected || expected === 'ANY') return true;
  const isAnyKind = !kindCounts || used === 'DIGSIG' || expected === 'DIGSIG';
  return isAnyKind && signatures.has(used) && signatures.has(expected);
}
