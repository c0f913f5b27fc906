import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN029',
  slug: 'bad-directive',
  severity: 'error',
  summary: 'A directive or a profile file cannot be read.',
  rationale:
    'A comment that begins with ipsec- speaks to this tool, and a profile file gives defaults; what is misspelt in them would otherwise be without effect, unnoticed.',
  references: ['ipsec-policy(5)'],
  bad: [
    '# ipsec-dialect: A.99\nadd host h -action PASS',
    '# ipsec-disable-next-line SHD001 until=soon -- why\nadd host h -action PASS',
    '# ipsec-dialekt: A.02\nadd host h -action PASS',
  ],
  good: ['# ipsec-dialect: A.03.02\nadd host h -action PASS', '# ipsec is a fine thing\nadd host h -action PASS'],
});
