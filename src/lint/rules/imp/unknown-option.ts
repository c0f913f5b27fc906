import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'IMP002',
  slug: 'unknown-option',
  severity: 'error',
  summary: 'A configuration of another product has an option that the product does not know.',
  rationale:
    'The product refuses the connection or ignores the line. Nothing is dropped silently here either: what the option should do is not known.',
  references: ['ipsec-policy-convert(1)'],
  bad: [
    `connections {
  c {
    verson = 2
    remote_addrs = 192.0.2.1
    children { n { } }
  }
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
