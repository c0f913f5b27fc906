import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN014',
  slug: 'non-canonical',
  severity: 'info',
  summary: 'An argument is abbreviated or written in unusual case.',
  rationale:
    'It means the same, but a review sees noise, and a search for the full name misses it. `policy fmt` writes records in one way.',
  references: ['ipsec-policy(5)'],
  bad: ['add host h -src 10.1.1.1/32 -act PASS', 'add auth a -REMOTE 10.1.1.1/32 -preshared Plover-Sand-77'],
  good: ['add host h -source 10.1.1.1/32 -action PASS', 'add auth a -remote 10.1.1.1/32 -preshared Plover-Sand-77'],
});
