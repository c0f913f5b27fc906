/**
 * What carries the packets of a product, and what it cannot: an SA that is agreed on may still fail to be installed, and
 * the product then refuses it.
 */
import { type Address, rangeContains, singleAddress } from '../address.js';
import type { ChosenTransforms } from '../proposal.js';
import type { TrafficSelector } from '../traffic-selector.js';

/** `kernel`: everything that the negotiation can come to. `libipsec`: strongSwan's ESP in user space. */
export const dataPathNames = ['kernel', 'libipsec'] as const;
export type DataPathName = (typeof dataPathNames)[number];

/** What strongSwan calls it. */
export const libipsecPlugin = 'kernel-libipsec';

/** The setting of strongswan.conf that lets libipsec route the peer itself through the tunnel. */
export const allowPeerSetting = `charon.plugins.${libipsecPlugin}.allow_peer_ts`;

export interface InstallQuestion {
  readonly dataPath: DataPathName;
  readonly mode: 'transport' | 'tunnel';
  readonly transforms: ChosenTransforms;
  readonly local: readonly TrafficSelector[];
  readonly remote: readonly TrafficSelector[];
  readonly peer: Address;
  /** The host's own addresses. */
  readonly addresses: readonly Address[];
  /** libipsec is told to route the peer itself through the tunnel (`kernel-libipsec.allow_peer_ts`). */
  readonly allowPeer?: boolean;
  /** HMAC-SHA2-256 is to be cut to 96 bits (`sha256_96`). */
  readonly truncatesSha256?: boolean;
}

export type InstallVerdict =
  | { readonly kind: 'installed' }
  /** The SA itself, or the policies and routes for it; one sentence without a full stop. */
  | { readonly kind: 'refused'; readonly what: 'sa' | 'policies'; readonly why: string };

/**
 * Whether an SA can be installed. libipsec (ipsec_sa.c, kernel_libipsec_ipsec.c of 5.9.8): ESP in tunnel mode without
 * extended sequence numbers; a route for each remote selector, for which each local selector must hold an own address, and
 * which must not lead away from the peer itself unless `allow_peer_ts` says so.
 */
export function installable(question: InstallQuestion): InstallVerdict {
  if (question.dataPath === 'kernel') return { kind: 'installed' };
  const { mode, transforms, local, remote, peer, addresses } = question;
  const sa = (why: string): InstallVerdict => ({ kind: 'refused', what: 'sa', why: `kernel-libipsec ${why}` });
  if (transforms.protocol !== 'ESP') return sa(`has no ${transforms.protocol}`);
  if (transforms.esn === 'esn') return sa('has no extended sequence numbers');
  if (mode !== 'tunnel') return sa('has no transport mode');
  if (transforms.encryption?.name.startsWith('AES-GMAC')) return sa('has no AES-GMAC');
  if (transforms.encryption?.icvOctets === undefined && !transforms.integrity)
    return sa('needs an integrity algorithm');
  const isCut = question.truncatesSha256 && transforms.integrity?.name === 'HMAC-SHA2-256-128';
  if (isCut || transforms.integrity?.name === 'HMAC-SHA2-256-96') return sa('has no HMAC-SHA2-256-96');
  const policies = (why: string): InstallVerdict => ({
    kind: 'refused',
    what: 'policies',
    why: `kernel-libipsec ${why}`,
  });
  const isOwn = (selector: TrafficSelector) =>
    addresses.some((address) => rangeContains(selector.range, singleAddress(address))) || isMulticast(selector);
  if (!local.every(isOwn)) return policies('needs an own address within each local selector');
  const isPeer = ({ range }: TrafficSelector) =>
    range.family === peer.family && range.first === peer.value && range.last === peer.value;
  if (question.allowPeer !== true && remote.some(isPeer))
    return policies('cannot route the peer itself through the tunnel');
  return { kind: 'installed' };
}

/** Multicast and broadcast need no route of their own. */
function isMulticast({ range }: TrafficSelector): boolean {
  const { family, first, last } = range;
  if (family === 6) return BigInt(first) >> 120n === 0xffn && BigInt(last) >> 120n === 0xffn;
  return (first >= 0xe000_0000 && last <= 0xefff_ffff) || (first === 0xffff_ffff && last === 0xffff_ffff);
}
