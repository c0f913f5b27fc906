import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN028',
  slug: 'ambiguous-address',
  severity: 'warning',
  summary: 'An address has an empty prefix length.',
  rationale:
    'The guides contradict each other about this form; it is read with the default prefix length. Write the length.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -destination 10.1.1.1//23 -protocol TCP -action PASS',
    'add host h -destination 10.1.1.1-10.1.1.9//80 -protocol TCP -action PASS',
  ],
  good: [
    'add host h -destination 10.1.1.1/32/23 -protocol TCP -action PASS',
    'add host h -destination 10.1.1.1-10.1.1.9 -protocol TCP -action PASS',
  ],
});
