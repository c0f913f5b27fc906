import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'IMP005',
  slug: 'mixed-formats',
  severity: 'error',
  summary: 'The files of one system are in different formats.',
  rationale: 'One system is read in one format. Files in another one are left out, and what they say is missing.',
  references: ['ipsec-policy-convert(1)'],
  bad: [
    {
      text: `connections {
  c {
    version = 2
    remote_addrs = 192.0.2.1
    children { n { } }
  }
}`,
      more: 'add host h -source 192.0.2.2 -action PASS',
    },
  ],
  good: [
    `connections {
  c {
    version = 2
    remote_addrs = 192.0.2.1
    children { n { } }
  }
}`,
  ],
});
