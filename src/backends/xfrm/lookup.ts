/**
 * The kernel's own look-up (xfrm_policy_lookup of net/xfrm/xfrm_policy.c), as a function: what it would find for a packet among given
 * policies. Sub policies come before main ones, then the lowest priority number wins, then the older policy.
 */
import { type AddressValue, addressBits, type Family } from '../../model/address.js';
import type { HostPolicy, HostSelector, PolicyDirection } from '../../model/host-state.js';
import { hasPorts, hasTypes, type Packet, protocolNumbers } from '../../model/packet.js';

/** A packet as the kernel looks it up. */
export interface Flow {
  readonly direction: PolicyDirection;
  readonly family: Family;
  readonly source: AddressValue;
  readonly destination: AddressValue;
  readonly protocol: number;
  /** ICMP and MH: the type. */
  readonly sourcePort: number;
  /** ICMP: the code. */
  readonly destinationPort: number;
  readonly mark: number;
  readonly ifId: number;
  readonly interfaceIndex: number;
}

/** The policy that the kernel would find, which must be in the order in which they were added; undefined when there is none. */
export function lookUp(policies: readonly HostPolicy[], flow: Flow): HostPolicy | undefined {
  let found: HostPolicy | undefined;
  for (const policy of policies) {
    if (found && !isBefore(policy, found)) continue;
    if (matches(policy, flow)) found = policy;
  }
  return found;
}

function isBefore(a: HostPolicy, b: HostPolicy): boolean {
  if (a.type !== b.type) return a.type === 'sub';
  return a.priority < b.priority;
}

function matches(policy: HostPolicy, flow: Flow): boolean {
  const { mark } = policy;
  return (
    policy.direction === flow.direction &&
    policy.ifId === flow.ifId &&
    // Numbers may be above 2^31, where `&` gives negative ones.
    (flow.mark & mark.mask) >>> 0 === mark.value &&
    selectorMatches(policy.selector, flow)
  );
}

/** Does a selector take the packet? */
export function selectorMatches(selector: HostSelector, flow: Flow): boolean {
  return (
    selector.family === flow.family &&
    (selector.protocol === 0 || selector.protocol === flow.protocol) &&
    inPrefix(flow.destination, selector.destination, selector.destinationPrefix, flow.family) &&
    inPrefix(flow.source, selector.source, selector.sourcePrefix, flow.family) &&
    ((flow.destinationPort ^ selector.destinationPort) & selector.destinationPortMask) === 0 &&
    ((flow.sourcePort ^ selector.sourcePort) & selector.sourcePortMask) === 0 &&
    (selector.interfaceIndex === 0 || selector.interfaceIndex === flow.interfaceIndex)
  );
}

function inPrefix(value: AddressValue, prefix: AddressValue, length: number, family: Family): boolean {
  if (length === 0) return true;
  if (typeof value === 'number' && typeof prefix === 'number') {
    return (value ^ prefix) >>> (addressBits(family) - length) === 0;
  }
  return (BigInt(value) ^ BigInt(prefix)) >> BigInt(addressBits(family) - length) === 0n;
}

/** A packet of the model as the kernel sees it. What is forwarded is looked up as `fwd` first and as `out` later. */
export function flowOf(packet: Packet, direction: PolicyDirection): Flow {
  const { family, local, remote, protocol } = packet;
  const isFromLocal = packet.direction === 'outbound';
  const [source, destination] = isFromLocal ? [local, remote] : [remote, local];
  return {
    direction,
    family,
    source,
    destination,
    protocol,
    ...portsOf(packet, isFromLocal),
    mark: 0,
    ifId: 0,
    interfaceIndex: 0,
  };
}

function portsOf(packet: Packet, isFromLocal: boolean): Pick<Flow, 'sourcePort' | 'destinationPort'> {
  const { protocol, localPort = 0, remotePort = 0, type = 0, code = 0 } = packet;
  if (hasTypes(protocol)) return { sourcePort: type, destinationPort: protocol === protocolNumbers.MH ? 0 : code };
  if (!hasPorts(protocol)) return { sourcePort: 0, destinationPort: 0 };
  return isFromLocal
    ? { sourcePort: localPort, destinationPort: remotePort }
    : { sourcePort: remotePort, destinationPort: localPort };
}
