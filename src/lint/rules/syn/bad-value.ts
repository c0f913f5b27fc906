import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN019',
  slug: 'bad-value',
  severity: 'error',
  summary: 'A value cannot be read.',
  rationale:
    'It is no address, number, word or list of the kind that its argument takes. The product refuses the batch.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -source 10.1.1 -action PASS',
    'add host h -action ESP_AES128_HMAC_SHA-1',
    'add auth a -remote 10.1.1.1/32 -kmp IKEV3 -preshared Plover-Sand-77',
  ],
  good: [
    'add host h -source 10.1.1.1 -action PASS',
    'add auth a -remote 2001:db8::/32 -kmp IKEV2,IKEV1 -preshared Plover-Sand-77',
  ],
});
