/** The guard against locking oneself out. */
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { compileXfrm } from '../../../src/backends/xfrm/compile.js';
import { parseAddress, parseRange } from '../../../src/model/address.js';
import { refuseLockout } from '../../../src/services/apply.js';
import { findCuts, type Lifeline, sshSession, tcpConnections } from '../../../src/services/lockout.js';
import { managementLifelines } from '../../../src/services/management.js';
import { configOf, plainHost } from '../../backends/support/configs.js';

const policiesOf = (text: string) => (text === '' ? [] : compileXfrm(configOf(text), plainHost).desired.policies);
const ssh = sshSession('192.0.2.7 50000 10.0.0.1 22')!;

function fates(before: string, after: string, lifelines: readonly Lifeline[] = [ssh]): readonly string[] {
  return findCuts(lifelines, policiesOf(before), policiesOf(after)).map(({ fate }) => fate);
}

const closed = 'add host default -action DISCARD';
const open = 'add host ssh -source 10.0.0.1/32/22 -protocol TCP -priority 1 -action PASS';
const secured = 'add host all -source 10.0.0.1 -priority 5 -action ESP_AES128_HMAC_SHA1';

describe('a session', () => {
  it.each([
    ['is cut by discarding it', '', closed, ['blocked']],
    ['is not when it may pass before', '', `${open}\n${closed}`, []],
    ['is cut by protection that nobody has proved', '', secured, ['protected']],
    ['is not by the protection that it has now', secured, secured, []],
    ['is not cut when it does not pass now either', closed, closed, []],
    ['is cut when its protection is taken for a discard', secured, closed, ['blocked']],
    ['of nobody', '', 'add host other -source 10.0.0.1 -destination 203.0.113.0/24 -priority 1 -action DISCARD', []],
  ])('%s', (_name, before, after, cut) => {
    expect(fates(before, after)).toEqual(cut);
  });

  it('is cut in either direction', () => {
    const inbound = 'add host in -source 10.0.0.1 -destination 192.0.2.0/24 -protocol ICMP -priority 1 -action DISCARD';
    expect(fates('', inbound)).toEqual([]);
    expect(findCuts([ssh], [], policiesOf(closed))[0]).toMatchObject({
      what: 'the SSH session from 192.0.2.7',
      packet: 'inbound TCP 192.0.2.7:50000 > 10.0.0.1:22',
    });
  });
});

describe('those who administer a host by its inventory', () => {
  const operators = { name: 'the operators', from: [parseRange('192.0.2.0/24')!], port: 22 };
  const cuts = (before: string, after: string) => {
    const lifelines = managementLifelines({ ...configOf(after), addresses: [parseAddress('10.0.0.1')!] }, [operators]);
    return findCuts(lifelines, policiesOf(before), policiesOf(after)).map(({ what, packet }) => `${what}: ${packet}`);
  };

  it.each([
    [
      'are cut off by a policy that drops any of their packets',
      '',
      `${open.replace('-protocol', '-destination 192.0.2.0/25 -protocol')}\n${closed}`,
      1,
    ],
    ['are not by one that lets all of them pass', '', `${open}\n${closed}`, 0],
    ['are not cut off where they cannot get in now either', closed, closed, 0],
    ['may be meant to come in protected', '', secured, 0],
  ])('%s', (_name, before, after, count) => {
    expect(cuts(before, after)).toHaveLength(count);
  });

  it('are named, with a packet of theirs', () => {
    expect(cuts('', `${open.replace('-protocol', '-destination 192.0.2.0/25 -protocol')}\n${closed}`)).toEqual([
      'the operators (inventory, TCP port 22): outbound TCP 10.0.0.1:22 > 192.0.2.128:49152',
    ]);
  });
});

describe('SSH_CONNECTION', () => {
  it.each([
    ['2001:db8::7 50000 2001:db8::1 22', 6],
    ['::ffff:192.0.2.7 50000 ::ffff:10.0.0.1 22', 4],
  ])('%s', (value, family) => {
    expect(sshSession(value)?.packets.map((packet) => packet.family)).toEqual([family, family]);
  });

  it.each([undefined, '', 'nonsense', '192.0.2.7 1 2001:db8::1 22'])('%s is none', (value) => {
    expect(sshSession(value)).toBeUndefined();
  });
});

it('neighbour discovery of the default route is a lifeline that a discard of all leaves alone', () => {
  const neighbour: Lifeline = {
    what: 'the neighbour',
    packets: (['outbound', 'inbound'] as const).map((direction) => ({
      family: 6,
      direction,
      local: 0xfe80n << 112n,
      remote: (0xfe80n << 112n) + 1n,
      protocol: 58,
      type: 135,
      code: 0,
    })),
  };
  expect(fates('', closed, [neighbour])).toEqual([]);
  const deaf =
    'add host nd -source 0::0/0 -destination 0::0/0 -protocol ICMPV6 -src_icmpv6_type 135,136 -dst_icmpv6_type 135,136 -priority 1 -action DISCARD';
  expect(fates('', deaf, [neighbour])).toEqual(['blocked']);
});

it('connections of this machine are read as they are', async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  await new Promise((done) => client.once('connect', done));
  const found = tcpConnections('/proc/net/tcp').filter(({ localPort, remotePort }) =>
    [localPort, remotePort].includes(port),
  );
  expect(found.map(({ local, remote }) => [local.value, remote.value])).toEqual([
    [0x7f00_0001, 0x7f00_0001],
    [0x7f00_0001, 0x7f00_0001],
  ]);
  client.destroy();
  for (const socket of accepted) socket.destroy();
  server.close();
});

it('is only passed by with a word', () => {
  const cuts = findCuts([ssh], [], policiesOf(closed));
  expect(() => refuseLockout({ cuts }, false)).toThrow('cut off the SSH session from 192.0.2.7');
  expect(() => refuseLockout({ cuts }, true)).not.toThrow();
  expect(() => refuseLockout({ cuts: [] }, false)).not.toThrow();
});
