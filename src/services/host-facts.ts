/** What this host is, as far as the compilation of policies asks: its addresses, and whether it forwards. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { HostFacts } from '../backends/xfrm/rules.js';
import { type Address, parseAddress } from '../model/address.js';
import type { HostState } from '../model/host-state.js';

const forwardingFiles = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/all/forwarding'] as const;

/** Asks the host. `state` is what its IPsec stack told. */
export function hostFacts({ defaults }: HostState): HostFacts {
  return { addresses: ownAddresses(), forwards: forwardingFiles.some(isOn), defaults };
}

/** A host of which nothing is known. */
export function unknownHost({ defaults }: HostState): HostFacts {
  return { addresses: [], forwards: false, defaults };
}

function ownAddresses(): readonly Address[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ address }) => parseAddress(address.replace(/%.*$/, '')) ?? []),
  );
}

function isOn(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() !== '0';
  } catch {
    return false;
  }
}
