/**
 * The kernel itself against the search of the SPD: packets of realistic policies are really sent and really received, and what became
 * of each is read from the error of the call and from the kernel's counters.
 */
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { diff } from '../../../src/backends/diff.js';
import { orderChanges } from '../../../src/backends/order.js';
import { compileXfrm, ikePorts } from '../../../src/backends/xfrm/compile.js';
import { flowOf, lookUp } from '../../../src/backends/xfrm/lookup.js';
import { emptyHostState } from '../../../src/model/host-state.js';
import type { Packet } from '../../../src/model/packet.js';
import type { Region } from '../../../src/model/selector/box.js';
import { randomPacket, seededRandom } from '../../../src/model/selector/sampling.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { namespacesMissing } from '../../support/netns.js';
import { type OneNamespace, oneNamespace } from '../../support/one-namespace.js';
import { randomSpd } from '../../support/random-spd.js';
import { type FrameSender, frameSender, trySending } from '../../support/raw-packets.js';
import { plainHost, randomConfig, verdictOf } from '../support/configs.js';

const missing = namespacesMissing();
if (missing !== undefined) console.log(`skipped: ${missing}`);

/** What the tests can send; the kernel's own traffic (ICMP errors, neighbour discovery) must not be told as ours. */
const protocols = [1, 6, 17] as const;
const packetsEach = 250;
const seeds = [11, 12, 13] as const;

function packetsOf(regions: readonly Region[], direction: Packet['direction'], seed: number): readonly Packet[] {
  const random = seededRandom(seed);
  const found: Packet[] = [];
  for (let tries = 0; found.length < packetsEach && tries < packetsEach * 50; tries += 1) {
    const region = regions[Math.floor(random() * regions.length)]!;
    const packet = { ...randomPacket(region[Math.floor(random() * region.length)]!, random), direction };
    if (isSendable(packet)) found.push(packet);
  }
  return found;
}

/** Unicast addresses that a socket may have, ports that are not 0, and no ICMP message that the kernel has its own ideas about. */
function isSendable({ family, local, remote, protocol, localPort, remotePort, type }: Packet): boolean {
  if (!protocols.some((each) => each === protocol)) return false;
  if (protocol === 1 && (family === 6 || ![8, 13].includes(type ?? 0))) return false;
  if (localPort === 0 || remotePort === 0) return false;
  return [local, remote].every((value) =>
    typeof value === 'number' ? value >>> 24 !== 0 && value >>> 24 !== 127 && value >>> 24 < 224 : value >> 125n === 1n,
  );
}

const isIke = ({ protocol, localPort }: Packet) => protocol === 17 && ikePorts.some((port) => port === localPort);

describe.skipIf(missing !== undefined)('packets in the kernel', () => {
  let host: OneNamespace;
  let peer: OneNamespace;
  let backend: Backend;
  let wire: FrameSender;

  beforeAll(async () => {
    host = await oneNamespace();
    peer = await oneNamespace();
    host.shell(`ip link add wire type veth peer name other netns ${peer.name}
      ip addr add 192.0.2.1/24 dev wire; ip link set wire up
      ip route add default via 192.0.2.2; ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire
      ip -6 addr add 2001:db8:ffff::1/64 dev wire nodad
      ip -6 route add default via 2001:db8:ffff::2; ip -6 neigh add 2001:db8:ffff::2 lladdr 02:00:00:00:00:02 dev wire
      sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wire.rp_filter=0 net.ipv4.conf.wire.accept_local=1
      sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0`);
    peer.shell('ip link set other up');
    backend = await host.backend();
    const mac =
      host.enter(() => readFileSync('/proc/thread-self/net/dev', 'utf8')) &&
      host.shell('cat /sys/class/net/wire/address').trim();
    const index = Number(peer.shell('cat /sys/class/net/other/ifindex'));
    wire = peer.enter(() => frameSender(index, mac, '02:00:00:00:00:02'));
  });

  afterAll(() => {
    wire?.close();
    backend?.close();
    host?.remove();
    peer?.remove();
  });

  async function install(config: SystemConfig) {
    const { desired, refusals } = compileXfrm(config, plainHost);
    expect(refusals).toEqual([]);
    const current = await backend.read();
    expect(await backend.execute(orderChanges(diff(current, desired)))).toMatchObject({ done: expect.any(Number) });
    const now = await backend.read();
    expect(diff(now, desired)).toEqual([]);
    return now.policies;
  }

  test.each(seeds)('outbound, seed %i', async (seed) => {
    const config = randomConfig(randomSpd({ entries: 120, seed, ipv6: 0.3 }), seed);
    const policies = await install(config);
    let blocked = 0;
    for (const packet of packetsOf(
      config.spd.map(({ selectors }) => selectors),
      'outbound',
      seed,
    )) {
      const before = host.counters();
      const errno = host.enter(() => trySending(packet));
      const after = host.counters();
      const counted = (name: string) => after[name]! - before[name]!;
      const seen =
        errno === koffi.os.errno.EPERM || counted('XfrmOutPolBlock') > 0
          ? 'block'
          : counted('XfrmOutNoStates') > 0
            ? 'protect'
            : 'allow';
      const expected = isIke(packet) ? 'allow' : verdictOf(config.spd, packet).verdict;
      if (seen !== expected)
        expect({ packet, errno, seen, model: lookUp(policies, flowOf(packet, 'out')) }).toEqual(expected);
      if (seen !== 'allow') blocked += 1;
    }
    expect(blocked).toBeGreaterThan(50);
  });

  test.each(seeds)('inbound, seed %i', async (seed) => {
    const config = randomConfig(randomSpd({ entries: 120, seed: seed + 100, ipv6: 0.3 }), seed);
    const policies = await install(config);
    // From here on every address is the host's own.
    host.shell(
      'ip route add local 0.0.0.0/0 dev lo table 99; ip rule add iif wire lookup 99 pref 1; ip -6 route add local ::/0 dev lo table 99; ip -6 rule add iif wire lookup 99 pref 1',
    );
    try {
      let refused = 0;
      for (const packet of packetsOf(
        config.spd.map(({ selectors }) => selectors),
        'inbound',
        seed,
      )) {
        const before = host.counters();
        wire.send(packet);
        const after = host.counters();
        const counted = (name: string) => after[name]! - before[name]!;
        const seen = counted('XfrmInPolBlock') > 0 ? 'block' : counted('XfrmInTmplMismatch') > 0 ? 'protect' : 'allow';
        const expected = isIke(packet) ? 'allow' : verdictOf(config.spd, packet).verdict;
        if (seen !== expected)
          expect({ packet, seen, model: lookUp(policies, flowOf(packet, 'in')) }).toEqual(expected);
        if (seen !== 'allow') refused += 1;
      }
      expect(refused).toBeGreaterThan(50);
    } finally {
      host.shell('ip rule del pref 1; ip -6 rule del pref 1; ip route flush table 99; ip -6 route flush table 99');
    }
  });

  test('what is taken out is gone', async () => {
    await install(randomConfig([], 1));
    const current = await backend.read();
    expect(await backend.execute(orderChanges(diff(current, emptyHostState)))).toMatchObject({
      done: current.policies.length,
    });
    expect((await backend.read()).policies).toEqual([]);
  });
});
