/** Pairs of ESP or AH SAs that Quick Mode made: their keys, their parameters for the data path, and what is told of them. */

import { carriedRegion } from '../../model/carried.js';
import type { Packet } from '../../model/packet.js';
import type { ChosenTransforms } from '../../model/proposal.js';
import { Secret } from '../../model/secret.js';
import { witnessPacket } from '../../model/selector/witness.js';
import type { ChildProposal, SaTemplate, SpdEntry } from '../../model/system-config.js';
import { type SelectorPair, selectorBox } from '../../model/traffic-selector.js';
import { quickModeKeymat } from '../crypto/kdf.js';
import { encryptionKeymatLength } from '../crypto/provider.js';
import type { Environment } from '../environment.js';
import type { ChildSaDescription } from '../event.js';
import type { ChildSaName } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import { movedParameters, type PeerMove } from '../ipsec/peer-move.js';
import type { SaId, SaLimits, SaParameters } from '../ipsec/sa.js';
import { softLimit, type WrittenTime } from '../lifetimes.js';
import { spiOctets } from '../wire/payloads/spis.js';
import { pairLists } from './client-ids.js';
import type { IsakmpSa } from './phase1-state.js';
import { protocolIds } from './phase2-proposals.js';

/** A pair of SAs. */
export interface Child {
  readonly name: ChildSaName;
  readonly role: 'initiator' | 'responder';
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
  readonly ends: Ends;
  readonly ids: SelectorPair;
  readonly inbound: SaParameters;
  readonly outbound: SaParameters;
  readonly description: ChildSaDescription;
  /** The pairs of one Quick Mode, which are replaced together. */
  readonly group: number;
  /** For SAs of one flow only. */
  readonly packet?: Packet;
  /** In UDP: who keeps the NAT open, and who goes where the other has gone. */
  readonly nat?: { readonly keepsOpen: boolean; readonly follows: boolean };
}

/** Inbound packets whose numbers are remembered, where nothing is written. */
const replayWindowDefault = 64;

export interface ChildValues {
  readonly name: ChildSaName;
  readonly group: number;
  readonly role: 'initiator' | 'responder';
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
  readonly own: ChildProposal;
  readonly ids: SelectorPair;
  readonly transforms: ChosenTransforms;
  readonly protocol: 'ESP' | 'AH';
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  readonly encapsulated: boolean;
  readonly packet?: Packet;
  readonly ni: Uint8Array;
  readonly nr: Uint8Array;
  readonly sharedSecret?: Secret;
}

/** Makes a pair of SAs out of what a Quick Mode has agreed on. */
export function makeChild(sa: IsakmpSa, values: ChildValues, env: Environment): Child {
  const { template, entry, transforms, protocol, ids, role, name } = values;
  const { local, remote } = sa.peers;
  const ends = { local: local.address, remote: remote.address };
  const box = selectorBox(ids.local, ids.remote);
  const populated = entry.action.kind === 'PROTECT' && entry.action.populateFromPacket;
  const packet = populated ? (values.packet ?? (box && witnessPacket(box))) : undefined;
  const common = {
    protocol,
    mode: template.mode,
    ...ends,
    selectors: carriedRegion(template, box ? [box] : []),
    ...(transforms.encryption && protocol === 'ESP' ? { encryption: transforms.encryption } : {}),
    ...(transforms.integrity ? { authentication: transforms.integrity } : {}),
    esn: transforms.esn === 'esn',
    replayWindow: template.antiReplayWindow?.value ?? replayWindowDefault,
    manual: false,
    ...(values.encapsulated && protocol === 'ESP'
      ? { udpEncapsulation: { localPort: local.port, remotePort: remote.port } }
      : {}),
    ...(packet ? { populatedFrom: packet } : {}),
  };
  const limits = limitsOf(values, env);
  const keysFor = (spi: number) => saKeys(sa, values, spi);
  const inbound: SaParameters = {
    ...common,
    direction: 'inbound',
    spi: values.inboundSpi,
    keys: keysFor(values.inboundSpi),
    limits,
  };
  const outbound: SaParameters = {
    ...common,
    direction: 'outbound',
    spi: values.outboundSpi,
    keys: keysFor(values.outboundSpi),
    limits,
  };
  const description: ChildSaDescription = {
    name,
    role,
    protocol,
    mode: template.mode,
    inbound: saId(inbound),
    outbound: saId(outbound),
    ends,
    transforms,
    selectors: pairLists(ids),
    udpEncapsulation: common.udpEncapsulation !== undefined,
    lifetimeSeconds: values.lifetimeSeconds,
    lifetimeKilobytes: values.lifetimeKilobytes,
    entry: entry.source,
    template: template.source,
  };
  return {
    name,
    role,
    entry,
    template,
    ends,
    ids,
    inbound,
    outbound,
    description,
    group: values.group,
    ...(packet ? { packet } : {}),
    ...(common.udpEncapsulation && sa.nat ? { nat: { keepsOpen: keepsOpen(sa), follows: followsPeer(sa) } } : {}),
  };
}

/** Is there a NAT before this system, whose mapping must not be forgotten? */
export function keepsOpen({ nat }: Pick<IsakmpSa, 'nat'>): boolean {
  return nat?.localBehindNat === true && !nat.forced;
}

/** Only who is not behind a NAT itself follows a peer that is (RFC 3947 §5, RFC 7296 §2.23). */
export function followsPeer(sa: Pick<IsakmpSa, 'nat'>): boolean {
  return sa.nat?.peerBehindNat === true && !keepsOpen(sa);
}

/** The pair with its peer elsewhere. */
export function movedChild(child: Child, move: PeerMove): Child {
  const [inbound, outbound] = [movedParameters(child.inbound, move), movedParameters(child.outbound, move)];
  const ends = { ...child.ends, remote: move.remote };
  return {
    ...child,
    ends,
    inbound,
    outbound,
    description: { ...child.description, ends, inbound: saId(inbound), outbound: saId(outbound) },
  };
}

/** The name of an SA in the data path. */
export function saId({ direction, protocol, spi, local, remote }: SaParameters): SaId {
  return { direction, protocol, spi, destination: direction === 'outbound' ? remote : local };
}

/** KEYMAT of one direction: the key for encryption with its salt, then the one for integrity (RFC 2407 §4.5). */
function saKeys({ suite, keys }: IsakmpSa, values: ChildValues, spi: number): SaParameters['keys'] {
  const { transforms, protocol, ni, nr, sharedSecret } = values;
  const encryptionLength =
    transforms.encryption && protocol === 'ESP' ? encryptionKeymatLength(transforms.encryption) : 0;
  const integrityLength = transforms.integrity ? transforms.integrity.keyBits / 8 : 0;
  const keymat = quickModeKeymat(
    suite.prf,
    keys.skeyid.skeyidD,
    {
      protocol: protocolIds[protocol],
      spi: spiOctets(spi),
      ni,
      nr,
      ...(sharedSecret ? { sharedSecret } : {}),
    },
    encryptionLength + integrityLength,
  ).reveal();
  return {
    ...(encryptionLength > 0 ? { encryption: new Secret(keymat.slice(0, encryptionLength)) } : {}),
    ...(integrityLength > 0 ? { authentication: new Secret(keymat.slice(encryptionLength)) } : {}),
  };
}

/** When a successor is sought, and when the SA ends. */
function limitsOf(values: ChildValues, { profile, provider }: Environment): SaLimits {
  const { own, role, lifetimeSeconds, lifetimeKilobytes } = values;
  const soft = (limit: number, written: WrittenTime, unit: 'seconds' | 'kilobytes'): number | undefined =>
    softLimit(limit, written, role, profile, provider.random, unit);
  const [softSeconds, softKilobytes] = [
    soft(lifetimeSeconds, { at: own.rekeySeconds?.value, random: own.rekeyRandomSeconds?.value }, 'seconds'),
    soft(lifetimeKilobytes, { at: own.rekeyKilobytes?.value }, 'kilobytes'),
  ];
  return {
    ...(softSeconds ? { softSeconds } : {}),
    ...(lifetimeSeconds ? { hardSeconds: lifetimeSeconds } : {}),
    ...(softKilobytes ? { softKilobytes } : {}),
    ...(lifetimeKilobytes ? { hardKilobytes: lifetimeKilobytes } : {}),
    ...(own.rekeyPackets?.value ? { softPackets: own.rekeyPackets.value } : {}),
    ...(own.lifetimePackets?.value ? { hardPackets: own.lifetimePackets.value } : {}),
  };
}
