import { defineRule } from '../../rule.js';
import { shadowedPolicies } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'SHD002',
  slug: 'shadowed-by-union',
  severity: 'error',
  summary: 'A policy can never match: several earlier ones together select all of its packets.',
  rationale:
    'No single earlier policy covers it, so comparing policies two by two does not show it: two halves of a net before the whole net, or TCP, UDP and the rest one by one. The earlier ones treat at least some of its packets differently.',
  references: ['RFC 4301 §4.4.1', 'ipsec_config(1M)', 'Hamed, Al-Shaer and Marrero 2005'],
  bad: [
    `add host low -source 10.1.1.1 -destination 10.2.0.0/25 -priority 10 -action PASS
add host high -source 10.1.1.1 -destination 10.2.0.128/25 -priority 20 -action PASS
add host net -source 10.1.1.1 -destination 10.2.0.0/24 -priority 30 -action ESP_AES128_HMAC_SHA1`,
    `add host two -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action DISCARD
add host three -source 10.1.1.1 -destination 10.3.0.0/16 -priority 20 -action DISCARD
add host across -source 10.1.1.1 -destination 10.2.7.0-10.3.0.255 -priority 30 -action PASS`,
  ],
  good: [
    `add host low -source 10.1.1.1 -destination 10.2.0.0/25 -priority 10 -action PASS
add host high -source 10.1.1.1 -destination 10.2.0.128/26 -priority 20 -action PASS
add host net -source 10.1.1.1 -destination 10.2.0.0/24 -priority 30 -action ESP_AES128_HMAC_SHA1`,
    `add host low -source 10.1.1.1 -destination 10.2.0.0/25 -priority 10 -action PASS
add host high -source 10.1.1.1 -destination 10.2.0.128/25 -priority 20 -action PASS
add host net -source 10.1.1.1 -destination 10.2.0.0/24 -priority 30 -action PASS`,
  ],
  check: (context) => shadowedPolicies(context, 'several'),
});
