import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN024',
  slug: 'unreadable-text',
  severity: 'error',
  summary: 'A file cannot be read as text, or holds no records at all.',
  rationale:
    'It is missing, too large, not permitted, binary, not in UTF-8, or of another kind (JSON, Markdown, a log). Nothing in it is checked, so nothing in it may be trusted.',
  references: ['ipsec(1)'],
  bad: ['add host h -action PASS\0', '\0\0\0', '{\n  "host": "web",\n  "action": "PASS"\n}'],
  good: ['add host h -action PASS', '# Grüße\nadd host h -action PASS'],
});
