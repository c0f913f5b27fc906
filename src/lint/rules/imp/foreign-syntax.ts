import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'IMP001',
  slug: 'foreign-syntax',
  severity: 'error',
  summary: 'A configuration of another product breaks its grammar.',
  rationale:
    'The product refuses the file, or reads something else than was meant. What could be understood is still looked at.',
  references: ['ipsec-policy-convert(1)'],
  bad: [
    `connections {
  c {
    version = 2
`,
    `connections {
  c.version = 2
}`,
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
