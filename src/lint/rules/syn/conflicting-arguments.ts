import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN025',
  slug: 'conflicting-arguments',
  severity: 'error',
  summary: 'Arguments contradict each other, or one has no effect beside another.',
  rationale:
    'The preloaded policies take few arguments; an identity needs its type. What is written cannot all be meant.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host default -action PASS -priority 10',
    'add auth a -remote 10.1.1.1/32 -rid peer.example.com -preshared Plover-Sand-77',
    'add host default -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host default -action DISCARD',
    'add auth a -remote 10.1.1.1/32 -rtype FQDN -rid peer.example.com -preshared Plover-Sand-77',
  ],
});
