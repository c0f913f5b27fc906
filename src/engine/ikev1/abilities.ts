/** What peers can do beyond RFC 2409, as their vendor IDs tell: dead peer detection, NAT traversal, fragmentation, XAUTH. */

import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import type { PadEntry } from '../../model/system-config.js';
import { fromHex } from '../crypto/octets.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { vendorIdName } from '../wire/registry/vendor-ids.js';

/** RFC 3947, or one of the drafts before it, whose payload types and encapsulation modes have numbers of their own. */
export type NatVersion = 'RFC 3947' | 'draft';

export interface Abilities {
  readonly deadPeerDetection: boolean;
  readonly natTraversal?: NatVersion;
  readonly fragmentation: boolean;
  /** The peer would ask for a user's name and password. */
  readonly xauth: boolean;
}

export const noAbilities: Abilities = { deadPeerDetection: false, fragmentation: false, xauth: false };

const vendorIds = {
  deadPeerDetection: fromHex('afcad71368a1f1c96b8696fc77570100'),
  rfc3947: fromHex('4a131c81070358455c5728f20e95452f'),
  draft03: fromHex('7d9419a65310ca6f2c179d9215529d56'),
  /** With the line break that its authors hashed by mistake, which is the one in use. */
  draft02: fromHex('90cb80913ebb696e086381b5ec427b1f'),
  fragmentation: fromHex('4048b7d56ebce88525e7de7f00d6c2d3'),
} as const;

/** What this system announces to the peers of an entry. */
export function ownAbilities(pad: PadEntry, profile: PeerProfile): Abilities {
  const nat = pad.natTraversal?.value ?? (profile.natTraversal.value ? 'ON' : 'OFF');
  return {
    deadPeerDetection: profile.deadPeerDetection.value || (pad.dpdSeconds?.value ?? 0) > 0,
    ...(nat === 'OFF' ? {} : { natTraversal: 'RFC 3947' as const }),
    fragmentation: pad.fragmentation?.value ?? profile.fragmentation.value,
    xauth: false,
  };
}

/** The vendor IDs of an initiator, or of a responder, who has nothing to say to what it was not told. */
export function vendorIdPayloads(own: Abilities, peer?: Abilities): IsakmpPayload[] {
  const list: Uint8Array[] = [];
  if (own.deadPeerDetection) list.push(vendorIds.deadPeerDetection);
  if (own.natTraversal) {
    if (!peer) list.push(vendorIds.rfc3947, vendorIds.draft03, vendorIds.draft02);
    else if (peer.natTraversal === 'RFC 3947') list.push(vendorIds.rfc3947);
    else if (peer.natTraversal === 'draft') list.push(vendorIds.draft03, vendorIds.draft02);
  }
  if (own.fragmentation) list.push(vendorIds.fragmentation);
  return list.map((vendorId) => isakmpPayload('VID', { vendorId }));
}

/** What the vendor IDs of a message announce. */
export function readAbilities(payloads: readonly IsakmpPayload[]): Abilities {
  const names = payloads.flatMap((payload) =>
    payload.kind === 'VID' ? (vendorIdName(payload.body.vendorId) ?? []) : [],
  );
  const has = (beginning: string) => names.some((name) => name.startsWith(beginning));
  const natTraversal = has('NAT traversal (RFC 3947)')
    ? ('RFC 3947' as const)
    : has('draft-ietf-ipsec-nat-t-ike-02') || has('draft-ietf-ipsec-nat-t-ike-03')
      ? ('draft' as const)
      : undefined;
  return {
    deadPeerDetection: has('Dead Peer Detection'),
    ...(natTraversal ? { natTraversal } : {}),
    fragmentation: has('IKEv1 fragmentation'),
    xauth: has('XAUTH'),
  };
}

/** What both can do. */
export function commonAbilities(own: Abilities, peer: Abilities): Abilities {
  return {
    deadPeerDetection: own.deadPeerDetection && peer.deadPeerDetection,
    ...(own.natTraversal && peer.natTraversal ? { natTraversal: peer.natTraversal } : {}),
    fragmentation: own.fragmentation && peer.fragmentation,
    xauth: peer.xauth,
  };
}
