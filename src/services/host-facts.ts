/** What this host is, as far as the compilation of policies asks: its addresses, whether it forwards, and its XFRM interfaces. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { HostFacts } from '../backends/xfrm/rules.js';
import { type Address, parseAddress } from '../model/address.js';
import type { HostState } from '../model/host-state.js';
import type { SystemConfig } from '../model/system-config.js';

const forwardingFiles = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/all/forwarding'] as const;

/** Asks the host. `state` is what its IPsec stack told; of what only some configurations need, it is asked for `config`. */
export async function hostFacts({ defaults }: HostState, config: SystemConfig): Promise<HostFacts> {
  const facts = { addresses: ownAddresses(), forwards: forwardingFiles.some(isOn), defaults };
  return asksForInterfaces(config) ? { ...facts, interfaces: await xfrmInterfaces() } : facts;
}

function asksForInterfaces({ spd, forwardSpd }: SystemConfig): boolean {
  return [spd, forwardSpd].some((entries) =>
    entries.some(({ action }) => action.kind === 'PROTECT' && action.bundle.some(({ ifId }) => ifId !== undefined)),
  );
}

/** XFRM interfaces by their if_id; none where iproute2 is not installed or knows none of this kind. */
async function xfrmInterfaces(): Promise<ReadonlyMap<number, number>> {
  const { execa } = await import('execa');
  const { stdout } = await execa('ip', ['-details', '-oneline', 'link', 'show', 'type', 'xfrm'], {
    reject: false,
    timeout: 10_000,
    env: { LC_ALL: 'C' },
  });
  return interfacesIn(stdout ?? '');
}

/** What `ip -details -oneline link show type xfrm` prints. */
export function interfacesIn(text: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const line of text.split('\n')) {
    const [, index, ifId] = /^(\d+): .*\bxfrm if_id (0x[0-9a-f]+|\d+)/.exec(line) ?? [];
    if (index !== undefined && ifId !== undefined) found.set(Number(ifId), Number(index));
  }
  return found;
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
