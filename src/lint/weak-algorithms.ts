/** What the rules about weak algorithms have in common: one finding for each element of a list, at its own characters. */
import type { Fix, Severity } from '../model/finding.js';
import type { TransformRow } from '../model/language/values.js';
import type { Span } from '../model/span.js';
import { type AlgorithmList, type AlgorithmUse, algorithmLists, type ListElement } from './algorithm-lists.js';
import type { SystemContext } from './context.js';
import { originNotes, recordRef, recordText, removeElements, replaceWord, setArgument } from './places.js';
import { type ActiveProfiles, cite, guidanceOf, objections } from './profiles/active.js';
import { requirementLevel } from './profiles/levels.js';
import { worst } from './profiles/severity.js';
import { betterTransform, betterWord } from './replacements.js';
import type { RuleFinding } from './rule.js';
import { isStruckOut, type WeaknessCode, weaknessOf } from './strength.js';

/** The findings of one of the rules about single weak algorithms. */
export function* weakAlgorithms(context: SystemContext, code: WeaknessCode): Iterable<RuleFinding> {
  const active = guidanceOf(context.settings);
  const judged = new Map<string, Judgement>();
  for (const list of algorithmLists(context.policies)) {
    for (const element of list.elements) {
      for (const use of element.uses) {
        if (weaknessOf(use)?.code !== code) continue;
        const { severity, notes } = judge(active, list, use, judged);
        const fixes = fixesFor(context, active, list, element, use);
        yield {
          message: `${recordText(list.record)} ${describeUse(list, element, use)}`,
          at: usePlace(element, use),
          severity,
          notes: [...notes, ...listNotes(list, element)],
          record: recordRef(list.record),
          help: fixes[0] ? fixes[0].title : helpFor(list, element, use),
          fixes,
        };
      }
    }
  }
}

interface Judgement {
  readonly severity: Severity;
  readonly notes: readonly string[];
}

/** What is to be said of a weak algorithm wherever it stands; worked out once for each. */
function judge(
  active: ActiveProfiles,
  list: AlgorithmList,
  use: AlgorithmUse,
  known: Map<string, Judgement>,
): Judgement {
  const key = `${list.record.kind} ${use.slot} ${use.name}`;
  let judgement = known.get(key);
  if (!judgement) {
    const { severity, why } = weaknessOf(use)!;
    judgement = {
      severity: worst([severity, ...objections(active, use.slot, use.name).map((demand) => demand.severity)])!,
      notes: [why, ...levelNotes(list, use), ...guidanceNotes(active, use)],
    };
    known.set(key, judgement);
  }
  return judgement;
}

/** `uses DES-CBC (ESP_DES_HMAC_SHA1)`, `offers group 2 (MODP-1024) as an alternative`. */
export function describeUse(
  { argument, elements }: AlgorithmList,
  element: ListElement,
  { name }: AlgorithmUse,
): string {
  const verb = elements.length === 1 ? 'uses' : 'offers';
  const alternative = element.index > 0 ? ' as an alternative' : '';
  if (argument === 'group') return `${verb} group ${element.word} (${name})${alternative}`;
  if (argument === 'pfs_group') return `${verb} group ${element.word} (${name}) for PFS${alternative}`;
  return `${verb} ${name}${alternative} (${argument === 'action' ? '' : `-${argument} `}${element.word})`;
}

/** The characters of the transform that holds an algorithm, or of the element. */
export function usePlace(element: ListElement, use: AlgorithmUse): Span {
  const row = element.rows.find(
    ({ encryption, authentication }) => encryption?.name === use.name || authentication?.name === use.name,
  );
  return row ? element.rowPlace(row) : element.place();
}

function levelNotes({ record }: AlgorithmList, { slot, name }: AlgorithmUse): string[] {
  const found = requirementLevel(slot, name);
  if (!found) return [];
  // RFC 8247 leaves IKEv1 out; its judgement of an algorithm holds all the same.
  const scope = record.kind === 'ike' || record.kind === 'ikev1' ? ' (written for IKEv2)' : '';
  return [`${found.source}${scope}: ${found.level}`];
}

/** Approval by every active profile. */
export function approvedBy(active: ActiveProfiles): (use: AlgorithmUse) => boolean {
  return ({ slot, name }) => objections(active, slot, name).length === 0;
}

/** Who of the active profiles does not approve of an algorithm. */
export function guidanceNotes(active: ActiveProfiles, { slot, name }: AlgorithmUse): string[] {
  return objections(active, slot, name).map((demand) => `not approved by ${cite(demand)}`);
}

/** Where the element stands in its list, and where the list comes from. */
export function listNotes({ argument, origin, elements }: AlgorithmList, element: ListElement): string[] {
  const [first] = elements;
  const alternative =
    element.index > 0 && first
      ? [`alternative ${element.index + 1} of ${elements.length}, behind ${first.word}: the peer may choose it`]
      : [];
  return [...alternative, ...originNotes(argument, origin)];
}

function helpFor(list: AlgorithmList, element: ListElement, { slot }: AlgorithmUse): string {
  if (element.index > 0) return `leave ${element.word} out when no peer needs it any more`;
  const what = slot === 'key-exchange' ? 'group' : slot.endsWith('encryption') ? 'cipher' : 'hash';
  return `the dialect has no stronger ${what} for -${list.argument}: state a later one, or move the system`;
}

/**
 * A better word in the same place. Behind an element that is fine there is no fix here: to strike the weak rest of a list
 * out is CRY019's.
 */
function fixesFor(
  { policies: { dialect } }: SystemContext,
  active: ActiveProfiles,
  list: AlgorithmList,
  element: ListElement,
  use: AlgorithmUse,
): Fix[] {
  const { slot, name } = use;
  const approves = approvedBy(active);
  const { argument, origin, elements } = list;
  if (element.index > 0 && elements[0] && !isStruckOut(elements[0])) return [];
  const part = slot.endsWith('encryption') ? 'encryption' : 'authentication';
  const row = element.rows.find((candidate) => candidate[part]?.name === name);
  const better = remembered(active, `${dialect} ${list.record.kind} ${argument} ${element.word} ${slot} ${name}`, () =>
    row ? betterTransform(row, part, dialect, approves)?.word : betterWord(list, use, dialect, approves),
  );
  if (!better) return [];
  if (elements.some((other) => other !== element && other.word === better)) {
    const edit = element.spec
      ? removeElements(origin, (word) => word.split('/')[0] === element.word)
      : removeElements(origin, (word) => word === element.word);
    return edit ? [{ safety: 'unsafe', title: `leave ${element.word} out`, edits: [edit] }] : [];
  }
  return replacementFixes(list, element, better, row);
}

/**
 * The fix that writes a better word in the place of an element, or of one of its transforms. A list that nobody wrote is
 * written out. None where a continuation line cuts through the word.
 */
export function replacementFixes(list: AlgorithmList, element: ListElement, better: string, row?: TransformRow): Fix[] {
  const { record, argument, origin, elements } = list;
  const whole = row ? element.word.replace(row.word, better) : better;
  const edit =
    origin.kind === 'explicit'
      ? replaceWord(row ? element.rowPlace(row) : namesPlace(element), row ? row.word : element.word, better)
      : setArgument(
          record,
          argument,
          origin,
          elements.map((other) => (other === element ? spelled(element, whole) : spelled(other))).join(','),
        );
  const isGroup = argument === 'group' || argument === 'pfs_group';
  return edit
    ? [{ safety: 'unsafe', title: isGroup ? `write group ${better}` : `write ${better}`, edits: [edit] }]
    : [];
}

/** Where the names of an element stand, without lifetimes. */
export function namesPlace(element: ListElement): Span {
  const [first] = element.rows;
  const last = element.rows.at(-1);
  return first && last ? { ...element.rowPlace(first), end: element.rowPlace(last).end } : element.place();
}

const betterWords = new WeakMap<ActiveProfiles, Map<string, string | undefined>>();

function remembered(active: ActiveProfiles, key: string, find: () => string | undefined): string | undefined {
  const known = betterWords.get(active) ?? new Map<string, string | undefined>();
  if (known.size === 0) betterWords.set(active, known);
  if (!known.has(key)) known.set(key, find());
  return known.get(key);
}

/** An element as it must be written to mean the same, or with other names to live as long. */
export function spelled({ word, spec }: ListElement, names = word): string {
  const { lifetimeSeconds: seconds, lifetimeKilobytes: kilobytes } = spec ?? {};
  if (seconds === undefined && kilobytes === undefined) return names;
  return kilobytes === undefined ? `${names}/${seconds}` : `${names}/${seconds ?? 28800}/${kilobytes}`;
}

/** The most severe of the objections to an algorithm. */
export function objectionSeverity(active: ActiveProfiles, { slot, name }: AlgorithmUse): Severity | undefined {
  return worst(objections(active, slot, name).map(({ severity }) => severity));
}
