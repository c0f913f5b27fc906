/** Ten minutes with lifetimes of half a minute: everything is made anew over and over, on a network that loses, and no packet is without an SA. */
import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../src/engine/credentials/store.js';
import { createTrace, entriesOf } from '../../../src/engine/sim/trace.js';
import { createWorld } from '../../../src/engine/sim/world.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { node } from '../crypto/support.js';
import { beginsAt, configOf, probe } from './support.js';

const addresses = { a: '192.0.2.1', b: '192.0.2.2' } as const;
type Name = keyof typeof addresses;
const minutes = 10;
const lifeSeconds = 30;

/** Records have no lifetimes this short. */
function worn(config: SystemConfig): SystemConfig {
  const life = { value: lifeSeconds, origin: { kind: 'builtin', what: 'test' } } as const;
  return {
    ...config,
    spd: config.spd.map((entry) =>
      entry.action.kind === 'PROTECT'
        ? {
            ...entry,
            action: {
              ...entry.action,
              bundle: entry.action.bundle.map((template) => ({
                ...template,
                proposals: template.proposals.map((proposal) => ({ ...proposal, lifetimeSeconds: life })),
              })),
            },
          }
        : entry,
    ),
    ikePolicies: config.ikePolicies.map((policy) => ({ ...policy, lifetimeSeconds: life })),
  };
}

/** Both send a packet every half second all the while. */
function play(version: 1 | 2, loss: number, seed: number) {
  const trace = createTrace();
  const world = createWorld({ seed, provider: node, beginsAt, record: (entry) => trace.add(entry), network: { loss } });
  const add = (name: Name, peer: Name) =>
    world.addHost({
      config: worn(
        configOf(
          name,
          [
            `add host peer -source ${addresses[name]} -destination ${addresses[peer]} -action ESP_AES128_HMAC_SHA1/600/0`,
            version === 1
              ? `add ikev1 ike -remote ${addresses[peer]} -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC`
              : `add ikev2 ike -remote ${addresses[peer]} -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`,
            `add auth auth -remote ${addresses[peer]} -kmp IKEV${version} ${version === 1 ? '-exchange MM' : ''} -preshared Sand7-Plover_99x-Reed`,
          ].join('\n'),
        ),
      ),
      profile: peerProfile('ours'),
      credentials: createCredentials({}, node).credentials,
      versions: ikeVersions,
    });
  const hosts = { a: add('a', 'b'), b: add('b', 'a') };
  let sent = 0;
  for (let at = 0; at < minutes * 60_000; at += 500) {
    for (const [name, peer] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      sent += 1;
      const number = sent;
      // After the first SAs, which the first packet asks for.
      world.at(at === 0 ? 0 : 5_000 + at, () => {
        if (at > 0 || name === 'a')
          hosts[name].send(probe(`tcp ${addresses[name]}:4000 > ${addresses[peer]}:23`, number));
      });
    }
  }
  world.run(minutes * 60_000 + 10_000);
  const events = entriesOf(trace.entries, 'event').filter(({ host }) => host === 'a');
  const made = (kind: 'child-sa' | 'ike-sa') =>
    events.filter(({ event }) => event.kind === kind && event.change !== 'closed').length;
  return {
    trace,
    sent: sent - 1,
    accepted: entriesOf(trace.entries, 'accepted'),
    dropped: entriesOf(trace.entries, 'dropped'),
    /** Protected packets that the network lost. */
    lost: entriesOf(trace.entries, 'lost'),
    carriers: entriesOf(trace.entries, 'sent').filter(({ ike }) => ike === undefined),
    failures: entriesOf(trace.entries, 'event').flatMap(({ event }) =>
      event.kind === 'failed' ? [event.failure] : [],
    ),
    children: made('child-sa'),
    ikeSas: made('ike-sa'),
  };
}

describe.each([1, 2] as const)('IKEv%i, lifetimes of half a minute for ten minutes', (version) => {
  it('on a network that loses nothing: every packet arrives, once', () => {
    const { sent, accepted, dropped, children, ikeSas, failures } = play(version, 0, 1);
    expect({ dropped: dropped.map(({ why }) => why), failures }).toEqual({ dropped: [], failures: [] });
    expect(accepted).toHaveLength(sent);
    expect(children).toBeGreaterThanOrEqual(20);
    expect(ikeSas).toBeGreaterThanOrEqual(20);
  });

  it('on one that loses a packet in thirty: no other is missing, and none goes in the clear', () => {
    const { sent, accepted, carriers, lost, children } = play(version, 1 / 30, 2);
    const gone = new Set(lost.map(({ packet }) => packet));
    const lostCarriers = carriers.filter(({ packet }) => gone.has(packet)).length;
    expect(lostCarriers).toBeGreaterThan(10);
    expect(accepted.length + lostCarriers).toBe(sent);
    for (const { through } of carriers) expect(through.length).toBe(1);
    expect(children).toBeGreaterThanOrEqual(20);
  });
});
