import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT014',
  slug: 'rsa-encryption-auth',
  severity: 'warning',
  summary: 'IKEv1 authenticates by RSA encryption.',
  rationale:
    'The encrypted nonces make the peer a padding oracle: with some thousand questions an attacker decrypts what was sent to it or forges a signature of it, across both versions of IKE when the key is shared between them.',
  references: ['RFC 2409 §5.2 and §5.3', 'Felsch et al. 2018'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method RSAENC -remote_method RSAENC',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method RSAREVENC -remote_method RSAREVENC',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method RSASIG -remote_method RSASIG',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const side = (['localMethod', 'remoteMethod'] as const).find((name) =>
        /^RSA(?:REV)?ENC$/.test(record[name].value),
      );
      if (!side) continue;
      yield {
        message: `${recordText(record)} uses RSA encryption (${record[side].value}) as proof of identity`,
        at: placeOf(record, record[side].origin),
        help: 'use RSASIG, and a key that is used for nothing else',
        record: recordRef(record),
      };
    }
  },
});
