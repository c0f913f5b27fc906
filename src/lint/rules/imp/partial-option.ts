import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'IMP003',
  slug: 'partial-option',
  severity: 'warning',
  summary: 'An option of another product is understood in part.',
  rationale: 'Answers may differ from what the product does, as far as the option matters to them.',
  references: ['ipsec-policy-convert(1)'],
  bad: [
    `connections {
  c {
    encap = yes
    send_cert = never
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
