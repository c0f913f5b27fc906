/** What is left to the default policy, asked by several rules. */
import type { Family } from '../model/address.js';
import { type Packet, protocolNumbers } from '../model/packet.js';
import { containsBox, isCovered } from '../model/selector/algebra.js';
import { fullBox } from '../model/selector/box.js';
import { packetSource, seededRandom } from '../model/selector/sampling.js';
import { familiarAddresses, witnessPacket } from '../model/selector/witness.js';
import type { Span } from '../model/span.js';
import type { SpdEntry } from '../model/system-config.js';
import { hostAnomalies } from './anomalies.js';
import type { SystemContext } from './context.js';
import { policyOf } from './entries.js';

export type DefaultReach =
  | { readonly kind: 'reached'; readonly family: Family; readonly witness: Packet }
  /** Other entries take every packet of the family: a single one where there is such. */
  | { readonly kind: 'covered'; readonly family: Family; readonly by?: SpdEntry }
  | { readonly kind: 'undecided'; readonly family: Family };

/** Random packets that are tried before the exact search. */
const triesMax = 256;

/** The last entry of the host SPD. */
export function defaultEntry({ config }: SystemContext): SpdEntry {
  return config.spd.at(-1)!;
}

/** Which packets the default policy gets, for each family that a host policy is about. */
export function defaultReach(context: SystemContext): readonly DefaultReach[] {
  let known = reaches.get(context);
  if (!known) {
    known = ([4, 6] as const).filter((family) => isUsed(context, family)).map((family) => reachOf(context, family));
    reaches.set(context, known);
  }
  return known;
}

const reaches = new WeakMap<SystemContext, readonly DefaultReach[]>();

function isUsed(context: SystemContext, family: Family): boolean {
  const { spd } = hostAnomalies(context);
  return spd.policies.some((number) => spd.entries[number]!.selectors.some((box) => box.family === family));
}

function reachOf({ config, spdIndex, settings }: SystemContext, family: Family): DefaultReach {
  const last = config.spd.length - 1;
  const box = fullBox(family);
  const own = config.addresses.find((address) => address.family === family)?.value;
  const tcp = { ...box, protocol: { lo: protocolNumbers.TCP, hi: protocolNumbers.TCP } };
  // A packet of the system's own says most to the reader, to an address that is taken for an example.
  const spaces = own === undefined ? [box] : [{ ...box, local: { lo: own, hi: own } }, box];
  for (const space of spaces) {
    for (const remote of familiarAddresses[family].remote) {
      const witness = witnessPacket({ ...space, remote: { lo: remote, hi: remote } });
      if (witness.local === remote) continue;
      if (spdIndex.classify(witness) === last) return { kind: 'reached', family, witness };
    }
  }
  for (const space of [tcp, box]) {
    const random = packetSource([space], seededRandom(family))!;
    for (let attempt = 0; attempt < triesMax; attempt += 1) {
      const witness = random();
      if (spdIndex.classify(witness) === last) return { kind: 'reached', family, witness };
    }
  }
  const earlier = config.spd.slice(0, last);
  const by = earlier.find((entry) => entry.selectors.some((other) => containsBox(other, box)));
  if (by) return { kind: 'covered', family, by };
  const coverage = isCovered(
    box,
    earlier.flatMap((entry) => entry.selectors),
    settings.budget,
  );
  if (coverage.kind === 'open') return { kind: 'reached', family, witness: coverage.witness };
  return { kind: coverage.kind, family };
}

/** Where to speak of the default policy: where it is written, else at the first host policy. */
export function defaultPlace(context: SystemContext): Span | undefined {
  const { record } = context.policies.defaultHost;
  if (record) return record.nameAt;
  const entry = defaultEntry(context);
  if (entry.source.at) return entry.source.at;
  const { spd } = hostAnomalies(context);
  const first = spd.policies.map((number) => spd.entries[number]!).find((each) => each.source.at);
  return first && (policyOf(context, first)?.nameAt ?? first.source.at);
}
