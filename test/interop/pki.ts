/** A small PKI for interop tests, made by OpenSSL, so that neither side's own code has a hand in it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** `large`: a certificate of several kilobytes. */
export const keyKinds = ['rsa', 'p256', 'p384', 'p521', 'ed25519', 'large'] as const;
export type KeyKind = (typeof keyKinds)[number];

/** Makes CA and certificates of both sides below `folder`; `left/` and `right/` are then laid out as swanctl wants them. */
export function makePki(folder: string): void {
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const at = (name: string): string => path.join(folder, name);
  mkdirSync(folder, { recursive: true });
  openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', at('ca.key'));
  openssl(
    ...['req', '-x509', '-new', '-key', at('ca.key'), '-sha256', '-days', '30', '-subj', '/O=Interop/CN=Interop CA'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ...['-out', at('ca.pem')],
  );
  for (const side of ['left', 'right']) {
    for (const name of ['x509', 'x509ca', 'private']) mkdirSync(at(`${side}/${name}`), { recursive: true });
    cpSync(at('ca.pem'), at(`${side}/x509ca/ca.pem`));
    for (const kind of keyKinds) {
      const key = at(`${side}/private/${kind}.key`);
      openssl(...generate(kind), '-out', key);
      chmodSync(key, 0o600);
      openssl('req', '-new', '-key', key, '-subj', `/O=Interop/CN=${side}-${kind}`, '-out', at('request'));
      writeFileSync(
        at('extensions'),
        `subjectAltName=${[`DNS:${side}-${kind}.example`, ...otherNames(kind)].join(',')}\nkeyUsage=digitalSignature,keyEncipherment\n`,
      );
      openssl(
        ...[
          'x509',
          '-req',
          '-in',
          at('request'),
          '-CA',
          at('ca.pem'),
          '-CAkey',
          at('ca.key'),
          '-sha256',
          '-days',
          '30',
        ],
        ...['-CAcreateserial', '-extfile', at('extensions'), '-out', at(`${side}/x509/${kind}.pem`)],
      );
    }
  }
}

/** Other names that make a certificate long. */
function otherNames(kind: KeyKind): string[] {
  return kind === 'large'
    ? Array.from({ length: 100 }, (_, index) => `DNS:another-name-${index}.of-the-same.example`)
    : [];
}

function generate(kind: KeyKind): string[] {
  switch (kind) {
    case 'large':
      return ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:4096'];
    case 'rsa':
      return ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
    case 'ed25519':
      return ['genpkey', '-algorithm', 'ED25519'];
    default:
      return ['genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:P-${kind.slice(1)}`];
  }
}
