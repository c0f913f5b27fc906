import type { CertificateFacts, CertificateKeyKind } from '../../../model/credentials.js';
import type { Severity } from '../../../model/finding.js';
import {
  type CertificateMethod,
  certificateText,
  filePlace,
  needsCertificate,
  ownCertificate,
  type ReadFile,
  readFiles,
} from '../../certificates.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

/** anyExtendedKeyUsage and id-kp-ipsecIKE (RFC 4945 §5.1.3.12). */
const ikePurposes: readonly string[] = ['2.5.29.37.0', '1.3.6.1.5.5.7.3.17'];

/** Purposes by name, where people meet them. */
const purposeNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.5': 'ipsecEndSystem',
  '1.3.6.1.5.5.7.3.6': 'ipsecTunnel',
  '1.3.6.1.5.5.7.3.7': 'ipsecUser',
};

const keysOf: Readonly<Record<CertificateMethod, readonly CertificateKeyKind[]>> = {
  RSASIG: ['RSA'],
  DSSSIG: ['DSA'],
  ECDSASIG: ['EC'],
  EDDSASIG: ['Ed25519', 'Ed448'],
  DIGSIG: ['RSA', 'EC', 'Ed25519', 'Ed448'],
  RSAENC: ['RSA'],
  RSAREVENC: ['RSA'],
};

interface Fault {
  readonly text: string;
  readonly severity: Severity;
  readonly help: string;
}

export default defineRule({
  scope: 'system',
  code: 'AUT012',
  slug: 'cert-usage',
  severity: 'warning',
  summary: 'A certificate is not for what it is used for.',
  rationale:
    'A certificate says what its key may do: sign, certify others, serve the web. Peers refuse one that is used for something else, some strictly and some not, so what works with one product fails with the next. An authority certificate on a gateway puts the key that certifies everybody where it is easiest stolen.',
  references: ['RFC 4945 §5.1.3', 'RFC 5280 §4.2.1.3 and §4.2.1.9', 'RFC 7427 §3'],
  bad: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', ca: true }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', keyUsage: ['keyEncipherment'] }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', key: 'ECP-256' }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem',
      files: { 'ca.pem': [{ subject: 'CN=ca', ca: true, keyUsage: ['digitalSignature'] }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca b.pem',
      files: { 'b.pem': [{ subject: 'CN=b' }] },
    },
  ],
  good: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem -ca ca.pem',
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true, keyUsage: ['keyCertSign', 'cRLSign'] }],
        'me.pem': [
          {
            subject: 'CN=a',
            issuer: 'ca.pem',
            keyUsage: ['digitalSignature'],
            extendedKeyUsage: ['1.3.6.1.5.5.7.3.17'],
          },
        ],
      },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method ECDSASIG -remote_method ECDSASIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', key: 'ECP-256' }] },
    },
  ],
  *check(context) {
    const seen = new Set<string>();
    for (const record of context.policies.auths) {
      const method = record.localMethod.value;
      const own = needsCertificate(method) ? ownCertificate(context, record) : undefined;
      if (!own || !needsCertificate(method)) continue;
      for (const fault of ownFaults(own.leaf, method)) {
        const key = `${own.leaf.fingerprint} ${fault.text}`;
        if (seen.has(key)) continue;
        seen.add(key);
        yield finding(own.of, own.leaf, { ...fault, text: `${fault.text} (${recordText(record)})` });
      }
    }
    for (const of of readFiles(context)) {
      if (of.use !== 'authorities') continue;
      for (const authority of of.file.certificates) {
        for (const fault of authorityFaults(authority)) {
          const key = `${authority.fingerprint} ${fault.text}`;
          if (seen.has(key)) continue;
          seen.add(key);
          yield finding(of, authority, fault);
        }
      }
    }
  },
});

function finding(of: ReadFile, certificate: CertificateFacts, { text, severity, help }: Fault): RuleFinding {
  return {
    message: `${certificateText(of, certificate)} ${text}`,
    at: filePlace(of),
    severity,
    help,
    record: recordRef(of.record),
  };
}

function* ownFaults(leaf: CertificateFacts, method: CertificateMethod): Generator<Fault> {
  const { key, keyUsage, extendedKeyUsage, isCa } = leaf;
  const kinds = keysOf[method];
  if (!key || !kinds.includes(key.kind)) {
    const what = key ? `holds a key of ${key.name}` : 'holds a key of a kind that IKE does not use';
    yield {
      text: `${what}, and ${method} needs ${kinds.join(' or ')}`,
      severity: 'error',
      help: key ? `use ${methodFor(key.kind)} on this side, or another certificate` : 'use another certificate',
    };
  }
  if (isCa) {
    yield {
      text: 'is that of an authority, and is used as an end entity',
      severity: 'warning',
      help: 'have a certificate for this system issued, and keep the key of the authority elsewhere',
    };
  }
  const encrypts = method === 'RSAENC' || method === 'RSAREVENC';
  const wanted = encrypts ? ['keyEncipherment'] : ['digitalSignature', 'nonRepudiation'];
  if (keyUsage && !wanted.some((usage) => keyUsage.includes(usage))) {
    yield {
      text: `may be used for ${keyUsage.join(', ') || 'nothing'}, and ${method} needs ${wanted.join(' or ')}`,
      severity: 'error',
      help: `have one issued whose key usage holds ${wanted[0]}`,
    };
  }
  if (extendedKeyUsage && !extendedKeyUsage.some((purpose) => ikePurposes.includes(purpose))) {
    yield {
      text: `is for ${extendedKeyUsage.map((purpose) => purposeNames[purpose] ?? purpose).join(', ')} only, which strict peers refuse for IKE`,
      severity: 'warning',
      help: 'have one issued without extended key usage, or with ipsecIKE (1.3.6.1.5.5.7.3.17) among it',
    };
  }
}

function* authorityFaults({ isCa, keyUsage }: CertificateFacts): Generator<Fault> {
  if (!isCa) {
    yield {
      text: 'is no authority: only itself is accepted, and nothing that it signed',
      severity: 'info',
      help: 'name the authority that issued it, unless exactly this certificate is meant',
    };
  } else if (keyUsage && !keyUsage.includes('keyCertSign')) {
    yield {
      text: `is that of an authority whose key may be used for ${keyUsage.join(', ') || 'nothing'}, not to certify`,
      severity: 'error',
      help: 'name the certificate of the authority that has keyCertSign',
    };
  }
}

function methodFor(kind: CertificateKeyKind): string {
  switch (kind) {
    case 'RSA':
      return 'DIGSIG or RSASIG';
    case 'EC':
      return 'DIGSIG or ECDSASIG';
    case 'Ed25519':
    case 'Ed448':
      return 'DIGSIG or EDDSASIG';
    case 'DSA':
      return 'DSSSIG';
  }
}
