import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN004',
  slug: 'forbidden-address',
  severity: 'error',
  summary: 'A policy or endpoint names an address that is not unicast.',
  rationale:
    'Policies select unicast packets; broadcast, multicast and anycast need another kind of key management (RFC 5374), which the product does not have.',
  references: ['ipsec_config_add(1M)', 'RFC 4301 §4.1'],
  bad: [
    'add host h -destination 224.0.0.5/32 -action DISCARD',
    'add tunnel t -tsource 10.1.1.1 -tdestination 255.255.255.255',
    'add bypass ff02::1',
  ],
  good: ['add host h -destination 10.0.0.5/32 -action DISCARD', 'add host h -destination 0.0.0.0/0 -action DISCARD'],
});
