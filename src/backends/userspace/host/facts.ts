/** What the host is like, as far as it decides whether and how the data path can be put on it. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Address, type AddressValue, type Family, formatAddress, parseAddress } from '../../../model/address.js';
import { EnvironmentError } from '../../../model/tool-error.js';
import type { HostPlan, PreferredSource } from './plan.js';
import { showIpBatch } from './tools.js';

const settings = '/proc/sys/net';

function setting(name: string): string | undefined {
  try {
    return readFileSync(`${settings}/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/**
 * Refuses a host whose settings would drop packets unseen: strict reverse path filtering, which takes packets of protected peers for
 * forged because their way back is the TUN device; and, for a gateway, forwarding that is off.
 */
export function checkSettings({ steps }: HostPlan, forwards: boolean, tun: string): void {
  const hints: string[] = [];
  if (steps.some(({ add }) => add.family === 4)) {
    const everywhere = Number(setting('ipv4/conf/all/rp_filter') ?? 0);
    for (const device of devices()) {
      if (device === 'lo' || device === tun) continue;
      const own = Number(setting(`ipv4/conf/${device}/rp_filter`) ?? 0);
      // The greater of both counts: 1 is strict, 2 loose.
      if (Math.max(everywhere, own) === 1) hints.push(`sysctl -w net.ipv4.conf.${device}.rp_filter=2`);
    }
  }
  if (hints.length > 0) {
    throw new EnvironmentError('strict reverse path filtering would drop the packets of protected peers', {
      code: 'RP_FILTER',
      hints: ['Make it loose, which still refuses sources that nothing leads to:', ...hints],
    });
  }
  if (!forwards) return;
  const off = ([4, 6] as const).filter(
    (family) => steps.some(({ add }) => add.family === family) && !doesForward(family),
  );
  if (off.length === 0) return;
  throw new EnvironmentError('this host is to be a gateway, but does not forward packets', {
    code: 'NO_FORWARDING',
    hints: off.map((family) => `sysctl -w ${family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'}=1`),
  });
}

function devices(): readonly string[] {
  try {
    return readdirSync(`${settings}/ipv4/conf`).filter((name) => name !== 'all' && name !== 'default');
  } catch {
    return [];
  }
}

function doesForward(family: Family): boolean {
  return setting(family === 4 ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding') === '1';
}

/** Destinations that are asked about; others get what the kernel chooses for the TUN device. */
const askedMax = 256;

/** Asks the host which source it would choose for packets to destinations, if the runtime were not there. */
export async function preferredSources(
  destinations: readonly { readonly family: Family; readonly value: AddressValue }[],
  mark: number,
): Promise<PreferredSource> {
  const found = new Map<string, Address>();
  for (const family of [4, 6] as const) {
    const asked = destinations.filter((one) => one.family === family && BigInt(one.value) !== 0n).slice(0, askedMax);
    if (asked.length === 0) continue;
    const text = await showIpBatch(
      family,
      asked.map(({ value }) => `route get ${formatAddress(family, value)} mark 0x${mark.toString(16)}`),
    );
    for (const line of text.split('\n')) {
      const destination = parseAddress(line.split(' ')[0] ?? '');
      const source = parseAddress(/ src (\S+)/.exec(line)?.[1] ?? '');
      if (destination && source) found.set(keyOf(family, destination.value), source);
    }
  }
  return (family, destination) => found.get(keyOf(family, destination));
}

function keyOf(family: Family, value: AddressValue): string {
  return `${family} ${value}`;
}
