/** What Main and Aggressive Mode share: the start, the choice of a suite, keys, and the ISAKMP SA at the end. */
import { formatAddress } from '../../model/address.js';
import { isLongerLifetime } from '../../model/peer/child.js';
import { methodInIkev1 } from '../../model/peer/connection/methods.js';
import { addressIdentity } from '../../model/peer/identity.js';
import { nameRecord } from '../../model/peer/steps.js';
import { type ProposalSelection, selectProposal } from '../../model/proposal.js';
import type { PublicKey } from '../crypto/provider.js';
import type { Environment } from '../environment.js';
import type { EngineEvent } from '../event.js';
import type { Failure } from '../failure.js';
import { ikePort, natTraversalPort } from '../wire/framing.js';
import type { IsakmpSaPayload } from '../wire/isakmp/sa.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { encodePayloads } from '../wire/message.js';
import { domainsOfInterpretation, isakmpNotifyTypes, isakmpProtocolIds } from '../wire/registry/isakmp.js';
import { oakleyAuthentication } from '../wire/registry/isakmp-attributes.js';
import { phase1Failure } from './failures.js';
import { type PeerIdentity, writeIdentity } from './identification.js';
import { type Cookies, type Suite, suiteOf } from './keys.js';
import type { Arrival, Peers } from './messages.js';
import { detectNat, type NatFinding, natDetectionPayloads } from './nat.js';
import { encryptionKeyOf, expectedIdentity } from './phase1-auth.js';
import type { Start } from './phase1-basis.js';
import {
  methodNumber,
  methodOfNumber,
  ownPhase1Proposals,
  type Phase1Offer,
  phase1Offers,
  phase1Sa,
} from './phase1-proposals.js';
import type { Basis, Context, IsakmpSa, Keyed } from './phase1-state.js';
import { preferenceOf } from './product.js';

const notify = isakmpNotifyTypes.number;

/** Octets of our nonces (RFC 2409 §5: 8 to 256). */
export const nonceLength = 32;

/** What an initiator offers; a failure where nothing is left of its policy. */
export function offersOf(basis: Basis, env: Environment): readonly Phase1Offer[] | Failure {
  const method = methodNumber(methodInIkev1(basis.pad.localMethod.value))!;
  const groups = basis.exchange === 'aggressive' ? env.profile.aggressiveOffers.value : 'all';
  const offers = phase1Offers(basis.policy, method, env.provider, groups);
  if (offers.length > 0 || env.profile.ikev1Unsayable.value === 'empty') return offers;
  const text = `${nameRecord(env.view, basis.policy.source)} has no proposal that IKEv1 can make`;
  return phase1Failure(basis, 'no-ike-proposal', text);
}

/** An SA payload with its body as HASH_I covers it. */
export function saPayload(offers: readonly Phase1Offer[]): {
  readonly payload: IsakmpPayload;
  readonly body: Uint8Array;
} {
  const payload = isakmpPayload('SA', phase1Sa(offers) as IsakmpSaPayload);
  return { payload, body: encodePayloads('ISAKMP', [payload]).subarray(4) };
}

export type Choice =
  | {
      readonly kind: 'chosen';
      readonly suite: Suite;
      readonly offer: Phase1Offer;
      readonly announcesLifetime: boolean;
      readonly events: EngineEvent[];
    }
  | { readonly kind: 'refused'; readonly failure: Failure; readonly notify: number; readonly events: EngineEvent[] };

/** The suite that a responder takes of what was offered. */
export function chooseSuite(
  offers: readonly Phase1Offer[],
  start: Pick<Start, 'role' | 'pad' | 'policy'>,
  env: Environment,
): Choice {
  const { pad, policy } = start;
  const { view, profile, provider } = env;
  const refuse = (text: string, events: EngineEvent[], selection?: ProposalSelection): Choice => ({
    kind: 'refused',
    failure: phase1Failure(start, 'no-ike-proposal', text, {
      notify: 'NO-PROPOSAL-CHOSEN',
      rfc: 'RFC 2408 §5.4',
      ...(selection?.kind === 'mismatch' ? { mismatch: selection } : {}),
    }),
    notify: notify['NO-PROPOSAL-CHOSEN'],
    events,
  });
  const method = methodNumber(methodInIkev1(pad.localMethod.value));
  // Of connections the identity will choose one, and with it the method (charon's phase1.c, select_config).
  const isOpen = pad.connection !== undefined;
  const byMethod = offers.filter((offer) =>
    isOpen ? methodOfNumber(offer.method) !== undefined : offer.method === method,
  );
  if (byMethod.length === 0) {
    const offered = [...new Set(offers.map((offer) => oakleyAuthentication.describe(offer.method)))].join(', ');
    return refuse(
      `the peer wants to authenticate by ${offered || 'nothing'}, and ${nameRecord(view, pad.source)} takes ${pad.remoteMethod.value}`,
      [],
    );
  }
  const selection = selectProposal(
    byMethod.map(({ proposal }) => proposal),
    ownPhase1Proposals(policy, provider),
    { preference: preferenceOf(env) },
  );
  const events: EngineEvent[] = [{ kind: 'proposals', of: 'IKE', role: 'responder', selection, own: policy.source }];
  if (selection.kind === 'mismatch') {
    return refuse(
      `${nameRecord(view, policy.source)} has no IKE proposal in common with the peer’s`,
      events,
      selection,
    );
  }
  const offer = byMethod[selection.offered]!;
  const own = policy.lifetimeSeconds.value;
  const isLonger = isLongerLifetime(offer.lifetimeSeconds, own);
  if (isLonger && profile.longerLifetime.value === 'refuse') {
    return refuse(
      `the peer proposes ${lifetimeText(offer.lifetimeSeconds)}, and ${nameRecord(view, policy.source)} allows ${lifetimeText(own)}`,
      events,
    );
  }
  const announcesLifetime = isLonger && profile.longerLifetime.value === 'notify';
  const lifetimeSeconds = isLonger && profile.longerLifetime.value !== 'accept' ? own : offer.lifetimeSeconds;
  const suite = suiteOf(selection.transforms, methodOfNumber(offer.method)!, lifetimeSeconds, provider);
  if (!suite) throw new Error('a proposal was chosen that the provider lacks');
  return { kind: 'chosen', suite, offer, announcesLifetime, events };
}

/** `28800 seconds`, `no end` */
export function lifetimeText(seconds: number): string {
  return seconds === 0 ? 'no end' : `${seconds} seconds`;
}

/** The suite that a responder has accepted of our offers, or in words why it is none of them. */
export function acceptedSuite(
  answered: readonly Phase1Offer[] | string,
  offers: readonly Phase1Offer[],
  basis: Basis,
  env: Environment,
): { readonly suite: Suite; readonly events: EngineEvent[] } | string {
  if (typeof answered === 'string') return answered;
  const [answer] = answered;
  if (!answer || answered.length > 1) return `it answers with ${answered.length} transforms instead of one`;
  const index = offers.findIndex((offer) => isSameOffer(offer, answer));
  const offer = offers[index];
  if (!offer) return 'it answers with a transform that was not offered';
  const { encryption, prf, keyExchange } = offer.proposal;
  const transforms = {
    protocol: 'IKE' as const,
    encryption: encryption[0],
    prf: prf?.[0],
    keyExchange: keyExchange?.[0],
  };
  // A responder may not change attributes (RFC 2408 §4.2), but some shorten the lifetime there.
  const lifetimeSeconds = isLongerLifetime(offer.lifetimeSeconds, answer.lifetimeSeconds)
    ? answer.lifetimeSeconds
    : offer.lifetimeSeconds;
  const suite = suiteOf(transforms, methodInIkev1(basis.pad.localMethod.value), lifetimeSeconds, env.provider);
  if (!suite) return 'it answers with a transform that cannot be used';
  const selection = { kind: 'selected' as const, offered: index, own: index, transforms };
  return {
    suite,
    events: [{ kind: 'proposals', of: 'IKE', role: 'initiator', selection, own: basis.policy.source }],
  };
}

function isSameOffer(a: Phase1Offer, b: Phase1Offer): boolean {
  const names = ({ proposal }: Phase1Offer) =>
    [proposal.encryption, proposal.prf, proposal.keyExchange].map((list) => list?.[0]?.name).join(' ');
  return a.method === b.method && names(a) === names(b);
}

/** The key that the peer's nonce is encrypted to, for the methods that do so. */
export function peerEncryptionKey(
  basis: Basis,
  suite: Pick<Suite, 'kind'>,
  context: Context,
): { readonly key?: PublicKey } | Failure {
  if (suite.kind !== 'encryption' && suite.kind !== 'revised') return {};
  const { pad, peers } = basis;
  const identity = expectedIdentity(pad, addressIdentity(peers.remote.address));
  const octets = identity && (writeIdentity(identity)?.subarray(4) ?? new Uint8Array(0));
  const found = identity && octets ? encryptionKeyOf(pad, identity, octets, context) : undefined;
  if (found && typeof found !== 'string') return { key: found.key };
  const why = found ?? 'it expects no single identity, so that it is not known whose key to encrypt to';
  return phase1Failure(basis, 'no-credential', `${nameRecord(context.env.view, pad.source)}: ${why}`);
}

/** NAT-D payloads of this side, where both speak NAT traversal. */
export function natPayloads(basis: Basis, keyed: Pick<Keyed, 'abilities' | 'suite' | 'cookies'>): IsakmpPayload[] {
  const { natTraversal } = keyed.abilities;
  return natTraversal ? natDetectionPayloads(natInput(basis, keyed, natTraversal), isForced(basis)) : [];
}

/** What the peer's NAT-D payloads tell. */
export function natFinding(
  basis: Basis,
  keyed: Pick<Keyed, 'abilities' | 'suite' | 'cookies'>,
  { payloads, peers }: Arrival,
): NatFinding | undefined {
  const { natTraversal } = keyed.abilities;
  const found = natTraversal && detectNat(payloads, natInput({ ...basis, peers }, keyed, natTraversal));
  if (!found || found.localBehindNat || !isForced(basis)) return found;
  return { ...found, localBehindNat: true, forced: true };
}

function natInput(
  { peers }: Basis,
  { suite, cookies }: Pick<Keyed, 'suite' | 'cookies'>,
  version: 'RFC 3947' | 'draft',
) {
  return { version, hash: suite.hash, cookies, ...peers };
}

function isForced({ pad }: Basis): boolean {
  return pad.natTraversal?.value === 'FORCE';
}

/** Where an initiator sends from now on: behind a NAT from port 4500 to port 4500 (RFC 3947 §4). */
export function floated(peers: Peers, nat: NatFinding | undefined): Peers {
  if (!nat || (!nat.localBehindNat && !nat.peerBehindNat)) return peers;
  const at = (end: Peers['local']) => (end.port === ikePort ? { ...end, port: natTraversalPort } : end);
  return { local: at(peers.local), remote: at(peers.remote) };
}

/** What there is to say when a phase 1 has keys. */
export function keysEvent(basis: Basis, keyed: Keyed): EngineEvent {
  return {
    kind: 'ike-keys',
    ikeSa: basis.name,
    keys: {
      version: 1,
      encryptionKey: keyed.keys.encryptionKey,
      initiatorCookie: new DataView(keyed.cookies.initiator.slice().buffer).getBigUint64(0),
      transforms: keyed.suite.transforms,
    },
  };
}

/** What NAT detection has to say. */
export function natEvents(basis: Basis, nat: NatFinding | undefined): EngineEvent[] {
  if (!nat) return [];
  const { localBehindNat, peerBehindNat } = nat;
  return [{ kind: 'nat', ikeSa: basis.name, localBehindNat, peerBehindNat }];
}

/** INITIAL-CONTACT, which is about the whole system and names the ISAKMP SA by its cookies (RFC 2407 §4.6.3.3). */
export function initialContactPayload({ initiator, responder }: Cookies): IsakmpPayload {
  const spi = new Uint8Array(16);
  spi.set(initiator);
  spi.set(responder, 8);
  return isakmpPayload('N', {
    doi: domainsOfInterpretation.number.IPSEC,
    protocolId: isakmpProtocolIds.number.PROTO_ISAKMP,
    type: notify['INITIAL-CONTACT'],
    spi,
    data: new Uint8Array(0),
  });
}

/** Does a message say INITIAL-CONTACT? */
export function saysInitialContact(payloads: readonly IsakmpPayload[]): boolean {
  return payloads.some((payload) => payload.kind === 'N' && payload.body.type === notify['INITIAL-CONTACT']);
}

/** The ISAKMP SA that a phase 1 has become. */
export function isakmpSa(
  basis: Basis,
  keyed: Keyed,
  end: {
    readonly peerId: PeerIdentity;
    readonly lastBlock: Uint8Array;
    readonly arrival: Arrival;
  },
  { now }: Context,
): IsakmpSa {
  const { peerId, lastBlock, arrival } = end;
  const { cookies, suite, abilities, keys, nat, announcesLifetime } = keyed;
  return {
    ...basis,
    peers: arrival.peers,
    cookies,
    suite,
    abilities,
    keys,
    lastBlock,
    peerId,
    ...(nat ? { nat } : {}),
    establishedAt: now,
    lifetimeSeconds: suite.lifetimeSeconds,
    announcesLifetime,
    peerStartsAnew: saysInitialContact(arrival.payloads),
  };
}

/** `10.0.0.1` */
export function peerText({ remote }: Peers): string {
  return formatAddress(remote.address.family, remote.address.value);
}
