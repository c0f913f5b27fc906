/** Weak and unapproved algorithms in another product's configuration: one finding for each proposal, at its own characters. */
import type { Severity } from '../model/finding.js';
import type { AlgorithmUse } from './algorithm-lists.js';
import { type ConfiguredProposal, configuredProposals, entryText, proposalText } from './configured.js';
import type { SystemContext } from './context.js';
import { guidanceOf, objections } from './profiles/active.js';
import { requirementLevel } from './profiles/levels.js';
import { worst } from './profiles/severity.js';
import type { RuleFinding } from './rule.js';
import { type WeaknessCode, weaknessOf } from './strength.js';
import { guidanceNotes, objectionSeverity } from './weak-algorithms.js';

/** The findings of one of the rules about single weak algorithms. What nobody wrote is the product's matter. */
export function* weakProposals(context: SystemContext, code: WeaknessCode): Iterable<RuleFinding> {
  const active = guidanceOf(context.settings);
  for (const proposal of configuredProposals(context)) {
    if (!proposal.isWritten) continue;
    const weak = proposal.uses.filter((use) => weaknessOf(use)?.code === code);
    if (weak.length === 0) continue;
    const severities = weak.flatMap((use): Severity[] => [
      weaknessOf(use)!.severity,
      ...objections(active, use.slot, use.name).map((demand) => demand.severity),
    ]);
    const reasons = weak.flatMap((use) => [weaknessOf(use)!.why, ...levelNotes(use), ...guidanceNotes(active, use)]);
    yield finding(proposal, weak, {
      severity: worst(severities)!,
      notes: [...new Set(reasons)],
      help:
        proposal.count > 1
          ? `leave ${names(weak)} out once no peer needs it any more`
          : `put something stronger in the place of ${names(weak)}, on both ends`,
    });
  }
}

/** What the active guidance profiles do not approve; this includes what the product brings along. */
export function* unapprovedProposals(context: SystemContext): Iterable<RuleFinding> {
  const active = guidanceOf(context.settings);
  if (active.demands('algorithms').length === 0) return;
  for (const proposal of configuredProposals(context)) {
    const refused = proposal.uses.filter(
      (use) => objectionSeverity(active, use) && !(proposal.isWritten && weaknessOf(use)),
    );
    if (refused.length === 0) continue;
    yield finding(proposal, refused, {
      severity: worst(refused.map((use) => objectionSeverity(active, use)!))!,
      notes: [...new Set(refused.flatMap((use) => guidanceNotes(active, use)))],
      help: proposal.isWritten
        ? 'take algorithms that the profile approves'
        : 'write proposals of algorithms that the profile approves',
      verb: 'not approved: ',
    });
  }
}

interface Judged {
  readonly severity: Severity;
  readonly notes: readonly string[];
  readonly help: string;
  readonly verb?: string;
}

function finding(
  proposal: ConfiguredProposal,
  uses: readonly AlgorithmUse[],
  { severity, notes, help, verb = '' }: Judged,
): RuleFinding {
  return {
    message: `${entryText(proposal.owner)} ${proposal.count === 1 ? 'uses' : 'offers'} ${verb}${names(uses)} (${proposalText(proposal)})`,
    at: proposal.at,
    severity,
    notes,
    help,
    record: proposal.owner,
  };
}

function names(uses: readonly AlgorithmUse[]): string {
  return [...new Set(uses.map(({ name }) => name))].join(', ');
}

function levelNotes({ slot, name }: AlgorithmUse): string[] {
  const found = requirementLevel(slot, name);
  return found ? [`${found.source}: ${found.level}`] : [];
}
