import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN010',
  slug: 'retired-record',
  severity: 'warning',
  summary: 'A record kind is from an older version.',
  rationale:
    'A.03 has ikev1 and ikev2 where A.02 had ike, and says the method of authentication in the auth record. In a dialect of A.03 the product refuses the old kind; the extended dialect reads it as the version 1 policy that it was.',
  references: ['ipsec_config_add(1M)', 'ipsec_migrate(1M)'],
  bad: [
    'add ike peers -remote 10.2.0.0/16 -group 2',
    '# ipsec-dialect: A.03.02\nadd ike peers -remote 10.2.0.0/16 -group 2',
  ],
  good: [
    'add ikev1 peers -remote 10.2.0.0/16 -group 2',
    '# ipsec-dialect: A.02\nadd ike peers -remote 10.2.0.0/16 -group 2',
  ],
});
