/**
 * The fast path without system calls: what a segment of a TCP stream costs on its way out (cut, sealed, gathered) and in (opened, checked, put
 * together), in processor time, and how much of it is the cipher alone.
 */
import { chooseEngine } from '../src/backends/userspace/cipher/engine.js';
import { Counters } from '../src/backends/userspace/counters.js';
import { sumCode } from '../src/backends/userspace/fast/sum-code.js';
import { TunWriter, tunWriterMemory } from '../src/backends/userspace/fast/tun-writer.js';
import { allocate, allocateSummed } from '../src/backends/userspace/system/memory.js';
import { loadNative } from '../src/backends/userspace/system/native.js';
import { InboundCore } from '../src/backends/userspace/worker/inbound-core.js';
import { OutboundCore } from '../src/backends/userspace/worker/outbound-core.js';
import type { CoreOptions } from '../src/backends/userspace/worker/policies.js';
import { loadNodeProvider } from '../src/engine/crypto/node/load.js';
import { ipProtocols } from '../src/engine/ipsec/packet.js';
import { addressToOctets } from '../src/model/address.js';
import { address, type SaWords, type SystemWords, saOf, systemOf } from '../test/backends/userspace/lab/description.js';
import { together } from '../test/backends/userspace/support.js';
import { cpuMillis } from './measure.js';
import type { Benchmark, Row } from './row.js';

const outer = { left: '198.18.0.1', right: '198.18.0.2' };
const inner = { left: '198.18.1.1', right: '198.18.2.1' };
/** As the kernel hands over a stream through a device with an MTU of 1400. */
const segment = 1348;
const segments = 44;
const turns = 200;
const rounds = 20;

const suites = {
  'AES-128-GCM': { encryption: 'AES-GCM-16-128' },
  'AES-128-CBC SHA1': { encryption: 'AES-CBC-128', authentication: 'HMAC-SHA1-96' },
} as const;

const native = await loadNative();
const provider = await loadNodeProvider();

function measure(words: (typeof suites)[keyof typeof suites]) {
  const system = (side: 'left' | 'right'): SystemWords => {
    const other = side === 'left' ? 'right' : 'left';
    const [local, remote] = [outer[side], outer[other]];
    const action = [{ ...words, mode: 'tunnel', local, remote } as const];
    return {
      name: side,
      addresses: [outer[side], inner[side]],
      spd: [{ name: 'net', local: inner[side], remote: inner[other], action }],
    };
  };
  const about: Omit<SaWords, 'direction' | 'local' | 'remote'> = {
    ...words,
    mode: 'tunnel',
    spi: 0x1001,
    keySeed: 1,
    inUdp: true,
  };
  const engine = chooseEngine(native);
  const options: CoreOptions = {
    provider,
    engine,
    counters: new Counters(),
    ikePorts: { ike: 500, natTraversal: 4500 },
    forwards: false,
    pathMtu: () => undefined,
    now: () => 0,
  };
  const wire = allocate(native, turns * 65_536);
  const sent: { at: number; length: number; segment: number }[] = [];
  let filled = 0;
  const telling = { sa: () => {}, drop: () => {} };
  const out = new OutboundCore(native, options, {
    ...telling,
    sendBatch({ memory, length, segment }) {
      wire.octets.set(memory.octets.subarray(0, length), filled);
      sent.push({ at: filled, length, segment });
      filled += length;
    },
    sendPacket: () => {},
    answer: () => {},
    acquire: () => {},
  });
  out.setConfig(systemOf(system('left')));
  out.addSa(saOf({ ...about, direction: 'outbound', local: outer.left, remote: outer.right }));
  let written = 0;
  const writer = new TunWriter(allocateSummed(native, tunWriterMemory, sumCode), true, (_memory, _at, length) => {
    written += length;
  });
  const inbound = new InboundCore(writer, options, { ...telling, deliver: () => {}, ike: () => true });
  inbound.setConfig(systemOf(system('right')));
  inbound.addSa(saOf({ ...about, direction: 'inbound', local: outer.right, remote: outer.left }));
  const timestamps = Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2);
  const stream = together(ipProtocols.TCP, inner.left, inner.right, segment, {
    data: new Uint8Array(segment * segments).map((_, index) => index * 7),
    options: timestamps,
    dontFragment: true,
  }).packet.octets;
  const tun = allocateSummed(native, 66_048, sumCode);
  const meta = allocate(native, 8);
  meta.octets.set(addressToOctets(address(outer.left)));
  meta.octets.set(addressToOctets(address(outer.right)), 4);
  const memory = allocate(native, 65_536);
  const arrival = {
    family: 4,
    ports: { source: 4500, destination: 4500 },
    trafficClass: 0,
    hopLimit: 64,
    meta,
    sourceAt: 0,
    destinationAt: 4,
  } as const;
  const times = { out: [] as number[], in: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    filled = 0;
    sent.length = 0;
    let start = cpuMillis();
    for (let turn = 0; turn < turns; turn += 1) {
      tun.octets.set(stream);
      out.packet(tun, 0, stream.length);
      out.flush();
    }
    times.out.push(cpuMillis() - start);
    written = 0;
    start = cpuMillis();
    for (const { at, length, segment } of sent) {
      memory.octets.set(wire.octets.subarray(at, at + length));
      inbound.datagrams(memory, 0, length, segment, { ...arrival });
      inbound.flush();
    }
    times.in.push(cpuMillis() - start);
    if (written !== turns * stream.length)
      throw new Error(`${written} octets of ${turns * stream.length} came through`);
  }
  return times;
}

/** The quickest round: whatever else the machine does only adds to it. */
const microseconds = (values: readonly number[]) => (Math.min(...values) * 1000) / (turns * segments);

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'data-path',
    run() {
      const rows: Row[] = [];
      for (const [name, words] of Object.entries(suites)) {
        const times = measure(words);
        rows.push({ name: `${name}, a segment out`, value: microseconds(times.out), unit: 'µs' });
        rows.push({ name: `${name}, a segment in`, value: microseconds(times.in), unit: 'µs' });
      }
      return rows;
    },
  },
];
