import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'HYG002',
  slug: 'unused-suppression',
  severity: 'warning',
  summary: 'A comment suppresses nothing, or names a rule that does not exist.',
  rationale:
    'What it hid is mended, or its rule is misspelt and it never hid anything. Left behind it will hide the next finding of the kind without anybody having looked. It counts only for rules that ran.',
  references: ['ipsec-policy(5)'],
  bad: [
    '# ipsec-disable-next-line SHD001 -- they never meet\nadd bypass 10.1.1.1',
    '# ipsec-disable-next-line SHD999 -- they never meet\nadd bypass 10.1.1.1',
  ],
  good: [
    '# ipsec-disable-next-line SYN018 -- kept as it was found\nadd host web stray -action PASS',
    '# ipsec-disable SYN018 -- kept as they were found\nadd host web stray -action PASS\nadd host db stray -action PASS',
  ],
});
