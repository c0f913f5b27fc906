import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN001',
  slug: 'unknown-argument',
  severity: 'error',
  summary: 'A record has an argument that its kind does not know.',
  rationale:
    'The product refuses the whole batch at commit; a misspelt argument is better found here. Each record kind has its own arguments, and an abbreviation must fit only one of them.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h1 -sorce 10.0.0.1/32 -action PASS',
    'add auth a -remote 10.0.0.1/32 -preshared=Plover-Sand-77',
    'add host h1 -dst_ 10.0.0.1/32 -action PASS',
  ],
  good: ['add host h1 -source 10.0.0.1/32 -action PASS', 'add auth a -rem 10.0.0.1/32 -preshared Plover-Sand-77'],
});
