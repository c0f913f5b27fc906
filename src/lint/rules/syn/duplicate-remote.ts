import { formatRange } from '../../../model/address.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SYN031',
  slug: 'duplicate-remote',
  severity: 'error',
  summary: 'Two authentication records of A.02 are for the same addresses.',
  rationale:
    'A.02 has no priorities: the record with the longest prefix counts, so address and prefix length together must be unique, and the product refuses the second record. From A.03 on priorities tell the records apart, and one that can never be chosen is reported as auth-shadowed.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    '# ipsec-dialect: A.02\nadd auth a -remote 10.1.1.1/32 -preshared Plover-Sand-77\nadd auth b -remote 10.1.1.1 -preshared Plover-Sand-78',
    '# ipsec-dialect: A.02\nadd auth a -remote 10.1.0.0/16 -preshared Plover-Sand-77\nadd auth b -remote 10.1.9.9/16 -preshared Plover-Sand-78',
  ],
  good: [
    '# ipsec-dialect: A.02\nadd auth a -remote 10.1.0.0/16 -preshared Plover-Sand-77\nadd auth b -remote 10.1.0.0/17 -preshared Plover-Sand-78',
    'add auth a -remote 10.1.1.1/32 -priority 10 -preshared Plover-Sand-77\nadd auth b -remote 10.1.1.1/32 -priority 20 -preshared Plover-Sand-78',
  ],
  *check({ policies }) {
    if (policies.dialect !== 'A.02') return;
    const first = new Map<string, AuthRecord>();
    for (const auth of policies.auths) {
      const range = formatRange(auth.remote.value.range);
      const earlier = first.get(range);
      if (!earlier) {
        first.set(range, auth);
        continue;
      }
      yield {
        message: `${recordText(auth)} is for ${range}, as ${recordText(earlier)} is`,
        at: placeOf(auth, auth.remote.origin),
        record: recordRef(auth),
        related: [{ at: placeOf(earlier, earlier.remote.origin), text: recordText(earlier) }],
        help: 'keep one of them, or give them different prefixes',
      };
    }
  },
});
