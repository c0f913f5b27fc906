/** The -source and -destination values of policies, for rules about how they can be negotiated. */
import { formatRange, rangePrefixLength } from '../model/address.js';
import type { Sourced } from '../model/origin.js';
import type { AddressSpec, GatewayRecord, HostRecord, TunnelRecord } from '../model/record/policy.js';

type SelectingRecord = HostRecord | TunnelRecord | GatewayRecord;

/** The values that are ranges of addresses, other than a prefix, or of ports. */
export function rangesOf({ sources, destinations }: SelectingRecord): readonly Sourced<AddressSpec>[] {
  return [...sources, ...destinations].filter(({ value: { range, port } }) => {
    return rangePrefixLength(range) === undefined || (port !== undefined && port.lo !== port.hi);
  });
}

/** `10.0.0.0/8`, `10.3.3.10-10.3.3.20`, `10.2.0.1 port 1024-2048`. */
export function specText({ range, port }: AddressSpec): string {
  if (!port) return formatRange(range);
  return `${formatRange(range)} port ${port.lo === port.hi ? port.lo : `${port.lo}-${port.hi}`}`;
}

/** Equal for values that select the same. */
export function specKey({ range, port, service }: AddressSpec): string {
  return `${range.family} ${range.first}-${range.last} ${port?.lo ?? ''}-${port?.hi ?? ''} ${service?.protocol ?? ''}`;
}
