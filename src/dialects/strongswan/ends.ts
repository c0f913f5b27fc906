/** What a connection says about the addresses of its ends, and its children about their selectors. */
import { type Address, type AddressRange, anyAddress } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import type { DataPathName } from '../../model/peer-profile/data-path.js';
import type { ConfiguredSelector, EntrySource, SharedSecret } from '../../model/system-config.js';
import type { SwanChild, SwanConnection } from './connection.js';
import type { SwanVersion } from './defaults.js';
import type { HostSpec } from './hosts.js';
import type { SwanPool } from './pools.js';

export interface CompileInput {
  readonly name: string;
  readonly version: SwanVersion;
  readonly connections: readonly SwanConnection[];
  readonly secrets: readonly SharedSecret[];
  readonly pools: ReadonlyMap<string, SwanPool>;
  readonly settings: ReadonlyMap<string, Sourced<string>>;
  readonly dataPath?: Sourced<DataPathName>;
  readonly addresses?: readonly Address[];
}

export function childSource(connection: SwanConnection, child: SwanChild): EntrySource {
  return { record: { kind: 'child', name: `${connection.name}.${child.name}` }, at: child.at };
}

/** The addresses that `dynamic` may become at one end, as ranges. */
export function dynamicRanges(
  connection: SwanConnection,
  end: 'local' | 'remote',
  input: CompileInput,
): AddressRange[] {
  const { vips, pools, local_addrs, remote_addrs } = connection.options;
  if (end === 'local' && vips && vips.value.length > 0) return everyAddress;
  const pooled = (pools?.value ?? []).flatMap(({ text }) => input.pools.get(text)?.written ?? []);
  if (end === 'remote' && pooled.length > 0) return pooled;
  return hostRanges(end === 'local' ? local_addrs?.value : remote_addrs?.value);
}

export const everyAddress = [anyAddress(4), anyAddress(6)];

/** What the hosts of an option cover; names and nothing cover everything. */
export function hostRanges(specs: readonly HostSpec[] | undefined): AddressRange[] {
  return isOpen(specs) ? everyAddress : writtenRanges(specs);
}

/** The same with what is written beside an open one: an address that is written fits better than any (match of ike_cfg.c). */
export function rankedRanges(specs: readonly HostSpec[] | undefined): AddressRange[] {
  return isOpen(specs) ? [...writtenRanges(specs), ...everyAddress] : writtenRanges(specs);
}

function writtenRanges(specs: readonly HostSpec[] | undefined): AddressRange[] {
  return (specs ?? []).flatMap((spec) =>
    spec.kind === 'range' ? [spec.range] : spec.kind === 'any' && spec.family ? [anyAddress(spec.family)] : [],
  );
}

/** Does an option leave the address open? `%any4` and `%any6` leave that of one family. */
export function isOpen(specs: readonly HostSpec[] | undefined): boolean {
  if (!specs || specs.length === 0) return true;
  return specs.some((spec) => spec.kind === 'name' || (spec.kind === 'any' && spec.family === undefined));
}

/** The first host that is one address: what charon sends from and to (ike_cfg.c, resolve). */
export function firstAddress(specs: readonly HostSpec[] | undefined, family?: 4 | 6): Address | undefined {
  for (const spec of specs ?? []) {
    if (spec.kind !== 'range') continue;
    const { range } = spec;
    if (range.first === range.last && (family === undefined || range.family === family))
      return { family: range.family, value: range.first };
  }
  return undefined;
}

/**
 * Does a child wait for packets to any peer? In transport mode charon can do so without knowing an address: it starts towards
 * where the packet goes (trap_manager.c, install). It is then the address of no end that is dynamic.
 */
export function isWildcardTrap({ options }: SwanConnection, child: SwanChild): boolean {
  const remotes = options.remote_addrs?.value ?? [];
  const isTrap = child.options.start_action?.value.includes('TRAP') ?? false;
  return isTrap && child.options.mode?.value === 'transport' && !remotes.some(isSingle);
}

/** A name, or one address: what charon sends to. */
function isSingle(spec: HostSpec): boolean {
  return spec.kind === 'name' || (spec.kind === 'range' && spec.range.first === spec.range.last);
}

const wholeSelector: ConfiguredSelector = { kind: 'dynamic', protocol: 0, ports: { lo: 0, hi: 65535 } };

/** The selectors of one end as written; `dynamic` where nothing is. */
export function configuredSelectors(child: SwanChild, end: 'local' | 'remote'): readonly ConfiguredSelector[] {
  const written = (end === 'local' ? child.options.local_ts : child.options.remote_ts)?.value ?? [];
  return written.length > 0 ? written.map(({ selector }) => selector) : [wholeSelector];
}
