import { defineRule } from '../../rule.js';
import { shadowedPolicies, undecidedPolicies } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'SHD001',
  slug: 'shadowed',
  severity: 'error',
  summary: 'A policy can never match: an earlier one selects all of its packets and treats them differently.',
  rationale:
    'The SPD is ordered and the first match wins: the lower priority number is searched first. A policy behind a wider one does nothing at all, so what it was written to protect, or to drop, is not. Where the exact answer would take too long the rule says so instead of guessing.',
  references: ['RFC 4301 §4.4.1', 'ipsec_config(1M)', 'Hamed, Al-Shaer and Marrero 2005'],
  bad: [
    'add host all -priority 10 -action PASS\nadd host lab -destination 10.1.0.0/16 -priority 20 -action DISCARD',
    'add host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host db -source 10.1.1.1 -destination 10.2.3.4/32/1521 -protocol TCP -priority 20 -action ESP_AES256_HMAC_SHA2_256',
    'add host six -source 2001:db8::/32 -destination 2001:db8::/32 -priority 10 -action PASS\nadd host echo -source 2001:db8::1 -destination 2001:db8::2 -protocol ICMPV6 -src_icmpv6_type 128 -dst_icmpv6_type 129 -priority 20 -action DISCARD',
  ],
  good: [
    'add host lab -destination 10.1.0.0/16 -priority 10 -action DISCARD\nadd host all -priority 20 -action PASS',
    'add host web -destination 10.1.0.0/16/HTTP-TCP -priority 10 -action PASS\nadd host lab -destination 10.1.0.0/16 -priority 20 -action DISCARD',
    'add host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action PASS\nadd host same -source 10.1.1.1 -destination 10.2.3.4 -priority 20 -action PASS',
  ],
  *check(context) {
    yield* shadowedPolicies(context, 'one');
    yield* undecidedPolicies(context);
  },
});
