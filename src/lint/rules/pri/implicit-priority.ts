import { orderedLists, setPriority } from '../../priorities.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'PRI002',
  slug: 'implicit-priority',
  severity: 'warning',
  summary: 'A record leaves its priority to the product, which makes it the last one of its kind.',
  rationale:
    'The number is the highest one so far plus the step of the profile, so the order of the file is the order of the search: a line that is moved or inserted changes what happens to packets, and a profile with another step changes the numbers. Written numbers stay.',
  references: ['ipsec_config(1M)'],
  bad: [
    'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -action PASS',
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth db -remote 10.7.7.7 -preshared Larch-7-Quill-base',
  ],
  good: [
    'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS',
    'add host default -action DISCARD\nadd ikev2 default -group 14',
    '# ipsec-dialect: A.02\nadd auth db -remote 10.7.7.7 -preshared Larch-7-Quill-base',
  ],
  *check({ policies }) {
    for (const list of orderedLists(policies)) {
      for (const record of list) {
        const { kind, name, priority } = record;
        if (priority.origin.kind !== 'automatic') continue;
        const edit = setPriority(record, priority.value, policies.dialect);
        // A number that is written and cannot be read is another fault, reported where it was read.
        if (!edit) continue;
        yield {
          at: record.nameAt,
          record: { kind, name },
          message: `${kind} '${name}' has no written priority: it gets ${priority.value}`,
          notes: [priority.origin.rule],
          help: `write -priority ${priority.value}`,
          fixes: [{ safety: 'safe', title: `write -priority ${priority.value}`, edits: [edit] }],
        };
      }
    }
  },
});
