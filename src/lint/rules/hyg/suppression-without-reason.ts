import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'HYG001',
  slug: 'suppression-without-reason',
  severity: 'warning',
  summary: 'A comment suppresses findings and does not say why.',
  rationale:
    'A reviewer cannot tell a considered exception from a finding that was in the way, and nobody will dare to remove the comment later.',
  references: ['ipsec-policy(5)'],
  bad: [
    '# ipsec-disable-next-line ACT001\nadd host default -action PASS',
    '# ipsec-disable SHD until=2099-01-01\nadd bypass 10.1.1.1',
  ],
  good: [
    '# ipsec-disable-next-line ACT001 -- a laboratory\nadd host default -action PASS',
    '# a comment that speaks about ipsec-disable\nadd bypass 10.1.1.1',
  ],
});
