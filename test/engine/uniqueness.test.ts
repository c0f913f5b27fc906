/** Several IKE SAs with one peer: what becomes of them is for the record to say, in both versions of IKE. */
import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/engine/credentials/store.js';
import type { SimulatedHost } from '../../src/engine/sim/host.js';
import { createTrace, entriesOf } from '../../src/engine/sim/trace.js';
import { createWorld } from '../../src/engine/sim/world.js';
import { ikeVersions } from '../../src/engine/versions.js';
import { peerProfile } from '../../src/model/peer-profile/catalogue.js';
import type { PadEntry } from '../../src/model/system-config.js';
import { node } from './crypto/support.js';
import { beginsAt, configOf, probe } from './sim/support.js';

type Wish = NonNullable<PadEntry['uniqueness']>['value'];

const gateway = '192.0.2.1';
const places = ['192.0.2.11', '192.0.2.12'] as const;
const ike = (version: 1 | 2) =>
  version === 1
    ? 'add ikev1 ike -remote 192.0.2.0/24 -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC'
    : 'add ikev2 ike -remote 192.0.2.0/24 -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1';
const auth = (version: 1 | 2, remote: string, own: string, peer: string) =>
  `add auth auth -remote ${remote} -priority 10 -kmp IKEV${version} ${version === 1 ? '-exchange AM' : ''} -preshared Sand7-Plover_99x-Reed -ltype FQDN -lid ${own} -rtype FQDN -rid ${peer}`;

/** A gateway, and two hosts that say that they are the same. */
function worldOf(version: 1 | 2, uniqueness: Wish | undefined) {
  const trace = createTrace();
  const world = createWorld({ seed: 1, provider: node, beginsAt, record: (entry) => trace.add(entry) });
  const add = (name: string, text: string, pad: Partial<PadEntry> = {}): SimulatedHost => {
    const config = configOf(name, text);
    return world.addHost({
      config: { ...config, pad: config.pad.map((entry) => ({ ...entry, ...pad })) },
      profile: { ...peerProfile('ours'), initialContact: { value: false, note: '' } },
      credentials: createCredentials({}, node).credentials,
      versions: ikeVersions,
    });
  };
  const host = (own: string, peer: string) =>
    `add host h${peer.at(-1)} -source ${own} -destination ${peer} -action ESP_AES128_HMAC_SHA1/6000/0`;
  const gate = add(
    'gate',
    [
      ...places.map((place) => host(gateway, place)),
      ike(version),
      auth(version, '192.0.2.0/24', 'gate.example', 'road.example'),
    ].join('\n'),
    uniqueness ? { uniqueness: { value: uniqueness, origin: { kind: 'builtin', what: 'test' } } } : {},
  );
  const roads = places.map((place, index) =>
    add(
      `road${index}`,
      [host(place, gateway), ike(version), auth(version, gateway, 'road.example', 'gate.example')].join('\n'),
    ),
  );
  const come = (index: 0 | 1, port = 4000) => {
    roads[index]!.send(probe(`tcp ${places[index]}:${port} > ${gateway}:23`));
    world.run(world.now() + 60_000);
  };
  const failures = () =>
    entriesOf(trace.entries, 'event').flatMap(({ event }) => (event.kind === 'failed' ? [event.failure] : []));
  const remotes = () => gate.engine.ikeSas().map(({ remote }) => Number(remote.address.value) & 0xff);
  return { world, gate, roads, come, failures, remotes };
}

describe.each([1, 2] as const)('IKEv%i: a peer that comes from elsewhere', (version) => {
  it.each([undefined, 'never', 'initial-contact'] as const)('has both (%s)', (wish) => {
    const { come, remotes, gate, failures } = worldOf(version, wish);
    come(0);
    come(1);
    expect(remotes()).toEqual([11, 12]);
    expect(gate.stack.sad.size).toBe(4);
    expect(failures()).toEqual([]);
  });

  it('takes the place of the older one (replace)', () => {
    const { come, remotes, gate, roads, failures } = worldOf(version, 'replace');
    come(0);
    come(1);
    expect(remotes()).toEqual([12]);
    expect(gate.stack.sad.size).toBe(2);
    expect(roads.map(({ engine }) => engine.ikeSas().length)).toEqual([0, 1]);
    expect(failures()).toEqual([]);
  });

  it('is refused while the older one is there (keep)', () => {
    const { come, remotes, gate, roads, failures } = worldOf(version, 'keep');
    come(0);
    come(1);
    expect(remotes()).toEqual([11]);
    expect(gate.stack.sad.size).toBe(2);
    // An initiator of Aggressive Mode has what it believes in after message 2, and finds out by its Quick Modes.
    expect(roads.map(({ engine }) => engine.ikeSas().length)).toEqual([1, version === 1 ? 1 : 0]);
    expect(failures()[0]).toMatchObject({
      code: 'identity-refused',
      text: expect.stringMatching(
        /^FQDN road.example is there already from 192.0.2.11, and auth 'auth'.* keeps the first$/,
      ),
    });
  });
});

describe.each([1, 2] as const)('IKEv%i: a peer that authenticates anew from the same place', (version) => {
  it.each([
    ['initial-contact', 2],
    ['keep', 2],
    ['replace', 1],
  ] as const)('with %s', (wish, left) => {
    const { world, come, roads, gate, failures } = worldOf(version, wish);
    come(0);
    // It has lost its IKE SAs, and says nothing of that.
    world.crash('road0', world.now(), 1_000);
    world.run(world.now() + 2_000);
    come(0, 4001);
    expect(gate.engine.ikeSas()).toHaveLength(left);
    expect(roads[0]!.engine.ikeSas()).toHaveLength(1);
    expect(failures()).toEqual([]);
  });
});
