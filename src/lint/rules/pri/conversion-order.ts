import { formatRange } from '../../../model/address.js';
import { formatPacket } from '../../../model/packet.js';
import type { Span } from '../../../model/span.js';
import type { PadEntry, SpdEntry } from '../../../model/system-config.js';
import { describeAction } from '../../../model/treatment.js';
import { meterFor } from '../../anomalies/meter.js';
import { rivalOf } from '../../anomalies/rivals.js';
import { allAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { atEntry, entryName, entryPlace, relatedEntries } from '../../entries.js';
import { buildRangeIndex } from '../../range-index.js';
import { defineRule, type RuleFinding } from '../../rule.js';
import { notDecided } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'PRI006',
  slug: 'conversion-order',
  severity: 'warning',
  summary: 'What is written first in another product’s configuration is not what is found first.',
  rationale:
    'Records are searched by their numbers and the first match counts. Other products work the order out: strongSwan and Libreswan from the lengths of prefixes, OpenBSD’s flows by the longest match, and of the rules of iked the last one counts. Who reads such a file from the top, or copies it line by line, gets another policy. Where the one that is found first lies within the other it is an information, since that is how these products are meant to be used. `ipsec policy convert --to records` writes the order that counts as priorities, and --prove shows that it is the same policy.',
  references: ['iked.conf(5)', 'swanctl.conf(5)', 'ipsec.conf(5)', 'ipsec-policy-convert(1)'],
  bad: [
    `connections {
  all {
    remote_addrs = 192.0.2.1
    children {
      all { local_ts = 10.1.0.0/16
            remote_ts = 10.0.0.0/8 }
    }
  }
  lab {
    children {
      lab { local_ts = 10.0.0.0/8
            remote_ts = 10.9.0.0/16
            mode = drop
            start_action = trap
            priority = 10 }
    }
  }
}`,
    `ikev2 "first" active esp from 10.1.0.0/24 to 10.2.0.0/24 peer 192.0.2.0/24 psk "Larch-7-Quill-base"
ikev2 "second" active esp from 10.1.0.0/24 to 10.3.0.0/24 peer 192.0.2.0/25 psk "Larch-7-Quill-side"`,
  ],
  good: [
    `connections {
  lab {
    children {
      lab { local_ts = 10.0.0.0/8
            remote_ts = 10.9.0.0/16
            mode = drop
            start_action = trap
            priority = 10 }
    }
  }
  all {
    remote_addrs = 192.0.2.1
    children {
      all { local_ts = 10.1.0.0/16
            remote_ts = 10.0.0.0/8 }
    }
  }
}`,
    `ikev2 "first" quick active esp from 10.1.0.0/24 to 10.2.0.0/24 peer 192.0.2.0/24 psk "Larch-7-Quill-base"
ikev2 "second" active esp from 10.1.0.0/24 to 10.3.0.0/24 peer 192.0.2.0/25 psk "Larch-7-Quill-side"`,
  ],
  *check(context) {
    if (!context.imported) return;
    yield* policies(context);
    yield* peers(context);
  },
});

const remedy =
  '`ipsec policy show` lists them in the order in which they are found: write them in that order, so that the file says what it does';

/** Policies that are found after one that is written behind them, for packets of both. */
function* policies(context: SystemContext): Iterable<RuleFinding> {
  for (const { spd } of allAnomalies(context)) {
    const meter = meterFor(spd.policies.length, spd.budget);
    for (const number of spd.policies) {
      const entry = spd.entries[number]!;
      const accept = (other: number) => isTurned(context, spd.entries[other]!, entry);
      const rival = rivalOf(spd, number, { from: 0, accept }, meter);
      const place = rival && atEntry(context, entry);
      if (!place) continue;
      if (rival === 'undecided') {
        yield* notDecided(context, spd, number, 'whether its place in the file says when it is found');
        continue;
      }
      const earlier = spd.entries[rival.entry]!;
      yield {
        ...place,
        ...(spd.relations.holds(number, rival.entry) ? { severity: 'info' } : {}),
        message: `${entryName(entry)} is written before ${entryName(earlier)} and found after it`,
        notes: [
          `${formatPacket(rival.witness)} is selected by both, and meets ${entryName(earlier)}: ${describeAction(earlier.action)}`,
          ...orderNote(earlier, entry),
        ],
        related: relatedEntries(context, [earlier]),
        help: remedy,
      };
    }
  }
}

/** Is the order worked out, and other than that of the text? Numbers that are all written by hand say it themselves. */
function isTurned(context: SystemContext, found: SpdEntry, later: SpdEntry): boolean {
  if ([found, later].every(({ priority }) => priority?.origin.kind === 'explicit')) return false;
  return isBefore(entryPlace(context, later), entryPlace(context, found));
}

function isBefore(a: Span | undefined, b: Span | undefined): boolean {
  return a !== undefined && b !== undefined && a.source === b.source && a.start < b.start;
}

function orderNote(found: SpdEntry, later: SpdEntry): string[] {
  const origin = [found, later].map(({ priority }) => priority?.origin).find((each) => each?.kind === 'automatic');
  return origin?.kind === 'automatic' ? [`where the order is from: ${origin.rule}`] : [];
}

/** Stretches of addresses that are looked through for one peer. */
const stretchesMax = 64;

/** Connections that a peer is given after one that is written behind them. */
function* peers({ config }: SystemContext): Iterable<RuleFinding> {
  const { pad } = config;
  const index = buildRangeIndex(pad.map(({ remote }) => remote));
  const told = new Set<string>();
  for (const [number, entry] of pad.entries()) {
    let stretches = 0;
    for (const { range, winner } of index.segments(entry.remote)) {
      stretches += 1;
      if (stretches > stretchesMax) break;
      const found = pad[winner];
      if (!found || winner >= number || !areRivals(found, entry)) continue;
      const { at, record } = entry.source;
      const { name } = found.source.record;
      if (!at || told.has(`${record.name}\n${name}`)) break;
      told.add(`${record.name}\n${name}`);
      yield {
        at,
        record,
        message: `${record.kind} '${record.name}' is written before ${found.source.record.kind} '${name}', which peers of both are given first`,
        notes: [
          `a peer with an address of ${formatRange(range)} gets '${name}', unless its identity speaks for another`,
        ],
        related: found.source.at ? [{ at: found.source.at, text: `'${name}' is found first` }] : [],
        help: remedy,
      };
      break;
    }
  }
}

/** Could one peer, at one address of ours, mean either, and is the one that is found first written later? */
function areRivals(found: PadEntry, entry: PadEntry): boolean {
  if (found.source.record.name === entry.source.record.name) return false;
  if (!isBefore(entry.source.at, found.source.at) || found.respondOnly !== entry.respondOnly) return false;
  const [a, b] = [found.remoteId?.value, entry.remoteId?.value];
  if (a?.kind === 'exact' && b?.kind === 'exact' && (a.type !== b.type || a.value !== b.value)) return false;
  if (!found.local || !entry.local) return true;
  return found.local.some((one) =>
    entry.local!.some((other) => one.family === other.family && one.first <= other.last && other.first <= one.last),
  );
}
