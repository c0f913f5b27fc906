import { formatPacket, type Packet } from '../../../model/packet.js';
import { formatBox } from '../../../model/selector/format-box.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import { describeAction } from '../../../model/treatment.js';
import { witnessOf } from '../../anomalies/fates.js';
import { type Anomalies, allAnomalies, type Share, type Spd } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { atEntry, entryName, relatedEntries } from '../../entries.js';
import { defineRule, type RuleFinding } from '../../rule.js';
import { notDecided } from '../../shadowing.js';

/** Boxes of what is left that are shown. */
const shownMax = 4;
/** Steps that finding what is left may cost, for one policy and for all: it is only shown. */
const sliceCostMax = 20_000;
const slicesCostMax = 4_000_000;
/** Earlier policies that are shown. */
const earlierMax = 3;

export default defineRule({
  scope: 'system',
  code: 'SHD006',
  slug: 'partly-shadowed',
  severity: 'warning',
  summary: 'Earlier policies treat more than half of what a policy selects differently.',
  rationale:
    'What is left to it is a slice of what its selectors say, and the reader takes the selectors at their word. Every packet that selectors can tell apart counts the same. Shares far from one half are estimated by seeded samples, those near it are counted.',
  references: ['RFC 4301 §4.4.1', 'Hamed, Al-Shaer and Marrero 2005'],
  bad: [
    'add host low -source 10.1.1.1 -destination 10.2.0.0/16/1-60000 -protocol TCP -priority 10 -action PASS\nadd host app -source 10.1.1.1 -destination 10.2.3.4/32/50000-65000 -protocol TCP -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add host near -source 10.1.1.1 -destination 10.2.0.0/17 -priority 10 -action PASS\nadd host far -source 10.1.1.1 -destination 10.2.128.0/18 -priority 20 -action PASS\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 30 -action DISCARD',
  ],
  good: [
    'add host lab -source 10.1.1.1 -destination 10.2.0.0/24 -priority 10 -action PASS\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add host near -source 10.1.1.1 -destination 10.2.0.0/17 -priority 10 -action DISCARD\nadd host far -source 10.1.1.1 -destination 10.2.128.0/18 -priority 20 -action DISCARD\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 30 -action DISCARD',
    'add host near -source 10.1.1.1 -destination 10.2.0.0/17 -priority 10 -action PASS\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 30 -action DISCARD',
  ],
  *check(context) {
    for (const anomalies of allAnomalies(context)) {
      const slices = sliceFinder(anomalies.spd);
      for (const [number, share] of anomalies.shares) {
        if (share.kind === 'undecided') {
          yield* notDecided(
            context,
            anomalies.spd,
            number,
            'whether earlier ones leave it less than half of what it selects',
          );
        } else yield* finding(context, anomalies, number, share, slices);
      }
    }
  },
});

function* finding(
  context: SystemContext,
  { spd, fates }: Anomalies,
  number: number,
  share: Share & { kind: 'less than half' },
  slices: (number: number) => Slice | undefined,
): Iterable<RuleFinding> {
  const entry = spd.entries[number]!;
  const fate = fates[number];
  const place = atEntry(context, entry);
  if (!place || fate?.kind !== 'reachable') return;
  const slice = slices(number);
  const packet = slice?.packet ?? witnessOf(spd, number, fate);
  const notes = [
    ...(slice ? [`left to it: ${slice.text}`] : []),
    `${formatPacket(packet)} still meets it: ${describeAction(entry.action)}`,
  ];
  const earlier = Array.from(spd.near(number) ?? [])
    .filter((other) => other < number && spd.keys[other] !== spd.keys[number])
    .map((other) => spd.entries[other]!);
  yield {
    ...place,
    message: `${entryName(entry)} gets ${percent(share)} of what it selects: earlier policies treat the rest differently`,
    notes,
    related: relatedEntries(context, earlier, earlierMax),
    help: 'narrow its selectors to what is left, or search it earlier',
  };
}

function percent({ left, exact }: { readonly left: number; readonly exact: boolean }): string {
  const number = Math.round(left * 100);
  if (left < 0.005) return 'less than 1 %';
  return exact ? `${number} %` : `about ${number} %`;
}

interface Slice {
  readonly text: string;
  readonly packet: Packet;
}

/** Finds what is left to a policy, in a few boxes and by a packet, as long as that costs little. */
function sliceFinder(spd: Spd): (number: number) => Slice | undefined {
  let left = slicesCostMax;
  return (number) => {
    if (left <= 0) return undefined;
    const found = spd.index.leftover(number, Math.min(spd.budget, sliceCostMax));
    // Gathering what overlaps takes its time as well.
    left -= found.spent + (spd.near(number) ? 0 : spd.entries.length);
    const first = found.kind === 'exact' ? found.region[0] : undefined;
    if (found.kind !== 'exact' || !first) return undefined;
    const shown = found.region.slice(0, shownMax).map(formatBox);
    const more = found.region.length - shown.length;
    return { text: `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`, packet: witnessPacket(first) };
  };
}
