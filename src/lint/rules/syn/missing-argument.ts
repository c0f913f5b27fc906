import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN020',
  slug: 'missing-argument',
  severity: 'error',
  summary: 'A name, a value or a required argument is missing.',
  rationale: 'The record cannot be made from what is written, and the product refuses the batch.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host -action PASS',
    'add auth a -preshared Plover-Sand-77',
    'add host h -source -action PASS',
    'delete host',
  ],
  good: ['add host h -action PASS', 'add auth a -remote 10.1.1.1/32 -preshared Plover-Sand-77'],
});
