import { freeNumbers, orderedLists, setPriority } from '../../priorities.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'PRI001',
  slug: 'duplicate-priority',
  severity: 'error',
  restsOn: 'values',
  summary: 'Two records of one kind have the same priority.',
  rationale:
    'A priority must be unique among the records of its kind: the product refuses the batch, and elsewhere nothing says which of the two is searched first.',
  references: ['ipsec_config(1M)', 'ipsec_config_batch(1M)'],
  bad: [
    'add host a -destination 10.1.0.0/16 -priority 20 -action PASS\nadd host b -destination 10.2.0.0/16 -priority 20 -action DISCARD',
    'add auth a -remote 10.1.1.1 -priority 10 -preshared Larch-7-Quill-one\nadd auth b -remote 10.1.1.2 -priority 10 -preshared Larch-7-Quill-two',
  ],
  good: [
    'add host a -destination 10.1.0.0/16 -priority 20 -action PASS\nadd host b -destination 10.2.0.0/16 -priority 30 -action DISCARD',
    'add ikev1 a -remote 10.1.0.0/16 -priority 10\nadd ikev2 a -remote 10.1.0.0/16 -priority 10',
    'add host a -destination 10.1.0.0/16 -priority 20 -action PASS\ndelete host a\nadd host b -destination 10.2.0.0/16 -priority 20 -action DISCARD',
  ],
  *check({ policies }) {
    for (const list of orderedLists(policies)) {
      const free = freeNumbers(list);
      let first = list[0];
      for (const record of list.slice(1)) {
        if (!first || record.priority.value !== first.priority.value) {
          first = record;
          continue;
        }
        const { kind, name, priority } = record;
        const number = free.after(priority.value);
        const edit = number === undefined ? undefined : setPriority(record, number, policies.dialect);
        yield {
          at: priority.origin.kind === 'explicit' ? priority.origin.at : record.nameAt,
          record: { kind, name },
          message: `${kind} '${name}' has priority ${priority.value}, as ${kind} '${first.name}' has`,
          related: [{ at: first.nameAt, text: `${kind} '${first.name}' has priority ${priority.value}` }],
          help: number === undefined ? 'give it a number of its own' : `give it a number of its own, as ${number}`,
          ...(edit ? { fixes: [{ safety: 'unsafe', title: `give it priority ${number}`, edits: [edit] }] } : {}),
        };
      }
    }
  },
});
