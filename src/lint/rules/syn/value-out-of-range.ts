import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN002',
  slug: 'value-out-of-range',
  severity: 'error',
  summary: 'A number is outside of what the language allows.',
  rationale:
    'The product refuses it. Lifetimes are 0 or at least 600 seconds, and 0 or at least 5120 kilobytes; priorities begin with 1; names have at most 63 characters.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -action ESP_AES128_HMAC_SHA1/300',
    'add host h -priority 0 -action PASS',
    'add host h -destination 10.1.1.1/40 -action PASS',
  ],
  good: ['add host h -action ESP_AES128_HMAC_SHA1/600/5120', 'add host h -priority 2147483647 -action PASS'],
});
