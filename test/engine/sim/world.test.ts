/** The simulated world: systems, network, clock, and that a seed decides everything. */
import { describe, expect, it } from 'vitest';
import { unmatchedSas } from '../../../src/engine/sim/convergence.js';
import { makeProbe, probeNumber } from '../../../src/engine/sim/probe.js';
import { entriesOf } from '../../../src/engine/sim/trace.js';
import { toHex } from '../../../src/engine/wire/codec.js';
import { parseAddress } from '../../../src/model/address.js';
import { configOf, hostRecords, packet, probe, type SmallWorld, smallWorld } from './support.js';

const there = 'tcp 192.0.2.1:4000 > 192.0.2.2:23';
const back = 'tcp 192.0.2.2:23 > 192.0.2.1:4000';

function accepted({ trace }: SmallWorld, host: string): number[] {
  return entriesOf(trace.entries, 'accepted')
    .filter((entry) => entry.host === host)
    .flatMap(({ octets }) => probeNumber(octets) ?? []);
}

function hosts({ world }: SmallWorld) {
  return [world.hosts.get('a')!, world.hosts.get('b')!] as const;
}

describe('a packet that needs an SA', () => {
  it('waits for it, goes through it, and so does the answer', () => {
    const small = smallWorld();
    const [a, b] = hosts(small);
    a.send(probe(there, 7));
    expect(entriesOf(small.trace.entries, 'held')).toHaveLength(1);
    small.world.run(1000);
    b.send(probe(back, 8));
    small.world.run(2000);
    expect(accepted(small, 'b')).toEqual([7]);
    expect(accepted(small, 'a')).toEqual([8]);
    const [first] = entriesOf(small.trace.entries, 'accepted');
    expect(first).toMatchObject({ through: [{ protocol: 'ESP', direction: 'inbound' }], forward: false });
    expect(unmatchedSas(a, b)).toEqual([]);
    // Nothing of it was seen on the wire.
    for (const { octets } of entriesOf(small.trace.entries, 'sent')) expect(probeNumber(octets)).toBeUndefined();
  });

  it('is given up when nobody answers, and not asked for again at once', () => {
    const small = smallWorld({ network: { loss: 1 } });
    const [a] = hosts(small);
    a.send(probe(there));
    small.world.run(200_000);
    expect(entriesOf(small.trace.entries, 'request-failed')).toHaveLength(1);
    expect(entriesOf(small.trace.entries, 'dropped')).toMatchObject([{ reason: 'no-sa', direction: 'outbound' }]);
    expect(small.world.hosts.get('b')!.stack.sad.size).toBe(0);
  });

  it('goes in the clear after a failure where its policy allows that', () => {
    const a = configOf('a', hostRecords('192.0.2.1', '192.0.2.2', '-flags FALLBACK_TO_CLEAR'));
    const small = smallWorld(
      { network: { lose: ({ octets }) => octets[9] === 17 } },
      { a: { config: a }, b: { config: configOf('b', 'add host default -action PASS\nadd bypass 192.0.2.2') } },
    );
    small.world.hosts.get('a')!.send(probe(there, 5));
    small.world.run(60_000);
    expect(accepted(small, 'b')).toEqual([5]);
  });

  it('waits in a queue that has an end', () => {
    const small = smallWorld({ network: { delayMillis: 500 } });
    const [a] = hosts(small);
    for (let number = 0; number < 200; number += 1) a.send(probe(there, number));
    small.world.run(10_000);
    expect(accepted(small, 'b')).toHaveLength(64);
    expect(accepted(small, 'b').at(-1)).toBe(199);
  });
});

describe('the network', () => {
  it('gives equal octets for equal seeds, and others for another one', () => {
    const run = (seed: number) => {
      const small = smallWorld({ seed, network: { loss: 0.2, duplication: 0.2, reordering: 0.3, jitterMillis: 40 } });
      const [a] = hosts(small);
      for (let at = 0; at < 20; at += 1) small.world.at(at * 5000, () => a.send(probe(there, at)));
      small.world.run(3_600_000);
      return small.trace.entries.map((entry) =>
        entry.kind === 'sent' ? `${entry.at} ${toHex(entry.octets)}` : `${entry.at} ${entry.kind}`,
      );
    };
    expect(run(5)).toEqual(run(5));
    expect(run(5)).not.toEqual(run(6));
  });

  it('duplicates packets, and the replay window sees to that', () => {
    const small = smallWorld({ network: { duplication: 1 } });
    const [a] = hosts(small);
    a.send(probe(there, 1));
    small.world.run(1000);
    expect(accepted(small, 'b')).toEqual([1]);
    expect(entriesOf(small.trace.entries, 'sa-event').map(({ event }) => event.kind)).toContain('replay');
  });

  it('changes bits, and the ICV sees to that', () => {
    const small = smallWorld();
    const [a] = hosts(small);
    a.send(probe(there, 1));
    small.world.run(1000);
    const damaged = smallWorld({ network: { corruption: 1, lose: () => false } });
    damaged.world.hosts.get('a')!.send(probe(there, 1));
    damaged.world.run(100_000);
    expect(accepted(damaged, 'b')).toEqual([]);
    expect(entriesOf(damaged.trace.entries, 'arrived').every((entry) => entry.damaged)).toBe(true);
  });

  it('is cut and mended again', () => {
    const small = smallWorld({ network: { partitions: [{ from: 0, to: 2500, between: ['a', 'b'] }] } });
    const [a] = hosts(small);
    a.send(probe(there, 1));
    small.world.run(60_000);
    expect(entriesOf(small.trace.entries, 'lost').map(({ why }) => why)).toEqual(['partition', 'partition']);
    expect(accepted(small, 'b')).toEqual([1]);
  });

  it('fragments what is too long for the path, and firewalls may throw that away', () => {
    const long = makeProbe(packet('udp 192.0.2.1:4000 > 192.0.2.2:53'), 3, 1400)!.octets;
    const small = smallWorld({ network: { mtu: 700 } });
    small.world.hosts.get('a')!.send(long);
    small.world.run(1000);
    expect(accepted(small, 'b')).toEqual([3]);
    expect(entriesOf(small.trace.entries, 'arrived').length).toBeGreaterThan(4);
    const strict = smallWorld({ network: { mtu: 700, fragments: 'drop' } });
    strict.world.hosts.get('a')!.send(long);
    strict.world.run(1000);
    expect(accepted(strict, 'b')).toEqual([]);
    expect(entriesOf(strict.trace.entries, 'lost').map(({ why }) => why)).toContain('fragment');
  });

  it.each(['pass', 'drop'] as const)(
    'tells a sender that may not fragment how long packets may be: errors %s',
    (icmpErrors) => {
      const small = smallWorld({ network: { mtu: 700, icmpErrors } });
      const [a] = hosts(small);
      const dontFragment = makeProbe(packet('udp 192.0.2.1:4000 > 192.0.2.2:53'), 3, 1000)!.octets;
      a.send(probe(there, 1));
      small.world.run(1000);
      dontFragment[6] = 0x40;
      a.send(dontFragment);
      small.world.run(2000);
      a.send(dontFragment);
      const lost = entriesOf(small.trace.entries, 'lost').map(({ why }) => why);
      const refused = entriesOf(small.trace.entries, 'dropped').map(({ reason }) => reason);
      // Where the errors are thrown away, the path is a black hole.
      expect([lost, refused]).toEqual(
        icmpErrors === 'pass' ? [['too-big'], ['too-big']] : [['too-big', 'too-big'], []],
      );
    },
  );
});

describe('time', () => {
  it('brings rekeys, each in its turn, for as long as the world goes on', () => {
    const small = smallWorld();
    const [a, b] = hosts(small);
    a.send(probe(there, 1));
    small.world.run(86_400_000);
    const installs = entriesOf(small.trace.entries, 'install').filter(({ host }) => host === 'a').length;
    // 600 seconds, the successor 10 before.
    expect(installs / 2).toBe(1 + Math.floor((86_400 - 0.02) / 590));
    expect(unmatchedSas(a, b)).toEqual([]);
  });

  it('is what each system takes it for', () => {
    const small = smallWorld({}, { a: { clock: { skewMillis: 3_600_000, driftPpm: 200_000 } } });
    const [a] = hosts(small);
    a.send(probe(there, 1));
    small.world.run(700_000);
    const installed = entriesOf(small.trace.entries, 'install').filter(({ host }) => host === 'a');
    // Its clock runs a fifth faster: 590 of its seconds are 492 of the world's.
    expect(installed.map(({ at }) => Math.round(at / 1000))).toEqual([0, 0, 492, 492]);
  });

  it('ends a run at its limit', () => {
    const small = smallWorld();
    hosts(small)[0].send(probe(there, 1));
    expect(small.world.run(Number.POSITIVE_INFINITY, 50)).toBe('limit');
    expect(smallWorld().world.run(1000)).toBe('idle');
  });
});

describe('a crash', () => {
  it('leaves nothing but the configuration, and everything of another life', () => {
    const small = smallWorld();
    const [a, b] = hosts(small);
    a.send(probe(there, 1));
    small.world.run(1000);
    small.world.crash('b', 2000, 5000);
    small.world.run(3000);
    expect(b.isUp).toBe(false);
    a.send(probe(there, 2));
    small.world.run(10_000);
    expect(entriesOf(small.trace.entries, 'lost').at(-1)).toMatchObject({ why: 'down', host: 'b' });
    expect(b.isUp).toBe(true);
    expect(b.stack.sad.size).toBe(0);
    b.send(probe(back, 3));
    small.world.run(20_000);
    expect(accepted(small, 'a')).toEqual([3]);
    const spis = entriesOf(small.trace.entries, 'install').map(
      ({ sa }) => `${sa.direction} ${sa.spi} ${sa.local.value}`,
    );
    expect(new Set(spis).size).toBe(spis.length);
  });
});

describe('behind a NAT', () => {
  const publicAddress = parseAddress('198.51.100.7')!;
  const b = configOf(
    'b',
    `${hostRecords('192.0.2.2', '198.51.100.7')}\nadd host clear -source 192.0.2.2 -destination 0.0.0.0/0 -priority 20 -action PASS`,
  );
  const clear = configOf('a', 'add host all -source 192.0.2.1 -destination 0.0.0.0/0 -priority 10 -action PASS');
  const open = configOf('b', 'add host all -source 192.0.2.2 -destination 0.0.0.0/0 -priority 10 -action PASS');

  it.each([
    'udp 192.0.2.1:4000 > 192.0.2.2:53',
    'tcp 192.0.2.1:4000 > 192.0.2.2:23',
    'icmp 192.0.2.1 > 192.0.2.2 type 8',
  ])('%s comes from the public address, and its answer comes back', (text) => {
    const small = smallWorld(
      { network: { nats: [{ host: 'a', publicAddress }] } },
      { a: { config: clear }, b: { config: open } },
    );
    const [from, to] = hosts(small);
    from.send(probe(text, 1));
    small.world.run(100);
    const [first] = entriesOf(small.trace.entries, 'accepted');
    const view = new DataView(first!.octets.buffer, first!.octets.byteOffset);
    expect(view.getUint32(12)).toBe(publicAddress.value);
    const port = view.getUint16(20);
    const answer = text.startsWith('icmp')
      ? echoReply(first!.octets)
      : probe(text.replace(/ .*/, ` 192.0.2.2:${view.getUint16(22)} > 198.51.100.7:${port}`), 2);
    to.send(answer);
    small.world.run(200);
    const [, second] = entriesOf(small.trace.entries, 'accepted');
    expect(second?.host).toBe('a');
  });

  it('nothing comes in uninvited, after the mapping is forgotten, or after a rebinding', () => {
    const small = smallWorld(
      { network: { nats: [{ host: 'a', publicAddress, timeoutMillis: 1000, rebindAt: [10_000] }] } },
      { a: { config: clear }, b: { config: open } },
    );
    const [from, to] = hosts(small);
    const inwards = () => to.send(probe('udp 192.0.2.2:53 > 198.51.100.7:20000', 2));
    inwards();
    small.world.run(100);
    from.send(probe('udp 192.0.2.1:4000 > 192.0.2.2:53', 1));
    small.world.run(200);
    inwards();
    small.world.run(5000);
    inwards();
    small.world.run(9990);
    from.send(probe('udp 192.0.2.1:4000 > 192.0.2.2:53', 1));
    small.world.run(10_100);
    inwards();
    small.world.run(20_000);
    expect(accepted(small, 'a')).toEqual([2]);
    expect(entriesOf(small.trace.entries, 'lost').map(({ why }) => why)).toEqual(['nat', 'nat', 'nat']);
  });

  it.each(['drop', 'pass'] as const)('ESP without UDP: %s', (esp) => {
    const small = smallWorld({ network: { nats: [{ host: 'a', publicAddress, esp }] } }, { b: { config: b } });
    hosts(small)[0].send(probe(there, 1));
    small.world.run(1000);
    // The scripted version has no NAT traversal: transport mode finds its selectors wrong behind the SA, if it comes that far.
    expect(accepted(small, 'b')).toEqual(esp === 'pass' ? [1] : []);
  });
});

function echoReply(request: Uint8Array): Uint8Array {
  const reply = request.slice();
  const view = new DataView(reply.buffer);
  const [source, destination] = [view.getUint32(12), view.getUint32(16)];
  view.setUint32(12, destination);
  view.setUint32(16, source);
  reply[20] = 0;
  return reply;
}
