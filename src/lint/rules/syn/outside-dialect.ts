import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN022',
  slug: 'outside-dialect',
  severity: 'error',
  summary: 'A word is not in the dialect of the file.',
  rationale: 'A host of that version refuses it. The dialect is the one that the file or the configuration states.',
  references: ['ipsec-policy(5)'],
  bad: [
    '# ipsec-dialect: A.03.00\nadd host h -action ESP_AES256_HMAC_SHA2_256',
    '# ipsec-dialect: A.03.02\nadd ikev2 p -remote 10.1.1.1/32 -group 19',
    '# ipsec-dialect: A.02\nadd auth a -remote 10.1.1.1/32 -kmp IKEV2 -preshared Plover-Sand-77',
  ],
  good: [
    '# ipsec-dialect: A.03.02\nadd host h -action ESP_AES256_HMAC_SHA2_256',
    'add ikev2 p -remote 10.1.1.1/32 -group 19',
  ],
});
