/**
 * SA payloads and the model's proposals — RFC 7296 §3.3: what we offer, what a peer offers, and what it answers. A proposal
 * on the wire lists transforms by type, as the model's does, so that one becomes one.
 *
 * Algorithms that cannot be used keep their place under a name that equals no other: so that they are never chosen, and a
 * comparison still tells of them and of the numbers of proposals as their owners count them.
 */
import {
  type ChosenTransforms,
  chooseTransforms,
  none,
  type ProposalLike,
  type ProposalSelection,
} from '../../model/proposal.js';
import { rareCiphers, rareIntegrities } from '../../model/rare-transforms.js';
import {
  type AuthenticationTransform,
  authenticationTransforms,
  type EncryptionTransform,
  encryptionTransforms,
  type KeyExchangeTransform,
  keyExchange,
  type PrfTransform,
  prfTransforms,
} from '../../model/transform.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { proposalsMax, transformsMax } from '../wire/limits.js';
import { attributeNumber } from '../wire/payloads/attribute.js';
import type { Proposal, SaPayload, Transform } from '../wire/payloads/sa.js';
import { protocolIds, sequenceNumbers, transformAttributes, transformIds, transformTypes } from '../wire/registry.js';

/** What an SA is negotiated for. */
export type OfferKind = 'IKE' | 'CHILD';

/** A proposal of ours as it can be offered and accepted. */
export type OwnProposal = ProposalLike;

/** What a peer's proposal says, in the model's words. */
export interface PeerProposal extends ProposalLike {
  /** The number that its sender gave it. */
  readonly number: number;
  readonly spi: Uint8Array;
  /** Why it cannot be accepted whatever our own says; its lists then match nothing. */
  readonly unusable?: string;
}

/** The proposals of an SA payload and which of our proposals each came from. */
export interface WrittenOffer {
  readonly payload: SaPayload;
  /** By the number on the wire, less 1: the number of our proposal. */
  readonly origins: readonly number[];
}

const type = transformTypes.number;
const keyLengthAttribute = transformAttributes.number.KEY_LENGTH;

/** Names of algorithms that a provider lacks end with this. */
const notImplemented = ' (not implemented)';

const noIntegrity: AuthenticationTransform = { name: none, ikev2Id: 0, keyBits: 0, icvBits: 0, strengthBits: 0 };
const noGroup: KeyExchangeTransform = { name: none, id: 0, kind: 'MODP', strengthBits: 0, rfc: '' };

/** Our proposals with what the provider lacks made unusable. NULL encryption is not for IKE SAs (RFC 7296 §5). */
export function usableProposals<P extends ProposalLike>(
  proposals: readonly P[],
  of: OfferKind,
  provider: CryptoProvider,
): readonly P[] {
  const has = {
    encryption: new Set([...provider.aeads, ...provider.ciphers].map(({ transform }) => transform.name)),
    authentication: new Set(provider.integrities.map(({ transform }) => transform.name)),
    prf: new Set(provider.prfs.map(({ transform }) => transform.name)),
    keyExchange: new Set(provider.keyExchanges.map(({ transform }) => transform.name)),
  };
  if (of === 'IKE') {
    has.encryption.delete('NULL');
    for (const { name } of encryptionTransforms) if (name.startsWith('AES-GMAC')) has.encryption.delete(name);
  }
  const usable = <T extends { readonly name: string }>(list: readonly T[], known: ReadonlySet<string>): readonly T[] =>
    list.every(({ name }) => known.has(name) || name === none)
      ? list
      : list.map((one) => (known.has(one.name) ? one : { ...one, name: `${one.name}${notImplemented}` }));
  return proposals.map((proposal) => ({
    ...proposal,
    encryption: usable(proposal.encryption, has.encryption),
    authentication: usable(proposal.authentication, has.authentication),
    ...(proposal.prf ? { prf: usable(proposal.prf, has.prf) } : {}),
    ...(proposal.keyExchange ? { keyExchange: usable(proposal.keyExchange, has.keyExchange) } : {}),
  }));
}

function isUsable({ name }: { readonly name: string }): boolean {
  return !name.endsWith(notImplemented);
}

/** The SA payload that offers our proposals; those of which nothing can be offered are left out. */
export function writeOffer(proposals: readonly OwnProposal[], of: OfferKind, spi: Uint8Array): WrittenOffer {
  const written: Proposal[] = [];
  const origins: number[] = [];
  for (let index = 0; index < proposals.length; index += 1) {
    const proposal = proposals[index]!;
    const transforms = knownTransforms(proposal, of);
    if (!transforms || written.length === proposalsMax) continue;
    written.push(wireProposal(written.length + 1, proposal.protocol, spi, transforms));
    origins.push(index);
  }
  return { payload: { proposals: written }, origins };
}

/** The SA payload that accepts one proposal of the peer. */
export function writeAnswer(proposal: PeerProposal, chosen: ChosenTransforms, spi: Uint8Array): SaPayload {
  const transforms = chosenTransforms(chosen);
  return { proposals: [wireProposal(proposal.number, proposal.protocol, spi, transforms)] };
}

function wireProposal(
  number: number,
  protocol: 'ESP' | 'AH' | undefined,
  spi: Uint8Array,
  transforms: readonly Transform[],
): Proposal {
  return { number, protocolId: protocolIds.number[protocol ?? 'IKE'], spi, transforms };
}

/** Records do not change, and every negotiation offers what they say. */
const offeredBefore: Readonly<Record<OfferKind, WeakMap<OwnProposal, readonly Transform[] | null>>> = {
  IKE: new WeakMap(),
  CHILD: new WeakMap(),
};

function knownTransforms(proposal: OwnProposal, of: OfferKind): readonly Transform[] | undefined {
  const known = offeredBefore[of].get(proposal);
  if (known !== undefined) return known ?? undefined;
  const transforms = offeredTransforms(proposal, of);
  offeredBefore[of].set(proposal, transforms ?? null);
  return transforms;
}

/** The transforms of a proposal that we can keep to, by type; undefined where a type that is needed has none. */
function offeredTransforms(proposal: OwnProposal, of: OfferKind): readonly Transform[] | undefined {
  const withIntegrity = proposal.authentication.some((one) => one.name !== none);
  const ciphers = proposal.encryption.filter((one) => isUsable(one) && (one.icvOctets === undefined || !withIntegrity));
  const integrity = proposal.authentication.filter((one) => isUsable(one) && one.name !== none);
  const prfs = (proposal.prf ?? []).filter(isUsable);
  const groups = (proposal.keyExchange ?? []).filter(isUsable);
  if (proposal.protocol !== 'AH' && ciphers.length === 0) return undefined;
  if (proposal.protocol === 'AH' && integrity.length === 0) return undefined;
  if (withIntegrity && integrity.length === 0) return undefined;
  if (of === 'IKE' && !withIntegrity && !ciphers.every((one) => one.icvOctets !== undefined)) return undefined;
  if (of === 'IKE' && (prfs.length === 0 || groups.length === 0)) return undefined;
  // Key exchange was wanted, and none of it is left: offering the rest would do without it.
  if ((proposal.keyExchange ?? []).length > 0 && groups.length === 0) return undefined;
  const esn = proposal.protocol ? (proposal.esn?.length ? proposal.esn : (['no-esn'] as const)) : [];
  return [
    ...(proposal.protocol === 'AH' ? [] : ciphers.map(encryptionTransform)),
    ...prfs.map((one) => plainTransform(type.PRF, one.ikev2Id)),
    ...integrity.map((one) => plainTransform(type.INTEG, one.ikev2Id)),
    ...groups.map((one) => plainTransform(type.KE, one.id)),
    ...esn.map((one) => plainTransform(type.SN, one === 'esn' ? 1 : 0)),
  ].slice(0, transformsMax);
}

function chosenTransforms({ encryption, prf, integrity, keyExchange: group, esn }: ChosenTransforms): Transform[] {
  return [
    ...(encryption ? [encryptionTransform(encryption)] : []),
    ...(prf ? [plainTransform(type.PRF, prf.ikev2Id)] : []),
    ...(integrity ? [plainTransform(type.INTEG, integrity.ikev2Id)] : []),
    ...(group ? [plainTransform(type.KE, group.id)] : []),
    ...(esn ? [plainTransform(type.SN, esn === 'esn' ? 1 : 0)] : []),
  ];
}

function encryptionTransform({ ikev2Id, keyBits, keyLengthAttribute: hasLength }: EncryptionTransform): Transform {
  const attributes = hasLength ? [{ kind: 'TV' as const, type: keyLengthAttribute, value: keyBits }] : [];
  return { type: type.ENCR, id: ikev2Id, attributes };
}

function plainTransform(of: number, id: number): Transform {
  return { type: of, id, attributes: [] };
}

/** An ID and the length of the key in one number; without the attribute the length is 0. */
const cipherKey = (id: number, keyBits: number): number => id * 65_536 + keyBits;
const encryptionById = byKey([...encryptionTransforms, ...rareCiphers], (one) =>
  cipherKey(one.ikev2Id, one.keyLengthAttribute ? one.keyBits : 0),
);
const authenticationById = byKey([...authenticationTransforms, ...rareIntegrities], (one) => one.ikev2Id);
const prfById = byKey(prfTransforms, (one) => one.ikev2Id);

function byKey<T, K>(list: readonly T[], key: (one: T) => K): ReadonlyMap<K, T> {
  return new Map(list.map((one) => [key(one), one]));
}

/** What the proposals of a peer's SA payload say. Each keeps its place, also one that cannot be accepted. */
export function readOffer({ proposals }: SaPayload, of: OfferKind, spiLength: number): readonly PeerProposal[] {
  return proposals.map((proposal) => readProposal(proposal, of, spiLength));
}

function unusableProposal({ number, spi }: Proposal, protocol: 'ESP' | 'AH' | undefined, why: string): PeerProposal {
  const nothing = { name: `proposal ${number}: ${why}` };
  return {
    name: `proposal ${number}`,
    number,
    spi,
    ...(protocol ? { protocol } : {}),
    encryption: [{ ...unknownCipher, ...nothing }],
    authentication: [{ ...noIntegrity, ...nothing }],
    unusable: why,
  };
}

function readProposal(proposal: Proposal, of: OfferKind, spiLength: number): PeerProposal {
  const { number, spi, protocolId, transforms } = proposal;
  const protocol =
    protocolId === protocolIds.number.ESP ? 'ESP' : protocolId === protocolIds.number.AH ? 'AH' : undefined;
  const unusable = (why: string): PeerProposal => unusableProposal(proposal, protocol, why);
  const isRightProtocol = of === 'IKE' ? protocolId === protocolIds.number.IKE : protocol !== undefined;
  if (!isRightProtocol) return unusable(`it is for ${protocolIds.describe(protocolId)}`);
  if (spi.length !== spiLength) return unusable(`its SPI has ${spi.length} octets, not ${spiLength}`);
  if (spiLength === 4 && (spi[0]! | spi[1]! | spi[2]!) === 0)
    return unusable('its SPI is a reserved one (RFC 4303 §2.1)');
  if (spiLength === 8 && spi.every((octet) => octet === 0)) return unusable('its SPI is zero');
  const allowed = of === 'IKE' ? ikeTypes : protocol === 'AH' ? ahTypes : espTypes;
  const encryption: EncryptionTransform[] = [];
  const prf: PrfTransform[] = [];
  const authentication: AuthenticationTransform[] = [];
  const groups: KeyExchangeTransform[] = [];
  const numbers: number[] = [];
  for (const one of transforms) {
    // RFC 7296 §3.3.6: a proposal with a transform type that is not understood is not accepted.
    if (!allowed.has(one.type)) return unusable(`it has transforms of type ${transformTypes.describe(one.type)}`);
    switch (one.type) {
      case type.ENCR:
        encryption.push(readCipher(one));
        break;
      case type.PRF:
        prf.push(known(prfById.get(one.id), one, unknownPrf));
        break;
      case type.INTEG:
        authentication.push(one.id === 0 ? noIntegrity : known(authenticationById.get(one.id), one, noIntegrity));
        break;
      case type.KE:
        groups.push(one.id === 0 ? noGroup : known(keyExchange(one.id), one, noGroup));
        break;
      case type.SN:
        numbers.push(one.id);
        break;
    }
  }
  const esn = readEsn(numbers);
  if (esn.length === 0) return unusable('its sequence numbers are of an unknown kind');
  if (protocol !== 'AH' && encryption.length === 0) return unusable('it has no encryption algorithm');
  if (protocol === 'AH' && authentication.length === 0) return unusable('it has no integrity algorithm');
  if (of === 'IKE' && (prf.length === 0 || groups.length === 0))
    return unusable('it lacks a PRF or a key exchange method');
  const name = `proposal ${number}`;
  return protocol
    ? { name, number, spi, protocol, encryption, authentication, keyExchange: groups, esn }
    : { name, number, spi, encryption, authentication, prf, keyExchange: groups };
}

const ikeTypes: ReadonlySet<number> = new Set([type.ENCR, type.PRF, type.INTEG, type.KE]);
const espTypes: ReadonlySet<number> = new Set([type.ENCR, type.INTEG, type.KE, type.SN]);
const ahTypes: ReadonlySet<number> = new Set([type.INTEG, type.KE, type.SN]);

const unknownCipher: EncryptionTransform = {
  name: '',
  ikev2Id: 0,
  keyBits: 0,
  keyLengthAttribute: false,
  blockOctets: 1,
  ivOctets: 0,
  strengthBits: 0,
};
const unknownPrf: PrfTransform = { name: '', ikev2Id: 0, outputBits: 0, strengthBits: 0 };

/** A transform with an attribute that is not understood is none for us (RFC 7296 §3.3.6). */
function known<T extends { readonly name: string }>(found: T | undefined, wire: Transform, unknown: T): T {
  return found && wire.attributes.length === 0 ? found : { ...unknown, name: nameOf(wire) };
}

function readCipher(wire: Transform): EncryptionTransform {
  const [length, ...others] = wire.attributes;
  const keyBits = length?.type === keyLengthAttribute ? attributeNumber(length) : undefined;
  const isLength = keyBits !== undefined && keyBits > 0 && keyBits < 65_536;
  const isPlain = others.length === 0 && (length === undefined || isLength);
  const found = isPlain ? encryptionById.get(cipherKey(wire.id, keyBits ?? 0)) : undefined;
  return found ?? { ...unknownCipher, name: `${nameOf(wire)}${keyBits === undefined ? '' : ` ${keyBits}`}` };
}

function nameOf({ type: of, id, attributes }: Transform): string {
  const others = attributes.filter((one) => one.type !== keyLengthAttribute).map((one) => one.type);
  return `${transformIds(of).describe(id)}${others.length > 0 ? ` with attribute ${others.join(', ')}` : ''}`;
}

/** Without a word of it there is none (RFC 7296 §3.3.3 asks for it; old peers leave it out). */
function readEsn(numbers: readonly number[]): readonly ('no-esn' | 'esn')[] {
  const { ESN, NO_ESN } = sequenceNumbers.number;
  if (numbers.length === 0) return withoutEsn;
  return numbers.flatMap((id) => (id === ESN ? ['esn' as const] : id === NO_ESN ? ['no-esn' as const] : []));
}

const withoutEsn = ['no-esn'] as const;

export interface AcceptedProposal {
  readonly selection: Extract<ProposalSelection, { readonly kind: 'selected' }>;
  readonly transforms: ChosenTransforms;
  /** The number of our own proposal. */
  readonly own: number;
  readonly spi: Uint8Array;
}

/**
 * What a responder accepted of our offer: one proposal with one transform of each type, all of them offered (RFC 7296 §2.7,
 * §3.3.6); or why it is none of that.
 */
export function readAnswer(
  answer: SaPayload,
  of: OfferKind,
  spiLength: number,
  own: readonly OwnProposal[],
  { origins }: WrittenOffer,
): AcceptedProposal | string {
  const [proposal, ...others] = readOffer(answer, of, spiLength);
  if (!proposal || others.length > 0) return `${answer.proposals.length} proposals are accepted, not 1`;
  if (proposal.unusable) return `the accepted proposal cannot be: ${proposal.unusable}`;
  const seen = new Set<number>();
  for (const one of answer.proposals[0]!.transforms) {
    if (seen.has(one.type)) return `two transforms of type ${transformTypes.describe(one.type)} are accepted`;
    seen.add(one.type);
  }
  const index = origins[proposal.number - 1];
  const offered = index === undefined ? undefined : own[index];
  const transforms = offered && chooseTransforms(offered, proposal);
  if (index === undefined || !transforms) return `what is accepted is none of our proposals`;
  return {
    selection: { kind: 'selected', offered: index, own: 0, transforms },
    transforms,
    own: index,
    spi: proposal.spi,
  };
}
