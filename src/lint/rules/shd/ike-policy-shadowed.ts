import { hiddenParts, hiddenRecords, peerRecordName } from '../../hidden-peers.js';
import { ikeLookup } from '../../lookup.js';
import { freeNumbers } from '../../priorities.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SHD009',
  slug: 'ike-policy-shadowed',
  severity: 'warning',
  summary: 'An IKE policy is never chosen: earlier ones of its version are for every address of its peers.',
  rationale:
    'The first policy whose -remote holds the address of the peer is used, and its proposals only: a stronger policy behind a wider one never gets to speak.',
  references: ['ipsec_config(1M)', 'RFC 7296 §2.7'],
  bad: [
    'add ikev2 site -remote 10.0.0.0/8 -priority 10 -group 14\nadd ikev2 db -remote 10.7.7.7/32 -priority 20 -group 19',
    'add ikev1 low -remote 10.2.0.0/25 -priority 10\nadd ikev1 high -remote 10.2.0.128/25 -priority 20\nadd ikev1 net -remote 10.2.0.0/24 -priority 30',
  ],
  good: [
    'add ikev2 db -remote 10.7.7.7/32 -priority 10 -group 19\nadd ikev2 site -remote 10.0.0.0/8 -priority 20 -group 14',
    'add ikev2 site -remote 10.0.0.0/8 -priority 10 -group 14\nadd ikev1 db -remote 10.7.7.7/32 -priority 20',
  ],
  *check({ policies }) {
    const free = {
      ike: freeNumbers(policies.ike),
      ikev1: freeNumbers(policies.ikev1),
      ikev2: freeNumbers(policies.ikev2),
    };
    for (const version of [1, 2] as const) {
      for (const hidden of hiddenRecords(ikeLookup(policies, version))) {
        const { record } = hidden;
        const { instead, ...parts } = hiddenParts(hidden, free[record.kind], policies.dialect);
        yield { ...parts, message: `${peerRecordName(record)} is never chosen: ${instead}` };
      }
    }
  },
});
