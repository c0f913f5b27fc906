import { defineRule } from '../../rule.js';
import { weakAlgorithms } from '../../weak-algorithms.js';
import { weakProposals } from '../../weak-proposals.js';

export default defineRule({
  scope: 'system',
  code: 'CRY002',
  slug: '3des',
  severity: 'warning',
  summary: 'Triple DES is offered, for packets or for IKE.',
  rationale:
    'Its blocks have 64 bits: after some gigabytes under one key equal blocks appear and tell about the plaintext. It is also by far the slowest cipher of the list, and NIST has disallowed it since 2024.',
  references: ['RFC 8221 §5', 'RFC 8247 §2.1', 'NIST SP 800-77r1 §4.1.4', 'Bhargavan, Leurent 2016 (Sweet32)'],
  bad: [
    'add host db -source 15.1.1.1 -destination 15.2.2.2 -priority 20 -action ESP_3DES_HMAC_SHA2_256',
    'add ikev1 gw -remote 15.9.9.9 -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC,3DES',
    'add ikev2 gw -remote 15.9.9.9 -priority 10 -group 14 -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
  ],
  good: [
    'add host db -source 15.1.1.1 -destination 15.2.2.2 -priority 20 -action ESP_AES128_HMAC_SHA2_256',
    'add ikev1 gw -remote 15.9.9.9 -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC',
  ],
  check: (context) => weakAlgorithms(context, 'CRY002'),
  imported: (context) => weakProposals(context, 'CRY002'),
});
