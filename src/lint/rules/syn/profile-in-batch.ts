import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN008',
  slug: 'profile-in-batch',
  severity: 'error',
  summary: 'A statement of a batch file has -profile.',
  rationale:
    'A profile counts for a whole batch, so it belongs to the command line that runs it. The product refuses it inside.',
  references: ['ipsec_config_batch(1M)'],
  bad: [
    'add host h -action PASS -profile /etc/ipsec/my.profile',
    'add auth a -remote 10.1.1.1/32 -preshared Plover-Sand-77 -profile p',
  ],
  good: ['add host h -action PASS', 'ipsec_config add host h -action PASS -profile p'],
});
