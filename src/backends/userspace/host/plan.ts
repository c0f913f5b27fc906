/** What is put on the host, as steps with their undoing — pure: from policies and a few facts of the host to commands of iproute2. */
import { type Address, type AddressValue, type Family, formatAddress } from '../../../model/address.js';
import type { SystemConfig } from '../../../model/system-config.js';
import { type Captured, captures, formatPrefix, lastOf } from './capture.js';
import { type HostNames, rulePriorities } from './names.js';

/** One line of `ip -4 -batch` or `ip -6 -batch`. */
export interface IpLine {
  readonly family: Family;
  readonly line: string;
}

/** Something that outlives the process, so that it must be undone; `undo` may be repeated. */
export interface HostStep {
  readonly add: IpLine;
  readonly undo: IpLine;
}

export interface HostPlan {
  /** Rules, and fallback routes that lead nowhere where nothing else keeps protected packets back. */
  readonly steps: readonly HostStep[];
  /** Ways to the TUN device: they go with it. */
  readonly routes: readonly IpLine[];
}

/** Above every metric that somebody would choose. */
const fallbackMetric = 4_278_198_272;

/** The source address that the host would choose for a destination, if it would choose one. */
export type PreferredSource = (family: Family, destination: AddressValue) => Address | undefined;

export interface PlanOptions {
  readonly names: HostNames;
  /** Does the host forward packets of others into the tunnels? */
  readonly forwards: boolean;
  /**
   * Does the guard keep back what is protected, and only that? Without it the fallback does, and keeps back everything between the same
   * addresses with it: a policy for one port then takes the others along when the runtime dies.
   */
  readonly isGuarded: boolean;
  readonly preferredSource?: PreferredSource;
}

/** Plans for a configuration. */
export function planHost(
  config: SystemConfig,
  { names, forwards, isGuarded, preferredSource = () => undefined }: PlanOptions,
): HostPlan {
  const all = captures(config.spd, forwards ? config.forwardSpd : []);
  const families = ([4, 6] as const).filter((family) => all.some((captured) => captured.family === family));
  const { routingTable, rulePriority, mark, tun } = names;
  const end = rulePriority + rulePriorities;
  const bit = `0x${mark.toString(16)}`;
  const steps = families.flatMap((family): HostStep[] => [
    ...(isGuarded ? [] : [route(family, `unreachable default table ${routingTable} metric ${fallbackMetric}`)]),
    rule(family, `pref ${end} nop`),
    // Packets of the runtime pass by the rules below.
    rule(family, `pref ${rulePriority} fwmark ${bit}/${bit} goto ${end}`),
    ...all
      .filter((captured) => captured.family === family)
      .map((captured) => rule(family, `pref ${rulePriority + 1} ${selectorOf(captured)} lookup ${routingTable}`)),
  ]);
  const routes = families.flatMap((family): IpLine[] => {
    const device = { family, line: `route replace default dev ${tun} table ${routingTable}` };
    const sources = all
      .filter((captured) => captured.family === family && !captured.from)
      .flatMap((captured) => sourceRoute(captured, config, names, preferredSource) ?? []);
    return [device, ...sources];
  });
  return { steps, routes };
}

function rule(family: Family, text: string): HostStep {
  return { add: { family, line: `rule add ${text}` }, undo: { family, line: `rule del ${text}` } };
}

function route(family: Family, text: string): HostStep {
  return { add: { family, line: `route replace ${text}` }, undo: { family, line: `route del ${text}` } };
}

function selectorOf({ family, from, to }: Captured): string {
  return `${from ? `from ${formatPrefix(family, from)} ` : ''}to ${formatPrefix(family, to)}`;
}

/** Packets whose source is not chosen yet get one that policy knows, as they would have without us. */
function sourceRoute(
  { family, to }: Captured,
  { addresses, spd }: SystemConfig,
  { tun, routingTable }: HostNames,
  preferredSource: PreferredSource,
): IpLine | undefined {
  const within = ({ lo, hi }: { readonly lo: AddressValue; readonly hi: AddressValue }, value: AddressValue) =>
    lo <= value && value <= hi;
  const [first, last] = [to.first, lastOf(family, to)];
  const boxes = spd
    .filter(({ action }) => action.kind !== 'BYPASS')
    .flatMap(({ selectors }) => selectors)
    .filter((box) => box.family === family && box.remote.lo <= last && first <= box.remote.hi);
  const suits = ({ value }: Address) => boxes.some((box) => within(box.local, value));
  const preferred = preferredSource(family, first);
  const own = addresses.filter((address) => address.family === family);
  const chosen = preferred && suits(preferred) ? preferred : own.find(suits);
  if (!chosen) return undefined;
  const source = formatAddress(family, chosen.value);
  return { family, line: `route replace ${formatPrefix(family, to)} dev ${tun} src ${source} table ${routingTable}` };
}
