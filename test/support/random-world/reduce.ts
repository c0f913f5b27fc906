/** Makes a scenario smaller as long as it still shows a fault. */
import type { Scenario } from './scenario.js';

const calm = { loss: 0, duplication: 0, reordering: 0, corruption: 0, jitterMillis: 0, mtu: undefined, partitions: [] };
const plain = {
  dpdSeconds: 0,
  uniqueness: undefined,
  tries: 1,
  rekeyShare: undefined,
  starts: [],
  skewMillis: 0,
  driftPpm: 0,
};
const roundsMax = 6;

/** The scenario with whatever can be left out left out. `fails` plays one. */
export function reduce(scenario: Scenario, fails: (scenario: Scenario) => boolean): Scenario {
  let smallest = scenario;
  for (let round = 0; round < roundsMax; round += 1) {
    const before = smallest;
    for (const change of changesOf(smallest)) {
      const candidate = change(smallest);
      if (JSON.stringify(candidate) !== JSON.stringify(smallest) && fails(candidate)) smallest = candidate;
    }
    if (smallest === before) break;
  }
  return smallest;
}

type Change = (scenario: Scenario) => Scenario;

function changesOf({ acts, calm: later, network }: Scenario): readonly Change[] {
  return [
    ...later.map(
      (_, index): Change =>
        (one) => ({ ...one, calm: one.calm.filter((__, at) => at !== later.length - 1 - index) }),
    ),
    // From the end, so that places of those before it stay.
    ...acts.map(
      (_, index): Change =>
        (one) => ({ ...one, acts: one.acts.filter((__, at) => at !== acts.length - 1 - index) }),
    ),
    ...(Object.keys(calm) as (keyof typeof calm)[]).map(
      (key): Change =>
        (one) => ({ ...one, network: { ...one.network, [key]: calm[key] } }),
    ),
    ...(network.nat?.rebindAt ?? []).map(
      (): Change => (one) => ({
        ...one,
        network: {
          ...one.network,
          nat: one.network.nat && { ...one.network.nat, rebindAt: one.network.nat.rebindAt.slice(1) },
        },
      }),
    ),
    ...(['a', 'b'] as const).flatMap((side) =>
      (Object.keys(plain) as (keyof typeof plain)[]).map(
        (key): Change =>
          (one) => ({ ...one, [side]: { ...one[side], [key]: plain[key] } }),
      ),
    ),
    (one) => ({ ...one, records: { ...one.records, twoPolicies: false } }),
    (one) => ({ ...one, records: { ...one.records, exclusive: false } }),
    (one) => ({ ...one, records: { ...one.records, pfs: false } }),
    (one) => ({ ...one, records: { ...one.records, reauthenticationSeconds: undefined } }),
    (one) => ({ ...one, network: { ...one.network, delayMillis: 10 } }),
  ];
}
