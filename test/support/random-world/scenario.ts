/**
 * Random scenarios for two systems with the real engines and data paths: what their records say, what the network does to
 * their packets, when a NAT, a partition or a crash strikes, and what operators and applications want. All of it follows from one
 * number, so that what a property test has found can be played again (`npm run simulate -- --seed N`).
 */
import fc from 'fast-check';
import type { PeerProfileName } from '../../../src/model/peer-profile/peer-profile.js';

export interface SideWish {
  readonly profile: PeerProfileName;
  /** Seconds; 0 is never. */
  readonly dpdSeconds: number;
  readonly uniqueness: 'never' | 'initial-contact' | 'keep' | 'replace' | undefined;
  readonly tries: number;
  /** When rekeying is sought, as a share of the lifetime; undefined: by the product's margin. */
  readonly rekeyShare: number | undefined;
  /** What it starts by itself: at the beginning, when the peer is dead, when the peer has closed it. */
  readonly starts: readonly ('start' | 'onDeadPeer' | 'onClose')[];
  /** Milliseconds that its clock is wrong, and parts per million that it is too fast. */
  readonly skewMillis: number;
  readonly driftPpm: number;
}

export interface RecordsWish {
  readonly version: 1 | 2;
  readonly exchange: 'MM' | 'AM';
  readonly mode: 'transport' | 'tunnel';
  readonly suite: 'CBC' | 'GCM' | 'AH';
  readonly pfs: boolean;
  /** A pair for each flow. */
  readonly exclusive: boolean;
  /** A second policy, for one protocol. */
  readonly twoPolicies: boolean;
  readonly childSeconds: number;
  readonly ikeSeconds: number;
  readonly reauthenticationSeconds: number | undefined;
}

export interface NetworkWish {
  readonly delayMillis: number;
  readonly jitterMillis: number;
  /** Shares, until all is well at the end. */
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly reorderMillis: number;
  readonly corruption: number;
  readonly mtu: number | undefined;
  readonly partitions: readonly { readonly from: number; readonly millis: number }[];
  /** Before system a. */
  readonly nat: { readonly timeoutMillis: number; readonly rebindAt: readonly number[] } | undefined;
}

export const actNames = [
  'packet',
  'rekey-child',
  'delete-child',
  'rekey-ike',
  'delete-ike',
  'check-liveness',
  'crash',
] as const;

export interface Act {
  /** Milliseconds. */
  readonly at: number;
  readonly of: 'a' | 'b';
  readonly what: (typeof actNames)[number];
  /** Which flow, which SA, how long down. */
  readonly which: number;
}

export const calmActNames = [
  'rekey-child',
  'delete-child',
  'rekey-ike',
  'delete-ike',
  'check-liveness',
  'rebind',
  'packet',
] as const;

/** Something that is done when all is well, and after which all must be well again soon. */
export interface CalmAct {
  readonly of: 'a' | 'b' | 'both';
  readonly what: (typeof calmActNames)[number];
  /** Of `both`, the second does it so many milliseconds later. */
  readonly laterMillis: number;
  readonly which: number;
}

export interface Scenario {
  /** Of all that the engines and the network draw. */
  readonly seed: number;
  readonly records: RecordsWish;
  readonly a: SideWish;
  readonly b: SideWish;
  readonly network: NetworkWish;
  readonly acts: readonly Act[];
  readonly calm: readonly CalmAct[];
}

/** Until then things go wrong. */
export const troubleMillis = 900_000;

const share = (max: number) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(100).map((n) => (n * max) / 100) });
const time = fc.nat(troubleMillis);

const records: fc.Arbitrary<RecordsWish> = fc.record({
  version: fc.constantFrom(1, 2),
  exchange: fc.constantFrom('MM', 'MM', 'AM'),
  mode: fc.constantFrom('transport', 'tunnel'),
  suite: fc.constantFrom('CBC', 'CBC', 'GCM', 'AH'),
  pfs: fc.boolean(),
  exclusive: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  twoPolicies: fc.boolean(),
  childSeconds: fc.constantFrom(120, 300, 600),
  ikeSeconds: fc.constantFrom(200, 600, 1200),
  reauthenticationSeconds: fc.constantFrom(undefined, undefined, undefined, 250),
});

function side(profiles: readonly PeerProfileName[]): fc.Arbitrary<SideWish> {
  return fc.record({
    profile: fc.constantFrom(...profiles),
    dpdSeconds: fc.constantFrom(0, 20, 60),
    uniqueness: fc.constantFrom(undefined, undefined, 'never', 'initial-contact', 'keep', 'replace'),
    tries: fc.constantFrom(1, 1, 1, 2, 3),
    rekeyShare: fc.constantFrom(undefined, undefined, 0.5, 0.8),
    starts: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom('start', 'onDeadPeer', 'onClose'), { maxLength: 3 }) },
    ),
    skewMillis: fc.constantFrom(0, 0, 5_000, -3_600_000, 100_000_000),
    driftPpm: fc.constantFrom(0, 0, 200, -5_000, 20_000),
  });
}

const nat = fc.record({
  timeoutMillis: fc.constantFrom(25_000, 60_000, 180_000),
  rebindAt: fc.array(time, { maxLength: 3 }),
});

function network(withNat: boolean): fc.Arbitrary<NetworkWish> {
  return fc.record({
    delayMillis: fc.constantFrom(1, 10, 100, 400),
    jitterMillis: fc.constantFrom(0, 0, 20, 800),
    loss: share(0.35),
    duplication: share(0.3),
    reordering: share(0.3),
    reorderMillis: fc.constantFrom(50, 1_000, 20_000),
    corruption: share(0.05),
    mtu: fc.constantFrom(undefined, undefined, 1280, 576),
    partitions: fc.array(fc.record({ from: time, millis: fc.constantFrom(2_000, 30_000, 200_000) }), { maxLength: 2 }),
    nat: withNat ? nat : fc.constant(undefined),
  });
}

const act: fc.Arbitrary<Act> = fc.record({
  at: time,
  of: fc.constantFrom('a', 'b'),
  what: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Act['what']>('packet') },
    { weight: 5, arbitrary: fc.constantFrom(...actNames) },
  ),
  which: fc.nat(5),
});

const calmAct: fc.Arbitrary<CalmAct> = fc.record({
  of: fc.constantFrom('a', 'b', 'both'),
  what: fc.constantFrom(...calmActNames),
  laterMillis: fc.constantFrom(0, 0, 1, 10, 30, 500),
  which: fc.nat(5),
});

/** HP-UX has no NAT traversal, so that nothing gets through one. */
const throughNats: readonly PeerProfileName[] = ['ours', 'strict-rfc', 'strongswan', 'libreswan'];
const allProfiles: readonly PeerProfileName[] = [...throughNats, 'hpux'];

/** Any scenario. */
export const scenarios: fc.Arbitrary<Scenario> = fc.boolean().chain((withNat) =>
  fc.record({
    seed: fc.nat(),
    // AH does not pass a NAT (RFC 3715 §2.1).
    records: withNat
      ? records.map((wish) => (wish.suite === 'AH' ? { ...wish, suite: 'CBC' as const } : wish))
      : records,
    a: side(withNat ? throughNats : allProfiles),
    b: side(withNat ? throughNats : allProfiles),
    network: network(withNat),
    acts: fc.array(act, { minLength: 1, maxLength: 25 }),
    calm: fc.array(calmAct, { maxLength: 6 }),
  }),
);

/** The scenario of a number. */
export function scenarioOf(seed: number, version?: 1 | 2): Scenario {
  const [scenario] = fc.sample(scenarios, { seed, numRuns: 1 }) as [Scenario];
  return version === undefined ? scenario : { ...scenario, records: { ...scenario.records, version } };
}
