/** Small worlds for tests: two hosts that protect everything between them, with the scripted version of IKE. */
import type { Credentials } from '../../../src/engine/credentials.js';
import type { HostOptions } from '../../../src/engine/sim/host.js';
import { makeProbe } from '../../../src/engine/sim/probe.js';
import { createTrace, type Trace } from '../../../src/engine/sim/trace.js';
import { createWorld, type World, type WorldOptions } from '../../../src/engine/sim/world.js';
import type { Packet } from '../../../src/model/packet.js';
import { parsePacket } from '../../../src/model/parse-packet.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { SourceText } from '../../../src/model/span.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { loadSystem } from '../../../src/services/load-system.js';
import { node } from '../crypto/support.js';
import { scriptedIke } from './scripted-ike.js';

export const beginsAt = new Date('2026-01-01T00:00:00Z');

/** Nobody has a key: the scripted version asks for none. */
export const noCredentials: Credentials = {
  presharedKey: () => undefined,
  own: () => undefined,
  peerKey: () => ({ kind: 'refused', why: 'there are no keys' }),
  trustAnchors: () => [],
};

/** The configuration of a text of records, which must be without fault. */
export function configOf(name: string, text: string): SystemConfig {
  const { config, problems } = loadSystem({ name, sources: [new SourceText(`${name}.conf`, text)] });
  const faults = problems.filter(({ severity }) => severity === undefined || severity === 'error');
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n'));
  return config;
}

/** Host-to-host records. */
export function hostRecords(own: string, peer: string, more = ''): string {
  return [
    `add host to_peer -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA1/600/0 ${more}`,
    `add ikev2 ike -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`,
    `add auth auth -remote ${peer} -priority 10 -kmp IKEV2 -preshared Sand7-Plover_99x-Reed`,
  ].join('\n');
}

export interface SmallWorld {
  readonly world: World;
  readonly trace: Trace;
}

/** A world with `a` (192.0.2.1) and `b` (192.0.2.2). */
export function smallWorld(
  options: Partial<WorldOptions> = {},
  hosts: { readonly a?: Partial<HostOptions>; readonly b?: Partial<HostOptions> } = {},
): SmallWorld {
  const trace = createTrace();
  const world = createWorld({ seed: 1, provider: node, beginsAt, ...options, record: (entry) => trace.add(entry) });
  const host = (config: SystemConfig, more: Partial<HostOptions> = {}): HostOptions => ({
    config,
    profile: peerProfile('ours'),
    credentials: noCredentials,
    versions: [scriptedIke],
    ...more,
  });
  world.addHost(host(configOf('a', hostRecords('192.0.2.1', '192.0.2.2')), hosts.a));
  world.addHost(host(configOf('b', hostRecords('192.0.2.2', '192.0.2.1')), hosts.b));
  return { world, trace };
}

export function packet(text: string): Packet {
  const parsed = parsePacket(text, 'outbound');
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

/** Octets of a test packet. */
export function probe(text: string, number = 1): Uint8Array {
  const made = makeProbe(packet(text), number);
  if (!made) throw new Error(`no packet: ${text}`);
  return made.octets;
}
