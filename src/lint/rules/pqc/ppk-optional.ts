import { originNotes, placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'PQC002',
  slug: 'ppk-optional',
  severity: 'warning',
  summary: 'The postquantum preshared key may be skipped.',
  rationale:
    'While the key is optional, a peer that does not know it gets a connection without it, and an attacker who suppresses its announcement gets that from every peer. It protects only once both ends refuse to do without.',
  references: ['RFC 8784 §3 and §5'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -ppk file:b.ppk -ppk_id b',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -ppk file:b.ppk -ppk_id b -ppk_required OFF',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -ppk file:b.ppk -ppk_id b -ppk_required ON',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      if (!record.ppk || record.ppkRequired?.value) continue;
      const origin = record.ppkRequired?.origin;
      yield {
        message: `${recordText(record)} has a postquantum preshared key and does without it when the peer does`,
        at: placeOf(record, origin ?? record.ppk.origin),
        notes: origin ? originNotes('ppk_required', origin) : [],
        help: 'write -ppk_required ON once both ends have the key',
        fixes: [
          {
            safety: 'unsafe',
            title: 'write -ppk_required ON',
            edits: [setArgument(record, 'ppk_required', origin, 'ON')],
          },
        ],
        record: recordRef(record),
      };
    }
  },
});
