/**
 * Whether two systems would agree on an IKE SA, found out by walking their PAD entries and IKE policies in the order in
 * which a negotiation consults them (hpux-ipsec reference 5.3, 7.1, 7.2 and 7.4).
 */
import { type Address, formatAddress, formatRange, rangeContains, singleAddress } from '../address.js';
import { type ProposalLike, selectProposal } from '../proposal.js';
import type {
  AuthenticationMethod,
  ConnectionName,
  EntrySource,
  IkePolicy,
  PadEntry,
  SecretReference,
} from '../system-config.js';
import { methodInIkev1 } from './connection/methods.js';
import { expectsIdentity, formatExpectation, formatIdentity, type IdentityVerdict, sentIdentity } from './identity.js';
import { type IkeOutcome, type IkeStep, nameRecord } from './steps.js';
import type { SystemView } from './system-view.js';

/** One side of a negotiation. */
export interface IkeEnd {
  readonly view: SystemView;
  readonly address: Address;
  /** The peer sees another address than this one, and nobody knows which. */
  readonly behindNat?: boolean;
  /** The address of its NAT that the peer sees in place of its own. */
  readonly seenAs?: Address;
  /** Whose order decides when it responds; see `SelectOptions`. */
  readonly preference?: 'initiator' | 'responder';
  /** False where it is known that it has no private key, so that it cannot sign. */
  readonly hasPrivateKeys?: boolean;
  /** The connection that it starts by, where its configuration is one of connections. */
  readonly connection?: ConnectionName;
}

type Outcome = { -readonly [K in keyof IkeOutcome]: IkeOutcome[K] } & { steps: IkeStep[] };

/** Walks the records for an IKE SA that `x` starts with `y`. Ends at the first step that fails. */
export function walkIke(x: IkeEnd, y: IkeEnd): IkeOutcome {
  const outcome: Outcome = { steps: [] };
  const add = (step: IkeStep): boolean => {
    outcome.steps.push(step);
    if (step.verdict === 'fail') outcome.failure = step;
    return step.verdict !== 'fail';
  };
  const { connection } = x;
  const padX =
    connection === undefined
      ? x.view.padByAddress(y.address)
      : x.view.padFor({ local: x.address, remote: y.address, connection });
  if (!add(padStep(x, y.address, padX)) || !padX) return outcome;
  outcome.initiatorPad = padX;
  if (!add(initiateStep(x, padX))) return outcome;
  const version = padX.ikeVersions.value[0] ?? 2;
  outcome.version = version;
  const byIdentity = version === 2 || padX.exchange.value === 'aggressive';
  if (version === 1) outcome.exchange = padX.exchange.value;
  const sent = sentIdentity(padX, x.address);
  const seen = x.seenAs ?? x.address;
  const padY = byIdentity ? y.view.identities.find(sent, seen) : y.view.padByAddress(seen);
  // Without a record for the identity, that for the address is what its administrator meant: it explains the failure.
  const meant = padY ?? y.view.padByAddress(seen);
  if (!meant) {
    const key = byIdentity ? `the identity ${formatIdentity(sent)}` : formatAddress(seen.family, seen.value);
    add(step('peer-pad', 'fail', `no auth record of ${y.view.config.name} is for ${key}`, padX.source));
    return outcome;
  }
  outcome.responderPad = meant;
  const pads = { initiator: padX.source, responder: meant.source };
  if (!add(versionStep(x, y, padX, meant, version))) return outcome;
  if (version === 1 && !add(exchangeStep(x, y, padX, meant))) return outcome;
  if (version === 1 && !add(methodStep(x, y, padX, meant, version))) return outcome;
  const policyX = x.view.ikePolicy(y.address, version, connection);
  const policyY = y.view.ikePolicy(seen, version);
  if (!add(policyStep(x, y, version, policyX, policyY)) || !policyX || !policyY) return outcome;
  outcome.initiatorPolicy = policyX;
  outcome.responderPolicy = policyY;
  const aggressive = outcome.exchange === 'aggressive';
  const selection = selectProposal(aggressive ? firstGroupOnly(policyX) : policyX.proposals, policyY.proposals, {
    ...(y.preference ? { preference: y.preference } : {}),
  });
  const policies = { initiator: policyX.source, responder: policyY.source };
  const between = `${nameRecord(x.view, policyX.source)} and ${nameRecord(y.view, policyY.source)}`;
  if (selection.kind === 'mismatch') {
    add({
      kind: 'ike-proposal',
      verdict: 'fail',
      text: `${between} have no IKE proposal in common`,
      ...policies,
      selection,
    });
    return outcome;
  }
  outcome.proposal = selection;
  add({
    kind: 'ike-proposal',
    verdict: version === 2 && selection.wrongGuess ? 'warn' : 'pass',
    text: `${between} agree on ${policyX.proposals[selection.offered]?.name ?? 'a proposal'}`,
    ...policies,
    selection,
  });
  if (!padY) {
    add({
      kind: 'identity',
      verdict: 'fail',
      text: `${nameRecord(x.view, padX.source)} sends ${formatIdentity(sent)}, which no auth record of ${y.view.config.name} expects: ${nameRecord(y.view, meant.source)} expects ${formatExpectation(meant)}`,
      ...pads,
      sender: 'initiator',
      sent,
    });
    return outcome;
  }
  if (byIdentity && !rangeContains(padY.remote, singleAddress(seen))) {
    add({
      kind: 'identity',
      verdict: 'fail',
      text: `${nameRecord(x.view, padX.source)} sends ${formatIdentity(sent)}, which leads to ${nameRecord(y.view, padY.source)}: that is for ${formatRange(padY.remote)} and not for ${formatAddress(seen.family, seen.value)}`,
      ...pads,
      sender: 'initiator',
      sent,
    });
    return outcome;
  }
  if (!add(identityStep('initiator', x, y, padX, padY))) return outcome;
  if (version === 2 && !add(methodStep(x, y, padX, padY, version))) return outcome;
  if (padX.localMethod.value === 'PSK' || padY.localMethod.value === 'PSK') {
    if (!add(presharedKeyStep(x, y, padX, padY))) return outcome;
  }
  add(identityStep('responder', y, x, padY, padX));
  return outcome;
}

type PlainKind = 'pad' | 'initiate' | 'peer-pad' | 'exchange' | 'ike-policy' | 'method' | 'preshared-key';

function step(
  kind: PlainKind,
  verdict: IkeStep['verdict'],
  text: string,
  initiator?: EntrySource,
  responder?: EntrySource,
): IkeStep {
  return { kind, verdict, text, ...(initiator ? { initiator } : {}), ...(responder ? { responder } : {}) };
}

function padStep(x: IkeEnd, peer: Address, pad: PadEntry | undefined): IkeStep {
  const address = formatAddress(peer.family, peer.value);
  return pad
    ? step('pad', 'pass', `${nameRecord(x.view, pad.source)} is for ${address}`, pad.source)
    : step('pad', 'fail', `no auth record of ${x.view.config.name} is for ${address}`);
}

function initiateStep(x: IkeEnd, pad: PadEntry): IkeStep {
  return pad.respondOnly
    ? step('initiate', 'fail', `${nameRecord(x.view, pad.source)} is for peers that it only responds to`, pad.source)
    : step('initiate', 'pass', `${x.view.config.name} may start`, pad.source);
}

function versionStep(x: IkeEnd, y: IkeEnd, padX: PadEntry, padY: PadEntry, version: 1 | 2): IkeStep {
  const taken = padY.ikeVersions.value;
  const isTaken = taken.includes(version);
  const words = (versions: readonly (1 | 2)[]) => versions.map((number) => `IKEv${number}`).join(' and ');
  return {
    kind: 'version',
    verdict: isTaken ? 'pass' : 'fail',
    text: `${nameRecord(x.view, padX.source)} starts with IKEv${version}, ${nameRecord(y.view, padY.source)} takes ${words(taken)}`,
    initiator: padX.source,
    responder: padY.source,
    version,
  };
}

function exchangeStep(x: IkeEnd, y: IkeEnd, padX: PadEntry, padY: PadEntry): IkeStep {
  const isSame = padX.exchange.value === padY.exchange.value;
  const name = (pad: PadEntry) => (pad.exchange.value === 'main' ? 'Main Mode' : 'Aggressive Mode');
  const text = isSame
    ? `both use ${name(padX)}`
    : `${nameRecord(x.view, padX.source)} starts ${name(padX)}, ${nameRecord(y.view, padY.source)} takes ${name(padY)}`;
  return step('exchange', isSame ? 'pass' : 'fail', text, padX.source, padY.source);
}

/** Methods whose signature the peer can check as another one's, because RFC 7427 announces the algorithm. */
const signatures: ReadonlySet<AuthenticationMethod> = new Set(['RSASIG', 'ECDSASIG', 'EDDSASIG', 'DIGSIG']);

function methodsMeet(used: AuthenticationMethod, expected: AuthenticationMethod, version: 1 | 2): boolean {
  if (used === expected) return true;
  if (version === 1) return methodInIkev1(used) === methodInIkev1(expected);
  return (used === 'DIGSIG' || expected === 'DIGSIG') && signatures.has(used) && signatures.has(expected);
}

function methodStep(x: IkeEnd, y: IkeEnd, padX: PadEntry, padY: PadEntry, version: 1 | 2): IkeStep {
  const faults: string[] = [];
  const compare = (from: IkeEnd, to: IkeEnd, padFrom: PadEntry, padTo: PadEntry) => {
    const [used, expected] = [padFrom.localMethod.value, padTo.remoteMethod.value];
    if (methodsMeet(used, expected, version)) return;
    faults.push(
      `${nameRecord(from.view, padFrom.source)} proves itself by ${used}, ${nameRecord(to.view, padTo.source)} expects ${expected}`,
    );
  };
  compare(x, y, padX, padY);
  compare(y, x, padY, padX);
  if (faults.length > 0) return step('method', 'fail', faults.join('; '), padX.source, padY.source);
  const methods = [...new Set([padX.localMethod.value, padY.localMethod.value])].join(' and ');
  return step('method', 'pass', `both authenticate by ${methods}`, padX.source, padY.source);
}

function policyStep(
  x: IkeEnd,
  y: IkeEnd,
  version: 1 | 2,
  policyX: IkePolicy | undefined,
  policyY: IkePolicy | undefined,
): IkeStep {
  const missing = (end: IkeEnd, peer: Address) =>
    `${end.view.config.name} has no IKEv${version} policy for ${formatAddress(peer.family, peer.value)}`;
  if (!policyX) return step('ike-policy', 'fail', missing(x, y.address), undefined, policyY?.source);
  if (!policyY) return step('ike-policy', 'fail', missing(y, x.address), policyX.source);
  const text = `${nameRecord(x.view, policyX.source)} meets ${nameRecord(y.view, policyY.source)}`;
  return step('ike-policy', 'pass', text, policyX.source, policyY.source);
}

/** Aggressive Mode: the first message carries a public value, so all proposals are of its group (RFC 2409 §5). */
function firstGroupOnly({ proposals }: IkePolicy): readonly ProposalLike[] {
  const group = proposals[0]?.keyExchange[0];
  return proposals.filter(({ keyExchange }) => keyExchange.some((candidate) => candidate.name === group?.name));
}

function identityStep(
  sender: 'initiator' | 'responder',
  from: IkeEnd,
  to: IkeEnd,
  padFrom: PadEntry,
  padTo: PadEntry,
): IkeStep {
  const sent = sentIdentity(padFrom, from.address);
  const hidden = from.behindNat === true && !from.seenAs && !padTo.remoteId;
  const verdict: IdentityVerdict = hidden ? 'mismatch' : expectsIdentity(padTo, sent, from.seenAs ?? from.address);
  const expected = hidden ? 'the address that the packets come from, which is that of a NAT' : formatExpectation(padTo);
  const [initiator, responder] = sender === 'initiator' ? [padFrom, padTo] : [padTo, padFrom];
  return {
    kind: 'identity',
    verdict: verdict === 'match' ? 'pass' : verdict === 'unknown' ? 'unknown' : 'fail',
    text: `${nameRecord(from.view, padFrom.source)} sends ${formatIdentity(sent)}, ${nameRecord(to.view, padTo.source)} expects ${expected}`,
    initiator: initiator.source,
    responder: responder.source,
    sender,
    sent,
  };
}

function presharedKeyStep(x: IkeEnd, y: IkeEnd, padX: PadEntry, padY: PadEntry): IkeStep {
  const [keyX, keyY] = [padX.presharedKey?.value, padY.presharedKey?.value];
  const fail = (text: string) => step('preshared-key', 'fail', text, padX.source, padY.source);
  const [nameX, nameY] = [nameRecord(x.view, padX.source), nameRecord(y.view, padY.source)];
  if (!keyX || !keyY) {
    if (!keyX && !keyY) return fail(`neither ${nameX} nor ${nameY} has a preshared key`);
    const [lacks, has] = keyX ? [nameY, nameX] : [nameX, nameY];
    return fail(`${lacks} has no preshared key, and ${has} has one`);
  }
  const names = `${nameX} and ${nameY}`;
  const verdict = compareSecrets(keyX, keyY);
  if (verdict === 'mismatch') return fail(`${names} have different preshared keys`);
  const text =
    verdict === 'match' ? `${names} have the same preshared key` : `the preshared keys of ${names} are elsewhere`;
  return step('preshared-key', verdict === 'match' ? 'pass' : 'unknown', text, padX.source, padY.source);
}

/** Are two secrets the same? Of one that is elsewhere only the place can be compared. */
export function compareSecrets(a: SecretReference, b: SecretReference): IdentityVerdict {
  if (a.kind === 'literal' && b.kind === 'literal') return a.secret.equals(b.secret) ? 'match' : 'mismatch';
  if (a.kind === 'file' && b.kind === 'file') return a.path === b.path ? 'match' : 'unknown';
  if (a.kind === 'env' && b.kind === 'env') return a.variable === b.variable ? 'match' : 'unknown';
  return 'unknown';
}
