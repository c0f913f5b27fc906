import { defineRule } from '../../rule.js';
import { weakAlgorithms } from '../../weak-algorithms.js';
import { weakProposals } from '../../weak-proposals.js';

export default defineRule({
  scope: 'system',
  code: 'CRY005',
  slug: 'sha1',
  severity: 'warning',
  summary: 'SHA-1 protects the integrity of packets or of IKE, or makes its keys.',
  rationale:
    'The IETF keeps HMAC-SHA-1 only so that old systems can still talk (MUST-); guidance of NIST, BSI and NSA has left it. SHA-2 is in every system of the last fifteen years, and the change costs nothing.',
  references: ['RFC 8221 §6', 'RFC 8247 §2.2 and §2.3', 'NIST SP 800-77r1 §4.1.4'],
  bad: [
    'add host db -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add ikev1 db -remote 10.2.2.2 -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC',
    'add tunnel hq -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16',
  ],
  good: [
    'add host db -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256',
    'add ikev2 db -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
  ],
  check: (context) => weakAlgorithms(context, 'CRY005'),
  imported: (context) => weakProposals(context, 'CRY005'),
});
