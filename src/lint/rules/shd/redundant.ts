import { formatPacket } from '../../../model/packet.js';
import { describeAction } from '../../../model/treatment.js';
import { witnessOf } from '../../anomalies/fates.js';
import { followerOf } from '../../anomalies/spd.js';
import { type Anomalies, allAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { atEntry, entryName, entryNames, policyOf, relatedEntries, removeStatement } from '../../entries.js';
import { defineRule, type RuleFinding } from '../../rule.js';
import { notDecided } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'SHD003',
  slug: 'redundant',
  severity: 'warning',
  summary: 'A policy changes nothing: without it every packet would be treated the same.',
  rationale:
    'Either earlier policies take all of its packets and do the same with them, or later ones would. It is noise for the reader, and a trap for whoever changes it and expects an effect. A policy that says what the default does is not meant: it still holds when the default changes.',
  references: ['RFC 4301 §4.4.1', 'Hamed, Al-Shaer and Marrero 2005'],
  bad: [
    'add host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host db -source 10.1.1.1 -destination 10.2.3.4 -priority 20 -action ESP_AES128_HMAC_SHA1/28800/0',
    'add host db -source 10.1.1.1 -destination 10.2.3.4 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add host net -source 10.1.1.1 -destination 10.2.0.0/24 -priority 10 -action DISCARD\nadd host low -source 10.1.1.1 -destination 10.2.0.0/25 -priority 20 -action DISCARD\nadd host high -source 10.1.1.1 -destination 10.2.0.128/25 -priority 30 -action DISCARD',
  ],
  good: [
    'add host db -source 10.1.1.1 -destination 10.2.3.4 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host lab -source 10.1.1.1 -destination 10.2.3.0/24 -priority 20 -action PASS\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 30 -action ESP_AES128_HMAC_SHA1',
    'add host heartbeat -source 10.0.0.0/8 -destination 10.0.0.0/8 -priority 10 -action PASS',
    'add host db -source 10.1.1.1 -destination 10.2.3.4 -priority 10 -action ESP_AES128_HMAC_SHA1/3600/0\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1',
  ],
  *check(context) {
    for (const anomalies of allAnomalies(context)) {
      const { spd, fates, followers } = anomalies;
      for (const number of spd.policies) {
        const fate = fates[number];
        if (fate?.kind === 'covered' && fate.same) yield* coveredFinding(context, anomalies, number, fate.by);
        if (fate?.kind !== 'reachable') continue;
        const needless = followers.needless(number);
        if (needless === 'yes') yield* needlessFinding(context, anomalies, number);
        else if (needless === 'undecided') {
          yield* notDecided(context, spd, number, 'whether later ones do the same with every packet it takes');
        }
      }
    }
  },
});

function* coveredFinding(
  context: SystemContext,
  { spd }: Anomalies,
  number: number,
  by: readonly number[],
): Iterable<RuleFinding> {
  const entry = spd.entries[number]!;
  const others = by.map((other) => spd.entries[other]!);
  const place = atEntry(context, entry);
  if (!place) return;
  const verbs = others.length > 1 ? 'together select every packet of it and do' : 'selects every packet of it and does';
  yield {
    ...place,
    message: `${entryName(entry)} is redundant: ${entryNames(others)} ${verbs} the same, ${describeAction(entry.action)}`,
    related: relatedEntries(context, others),
    help: 'remove it',
    ...removal(context, spd.entries[number]!),
  };
}

function* needlessFinding(
  context: SystemContext,
  { spd, fates, followers }: Anomalies,
  number: number,
): Iterable<RuleFinding> {
  const entry = spd.entries[number]!;
  const place = atEntry(context, entry);
  const fate = fates[number];
  if (!place || fate?.kind !== 'reachable') return;
  const holder = followers.holder(number);
  const witness = witnessOf(spd, number, fate);
  const next = spd.entries[followerOf(spd, witness, number + 1)];
  const does = describeAction(entry.action);
  const notes = next
    ? [`without it ${formatPacket(witness)} meets ${entryName(next)}: ${describeAction(next.action)} as well`]
    : [];
  yield {
    ...place,
    message:
      typeof holder === 'number' && spd.keys[holder] === spd.keys[number]
        ? `${entryName(entry)} is redundant: without it ${entryName(spd.entries[holder]!)} does the same, ${does}, with every packet it takes`
        : `${entryName(entry)} is redundant: without it later policies do the same, ${does}, with every packet it takes`,
    notes,
    related: next ? relatedEntries(context, [next]) : [],
    help: 'remove it',
    ...removal(context, entry),
  };
}

function removal(context: SystemContext, entry: Anomalies['spd']['entries'][number]): Pick<RuleFinding, 'fixes'> {
  const record = policyOf(context, entry);
  return record
    ? {
        fixes: [
          { safety: 'unsafe', title: `remove ${record.kind} '${record.name}'`, edits: [removeStatement(record.at)] },
        ],
      }
    : {};
}
