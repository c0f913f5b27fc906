/**
 * What a socket of IKE needs of the kernel. A policy of its own lets its packets pass whatever the policies of the host say, so that IKE
 * gets through also where all traffic with a peer is protected (RFC 4301 §4.4.1), and ESP in UDP that comes to it goes to the SAs.
 */
import type { Family } from '../../model/address.js';
import { noMark } from '../../model/host-state.js';
import type { Libc } from '../system/libc.js';
import { espInUdp } from './host-sa.js';
import { toOctets, u32 } from './netlink/fields.js';
import { encodePolicy } from './netlink/policies.js';

/** IP_XFRM_POLICY and IPV6_XFRM_POLICY. */
const policyOptions = { 4: { level: 0, option: 17 }, 6: { level: 41, option: 35 } } as const;
const solUdp = 17;
const udpEncapsulate = 100;

/** Why the kernel refused, in words; undefined when it did not. */
export type Refused = string | undefined;

/** Lets the packets of a socket pass, in and out. */
export function bypassPolicies(calls: Libc, descriptor: number, family: Family): Refused {
  const { level, option } = policyOptions[family];
  for (const direction of ['in', 'out'] as const) {
    const octets = socketPolicy(family, direction);
    if (calls.setsockopt(descriptor, level, option, octets, octets.length) < 0) return calls.nameOf(calls.errno());
  }
  return undefined;
}

function socketPolicy(family: Family, direction: 'in' | 'out'): Uint8Array {
  const any = family === 4 ? 0 : 0n;
  return encodePolicy({
    direction,
    selector: {
      family,
      source: any,
      sourcePrefix: 0,
      destination: any,
      destinationPrefix: 0,
      protocol: 0,
      sourcePort: 0,
      sourcePortMask: 0,
      destinationPort: 0,
      destinationPortMask: 0,
      interfaceIndex: 0,
      user: 0,
    },
    mark: noMark,
    ifId: 0,
    type: 'main',
    priority: 0,
    index: 0,
    action: 'allow',
    flags: 0,
    share: 0,
    templates: [],
    limits: {},
  });
}

/** Gives ESP that comes to a UDP socket to the SAs (RFC 3948). */
export function takeEspInUdp(calls: Libc, descriptor: number): Refused {
  const value = toOctets(u32, espInUdp);
  return calls.setsockopt(descriptor, solUdp, udpEncapsulate, value, value.length) < 0
    ? calls.nameOf(calls.errno())
    : undefined;
}
