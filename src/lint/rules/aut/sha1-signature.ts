import { certificateText, distinctCertificates, filePlace, readFiles } from '../../certificates.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

const broken: readonly string[] = ['MD5', 'SHA1'];
const sides = ['localMethod', 'remoteMethod'] as const;

export default defineRule({
  scope: 'system',
  code: 'AUT008',
  slug: 'sha1-signature',
  severity: 'error',
  summary: 'A signature that proves an identity is made over SHA-1 or MD5.',
  rationale:
    'Two texts with the same SHA-1 can be made, so a signature of one is a signature of the other: a certificate for somebody else, for instance. RSASIG in IKEv2 is the method that announces no hash, and products sign SHA-1 with it; DIGSIG (RFC 7427) announces which hashes both ends know.',
  references: ['RFC 8247 §3.1 and §3.2', 'RFC 7427 §3', 'RFC 6194 §3'],
  bad: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'me.pem': [{ subject: 'CN=a', issuer: 'ca.pem', hash: 'SHA1' }],
      },
    },
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG',
  ],
  good: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem -ca ca.pem',
      // Nobody relies on the signature of a certificate by its own key.
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true, hash: 'SHA1' }],
        'me.pem': [{ subject: 'CN=a', issuer: 'ca.pem' }],
      },
    },
    // IKEv1 signs the hash that was negotiated.
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method RSASIG -remote_method RSASIG',
  ],
  *check(context) {
    for (const { of, certificate } of distinctCertificates(readFiles(context))) {
      const { signature, selfIssued } = certificate;
      if (selfIssued || !signature?.hash || !broken.includes(signature.hash)) continue;
      yield {
        message: `${certificateText(of, certificate)} is signed over ${signature.hash === 'MD5' ? 'MD5' : 'SHA-1'} by ${certificate.issuer}`,
        at: filePlace(of),
        help: 'have a new certificate issued with SHA-256 or longer',
        record: recordRef(of.record),
      };
    }
    for (const record of context.policies.auths) {
      const side = sides.find((one) => record[one].value === 'RSASIG');
      if (!side || !record.kmp.value.includes(2)) continue;
      const hasChoice = context.policies.dialect === 'extended';
      yield {
        message: `${recordText(record)} ${side === 'localMethod' ? 'makes' : 'accepts'} RSA signatures of IKEv2 that announce no hash: products use SHA-1`,
        at: placeOf(record, record[side].origin),
        severity: hasChoice ? 'warning' : 'info',
        help: hasChoice
          ? 'write DIGSIG on both sides; the key and its certificate stay'
          : `dialect ${context.policies.dialect} has no other method; on Linux, DIGSIG of the extended dialect`,
        record: recordRef(record),
      };
    }
  },
});
