/**
 * SA payloads of Quick Mode — RFC 2407 §4.4 and §4.5, RFC 2408 §4.2 — and the model's proposals. Proposals with one number are
 * wanted together, an SA for each (AH over ESP); their transforms are alternatives.
 */
import type { ProposalLike } from '../../model/proposal.js';
import { rareCiphers } from '../../model/rare-transforms.js';
import type { ChildProposal } from '../../model/system-config.js';
import {
  type AuthenticationTransform,
  authenticationTransforms,
  type EncryptionTransform,
  encryptionTransforms,
  type KeyExchangeTransform,
  keyExchange,
} from '../../model/transform.js';
import { algorithmFor, type CryptoProvider } from '../crypto/provider.js';
import { situationBits } from '../wire/isakmp/labels.js';
import type { IsakmpProposal, IsakmpSaPayload, IsakmpTransform } from '../wire/isakmp/sa.js';
import type { Attribute } from '../wire/payloads/attribute.js';
import { spiNumber, spiOctets } from '../wire/payloads/spis.js';
import { isakmpProtocolIds } from '../wire/registry/isakmp.js';
import { encapsulationModes, ipsecAttributes } from '../wire/registry/isakmp-attributes.js';
import type { NatVersion } from './abilities.js';
import { lifetimeAttributes, lifetimesOf, numberAttribute, numberOf } from './attributes.js';
import { defaultLifetimeSeconds, unknownCipher, unknownGroup } from './phase1-proposals.js';

const { number: attributes } = ipsecAttributes;
const { number: protocols } = isakmpProtocolIds;
const lifeTypes = { life: attributes['SA Life Type'], duration: attributes['SA Life Duration'] };

export const protocolIds = { ESP: protocols.PROTO_IPSEC_ESP, AH: protocols.PROTO_IPSEC_AH } as const;

/** What one transform of phase 2 means. */
export interface ChildOffer {
  readonly protocol: 'ESP' | 'AH';
  /** One of each kind. */
  readonly proposal: ProposalLike;
  /** Undefined where it is neither, or is not said. */
  readonly mode?: 'transport' | 'tunnel';
  readonly udpEncapsulation: boolean;
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  readonly transform: IsakmpTransform;
}

/** One SA that is wanted: its alternatives, and the SPI of who offers it. */
export interface OfferedSa {
  readonly protocol: 'ESP' | 'AH';
  readonly spi: number;
  readonly offers: readonly ChildOffer[];
  /** Of the whole proposal, for the answer. */
  readonly number: number;
}

/** SAs that are wanted together; one for each proposal of a number. */
export type OfferedBundle = readonly OfferedSa[];

/** Transforms and proposals that we offer at most; both numbers are one octet. */
export const childTransformsMax = 200;
export const childProposalsMax = 200;

export interface ChildOfferOptions {
  readonly mode: 'transport' | 'tunnel';
  /** ESP in UDP, as RFC 3947 numbers its modes or the drafts before it. */
  readonly encapsulation?: NatVersion;
  /** The group of this Quick Mode's key exchange. */
  readonly group?: KeyExchangeTransform;
  readonly provider: CryptoProvider;
}

/** The transforms of one of our proposals: every combination that IKEv1 can say and the provider can do. */
export function childTransforms(proposal: ChildProposal, options: ChildOfferOptions): IsakmpTransform[] {
  const { protocol, encryption, authentication, esn } = proposal;
  const ciphers = protocol === 'ESP' ? encryption : [undefined];
  const integrities = authentication.length > 0 ? authentication : [undefined];
  const numbers = esn.length > 0 ? esn : (['no-esn'] as const);
  return ciphers
    .flatMap((cipher) =>
      integrities.flatMap((integrity) =>
        isPossible(protocol, cipher, integrity, options.provider)
          ? numbers.map((sequence) => ({ cipher, integrity, sequence }))
          : [],
      ),
    )
    .slice(0, childTransformsMax)
    .map(
      ({ cipher, integrity, sequence }, index): IsakmpTransform => ({
        number: index + 1,
        transformId: (protocol === 'ESP' ? cipher?.espId : integrity?.ahId) ?? 0,
        attributes: [
          ...lifetimeAttributes(
            { seconds: proposal.lifetimeSeconds.value, kilobytes: proposal.lifetimeKilobytes.value },
            lifeTypes,
          ),
          ...(options.group ? [numberAttribute(attributes['Group Description'], options.group.id)] : []),
          numberAttribute(attributes['Encapsulation Mode'], modeNumber(options)),
          ...algorithmAttributes(protocol, cipher, integrity),
          ...(sequence === 'esn' ? [numberAttribute(attributes['Extended (64-bit) Sequence Number'], 1)] : []),
        ],
      }),
    );
}

function algorithmAttributes(
  protocol: 'ESP' | 'AH',
  cipher: EncryptionTransform | undefined,
  integrity: AuthenticationTransform | undefined,
): Attribute[] {
  return [
    ...(integrity ? [numberAttribute(attributes['Authentication Algorithm'], integrity.ikev1Id!)] : []),
    ...(protocol === 'ESP' && cipher?.keyLengthAttribute
      ? [numberAttribute(attributes['Key Length'], cipher.keyBits)]
      : []),
  ];
}

function isPossible(
  protocol: 'ESP' | 'AH',
  cipher: EncryptionTransform | undefined,
  integrity: AuthenticationTransform | undefined,
  { ciphers, aeads, integrities }: CryptoProvider,
): boolean {
  if (integrity && (integrity.ikev1Id === undefined || !algorithmFor(integrities, integrity))) return false;
  if (protocol === 'AH') return integrity?.ahId !== undefined;
  if (cipher?.espId === undefined) return false;
  if (cipher.icvOctets !== undefined) return !integrity && algorithmFor(aeads, cipher) !== undefined;
  // Encryption alone was usual once (HP-UX A.02's ESP_3DES); NULL alone protects nothing (RFC 4303 §3.2).
  return algorithmFor(ciphers, cipher) !== undefined && (integrity !== undefined || cipher.name !== 'NULL');
}

function modeNumber({ mode, encapsulation }: Pick<ChildOfferOptions, 'mode' | 'encapsulation'>): number {
  const { number } = encapsulationModes;
  switch (encapsulation) {
    case undefined:
      return mode === 'tunnel' ? number.Tunnel : number.Transport;
    case 'RFC 3947':
      return mode === 'tunnel' ? number['UDP-Encapsulated-Tunnel'] : number['UDP-Encapsulated-Transport'];
    case 'draft':
      return mode === 'tunnel' ? number['UDP-Encapsulated-Tunnel-draft'] : number['UDP-Encapsulated-Transport-draft'];
  }
}

/** One SA of a proposal of ours. */
export interface ProposedSa {
  readonly protocol: 'ESP' | 'AH';
  readonly spi: number;
  readonly transforms: readonly IsakmpTransform[];
}

/** The SA payload of proposals, each of which is one SA or several that are wanted together. */
export function childSa(
  proposals: readonly { readonly number: number; readonly sas: readonly ProposedSa[] }[],
): IsakmpSaPayload {
  return {
    kind: 'IPSEC',
    situation: situationBits.SIT_IDENTITY_ONLY,
    proposals: proposals.flatMap(({ number, sas }) =>
      sas.map(
        ({ protocol, spi, transforms }): IsakmpProposal => ({
          number,
          protocolId: protocolIds[protocol],
          spi: spiOctets(spi),
          transforms,
        }),
      ),
    ),
  };
}

/** Proposals of one SA payload that are looked at; each has a number of one octet. */
const bundlesMax = 255;

/** What an SA payload of phase 2 offers, in its order, or in words why it is none that we understand. */
export function readChildSa(sa: IsakmpSaPayload): readonly OfferedBundle[] | string {
  if (sa.kind !== 'IPSEC') return 'its SA payload is of another domain of interpretation than IPsec';
  if (sa.situation !== situationBits.SIT_IDENTITY_ONLY) return 'its SA payload asks for a situation with labels';
  const bundles = new Map<number, OfferedSa[]>();
  const spoilt = new Set<number>();
  for (const proposal of sa.proposals) {
    const read = readProposal(proposal);
    if (!read) {
      // Compression or a protocol that nobody knows: what is wanted together with it cannot be had either.
      spoilt.add(proposal.number);
      continue;
    }
    const list = bundles.get(proposal.number);
    if (list) list.push(read);
    else if (bundles.size < bundlesMax) bundles.set(proposal.number, [read]);
  }
  return [...bundles].filter(([number]) => !spoilt.has(number)).map(([, bundle]) => bundle);
}

function readProposal({ number, protocolId, spi, transforms }: IsakmpProposal): OfferedSa | undefined {
  const protocol =
    protocolId === protocols.PROTO_IPSEC_ESP ? 'ESP' : protocolId === protocols.PROTO_IPSEC_AH ? 'AH' : undefined;
  const value = spiNumber(spi);
  if (!protocol || spi.length !== 4 || value === undefined || value === 0) return undefined;
  return { number, protocol, spi: value, offers: transforms.map((transform) => readTransform(protocol, transform)) };
}

function readTransform(protocol: 'ESP' | 'AH', transform: IsakmpTransform): ChildOffer {
  const list = transform.attributes;
  const get = (type: number) => numberOf(list, type);
  const group = get(attributes['Group Description']);
  const lifetimes = lifetimesOf(list, lifeTypes);
  const integrity = integrityOf(protocol, transform.transformId, get(attributes['Authentication Algorithm']));
  const { mode, udpEncapsulation } = modeOf(get(attributes['Encapsulation Mode']));
  return {
    protocol,
    proposal: {
      name: `transform ${transform.number}`,
      protocol,
      encryption: protocol === 'ESP' ? [espCipher(transform.transformId, get(attributes['Key Length']))] : [],
      authentication: integrity ? [integrity] : [],
      keyExchange: group === undefined ? [] : [keyExchange(group) ?? unknownGroup(`group ${group}`, group)],
      esn: [get(attributes['Extended (64-bit) Sequence Number']) === 1 ? 'esn' : 'no-esn'],
    },
    ...(mode ? { mode } : {}),
    udpEncapsulation,
    lifetimeSeconds: lifetimes.seconds ?? defaultLifetimeSeconds,
    lifetimeKilobytes: lifetimes.kilobytes ?? 0,
    transform,
  };
}

function espCipher(id: number, keyBits: number | undefined): EncryptionTransform {
  const candidates = [...encryptionTransforms, ...rareCiphers].filter(({ espId }) => espId === id);
  const [first] = candidates;
  const known = candidates.find(
    (cipher) => !cipher.keyLengthAttribute || cipher.keyBits === (keyBits ?? first?.keyBits),
  );
  if (known) return known;
  const name = first ? first.name.replace(/-\d+$/, '') : `cipher ${id}`;
  return unknownCipher(keyBits === undefined ? name : `${name}-${keyBits}`);
}

/** In AH the transform and the attribute must say the same (RFC 2407 §4.4.3). */
function integrityOf(
  protocol: 'ESP' | 'AH',
  transformId: number,
  id: number | undefined,
): AuthenticationTransform | undefined {
  if (id === undefined && protocol === 'ESP') return undefined;
  const known = authenticationTransforms.find(
    ({ ikev1Id, ahId }) => ikev1Id === id && (protocol === 'ESP' || ahId === transformId),
  );
  if (known) return known;
  const name = protocol === 'AH' ? `AH transform ${transformId} with algorithm ${id ?? 'NONE'}` : `integrity ${id}`;
  return { name, ikev2Id: 0, keyBits: 0, icvBits: 0, strengthBits: 0 };
}

function modeOf(id: number | undefined): Pick<ChildOffer, 'mode' | 'udpEncapsulation'> {
  const { number } = encapsulationModes;
  switch (id) {
    case number.Tunnel:
      return { mode: 'tunnel', udpEncapsulation: false };
    case number.Transport:
      return { mode: 'transport', udpEncapsulation: false };
    case number['UDP-Encapsulated-Tunnel']:
    case number['UDP-Encapsulated-Tunnel-draft']:
      return { mode: 'tunnel', udpEncapsulation: true };
    case number['UDP-Encapsulated-Transport']:
    case number['UDP-Encapsulated-Transport-draft']:
      return { mode: 'transport', udpEncapsulation: true };
    default:
      return { udpEncapsulation: false };
  }
}

/** A group that is of no exchange, where an offer has none. */
export function groupOfOffer({ proposal }: ChildOffer): KeyExchangeTransform | undefined {
  return proposal.keyExchange?.[0];
}
