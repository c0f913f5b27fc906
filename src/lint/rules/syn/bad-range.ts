import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN007',
  slug: 'bad-range',
  severity: 'error',
  summary: 'A range ends before it begins, or holds one address.',
  rationale: 'The higher address comes second; the product refuses everything else.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -destination 10.1.1.9-10.1.1.3 -action PASS',
    'add host h -destination 10.1.1.9-10.1.1.9 -action PASS',
    'add host h -destination 10.1.1.9/32/90-80 -protocol TCP -action PASS',
  ],
  good: [
    'add host h -destination 10.1.1.3-10.1.1.9 -action PASS',
    'add host h -destination 10.1.1.3/32/80-90 -protocol TCP -action PASS',
  ],
});
