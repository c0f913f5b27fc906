import { defineRule } from '../../rule.js';
import { weakAlgorithms } from '../../weak-algorithms.js';
import { weakProposals } from '../../weak-proposals.js';

export default defineRule({
  scope: 'system',
  code: 'CRY001',
  slug: 'des',
  severity: 'error',
  summary: 'DES is offered, for packets or for IKE.',
  rationale:
    'A DES key has 56 bits, which rented hardware tries out in hours; what was recorded years ago is read as well. One alternative in a list is enough, because the peer or an attacker that poses as it may choose it.',
  references: ['RFC 8221 §5', 'RFC 8247 §2.1', 'RFC 9395 §5'],
  bad: [
    '# ipsec-dialect: A.02\nadd host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_DES_HMAC_SHA1',
    '# ipsec-dialect: A.02\nadd host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES128_HMAC_SHA1,ESP_DES',
    '# ipsec-dialect: A.02\nadd ike lab -remote 10.2.0.0/16 -priority 10 -auth PSK -group 2 -hash SHA1 -encryption DES',
  ],
  good: [
    'add host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES256_HMAC_SHA2_256',
    '# ipsec-dialect: A.02\nadd ike lab -remote 10.2.0.0/16 -priority 10 -auth PSK -group 2 -hash SHA1 -encryption 3DES',
  ],
  check: (context) => weakAlgorithms(context, 'CRY001'),
  imported: (context) => weakProposals(context, 'CRY001'),
});
