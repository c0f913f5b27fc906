/** The hosts of `local_addrs` and `remote_addrs` (ike_cfg.c, host_create_from_string). */
import type { AddressRange } from '../../model/address.js';
import { partial } from './read-options.js';
import type { SettingValue } from './settings.js';
import { type Item, listItems, readRange } from './values.js';

/** An address, a range, or a name that the resolver knows. */
export type HostSpec =
  | { readonly kind: 'any' /** Absent: of both. */; readonly family?: 4 | 6 }
  | { readonly kind: 'range'; readonly range: AddressRange; readonly item: Item }
  | { readonly kind: 'name'; readonly item: Item };

/** `%any` is any address, the others are of one family (host_create_from_string). */
const anyHosts: ReadonlyMap<string, 4 | 6 | undefined> = new Map([
  ['%any', undefined],
  ['%defaultroute', undefined],
  ['%any4', 4],
  ['0.0.0.0', 4],
  ['%any6', 6],
  ['::', 6],
]);

function hosts(value: SettingValue): readonly HostSpec[] {
  return listItems(value).map((item): HostSpec => {
    if (anyHosts.has(item.text)) {
      const family = anyHosts.get(item.text);
      return { kind: 'any', ...(family === undefined ? {} : { family }) };
    }
    const range = readRange(item.text);
    return range ? { kind: 'range', range, item } : { kind: 'name', item };
  });
}

export const hostOption = partial(hosts, 'names of hosts are not resolved here, and count as any address', (specs) =>
  specs.some(({ kind }) => kind === 'name'),
);
