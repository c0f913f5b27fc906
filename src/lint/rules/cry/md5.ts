import { defineRule } from '../../rule.js';
import { weakAlgorithms } from '../../weak-algorithms.js';
import { weakProposals } from '../../weak-proposals.js';

export default defineRule({
  scope: 'system',
  code: 'CRY004',
  slug: 'md5',
  severity: 'error',
  summary: 'MD5 protects the integrity of packets or of IKE, or makes its keys.',
  rationale:
    'Collisions of MD5 take seconds. HMAC does not fall with them, but nothing is left between it and the next attack, FIPS kernels refuse it, and IKEv1 signs a bare MD5 of what was negotiated.',
  references: ['RFC 8221 §6', 'RFC 8247 §2.2 and §2.3', 'RFC 6151'],
  bad: [
    'add host log -source 10.1.1.1 -destination 10.6.6.6 -priority 10 -action AH_MD5',
    'add ikev2 farm -remote 10.0.0.0/8 -priority 10 -group 14 -encryption AES128-CBC -hash HMAC-SHA2-256,HMAC-MD5 -prf HMAC-MD5',
    'add ikev1 old -remote 10.2.2.2 -priority 10 -group 14 -encryption AES128-CBC',
  ],
  good: [
    'add host log -source 10.1.1.1 -destination 10.6.6.6 -priority 10 -action AH_SHA2_256',
    'add ikev1 old -remote 10.2.2.2 -priority 10 -group 14 -encryption AES128-CBC -hash SHA2-256',
  ],
  check: (context) => weakAlgorithms(context, 'CRY004'),
  imported: (context) => weakProposals(context, 'CRY004'),
});
