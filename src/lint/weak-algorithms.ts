/** What the rules about weak algorithms have in common: one finding for each element of a list, at its own characters. */
import type { Fix, Severity } from '../model/finding.js';
import type { Span } from '../model/span.js';
import { type AlgorithmList, type AlgorithmUse, algorithmLists, type ListElement } from './algorithm-lists.js';
import type { SystemContext } from './context.js';
import { originNotes, recordRef, recordText, removeElements, setArgument } from './places.js';
import { type ActiveProfiles, cite, guidanceOf, objections } from './profiles/active.js';
import { requirementLevel } from './profiles/levels.js';
import { worst } from './profiles/severity.js';
import { betterTransform, betterWord } from './replacements.js';
import type { RuleFinding } from './rule.js';
import { isStruckOut, type WeaknessCode, weaknessOf } from './strength.js';

/** The findings of one of the rules about single weak algorithms. */
export function* weakAlgorithms(context: SystemContext, code: WeaknessCode): Iterable<RuleFinding> {
  const active = guidanceOf(context.settings);
  for (const list of algorithmLists(context.policies)) {
    for (const element of list.elements) {
      for (const use of element.uses) {
        const weakness = weaknessOf(use);
        if (weakness?.code !== code) continue;
        const fixes = fixesFor(context, list, element, use);
        yield {
          message: `${recordText(list.record)} ${describeUse(list, element, use)}`,
          at: usePlace(element, use),
          severity: worst([
            weakness.severity,
            ...objections(active, use.slot, use.name).map(({ severity }) => severity),
          ])!,
          notes: [weakness.why, ...levelNotes(use), ...guidanceNotes(active, use), ...listNotes(list, element)],
          record: recordRef(list.record),
          help: fixes[0] ? fixes[0].title : helpFor(list, element, use),
          fixes,
        };
      }
    }
  }
}

/** `offers DES-CBC: ESP_DES_HMAC_SHA1`, `offers group 2 (MODP-1024)`. */
export function describeUse(list: AlgorithmList, element: ListElement, { name }: AlgorithmUse): string {
  const verb = element.index > 0 ? 'offers as an alternative' : 'offers';
  if (list.argument === 'group') return `${verb} group ${element.word} (${name})`;
  if (list.argument === 'pfs_group') return `${verb} group ${element.word} (${name}) for PFS`;
  if (list.argument === 'action') return `${verb} ${name}: ${element.word}`;
  return `${verb} ${name}: -${list.argument} ${element.word}`;
}

/** The characters of the transform that holds an algorithm, or of the element. */
export function usePlace(element: ListElement, use: AlgorithmUse): Span {
  const part = element.parts?.find(
    ({ row }) => row.encryption?.name === use.name || row.authentication?.name === use.name,
  );
  return part ? part.place() : element.place();
}

function levelNotes({ slot, name }: AlgorithmUse): string[] {
  const found = requirementLevel(slot, name);
  return found ? [`${found.source}: ${found.level}`] : [];
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
  list: AlgorithmList,
  element: ListElement,
  { slot, name }: AlgorithmUse,
): Fix[] {
  const { record, argument, origin, elements } = list;
  if (element.index > 0 && elements[0] && !isStruckOut(elements[0])) return [];
  const part = slot.endsWith('encryption') ? 'encryption' : 'authentication';
  const row = element.parts?.find((candidate) => candidate.row[part]?.name === name)?.row;
  const better = row ? betterTransform(row, part, dialect)?.word : betterWord(list, element.word, dialect);
  if (!better) return [];
  if (elements.some((other) => other !== element && other.word === better)) {
    const edit = element.spec
      ? removeElements(origin, (word) => word.split('/')[0] === element.word)
      : removeElements(origin, (word) => word === element.word);
    return edit ? [{ safety: 'unsafe', title: `leave ${element.word} out`, edits: [edit] }] : [];
  }
  const at = row ? usePlace(element, { slot, name }) : element.place();
  const written = origin.kind === 'explicit';
  // Where a continuation line cuts through a word, its own characters cannot be told from the rest.
  const current = row ? row.word : element.word;
  if (written && at.source.text.slice(at.start, at.end).toUpperCase() !== current) return [];
  const edit = written
    ? { at, newText: better }
    : setArgument(
        record,
        argument,
        origin,
        elements.map((other) => (other === element ? better : spelled(other))).join(','),
      );
  return [{ safety: 'unsafe', title: `write ${better}`, edits: [edit] }];
}

/** An element as it must be written to mean the same. */
export function spelled({ word, spec }: ListElement): string {
  const { lifetimeSeconds: seconds, lifetimeKilobytes: kilobytes } = spec ?? {};
  if (seconds === undefined && kilobytes === undefined) return word;
  return kilobytes === undefined ? `${word}/${seconds}` : `${word}/${seconds ?? 28800}/${kilobytes}`;
}

/** The most severe of the objections to an algorithm. */
export function objectionSeverity(active: ActiveProfiles, { slot, name }: AlgorithmUse): Severity | undefined {
  return worst(objections(active, slot, name).map(({ severity }) => severity));
}
