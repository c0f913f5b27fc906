import type { AuthRecord } from '../../../model/record/auth.js';
import { needsCertificate, ownCertificate } from '../../certificates.js';
import type { SystemContext } from '../../context.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT015',
  slug: 'key-reuse-across-methods',
  severity: 'error',
  summary: 'One key serves several methods or versions of IKE.',
  rationale:
    'RSA encryption in IKEv1 can be made an oracle that decrypts, and decrypting is also signing: with it an attacker forges the signatures of every other connection that uses the key, in both versions. A key for encryption must do nothing else; a key for signatures is better kept to one version.',
  references: ['Felsch et al. 2018, The Dangers of Key Reuse', 'RFC 2409 §5.2 and §5.3'],
  bad: [
    {
      text: 'add auth old -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method RSAENC -remote_method RSAENC -certificate old.pem\nadd auth new -remote 10.3.3.3 -priority 20 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate new.pem',
      files: {
        'old.pem': [{ subject: 'CN=a', key: 'RSA 2048' }],
        'new.pem': [{ subject: 'CN=a,O=Example', key: 'RSA 2048', keyOf: 'old.pem' }],
      },
    },
    // The same path is the same key, also where nobody here can read it.
    'add auth old -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method RSAREVENC -remote_method RSAREVENC -certificate /etc/ipsec/me.pem\nadd auth new -remote 10.3.3.3 -priority 20 -kmp IKEV1 -local_method RSASIG -remote_method RSASIG -certificate /etc/ipsec/me.pem',
    'add auth both -remote 10.2.2.2 -priority 10 -kmp IKEV2,IKEV1 -local_method RSASIG -remote_method RSASIG -certificate /etc/ipsec/me.pem',
  ],
  good: [
    {
      text: 'add auth old -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method RSAENC -remote_method RSAENC -certificate old.pem\nadd auth new -remote 10.3.3.3 -priority 20 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate new.pem',
      files: {
        'old.pem': [{ subject: 'CN=a', key: 'RSA 1024' }],
        'new.pem': [{ subject: 'CN=a,O=Example', key: 'RSA 2048' }],
      },
    },
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate /etc/ipsec/me.pem\nadd auth c -remote 10.3.3.3 -priority 20 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate /etc/ipsec/me.pem',
  ],
  *check(context) {
    for (const records of recordsByKey(context)) {
      const encrypts = records.find(isEncryption);
      const signs = records.find((record) => !isEncryption(record));
      if (encrypts && signs) {
        yield {
          message: `the key of ${recordText(encrypts)} is used for RSA encryption, and for signatures by ${recordText(signs)}`,
          at: placeOf(encrypts, encrypts.localMethod.origin),
          related: [{ at: placeOf(signs, signs.localMethod.origin), text: 'signs with the same key' }],
          help: 'use signatures everywhere, or a key of its own for encryption',
          record: recordRef(encrypts),
        };
        continue;
      }
      const v1 = records.find(({ kmp }) => kmp.value.includes(1));
      const v2 = records.find(({ kmp }) => kmp.value.includes(2));
      if (!v1 || !v2) continue;
      yield {
        message:
          v1 === v2
            ? `the key of ${recordText(v1)} signs in both versions of IKE`
            : `the key of ${recordText(v1)} signs in IKEv1, and in IKEv2 for ${recordText(v2)}`,
        at: placeOf(v1, v1.kmp.origin),
        ...(v1 === v2
          ? {}
          : { related: [{ at: placeOf(v2, v2.kmp.origin), text: 'signs in IKEv2 with the same key' }] }),
        severity: 'info',
        notes: [
          'no attack is known while both only sign; a version that is added or left on elsewhere may change that',
        ],
        help: 'give IKEv1 a key and certificate of its own, or leave it',
        record: recordRef(v1),
      };
    }
  },
});

/** Records that prove this system by a key, grouped by the key: by what its certificate holds, or else by its path. */
function recordsByKey(context: SystemContext): AuthRecord[][] {
  const groups = new Map<string, AuthRecord[]>();
  const isGlobal = context.policies.certificates.some(({ kind }) => kind === 'mycert');
  for (const record of context.policies.auths) {
    if (!needsCertificate(record.localMethod.value)) continue;
    const known = ownCertificate(context, record)?.leaf.keyFingerprint;
    const key = known ?? (record.certificate ? `file ${record.certificate.value}` : isGlobal ? 'mycert' : undefined);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()];
}

function isEncryption({ localMethod }: AuthRecord): boolean {
  return localMethod.value === 'RSAENC' || localMethod.value === 'RSAREVENC';
}
