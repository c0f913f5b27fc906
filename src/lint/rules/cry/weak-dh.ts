import { defineRule } from '../../rule.js';
import { weakAlgorithms } from '../../weak-algorithms.js';
import { weakProposals } from '../../weak-proposals.js';

export default defineRule({
  scope: 'system',
  code: 'CRY011',
  slug: 'weak-dh',
  severity: 'error',
  summary: 'A Diffie-Hellman group is too small, or its parameters are not trusted.',
  rationale:
    'Whoever computes logarithms in the group reads every session that was recorded, whatever cipher protects it. For groups of up to 1024 bits that is a matter of money, and the work is done once for all users of a group.',
  references: ['RFC 8247 §2.4', 'RFC 9395 §5', 'Adrian et al. 2015 (Logjam)'],
  bad: [
    'add ikev1 b -remote 10.2.2.2 -priority 10 -group 2 -hash SHA1 -encryption AES128-CBC',
    'add ikev2 b -remote 10.2.2.2 -priority 10 -group 14,22 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256',
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -pfs_group 5 -action ESP_AES128_HMAC_SHA2_256',
    'add ikev2 b -remote 10.2.2.2 -priority 10 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256',
  ],
  good: [
    'add ikev1 b -remote 10.2.2.2 -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC',
    'add ikev2 b -remote 10.2.2.2 -priority 10 -group 31,19,14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256',
  ],
  check: (context) => weakAlgorithms(context, 'CRY011'),
  imported: (context) => weakProposals(context, 'CRY011'),
});
