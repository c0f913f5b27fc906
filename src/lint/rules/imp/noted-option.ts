import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'IMP006',
  slug: 'noted-option',
  severity: 'info',
  optional: true,
  summary: 'An option of another product has no effect on what is asked here.',
  rationale:
    'It is listed so that nothing of a configuration is passed over in silence: logging, scripts, settings of the host. Off unless it is selected; --report-unsupported does that.',
  references: ['ipsec-policy-convert(1)'],
  bad: [
    `connections {
  c {
    dscp = 101110
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
