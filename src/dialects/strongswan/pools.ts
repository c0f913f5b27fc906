/** The section `pools` of swanctl.conf: addresses that peers are given, as vici_attribute.c reads it. */
import { type Address, type AddressRange, parseAddress } from '../../model/address.js';
import type { AddressPool } from '../../model/address-pool.js';
import { poolAttributes, poolOptions } from './options.js';
import { type ReadContext, readOptions } from './read-options.js';
import { effectiveSettings, findSections, innerNames, type Section, type Setting } from './settings.js';
import { listItems } from './values.js';

export interface SwanPool extends AddressPool {
  /** All addresses that are written, network and broadcast address included. */
  readonly written: AddressRange;
}

/** Reads the pools by their names, in the order of the file. */
export function readPools(root: Section, context: ReadContext): Map<string, SwanPool> {
  const pools = new Map<string, SwanPool>();
  for (const name of innerNames(findSections(root, ['pools']))) {
    const path = `pools.${name}`;
    const settings = effectiveSettings(findSections(root, ['pools', name]));
    const isAttribute = (key: string) => poolAttributes.includes(key) || /^\d+$/.test(key);
    for (const setting of settings) {
      if (!isAttribute(setting.key) || context.seen.has(setting)) continue;
      context.seen.add(setting);
      if (setting.key === 'dns') context.report.supported(`${path}.dns`, setting.at);
      else context.report.noted(`${path}.${setting.key}`, setting.at, 'what clients are told beside their address');
    }
    const { values } = readOptions(
      settings.filter(({ key }) => !isAttribute(key)),
      poolOptions,
      path,
      context,
    );
    if (!values.addrs) continue;
    const { written, given } = values.addrs.value;
    const nameServers = settings.flatMap(nameServersOf);
    const at = values.addrs.origin.kind === 'explicit' ? values.addrs.origin.at : undefined;
    if (!given && at)
      context.report.otherwise(
        `strongSwan 5.9 gives whatever is asked for out of the pool '${name}', which has no address left`,
        at,
        'write the address of the network itself, or a range as 10.3.0.1-10.3.0.9',
      );
    pools.set(name, {
      name,
      ...(at ? { at } : {}),
      range: given ?? written,
      ...(given ? {} : { givesWhatIsAsked: true }),
      written,
      ...(nameServers.length > 0 ? { nameServers } : {}),
    });
  }
  return pools;
}

function nameServersOf({ key, value }: Setting): Address[] {
  if (key !== 'dns' || !value) return [];
  return listItems(value).flatMap(({ text }) => parseAddress(text) ?? []);
}

/** Names of pools that are none of the file: a DHCP server, or RADIUS, has the addresses. */
export const poolsElsewhere: ReadonlySet<string> = new Set(['dhcp', 'radius']);
