/** Findings about policies that can never match, for SHD001 (one earlier entry) and SHD002 (several together). */
import type { Fix } from '../model/finding.js';
import { formatPacket } from '../model/packet.js';
import { witnessPacket } from '../model/selector/witness.js';
import { describeAction } from '../model/treatment.js';
import { allAnomalies, type Spd } from './anomalies.js';
import type { SystemContext } from './context.js';
import { atEntry, entryName, entryNames, policyOf, relatedEntries } from './entries.js';
import { type FreeNumbers, freeNumbers, moveBefore } from './priorities.js';
import type { RuleFinding } from './rule.js';

/** Covers of up to this many entries are told entry by entry. */
const namedMax = 8;

/** The policies whose packets all go to earlier entries that treat them differently. */
export function* shadowedPolicies(context: SystemContext, cover: 'one' | 'several'): Iterable<RuleFinding> {
  const free = { host: freeNumbers(context.policies.hosts), gateway: freeNumbers(context.policies.gateways) };
  for (const { spd, fates } of allAnomalies(context)) {
    for (const number of spd.policies) {
      const fate = fates[number];
      if (fate?.kind !== 'covered' || fate.same || (fate.by.length === 1) !== (cover === 'one')) continue;
      const entry = spd.entries[number]!;
      const place = atEntry(context, entry);
      if (!place) continue;
      const by = fate.by.map((other) => spd.entries[other]!);
      // What the bypass list takes from policies is told there (SHD010).
      if (by.every(({ source }) => source.record.kind === 'bypass')) continue;
      const together = by.length > 1 ? ' together' : '';
      const fix = reorder(context, spd, number, fate.by, free);
      yield {
        ...place,
        message: `${entryName(entry)} never matches: ${entryNames(by)}${together} ${by.length > 1 ? 'select' : 'selects'} every packet of it`,
        notes: insteadNote(spd, number),
        related: relatedEntries(context, by, namedMax),
        help: `give it a lower priority number than ${entryName(by[0]!)}, or remove it`,
        ...(fix ? { fixes: [fix] } : {}),
      };
    }
  }
}

/** Policies for which it stayed open whether they can match. */
export function* undecidedPolicies(context: SystemContext): Iterable<RuleFinding> {
  for (const { spd, fates } of allAnomalies(context)) {
    for (const number of spd.policies) {
      if (fates[number]?.kind !== 'undecided') continue;
      yield* notDecided(context, spd, number, 'whether earlier ones take every packet of it');
    }
  }
}

/** An information that a question about a policy was given up. */
export function* notDecided(context: SystemContext, spd: Spd, number: number, question: string): Iterable<RuleFinding> {
  const entry = spd.entries[number]!;
  const place = atEntry(context, entry);
  if (!place) return;
  yield {
    ...place,
    severity: 'info',
    message: `not decided for ${entryName(entry)}: ${question}`,
    notes: [
      `the answer takes more than the budget of ${spd.budget} steps for a question, or of all questions together`,
    ],
    help: 'simplify the policies around it, or raise the budget in the configuration',
  };
}

function insteadNote(spd: Spd, number: number): string[] {
  const entry = spd.entries[number]!;
  const packet = witnessPacket(entry.selectors[0]!);
  const taker = spd.entries[spd.index.classify(packet)];
  if (!taker) return [];
  const [is, shouldBe] = [describeAction(taker.action), describeAction(entry.action)];
  return [`${formatPacket(packet)} meets ${entryName(taker)}: ${is}${is === shouldBe ? '' : `, not ${shouldBe}`}`];
}

/** Searching the entry first helps, unless it would then take every packet of one that it is moved before. */
function reorder(
  context: SystemContext,
  spd: Spd,
  number: number,
  by: readonly number[],
  free: Readonly<Record<'host' | 'gateway', FreeNumbers>>,
): Fix | undefined {
  const record = policyOf(context, spd.entries[number]!);
  const first = policyOf(context, spd.entries[by[0]!]!);
  if (!record || !first || by.some((other) => spd.relations.holds(number, other))) return undefined;
  return moveBefore(free[record.kind], record, first, context.policies.dialect);
}
