/** SystemConfigs for tests of the back ends: from records, and from regions with random actions. */

import type { HostFacts } from '../../../src/backends/xfrm/rules.js';
import type { Address } from '../../../src/model/address.js';
import type { PolicyDirection } from '../../../src/model/host-state.js';
import type { Packet } from '../../../src/model/packet.js';
import type { Region } from '../../../src/model/selector/box.js';
import { type Random, seededRandom } from '../../../src/model/selector/sampling.js';
import type { SaTemplate, SpdAction, SpdEntry, SystemConfig } from '../../../src/model/system-config.js';
import { read } from '../../support/read.js';
import { regionHolds } from '../../support/tiny-space.js';

export const plainHost: HostFacts = {
  addresses: [],
  forwards: false,
  defaults: { in: 'accept', out: 'accept', fwd: 'accept' },
};

/** A configuration whose records must be without fault. */
export function configOf(text: string): SystemConfig {
  const { config, said } = read(text);
  if (said.length > 0) throw new Error(said.join('\n'));
  return config;
}

const protectTemplates = configOf(
  'add host t -source 192.0.2.1 -destination 192.0.2.2 -priority 1 -action ESP_AES128_HMAC_SHA1',
).spd[0]!.action as Extract<SpdAction, { kind: 'PROTECT' }>;

/** Entries for regions, each with a random action; what is protected is so in transport mode. */
export function randomEntries(regions: readonly Region[], random: Random): readonly SpdEntry[] {
  return regions.map((selectors, at): SpdEntry => {
    const source = { record: { kind: 'host', name: `r${at}` } };
    const dice = random();
    if (dice < 0.35) return { source, selectors, action: { kind: 'BYPASS' } };
    if (dice < 0.6) return { source, selectors, action: { kind: 'DISCARD' } };
    const template: SaTemplate = { ...protectTemplates.bundle[0]!, source, selectors };
    return { source, selectors, action: { ...protectTemplates, bundle: [template] } };
  });
}

export function configWith(parts: Partial<SystemConfig>): SystemConfig {
  return {
    name: 't',
    addresses: [],
    spd: [],
    forwardSpd: [],
    pad: [],
    ikePolicies: [],
    padSearch: 'first-match',
    ...parts,
  };
}

export function randomConfig(regions: readonly Region[], seed: number): SystemConfig {
  return configWith({ spd: randomEntries(regions, seededRandom(seed)) });
}

export interface Expected {
  readonly verdict: 'allow' | 'block' | 'protect';
  readonly entry?: SpdEntry;
}

/** What the SPD says of a packet (RFC 4301 §4.4.1), without any index: the first entry, and no entry is DISCARD. */
export function verdictOf(entries: readonly SpdEntry[], packet: Packet): Expected {
  const entry = entries.find(({ selectors }) => regionHolds(selectors, packet));
  if (!entry) return { verdict: 'block' };
  const { action } = entry;
  switch (action.kind) {
    case 'BYPASS':
      return { verdict: 'allow', entry };
    case 'DISCARD':
      return { verdict: 'block', entry };
    case 'PROTECT':
      // A packet that the tunnel is not for is dropped.
      return action.bundle.every(({ selectors }) => regionHolds(selectors, packet))
        ? { verdict: 'protect', entry }
        : { verdict: 'block', entry };
  }
}

export const directionOf = (packet: Packet): PolicyDirection => (packet.direction === 'outbound' ? 'out' : 'in');

export function address(family: 4 | 6, value: number | bigint): Address {
  return { family, value };
}
