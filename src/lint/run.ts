/**
 * Runs rules over systems. It decides nothing about packets by itself: it hands each rule its context and turns what the
 * rule yields into findings. Selection, suppression, baseline and fixes are steps of their own around it.
 */
import { exact, inOnePiece } from '../model/exact.js';
import type { Finding } from '../model/finding.js';
import type { Problem } from '../model/problem.js';
import type { PairContext, RepositoryContext, SystemContext } from './context.js';
import { doubtOf } from './doubt.js';
import type { Rule, RuleFinding } from './rule.js';

export interface RunInput {
  readonly rules: readonly Rule[];
  readonly repository: RepositoryContext;
  /** What reading found, by system name (undefined: files that belong to none). */
  readonly problems: readonly { readonly system?: string; readonly problems: readonly Problem[] }[];
  /** Pairs of systems to compare. */
  readonly pairs: readonly PairContext[];
  /** Called after each unit of work, for a progress bar. */
  onProgress?(done: number, total: number): void;
}

/** All findings of the rules, in no particular order. A rule that throws is our bug and is named in the error. */
export function runRules({ rules, repository, problems, pairs, onProgress }: RunInput): Finding[] {
  const findings: Finding[] = [];
  const byCode = new Map(rules.map((rule) => [rule.code, rule]));
  for (const { system, problems: list } of problems) {
    for (const problem of list) {
      const rule = byCode.get(problem.code);
      if (rule) findings.push(toFinding(rule, problem, system));
    }
  }
  const told = findings.length;
  const doubt = doubtOf([...repository.systems, ...pairs.flatMap(({ a, b }) => [a, b])], findings);
  const add: Add = (rule, finding) => {
    const shown = doubt ? doubt.judge(rule, finding) : finding;
    if (shown) findings.push(shown);
  };
  const total = repository.systems.length + pairs.length + 1;
  let done = 0;
  const advance = () => {
    done += 1;
    onProgress?.(done, total);
  };
  for (const system of repository.systems) {
    for (const rule of rules) {
      if (rule.scope !== 'system') continue;
      if (!(rule.recordsOnly && system.imported)) collect(add, rule, system.name, undefined, () => rule.check(system));
      if (system.imported && rule.imported)
        collect(add, rule, system.name, undefined, () => rule.imported?.(system) ?? []);
    }
    advance();
  }
  for (const pair of pairs) {
    for (const rule of rules) {
      if (rule.scope === 'pair') collect(add, rule, pair.a.name, pair.b.name, () => rule.check(pair));
    }
    advance();
  }
  for (const rule of rules) {
    if (rule.scope === 'repository') collect(add, rule, undefined, undefined, () => rule.check(repository));
  }
  advance();
  if (doubt) for (let at = 0; at < told; at += 1) findings[at] = doubt.told(findings[at]!);
  return findings;
}

type Add = (rule: Rule, finding: Finding) => void;

function collect(
  add: Add,
  rule: Rule,
  system: string | undefined,
  peer: string | undefined,
  check: () => Iterable<RuleFinding>,
): void {
  try {
    for (const found of check()) add(rule, toFinding(rule, found, system, peer));
  } catch (cause) {
    throw new Error(`rule ${rule.code} (${rule.slug}) failed${system ? ` on ${system}` : ''}`, { cause });
  }
}

/** What a rule yields, or reading found, as a finding of that rule. */
export function toFinding(rule: Rule, found: RuleFinding | Problem, system?: string, peer?: string): Finding {
  return {
    code: rule.code,
    slug: rule.slug,
    severity: found.severity ?? rule.severity,
    message: inOnePiece(readable(found.message)),
    at: found.at,
    related: exact(found.related?.map(({ at, text }) => ({ at, text: inOnePiece(text) })) ?? []),
    notes: exact(found.notes?.map(inOnePiece) ?? []),
    ...(found.help ? { help: inOnePiece(found.help) } : {}),
    fixes: exact(found.fixes ?? []),
    ...(found.record ? { record: found.record } : {}),
    ...(system ? { system } : {}),
    ...(peer ? { peer } : {}),
  };
}

/** A message longer than this has a word in it that nobody reads to its end: a name of three thousand letters. */
const readableLength = 400;
const longWord = /[^\s]{121,}/g;
const keptOfLongWord = 60;

function readable(message: string): string {
  if (message.length <= readableLength) return message;
  return message.replace(longWord, (word) => `${word.slice(0, keptOfLongWord)}…`);
}

/** Every pair of systems, the one whose name comes first as `a`. */
export function allPairs(systems: readonly SystemContext[], settings: PairContext['settings']): PairContext[] {
  const sorted = [...systems].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap((a, index) => sorted.slice(index + 1).map((b) => ({ a, b, settings })));
}
