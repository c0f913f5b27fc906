/** The section `pools` of a swanctl.conf that is written. */
import { type AddressRange, formatAddress } from '../../model/address.js';
import type { AddressPool } from '../../model/address-pool.js';
import { readPoolAddresses } from './pool-addresses.js';
import { type SettingsNode, section, setting } from './settings-text.js';
import { rangeWord } from './write-words.js';

/** What the configuration has pools of, and those of which only the selectors tell the addresses. */
export function writePools(
  pools: readonly AddressPool[],
  guessed: ReadonlyMap<string, AddressRange>,
): readonly SettingsNode[] {
  const known = new Set(pools.map(({ name }) => name));
  const sections = [
    ...pools.map((pool) => section(pool.name, poolSettings(pool))),
    ...[...guessed].flatMap(([name, range]) =>
      known.has(name) ? [] : [section(name, [setting('addrs', rangeWord(range))])],
    ),
  ];
  return sections.length > 0 ? [section('pools', sections)] : [];
}

function poolSettings({ range, written, givesWhatIsAsked, nameServers = [] }: AddressPool): readonly SettingsNode[] {
  const servers = nameServers.map(({ family, value }) => formatAddress(family, value)).join(', ');
  return [
    setting('addrs', addressesWord(range, written, givesWhatIsAsked === true)),
    ...(servers === '' ? [] : [setting('dns', servers)]),
  ];
}

/** As it was written, where that hands out the same addresses; else the range of these. */
function addressesWord(range: AddressRange, written: AddressRange | undefined, isEmpty: boolean): string {
  const word = written && rangeWord(written);
  const given = word === undefined ? undefined : readPoolAddresses(word)?.given;
  if (word !== undefined && (isEmpty || (given?.first === range.first && given.last === range.last))) return word;
  return `${formatAddress(range.family, range.first)}-${formatAddress(range.family, range.last)}`;
}
