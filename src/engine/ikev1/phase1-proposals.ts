/**
 * The SA payload of phase 1: protection suites as transforms of one proposal, all alternatives (RFC 2409 §5, appendix A),
 * and back to the proposals that `selectProposal` compares.
 */
import { offeredIkeProposals } from '../../model/peer/connection/offers.js';
import type { ProposalLike } from '../../model/proposal.js';
import { rareCiphers } from '../../model/rare-transforms.js';
import type { AuthenticationMethod, IkePolicy } from '../../model/system-config.js';
import {
  type EncryptionTransform,
  encryptionTransforms,
  type KeyExchangeTransform,
  keyExchange,
  type PrfTransform,
  prfTransforms,
} from '../../model/transform.js';
import { algorithmFor, type CryptoProvider } from '../crypto/provider.js';
import { situationBits } from '../wire/isakmp/labels.js';
import type { IsakmpProposal, IsakmpSaPayload, IsakmpTransform } from '../wire/isakmp/sa.js';
import { isakmpProtocolIds, isakmpTransforms } from '../wire/registry/isakmp.js';
import { oakleyAttributes, oakleyAuthentication } from '../wire/registry/isakmp-attributes.js';
import { lifetimeAttributes, lifetimesOf, numberAttribute, numberOf } from './attributes.js';

/** One transform of phase 1, sent or received. */
export interface Phase1Offer {
  /** Octets as they are to be answered. */
  readonly transform: IsakmpTransform;
  readonly proposalNumber: number;
  /** One of each kind. */
  readonly proposal: ProposalLike;
  /** IANA's number of the authentication method. */
  readonly method: number;
  /** 0 is without end; where nothing is said, 28800 (RFC 2407 §4.5 for phase 2; most peers take it for phase 1 too). */
  readonly lifetimeSeconds: number;
}

/** Transforms that we offer at most: their number is one octet. */
export const transformsOfferedMax = 200;
/** What a peer means that says nothing of a lifetime. */
export const defaultLifetimeSeconds = 28_800;

const { number: attributes } = oakleyAttributes;
const lifeTypes = { life: attributes['Life Type'], duration: attributes['Life Duration'] };

const methodNumbers: Readonly<Partial<Record<AuthenticationMethod, number>>> = {
  PSK: oakleyAuthentication.number['pre-shared key'],
  DSSSIG: oakleyAuthentication.number['DSS signatures'],
  RSASIG: oakleyAuthentication.number['RSA signatures'],
  RSAENC: oakleyAuthentication.number['encryption with RSA'],
  RSAREVENC: oakleyAuthentication.number['revised encryption with RSA'],
};

/** IANA's number of a method; undefined for those that IKEv1 has not, or not here. */
export function methodNumber(method: AuthenticationMethod): number | undefined {
  return methodNumbers[method];
}

/** The method of a number of IANA's; undefined as above. */
export function methodOfNumber(number: number): AuthenticationMethod | undefined {
  return (Object.keys(methodNumbers) as AuthenticationMethod[]).find((method) => methodNumbers[method] === number);
}

/**
 * What an initiator offers of a policy, in its order. In Aggressive Mode the first message has the public value, so that all
 * transforms are of the first one's group (RFC 2409 §5), unless the product offers others as well. What IKEv1 cannot say or the provider cannot do is left out.
 */
export function phase1Offers(
  policy: IkePolicy,
  method: number,
  provider: CryptoProvider,
  groups: 'one-group' | 'modp1536-or-last' | 'all',
): Phase1Offer[] {
  const suites = offeredIkeProposals(policy).flatMap(({ name, encryption, prf, keyExchange }) =>
    encryption.flatMap((cipher) =>
      prf.flatMap((hash) => keyExchange.map((group): Suite => ({ name, cipher, hash, group }))),
    ),
  );
  const possible = suites.filter(({ cipher, hash, group }) => isPossible(cipher, hash, group, provider));
  const group = oneGroup(possible, groups);
  const offered = groups === 'all' ? possible : possible.filter((suite) => suite.group === group);
  const lifetimeSeconds = policy.lifetimeSeconds.value;
  return offered.slice(0, transformsOfferedMax).map(
    (suite, index): Phase1Offer => ({
      transform: {
        number: index + 1,
        transformId: isakmpTransforms.number.KEY_IKE,
        attributes: [
          numberAttribute(attributes['Encryption Algorithm'], suite.cipher.ikev1Id!),
          ...(suite.cipher.keyLengthAttribute ? [numberAttribute(attributes['Key Length'], suite.cipher.keyBits)] : []),
          numberAttribute(attributes['Hash Algorithm'], suite.hash.ikev1Id!),
          numberAttribute(attributes['Authentication Method'], method),
          numberAttribute(attributes['Group Description'], suite.group.id),
          ...lifetimeAttributes({ seconds: lifetimeSeconds }, lifeTypes),
        ],
      },
      proposalNumber: 1,
      proposal: like(suite.name, [suite.cipher], [suite.hash], [suite.group]),
      method,
      lifetimeSeconds,
    }),
  );
}

/** The group whose proposals are offered where there is room for one public value. */
function oneGroup(
  suites: readonly Suite[],
  groups: 'one-group' | 'modp1536-or-last' | 'all',
): KeyExchangeTransform | undefined {
  if (groups !== 'modp1536-or-last') return suites[0]?.group;
  return (suites.find(({ group }) => group.name === 'MODP-1536') ?? suites.at(-1))?.group;
}

interface Suite {
  readonly name: string;
  readonly cipher: EncryptionTransform;
  readonly hash: PrfTransform;
  readonly group: KeyExchangeTransform;
}

function isPossible(
  cipher: EncryptionTransform,
  hash: PrfTransform,
  group: KeyExchangeTransform,
  provider: CryptoProvider,
): boolean {
  return (
    cipher.ikev1Id !== undefined &&
    hash.ikev1Id !== undefined &&
    group.kind !== 'ML-KEM' &&
    algorithmFor(provider.ciphers, cipher) !== undefined &&
    algorithmFor(provider.prfs, hash)?.hash !== undefined &&
    algorithmFor(provider.keyExchanges, group) !== undefined
  );
}

/** A policy's proposals as a responder compares them: the hash is in `prf`, integrity has no place in IKEv1. */
export function ownPhase1Proposals(policy: IkePolicy, provider: CryptoProvider): ProposalLike[] {
  return policy.proposals.map(({ name, encryption, prf, keyExchange: groups }) =>
    like(
      name,
      encryption.filter((cipher) => cipher.ikev1Id !== undefined && algorithmFor(provider.ciphers, cipher)),
      prf.filter((hash) => hash.ikev1Id !== undefined && algorithmFor(provider.prfs, hash)?.hash),
      groups.filter((group) => group.kind !== 'ML-KEM' && algorithmFor(provider.keyExchanges, group)),
    ),
  );
}

function like(
  name: string,
  encryption: readonly EncryptionTransform[],
  prf: readonly PrfTransform[],
  groups: readonly KeyExchangeTransform[],
): ProposalLike {
  return { name, encryption, authentication: [], prf, keyExchange: groups };
}

/** The SA payload of offers, or of the one that is accepted: which is sent back as it came (RFC 2408 §4.2). */
export function phase1Sa(offers: readonly Phase1Offer[]): IsakmpSaPayload {
  const proposal: IsakmpProposal = {
    number: offers[0]?.proposalNumber ?? 1,
    protocolId: isakmpProtocolIds.number.PROTO_ISAKMP,
    spi: new Uint8Array(0),
    transforms: offers.map(({ transform }) => transform),
  };
  return { kind: 'IPSEC', situation: situationBits.SIT_IDENTITY_ONLY, proposals: [proposal] };
}

/** What an SA payload of phase 1 offers, or in words why it is none that we understand. */
export function readPhase1Sa(sa: IsakmpSaPayload): readonly Phase1Offer[] | string {
  if (sa.kind !== 'IPSEC') return 'its SA payload is of another domain of interpretation than IPsec';
  if (sa.situation !== situationBits.SIT_IDENTITY_ONLY) return 'its SA payload asks for a situation with labels';
  return sa.proposals
    .filter(({ protocolId }) => protocolId === isakmpProtocolIds.number.PROTO_ISAKMP)
    .flatMap(({ number, transforms }) =>
      transforms
        .filter(({ transformId }) => transformId === isakmpTransforms.number.KEY_IKE)
        .map((transform): Phase1Offer => readOffer(number, transform)),
    );
}

function readOffer(proposalNumber: number, transform: IsakmpTransform): Phase1Offer {
  const list = transform.attributes;
  const get = (type: number) => numberOf(list, type);
  const cipher = cipherOf(get(attributes['Encryption Algorithm']), get(attributes['Key Length']));
  const hash = hashOf(get(attributes['Hash Algorithm']));
  const group = groupOf(
    get(attributes['Group Description']),
    list.some(({ type }) => type === attributes['Group Type']),
  );
  return {
    transform,
    proposalNumber,
    proposal: like(
      `transform ${transform.number}`,
      cipher ? [cipher] : [],
      // A PRF of its own has never been registered (RFC 2409 appendix A).
      hash && get(attributes.PRF) === undefined ? [hash] : [],
      group ? [group] : [],
    ),
    method: get(attributes['Authentication Method']) ?? 0,
    lifetimeSeconds: lifetimesOf(list, lifeTypes).seconds ?? defaultLifetimeSeconds,
  };
}

/** A cipher by its number in phase 1; an unknown one is named so that a comparison can tell it. */
function cipherOf(id: number | undefined, keyBits: number | undefined): EncryptionTransform | undefined {
  if (id === undefined) return undefined;
  const candidates = [...encryptionTransforms, ...rareCiphers].filter(({ ikev1Id }) => ikev1Id === id);
  const [first] = candidates;
  const known = candidates.find(
    (cipher) => cipher.keyBits === (cipher.keyLengthAttribute ? (keyBits ?? first?.keyBits) : cipher.keyBits),
  );
  if (known) return known;
  const name = first ? first.name.replace(/-\d+$/, '') : `cipher ${id}`;
  return unknownCipher(keyBits === undefined ? name : `${name}-${keyBits}`);
}

/** A cipher that is in no table of ours. */
export function unknownCipher(name: string): EncryptionTransform {
  return { name, ikev2Id: 0, keyBits: 0, keyLengthAttribute: false, blockOctets: 1, ivOctets: 0, strengthBits: 0 };
}

function hashOf(id: number | undefined): PrfTransform | undefined {
  if (id === undefined) return undefined;
  const known = prfTransforms.find(({ ikev1Id }) => ikev1Id === id);
  return known ?? { name: `hash ${id}`, ikev2Id: 0, outputBits: 0, strengthBits: 0 };
}

function groupOf(id: number | undefined, isWritten: boolean): KeyExchangeTransform | undefined {
  if (id !== undefined) return keyExchange(id) ?? unknownGroup(`group ${id}`, id);
  return isWritten ? unknownGroup('group in the message', 0) : undefined;
}

/** A group that is in no table of ours. */
export function unknownGroup(name: string, id: number): KeyExchangeTransform {
  return { name, id, kind: 'MODP', strengthBits: 0, rfc: '' };
}
