import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN027',
  slug: 'obsolete-argument',
  severity: 'warning',
  summary: 'An argument has had no effect since an earlier version.',
  rationale:
    'It is still read, so that old files load, and says nothing any more. What took its place must be written, or the default counts.',
  references: ['ipsec_migrate(1M)'],
  bad: [
    '# ipsec-dialect: A.03.00\nadd ikev1 p -remote 10.1.1.1/32 -maxqm 100',
    '# ipsec-dialect: A.03.02\nadd ikev1 p -remote 10.1.1.1/32 -maxqm 1',
  ],
  good: [
    '# ipsec-dialect: A.03.00\nadd ikev1 p -remote 10.1.1.1/32 -pfs ON',
    '# ipsec-dialect: A.02\nadd ike p -remote 10.1.1.1/32 -maxqm 1',
  ],
});
