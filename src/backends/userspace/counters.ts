/** Counters that workers write and the main thread reads, in shared memory: one block for each worker, each value one writer. */
import type { DropReason } from '../../engine/ipsec/drop.js';
import type { DataPathTotals, LocalDropReason } from './report.js';

/** What is counted besides drops. */
export const counterNames = [
  'packetsOut',
  'octetsOut',
  'packetsIn',
  'octetsIn',
  'bypassed',
  'waiting',
  /** Packets that went through the reference. */
  'referencePackets',
  'tunReads',
  'tunWrites',
  'receives',
  'sends',
  /** Flows whose verdict was looked up. */
  'flowsDecided',
  'wakeups',
  /** Events that were only counted, because too many alike came. */
  'eventsHeldBack',
  'icmpErrors',
  'mtuLearned',
  'tunErrors',
  'socketErrors',
] as const;
export type CounterName = (typeof counterNames)[number];

const dropReasons: readonly (DropReason | LocalDropReason)[] = [
  'malformed',
  'fragment',
  'incomplete',
  'policy',
  'unprotected',
  'selectors',
  'no-sa',
  'unknown-spi',
  'expired',
  'sequence-overflow',
  'replay',
  'icv',
  'padding',
  'ecn',
  'dummy',
  'too-big',
  'hop-limit',
  'nesting',
  'queue',
  'cipher',
  'host',
  'keepalive',
  'ike-overload',
];

type Counted = CounterName | DropReason | LocalDropReason;

const names: readonly Counted[] = [...counterNames, ...dropReasons];
const indexes = Object.fromEntries(names.map((name, index) => [name, index])) as Readonly<Record<Counted, number>>;

export class Counters {
  readonly #values: Float64Array;

  /** The counters of one worker in its block, or new ones. */
  constructor(block: ArrayBufferLike = countersBlock()) {
    this.#values = new Float64Array(block);
  }

  add(name: CounterName, count = 1): void {
    this.#values[indexes[name]]! += count;
  }

  set(name: CounterName, value: number): void {
    this.#values[indexes[name]] = value;
  }

  dropped(reason: DropReason | LocalDropReason, count = 1): void {
    this.#values[indexes[reason]]! += count;
  }

  get(name: Counted): number {
    return this.#values[indexes[name]]!;
  }
}

/** Zeroed memory for the counters of one worker. Numbers of 64 bits are written whole on the processors that we support. */
export function countersBlock(): SharedArrayBuffer {
  return new SharedArrayBuffer(names.length * Float64Array.BYTES_PER_ELEMENT);
}

/** Packets that end here without being lost. */
const atTheirEnd: readonly Counted[] = ['incomplete', 'keepalive', 'dummy'];

/** The sum over workers. */
export function sumCounters(workers: readonly Counters[]): DataPathTotals {
  const total = (name: Counted) => workers.reduce((sum, counters) => sum + counters.get(name), 0);
  const lost = dropReasons.filter((reason) => !atTheirEnd.includes(reason) && total(reason) > 0);
  const dropped = Object.fromEntries(lost.map((reason) => [reason, total(reason)]));
  return {
    packetsOut: total('packetsOut'),
    octetsOut: total('octetsOut'),
    packetsIn: total('packetsIn'),
    octetsIn: total('octetsIn'),
    bypassed: total('bypassed'),
    waiting: total('waiting'),
    dropped,
    details: Object.fromEntries([...counterNames, ...atTheirEnd].map((name) => [name, total(name)])),
  };
}
