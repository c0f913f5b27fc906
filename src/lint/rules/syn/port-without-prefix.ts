import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN005',
  slug: 'port-without-prefix',
  severity: 'error',
  summary: 'A port stands where the prefix length belongs.',
  rationale:
    'The second field of an address is its prefix length, and it must be written when a port follows. Read as the number that it is, the address would select something else.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -destination 10.2.2.2/443 -protocol TCP -action PASS',
    'add host h -destination 10.2.2.2/TELNET -action PASS',
  ],
  good: [
    'add host h -destination 10.2.2.2/32/443 -protocol TCP -action PASS',
    'add host h -destination 10.2.2.2/32/TELNET -action PASS',
  ],
});
