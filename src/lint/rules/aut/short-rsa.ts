import type { CertificateFacts, CertificateKey } from '../../../model/credentials.js';
import type { Severity } from '../../../model/finding.js';
import { certificateText, distinctCertificates, filePlace, readFiles } from '../../certificates.js';
import { placeOf, recordRef } from '../../places.js';
import { type ActiveProfiles, cite, guidanceOf } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';

/** RFC 8247 §3.1.1 for RSA; a subgroup of 224 bits and a curve of 224 are worth as much. */
const modulusBitsMin = 2048;
const curveBitsMin = 224;

export default defineRule({
  scope: 'system',
  code: 'AUT007',
  slug: 'short-rsa',
  severity: 'error',
  summary: 'The key of a certificate is too short.',
  rationale:
    'Whoever finds the private key that belongs to a certificate can pose as its owner, and as everybody whom it certifies where it is an authority. RSA of 1024 bits is within reach of well-funded attackers; below 2048 bits no current guidance accepts it.',
  references: ['RFC 8247 §3.1.1', 'NIST SP 800-131Ar2 §3'],
  bad: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', key: 'RSA 1024' }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem',
      files: { 'ca.pem': [{ subject: 'CN=ca', ca: true, key: 'RSA 1024' }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', key: 'RSA 2048' }] },
      profiles: ['cnsa1'],
    },
    'ipsec_config add csr -subject "CN=a,O=Example" -key-length 1024',
  ],
  good: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem -ca ca.pem',
      files: { 'me.pem': [{ subject: 'CN=a', key: 'RSA 2048' }], 'ca.pem': [{ subject: 'CN=ca', ca: true }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', key: 'ECP-384' }] },
      profiles: ['cnsa1'],
    },
    'ipsec_config add csr -subject "CN=a,O=Example" -key-length 2048',
  ],
  *check(context) {
    const active = guidanceOf(context.settings);
    for (const { of, certificate } of distinctCertificates(readFiles(context))) {
      const { key } = certificate;
      const judged = key && judge(key, active);
      if (!key || !judged) continue;
      yield {
        message: `${certificateText(of, certificate)} has a key of ${describe(key, certificate)}`,
        at: filePlace(of),
        severity: judged.severity,
        notes: judged.notes,
        help: 'make a new key of at least 3072 bits, or on P-256 or P-384, and have it certified',
        record: recordRef(of.record),
      };
    }
    for (const record of context.policies.certificates) {
      const { keyLength } = record;
      const judged = keyLength && judge({ kind: 'RSA', bits: keyLength.value, name: '' }, active);
      if (!keyLength || !judged) continue;
      yield {
        message: `the request asks for an RSA key of ${keyLength.value} bits`,
        at: placeOf(record, keyLength.origin),
        severity: judged.severity,
        notes: judged.notes,
        help: 'write -key-length 3072',
        record: recordRef(record),
      };
    }
  },
});

function judge(key: CertificateKey, active: ActiveProfiles): { severity: Severity; notes: string[] } | undefined {
  const broken = active
    .demands('certificate-key')
    .filter(({ modulusBitsMin: least, curves }) =>
      hasModulus(key) ? key.bits < least : curves !== undefined && !curves.includes(key.name),
    );
  const short = hasModulus(key) ? key.bits < modulusBitsMin : key.bits < curveBitsMin;
  const severity = worst([...(short ? (['error'] as const) : []), ...broken.map((demand) => demand.severity)]);
  if (severity === undefined) return undefined;
  return {
    severity,
    notes: broken.map((demand) =>
      hasModulus(key)
        ? `${demand.modulusBitsMin} bits are demanded by ${cite(demand)}`
        : `${demand.curves?.join(' or ')} is demanded by ${cite(demand)}`,
    ),
  };
}

function hasModulus({ kind }: CertificateKey): boolean {
  return kind === 'RSA' || kind === 'DSA';
}

function describe(key: CertificateKey, { isCa }: CertificateFacts): string {
  return `${hasModulus(key) ? `${key.kind} with ${key.bits} bits` : key.name}${isCa ? ', and certifies others with it' : ''}`;
}
