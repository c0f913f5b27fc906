/** The hosts on which pairs are run, and how a side of a pair is read for them. */
import { noFiles } from '../../src/dialects/dialect.js';
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

/** Both sides of a pair as they are read; undefined where a daemon would not take its configuration. */
export function readPair(
  { left, right }: Pair,
  { daemon = '' }: Setting,
): { readonly left: SystemConfig; readonly right: SystemConfig } | undefined {
  const [a, b] = [readSide('left', left, daemon), readSide('right', right, daemon)];
  return a && b ? { left: a, right: b } : undefined;
}

function readSide(name: string, text: string, daemon: string): SystemConfig | undefined {
  const sources = [new SourceText(`${name}/swanctl.conf`, text), new SourceText(`${name}/strongswan.conf`, daemon)];
  const { config, problems } = strongswan.read!({ name, sources, files: noFiles });
  return problems.some(({ severity = 'error' }) => severity === 'error') ? undefined : config;
}

/** The child that is initiated: `net` of the first connection that has one, else the first. */
export function initiatedChild({ spd }: SystemConfig): SaTemplate | undefined {
  const templates = spd.flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : []));
  return templates.find(({ source }) => source.record.name.endsWith('.net')) ?? templates[0];
}
