import type { Fix, TextEdit } from '../../../model/finding.js';
import { ranges } from '../../../model/language/limits.js';
import { type OrderedRecord, orderedLists } from '../../priorities.js';
import { defineRule } from '../../rule.js';

/** Lists of more records are not renumbered by a fix. */
const renumberedMax = 1_000;
/** Between two renumbered records. */
const step = 10;

export default defineRule({
  scope: 'system',
  code: 'PRI003',
  slug: 'no-gap',
  severity: 'info',
  restsOn: 'values',
  summary: 'Records of one kind have consecutive priorities.',
  rationale:
    'No record can be put between two that follow each other without a gap: whoever has to must renumber others, and in a running system each of these is deleted and added again. One finding stands for the whole run of numbers.',
  references: ['ipsec_config(1M)'],
  bad: [
    'add host a -destination 10.1.0.0/16 -priority 10 -action PASS\nadd host b -destination 10.2.0.0/16 -priority 11 -action DISCARD\nadd host c -destination 10.3.0.0/16 -priority 12 -action PASS',
    'add auth a -remote 10.1.1.1 -priority 1 -preshared Larch-7-Quill-one\nadd auth b -remote 10.1.1.2 -priority 2 -preshared Larch-7-Quill-two',
  ],
  good: [
    'add host a -destination 10.1.0.0/16 -priority 10 -action PASS\nadd host b -destination 10.2.0.0/16 -priority 12 -action DISCARD',
    'add host a -destination 10.1.0.0/16 -priority 10 -action PASS\nadd auth b -remote 10.1.1.2 -priority 11 -preshared Larch-7-Quill-two',
  ],
  *check({ policies }) {
    for (const list of orderedLists(policies)) {
      let fix: Fix | undefined;
      for (const [first, last] of runs(list)) {
        const { kind, name, priority } = first;
        const [from, to] = [priority.value, last.priority.value];
        fix ??= renumber(list);
        yield {
          at: last.priority.origin.kind === 'explicit' ? last.priority.origin.at : last.nameAt,
          record: { kind, name: last.name },
          message: `no number is free between ${kind} '${name}' (priority ${from}) and ${kind} '${last.name}' (priority ${to})`,
          related: [{ at: first.nameAt, text: `the run begins with priority ${from}` }],
          help: `leave gaps, as steps of ${step}`,
          ...(fix ? { fixes: [fix] } : {}),
        };
      }
    }
  },
});

/** First and last record of each run of consecutive numbers. */
function* runs(list: readonly OrderedRecord[]): Iterable<readonly [OrderedRecord, OrderedRecord]> {
  let start = 0;
  for (let at = 1; at <= list.length; at += 1) {
    const before = list[at - 1]!;
    const follows = list[at] !== undefined && list[at]!.priority.value - before.priority.value <= 1;
    if (follows) continue;
    if (before.priority.value > list[start]!.priority.value) yield [list[start]!, before];
    start = at;
  }
}

/** The whole list anew, in the same order; where a number is not written, later ones would move. */
function renumber(list: readonly OrderedRecord[]): Fix | undefined {
  if (list.length > renumberedMax || list.length * step > ranges.priority.max) return undefined;
  const edits: TextEdit[] = [];
  for (const [at, { priority }] of list.entries()) {
    if (priority.origin.kind !== 'explicit') return undefined;
    edits.push({ at: priority.origin.at, newText: String((at + 1) * step) });
  }
  return { safety: 'unsafe', title: `renumber all ${list.length} in steps of ${step}`, edits };
}
