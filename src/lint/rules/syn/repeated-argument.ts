import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN021',
  slug: 'repeated-argument',
  severity: 'error',
  summary: 'An argument is given more often than it may be.',
  rationale:
    'Only sources and destinations may be repeated, from A.03 on and up to 20 times; of anything else it is not clear which one was meant.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -priority 10 -priority 20 -action PASS',
    '# ipsec-dialect: A.02\nadd host h -source 10.1.1.1/32 -source 10.1.1.2/32 -action PASS',
    'add auth a -remote 10.1.1.1/32 -kmp IKEV2,IKEV2 -preshared Plover-Sand-77',
  ],
  good: ['add host h -source 10.1.1.1/32 -source 10.1.1.2/32 -action PASS', 'add host h -priority 10 -action PASS'],
});
