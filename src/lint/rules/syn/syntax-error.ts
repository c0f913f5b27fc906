import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN018',
  slug: 'syntax-error',
  severity: 'error',
  summary: 'A statement does not follow the grammar.',
  rationale:
    'A batch is atomic: one statement that cannot be read makes the product refuse the whole file. Each statement is add or delete, a record kind, a name, and arguments with their values.',
  references: ['ipsec_config(1M)', 'ipsec_config_batch(1M)'],
  bad: [
    'ad host web -action PASS',
    'add hots web -action PASS',
    'add host web stray -action PASS',
    'add host web \\\n# why\n  -action PASS',
  ],
  good: ['add host web -action PASS', 'ipsec_config add host web -action PASS'],
});
