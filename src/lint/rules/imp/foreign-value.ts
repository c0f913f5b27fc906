import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'IMP004',
  slug: 'foreign-value',
  severity: 'error',
  summary: 'A value in a configuration of another product cannot be read.',
  rationale: 'The product refuses it, and with it often the whole connection.',
  references: ['ipsec-policy-convert(1)'],
  bad: [
    `connections {
  c {
    rekey_time = soon
    remote_addrs = 192.0.2.1
    children { n { } }
  }
}`,
    `connections {
  c {
    proposals = aes128-sha257-modp2048
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
    `connections {
  c {
    rekey_time = 1h
    remote_addrs = 192.0.2.1
    children { n { } }
  }
}`,
  ],
});
