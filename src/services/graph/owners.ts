/** Whose an address is, among the systems of a picture; and what addresses are called that are nobody's. */
import {
  type Address,
  type AddressValue,
  anyAddress,
  type Family,
  formatAddress,
  formatRange,
  rangePrefixLength,
} from '../../model/address.js';
import type { Box, Interval } from '../../model/selector/box.js';
import type { SaTemplate } from '../../model/system-config.js';
import type { NodeKind } from '../../report/graph/picture.js';
import type { NegotiatingSystem } from '../negotiate/systems.js';

/** Addresses of one family from `lo` to `hi`. */
export interface Addresses extends Interval<AddressValue> {
  readonly family: Family;
}

export interface Owners {
  ownerOf(address: Address): NegotiatingSystem | undefined;
  /** Systems with an address in a range, each once, in the order of the systems; at most `max`. */
  within(range: Addresses, max: number): readonly NegotiatingSystem[];
}

/** Finds systems by their addresses; of two with the same address the first counts. */
export function ownersOf(systems: readonly NegotiatingSystem[]): Owners {
  const byAddress = new Map<string, NegotiatingSystem>();
  for (const system of systems)
    for (const { family, value } of system.config.addresses) {
      const key = formatAddress(family, value);
      if (!byAddress.has(key)) byAddress.set(key, system);
    }
  return {
    ownerOf: ({ family, value }) => byAddress.get(formatAddress(family, value)),
    within({ family, lo, hi }, max) {
      const found: NegotiatingSystem[] = [];
      for (const system of systems) {
        if (found.length >= max) break;
        if (system.config.addresses.some((own) => own.family === family && lo <= own.value && own.value <= hi))
          found.push(system);
      }
      return found;
    },
  };
}

/** Finds the systems that call another one: that have a tunnel to it which brings packets from where a region's remote end is. */
export function callersOf(
  systems: readonly NegotiatingSystem[],
  owners: Owners,
): (system: NegotiatingSystem, region: readonly Box[]) => readonly NegotiatingSystem[] {
  const tunnels = new Map<NegotiatingSystem, { readonly from: NegotiatingSystem; readonly template: SaTemplate }[]>();
  for (const from of systems)
    for (const { action } of [...from.config.spd, ...from.config.forwardSpd])
      for (const template of action.kind === 'PROTECT' ? action.bundle : []) {
        const to = template.mode === 'tunnel' && template.remoteEndpoint && owners.ownerOf(template.remoteEndpoint);
        if (!to || to === from) continue;
        const list = tunnels.get(to);
        if (list) list.push({ from, template });
        else tunnels.set(to, [{ from, template }]);
      }
  return (system, region) => {
    const meeting = (tunnels.get(system) ?? []).filter(({ template }) =>
      template.selectors.some(({ family, local }) =>
        region.some((box) => box.family === family && box.remote.lo <= local.hi && local.lo <= box.remote.hi),
      ),
    );
    return [...new Set(meeting.map(({ from }) => from))];
  };
}

/** Does the system have an address in the range that is a single one, or are all addresses of the range its own? */
export function isOwn({ config }: NegotiatingSystem, { family, lo, hi }: Addresses): boolean {
  return lo === hi && config.addresses.some((own) => own.family === family && own.value === lo);
}

/** `10.1.0.0/16`, `192.0.2.1`, `any IPv4 address`. */
export function addressesText({ family, lo, hi }: Addresses): string {
  return isAny({ family, lo, hi }) ? `any IPv${family} address` : formatRange({ family, first: lo, last: hi });
}

export function isAny({ family, lo, hi }: Addresses): boolean {
  const { first, last } = anyAddress(family);
  return lo === first && hi === last;
}

/** What to call addresses that are no system's. */
export function outsideKind({ family, lo, hi }: Addresses): NodeKind {
  return rangePrefixLength({ family, first: lo, last: hi }) === (family === 4 ? 32 : 128) ? 'peer' : 'network';
}

const kinds = new WeakMap<NegotiatingSystem, NodeKind>();

/** A system that takes packets of others out of tunnels, or puts them in, is a gateway. */
export function systemKind(system: NegotiatingSystem): NodeKind {
  const kind = kinds.get(system) ?? kindOf(system);
  kinds.set(system, kind);
  return kind;
}

function kindOf({ config, host }: NegotiatingSystem): NodeKind {
  if (host?.roles.includes('gateway')) return 'gateway';
  const forwards = [...config.spd, ...config.forwardSpd].some(
    ({ action }) =>
      action.kind === 'PROTECT' &&
      action.bundle.some(
        ({ mode, selectors }) =>
          mode === 'tunnel' &&
          selectors.some(
            ({ family, local }) =>
              local.lo !== local.hi || !config.addresses.some((own) => own.family === family && own.value === local.lo),
          ),
      ),
  );
  return forwards ? 'gateway' : 'host';
}

/** `ESP_AES256_GCM16`, `ESP aes128-sha256 or 2 more`. */
export function proposalsText({ proposals }: SaTemplate): string {
  const [first] = proposals;
  if (!first) return 'no transform';
  const name = first.name.toUpperCase().startsWith(first.protocol) ? first.name : `${first.protocol} ${first.name}`;
  return proposals.length > 1 ? `${name} or ${proposals.length - 1} more` : name;
}
