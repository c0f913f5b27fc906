/** SA payloads in the words of the table of transforms: `ESP: AES-CBC-128; HMAC-SHA1-96; MODP-1024 (2)`. */
import { readPhase1Sa } from '../../../engine/ikev1/phase1-proposals.js';
import { type ChildOffer, readChildSa } from '../../../engine/ikev1/phase2-proposals.js';
import { readOffer } from '../../../engine/ikev2/offers.js';
import type { IsakmpProposal, IsakmpSaPayload } from '../../../engine/wire/isakmp/sa.js';
import type { Proposal, SaPayload } from '../../../engine/wire/payloads/sa.js';
import {
  isakmpProtocolIds,
  isakmpTransformNames,
  oakleyAuthentication,
  protocolIds,
} from '../../../engine/wire/registry.js';
import { none, type ProposalLike } from '../../../model/proposal.js';
import type { EncryptionTransform } from '../../../model/transform.js';
import { groupWord } from './groups.js';

/** One alternative that an SA payload offers, or the one that it chooses. */
export interface OfferedProposal {
  readonly of: 'IKE' | 'CHILD';
  /** `proposal 1`, `transform 2`. */
  readonly label: string;
  /** What it consists of, in words. */
  readonly text: string;
  /** For comparisons; absent where it is of a kind that we cannot compare. */
  readonly like?: ProposalLike;
  /** SPIs of ESP and AH SAs, as numbers. */
  readonly spis: readonly { readonly protocol: 'ESP' | 'AH'; readonly spi: number }[];
  /** What else it says: authentication method, lifetimes, mode. */
  readonly method?: string;
  readonly mode?: string;
}

/** The alternatives of an IKEv2 SA payload. */
export function ikev2Proposals(sa: SaPayload): OfferedProposal[] {
  return sa.proposals.map((proposal) => {
    const of = proposal.protocolId === protocolIds.number.IKE ? 'IKE' : 'CHILD';
    // A rekey's proposals for an IKE SA have SPIs, those of IKE_SA_INIT have none: any size is taken here.
    const [like] = readOffer({ proposals: [proposal] }, of, proposal.spi.length);
    const usable = like && !like.unusable;
    return {
      of,
      label: `proposal ${proposal.number}`,
      text: usable ? likeText(withKeyLengths(like)) : rawText(proposal, like?.unusable),
      ...(usable ? { like } : {}),
      spis: spisOf(proposal),
    };
  });
}

/** A cipher that needs a key length and has none is told so: it is none that anybody could use (RFC 7296 §3.3.5). */
function withKeyLengths(like: ProposalLike): ProposalLike {
  const named = (cipher: EncryptionTransform): EncryptionTransform =>
    /^ENCR_(?:AES|CAMELLIA)\w* \(\d+\)$/.test(cipher.name)
      ? { ...cipher, name: `${cipher.name} without a key length` }
      : cipher;
  return { ...like, encryption: like.encryption.map(named) };
}

function spisOf({ protocolId, spi }: Proposal): OfferedProposal['spis'] {
  const protocol =
    protocolId === protocolIds.number.ESP ? 'ESP' : protocolId === protocolIds.number.AH ? 'AH' : undefined;
  return protocol && spi.length === 4 ? [{ protocol, spi: new DataView(spi.buffer, spi.byteOffset).getUint32(0) }] : [];
}

function rawText(proposal: Proposal, why: string | undefined): string {
  return `${protocolIds.brief(proposal.protocolId)}: ${proposal.transforms.length} transforms${why ? ` (${why})` : ''}`;
}

/** The alternatives of an IKEv1 SA payload: transforms of phase 1, bundles of phase 2. */
export function isakmpProposals(sa: IsakmpSaPayload): OfferedProposal[] {
  if (sa.kind !== 'IPSEC') return [];
  const isPhase1 = sa.proposals.some(({ protocolId }) => protocolId === isakmpProtocolIds.number.PROTO_ISAKMP);
  return isPhase1 ? phase1Proposals(sa) : phase2Proposals(sa);
}

function phase1Proposals(sa: IsakmpSaPayload): OfferedProposal[] {
  const offers = readPhase1Sa(sa);
  if (typeof offers === 'string') return rawProposals(sa, 'IKE');
  return offers.map(({ transform, proposal, method, lifetimeSeconds }) => {
    const methodText = oakleyAuthentication.brief(method);
    return {
      of: 'IKE',
      label: `transform ${transform.number}`,
      text: `${likeText(proposal, 1)}; ${methodText}; ${lifetimeText(lifetimeSeconds, 0)}`,
      like: proposal,
      spis: [],
      method: methodText,
    };
  });
}

function phase2Proposals(sa: IsakmpSaPayload): OfferedProposal[] {
  const bundles = readChildSa(sa);
  if (typeof bundles === 'string' || bundles.length === 0) return rawProposals(sa, 'CHILD');
  return bundles.flatMap((bundle): OfferedProposal[] => {
    const spis = bundle.map(({ protocol, spi }) => ({ protocol, spi }));
    const number = bundle[0]?.number ?? 0;
    if (bundle.length > 1) {
      const text = bundle.map(({ offers }) => offers.map((offer) => childText(offer)).join(' or ')).join(', with ');
      return [{ of: 'CHILD', label: `proposal ${number}`, text, spis }];
    }
    return (bundle[0]?.offers ?? []).map((offer) => ({
      of: 'CHILD',
      label: `proposal ${number}, transform ${offer.transform.number}`,
      text: childText(offer),
      like: offer.proposal,
      spis,
      ...(offer.mode ? { mode: offer.mode } : {}),
    }));
  });
}

function childText({ proposal, mode, udpEncapsulation, lifetimeSeconds, lifetimeKilobytes }: ChildOffer): string {
  const modeText = mode ? `${mode} mode${udpEncapsulation ? ' in UDP' : ''}` : 'no mode';
  return `${likeText(proposal)}; ${modeText}; ${lifetimeText(lifetimeSeconds, lifetimeKilobytes)}`;
}

function rawProposals(sa: IsakmpSaPayload, of: 'IKE' | 'CHILD'): OfferedProposal[] {
  if (sa.kind !== 'IPSEC') return [];
  return sa.proposals.flatMap((proposal: IsakmpProposal) =>
    proposal.transforms.map((transform) => ({
      of,
      label: `proposal ${proposal.number}, transform ${transform.number}`,
      text: `${isakmpProtocolIds.brief(proposal.protocolId)}: ${isakmpTransformNames(proposal.protocolId).ids.describe(transform.transformId)}`,
      spis: [],
    })),
  );
}

function lifetimeText(seconds: number, kilobytes: number): string {
  const parts = [...(seconds > 0 ? [`${seconds} s`] : []), ...(kilobytes > 0 ? [`${kilobytes} kB`] : [])];
  return parts.length > 0 ? parts.join(' or ') : 'without end';
}

/** `ESP: AES-CBC-128, AES-CBC-256; HMAC-SHA1-96; MODP-1024 (2)`: lists in order of preference, one list for each kind. */
export function likeText(
  { protocol, encryption, authentication, prf, keyExchange, esn }: ProposalLike,
  version: 1 | 2 = 2,
): string {
  const list = (items: readonly { readonly name: string }[]): string => items.map(({ name }) => name).join(', ');
  const groups = (keyExchange ?? []).map(groupWord).join(', ');
  const parts = [
    list(encryption),
    list(authentication.filter(({ name }) => name !== none)),
    // IKEv1 agrees on a hash, whose HMAC is the PRF (RFC 2409 §4).
    prf?.length ? (version === 1 ? list(prf).replaceAll('HMAC-', '') : `PRF ${list(prf)}`) : '',
    groups,
    esn?.includes('esn') ? (esn.includes('no-esn') ? 'ESN or not' : 'ESN') : '',
  ];
  return `${protocol ?? 'IKE'}: ${parts.filter((part) => part !== '').join('; ')}`;
}
