/**
 * Who may take away what a peer has: nobody but this peer itself. Others come with INITIAL_CONTACT, deletes and errors, in the clear, with a
 * wrong key, or with keys of their own, from the very address of the peer; its SAs stay, and go on carrying packets.
 */
import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/engine/credentials/store.js';
import type { SimulatedHost } from '../../src/engine/sim/host.js';
import { createTrace, entriesOf } from '../../src/engine/sim/trace.js';
import { createWorld } from '../../src/engine/sim/world.js';
import { ikeVersions } from '../../src/engine/versions.js';
import { type Ikev2Payload, ikev2Payload } from '../../src/engine/wire/payloads/table.js';
import { parseAddress } from '../../src/model/address.js';
import { peerProfile } from '../../src/model/peer-profile/catalogue.js';
import { forgedV1, forgedV2, octetsOf } from '../support/forged-ike.js';
import { node } from './crypto/support.js';
import { sealedWith } from './ikev2/peer-gone-wrong.js';
import { beginsAt, configOf, probe } from './sim/support.js';

const gateway = '192.0.2.1';
/** Both are behind one NAT, so the gateway sees one address. */
const outside = '198.51.100.1';
const inner = { alice: '10.0.0.2', mallory: '10.0.0.3' } as const;
type Peer = keyof typeof inner;
const keyOf: Record<Peer, string> = { alice: 'Sand7-Plover_99x-Reed', mallory: 'Moss4-Heron_21y-Fern' };

const ike = (version: 1 | 2, remote: string) =>
  version === 1
    ? `add ikev1 ike -remote ${remote} -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC`
    : `add ikev2 ike -remote ${remote} -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`;

interface Coming {
  /** As whom, with whose key. */
  readonly identity: Peer;
  readonly key: Peer;
}

/** A gateway with alice, who has SAs; mallory comes when told, and says INITIAL_CONTACT as everybody does who knows of no SA. */
function worldOf(version: 1 | 2, mallory: Coming) {
  const trace = createTrace();
  const nats = (Object.keys(inner) as Peer[]).map((host) => ({ host, publicAddress: parseAddress(outside)! }));
  const world = createWorld({
    seed: 1,
    provider: node,
    beginsAt,
    record: (entry) => trace.add(entry),
    network: { nats },
  });
  const add = (name: string, text: string): SimulatedHost =>
    world.addHost({
      config: configOf(name, text),
      profile: peerProfile('ours'),
      credentials: createCredentials({}, node).credentials,
      versions: ikeVersions,
    });
  // Of the names, which are in the clear in Aggressive Mode, each has its own key.
  const auth = (name: string, remote: string, own: string, peer: string, key: string) =>
    `add auth ${name} -remote ${remote} -kmp IKEV${version} ${version === 1 ? '-exchange AM' : ''} -preshared ${key} -ltype FQDN -lid ${own}.example -rtype FQDN -rid ${peer}.example`;
  const host = (own: string, peer: string) =>
    `add host peer -source ${own} -destination ${peer} -action ESP_AES128_HMAC_SHA1/60000/0`;
  const gate = add(
    'gate',
    [
      host(gateway, outside),
      ike(version, outside),
      auth('alice', outside, 'gate', 'alice', keyOf.alice),
      auth('mallory', outside, 'gate', 'mallory', keyOf.mallory),
    ].join('\n'),
  );
  const peer = (name: Peer, { identity, key }: Coming) =>
    add(
      name,
      [host(inner[name], gateway), ike(version, gateway), auth('gate', gateway, identity, 'gate', keyOf[key])].join(
        '\n',
      ),
    );
  const hosts = { gate, alice: peer('alice', { identity: 'alice', key: 'alice' }), mallory: peer('mallory', mallory) };
  let number = 0;
  const come = (name: Peer) => {
    number += 1;
    hosts[name].send(probe(`tcp ${inner[name]}:${4000} > ${gateway}:23`, number));
    world.run(world.now() + 60_000);
  };
  const alices = () => [...hosts.alice.stack.sad.all()].map(({ parameters }) => parameters.spi);
  const sasOf = (sa: SimulatedHost) => new Set([...sa.stack.sad.all()].map(({ parameters }) => parameters.spi));
  const carried = () => entriesOf(trace.entries, 'accepted').filter((entry) => entry.host === 'gate').length;
  come('alice');
  expect(gate.engine.ikeSas()).toHaveLength(1);
  const before = { spis: alices(), ikeSas: gate.engine.ikeSas().map(({ name }) => name) };
  expect(before.spis).toHaveLength(2);
  /** Everything of alice is as it was, at both ends, and her next packet comes through under the keys that there were. */
  const stays = () => {
    expect(alices()).toEqual(before.spis);
    for (const spi of before.spis) expect(sasOf(gate).has(spi)).toBe(true);
    const names = gate.engine.ikeSas().map(({ name }) => name);
    for (const name of before.ikeSas) expect(names).toContainEqual(name);
    const count = carried();
    come('alice');
    expect(carried()).toBe(count + 1);
    expect(alices()).toEqual(before.spis);
  };
  const says = () =>
    entriesOf(trace.entries, 'sent').flatMap(({ host: from, ike: told }) =>
      from === 'mallory' && told ? [...(told.content.inner ?? [])] : [],
    );
  return { world, trace, ...hosts, come, stays, says, before };
}

describe.each([1, 2] as const)('IKEv%i: the SAs of a peer stay', (version) => {
  it('when another one, with a key of its own and from the same address, says that it has none', () => {
    const { come, stays, gate, says } = worldOf(version, { identity: 'mallory', key: 'mallory' });
    come('mallory');
    const contact = version === 1 ? 24578 : 16384;
    expect(says().some((payload) => payload.kind === 'N' && payload.body.type === contact)).toBe(true);
    expect(gate.engine.ikeSas()).toHaveLength(2);
    stays();
  });

  it('until it says so itself', () => {
    const { come, gate, before, world } = worldOf(version, { identity: 'mallory', key: 'mallory' });
    world.crash('alice', world.now() + 1_000, 1_000);
    world.run(world.now() + 5_000);
    come('alice');
    const names = gate.engine.ikeSas().map(({ name }) => name);
    expect(names).toHaveLength(1);
    expect(names).not.toEqual(before.ikeSas);
    for (const { parameters } of gate.stack.sad.all()) expect(before.spis).not.toContain(parameters.spi);
  });

  it('when somebody says so in its name and has not its key', () => {
    const { come, stays, gate } = worldOf(version, { identity: 'alice', key: 'mallory' });
    come('mallory');
    expect(gate.engine.ikeSas()).toHaveLength(1);
    stays();
  });

  it('when it is said in the clear, and so are deletes and errors, with the very SPIs and cookies', () => {
    const { stays, gate, world, before } = worldOf(version, { identity: 'mallory', key: 'mallory' });
    const [ikeSa] = gate.engine.ikeSas();
    for (const octets of version === 1 ? forgedV1(ikeSa!, before.spis) : forgedV2(ikeSa!, before.spis)) {
      gate.command({ kind: 'datagram', local: ikeSa!.local, remote: ikeSa!.remote, octets });
      world.run(world.now() + 1_000);
    }
    stays();
  });
});

it('IKEv2: the SAs of a peer stay when another one, authenticated and from the same address, deletes them by their SPIs', () => {
  const { come, stays, gate, trace, world, before, mallory } = worldOf(2, { identity: 'mallory', key: 'mallory' });
  come('mallory');
  const [alices, own] = gate.engine.ikeSas();
  const keys = entriesOf(trace.entries, 'event').flatMap(({ host, event }) =>
    host === 'mallory' && event.kind === 'ike-keys' ? [event.keys] : [],
  );
  expect(keys).toHaveLength(1);
  const remove = (protocolId: number, size: number, list: readonly Uint8Array[]): Ikev2Payload =>
    ikev2Payload('D', { protocolId, spis: { size, list: [...list] } });
  const spis = before.spis.map((spi) => octetsOf(spi, 4));
  const ikeSpis = [alices!.initiatorSpi, alices!.responderSpi].map((spi) => octetsOf(spi, 8));
  const said = [
    [remove(3, 4, spis)],
    ...spis.map((spi) => [remove(3, 4, [spi])]),
    [remove(2, 4, spis)],
    // An IKE SA has no SPI in a delete (RFC 7296 §3.11), whatever somebody writes there.
    [remove(1, 8, ikeSpis)],
    [ikev2Payload('N', { protocolId: 3, type: 11, spi: spis[0]!, data: new Uint8Array(0) })],
    [ikev2Payload('N', { protocolId: 0, type: 16384, spi: new Uint8Array(0), data: new Uint8Array(0) })],
  ];
  const answersBefore = entriesOf(trace.entries, 'sent').filter(({ host }) => host === 'gate').length;
  for (const [number, inner] of said.entries()) {
    const octets = sealedWith(keys[0]!, 'initiator', { exchange: 'INFORMATIONAL', messageId: 2 + number, inner });
    gate.command({ kind: 'datagram', local: own!.local, remote: own!.remote, octets });
    world.run(world.now() + 1_000);
  }
  // They were taken for what they are: authentic requests, which are answered.
  const answers = entriesOf(trace.entries, 'sent').filter(({ host }) => host === 'gate').length - answersBefore;
  expect(answers).toBeGreaterThanOrEqual(3);
  expect(mallory.engine.ikeSas().length).toBeLessThanOrEqual(1);
  stays();
});
