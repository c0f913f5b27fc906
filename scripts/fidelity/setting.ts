/** The hosts on which pairs are run, and how a side of a pair is read for them. */
import { noFiles } from '../../src/dialects/dialect.js';
import { importCodes } from '../../src/dialects/option-report.js';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import { type Address, parseAddress } from '../../src/model/address.js';
import type { DataPathName } from '../../src/model/peer-profile/data-path.js';
import { SourceText } from '../../src/model/span.js';
import type { SaTemplate, SystemConfig } from '../../src/model/system-config.js';
import type { Pair } from './verdict.js';

/** The hosts on which pairs are run. */
export interface Setting {
  readonly left: Side;
  readonly right: Side;
  readonly dataPath: DataPathName;
  /** strongswan.conf of both. */
  readonly daemon?: string;
}

export interface Side {
  /** The address that IKE uses. */
  readonly address: Address;
  /** Other addresses of the host. */
  readonly inner: readonly Address[];
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

/** Makes a setting of addresses as text: that of IKE first. */
export function settingOf(
  left: readonly string[],
  right: readonly string[],
  dataPath: DataPathName,
  daemon?: string,
): Setting {
  const side = ([outer, ...inner]: readonly string[]): Side => ({
    address: address(outer!),
    inner: inner.map(address),
  });
  return { left: side(left), right: side(right), dataPath, ...(daemon === undefined ? {} : { daemon }) };
}

/**
 * Where the recorded pairs were run. The addresses of IKE are told; that the hosts have others, and which selectors hold
 * them, follows from what could be installed.
 */
export const recordedHosts = {
  left: ['10.99.0.1', '10.1.1.5'],
  right: ['10.99.0.2', '10.2.1.130'],
  dataPath: 'libipsec',
} as const;

export const recordedSetting = settingOf(recordedHosts.left, recordedHosts.right, recordedHosts.dataPath);

export interface ReadPair {
  readonly left: SystemConfig;
  readonly right: SystemConfig;
  /** Both daemons take everything. */
  readonly loaded: boolean;
}

/**
 * Both sides of a pair as they are read: without what a daemon would not take. A connection with a fault is refused alone, a file that
 * is none of settings as a whole.
 */
export function readPair({ left, right }: Pair, { daemon = '' }: Setting): ReadPair {
  const [a, b] = [readSide('left', left, daemon), readSide('right', right, daemon)];
  return { left: a.config, right: b.config, loaded: a.loaded && b.loaded };
}

function readSide(name: string, text: string, daemon: string): { config: SystemConfig; loaded: boolean } {
  const sources = [new SourceText(`${name}/swanctl.conf`, text), new SourceText(`${name}/strongswan.conf`, daemon)];
  const { config, problems } = strongswan.read!({ name, sources, files: noFiles });
  const faults = problems.filter(({ severity = 'error' }) => severity === 'error');
  const isUnreadable = faults.some(({ code }) => code === importCodes.syntax);
  if (isUnreadable && text !== '') return { ...readSide(name, '', daemon), loaded: false };
  return { config, loaded: faults.length === 0 };
}

/** The child that is initiated: `net` of the first connection that has one, else the first, unless `net` was refused. */
export function initiatedChild({ spd }: SystemConfig, loaded: boolean): SaTemplate | undefined {
  const templates = spd.flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : []));
  const place = ({ source }: SaTemplate) => source.at?.start ?? 0;
  const named = templates.filter(({ source }) => source.record.name.endsWith('.net'));
  const first = named.reduce<SaTemplate | undefined>((a, b) => (a && place(a) <= place(b) ? a : b), undefined);
  return first ?? (loaded ? templates[0] : undefined);
}
