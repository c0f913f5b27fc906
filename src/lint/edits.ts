/** Applies text edits: all of one fix or none, never two that meet. */
import type { Finding, Fix, TextEdit } from '../model/finding.js';
import type { SourceText } from '../model/span.js';

export interface ChosenFix {
  readonly finding: Finding;
  readonly fix: Fix;
}

/** The first fix of each finding that is safe enough, without those that meet an earlier one. */
export function chooseFixes(findings: readonly Finding[], unsafe: boolean): ChosenFix[] {
  const chosen: ChosenFix[] = [];
  const taken = new Map<SourceText, { start: number; end: number }[]>();
  for (const finding of findings) {
    const fix =
      finding.fixes.find((candidate) => candidate.safety === 'safe') ?? (unsafe ? finding.fixes[0] : undefined);
    if (!fix || fix.edits.length === 0) continue;
    if (fix.edits.some(({ at }) => meets(taken.get(at.source), at))) continue;
    for (const { at } of fix.edits) insert(taken, at);
    chosen.push({ finding, fix });
  }
  return chosen;
}

/** Sorted, disjoint ranges: found by halving, so that thousands of fixes in one file stay cheap. */
function meets(
  ranges: readonly { start: number; end: number }[] | undefined,
  at: { start: number; end: number },
): boolean {
  if (!ranges) return false;
  const index = lowerBound(ranges, at.start);
  const before = ranges[index - 1];
  const after = ranges[index];
  return (
    (before !== undefined && before.end > at.start) ||
    (after !== undefined && (after.start < at.end || after.start === at.start))
  );
}

function insert(taken: Map<SourceText, { start: number; end: number }[]>, at: TextEdit['at']): void {
  const ranges = taken.get(at.source) ?? [];
  taken.set(at.source, ranges);
  const range = { start: at.start, end: at.end };
  if (ranges.length === 0 || ranges.at(-1)!.start <= at.start) ranges.push(range);
  else ranges.splice(lowerBound(ranges, at.start), 0, range);
}

function lowerBound(ranges: readonly { start: number }[], start: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The text of each changed source after the fixes. */
export function applyFixes(fixes: readonly ChosenFix[]): Map<SourceText, string> {
  const edits = new Map<SourceText, TextEdit[]>();
  for (const { fix } of fixes) {
    for (const edit of fix.edits) {
      const list = edits.get(edit.at.source);
      if (list) list.push(edit);
      else edits.set(edit.at.source, [edit]);
    }
  }
  const texts = new Map<SourceText, string>();
  for (const [source, list] of edits) {
    list.sort((a, b) => a.at.start - b.at.start);
    const parts: string[] = [];
    let from = 0;
    for (const { at, newText } of list) {
      parts.push(source.text.slice(from, at.start), newText);
      from = at.end;
    }
    texts.set(source, parts.join('') + source.text.slice(from));
  }
  return texts;
}
