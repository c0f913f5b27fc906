/** PEM — RFC 7468: text around DER. Reads certificates, CRLs and private keys in the forms that OpenSSL writes. */
import { Secret } from '../../model/secret.js';
import { context, readDer } from './asn1/der.js';
import { derInteger, derNull, derObjectIdentifier, derOctetString, derSequence } from './asn1/der-writer.js';
import { oids } from './asn1/oids.js';

export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string;
  readonly der: Uint8Array;
  /** Has it headers of RFC 1421, which mean that it is encrypted? */
  readonly encrypted: boolean;
}

/** Characters of a text that are looked at. */
export const pemLengthMax = 4 << 20;
const blocksMax = 1000;

/** The blocks of a text in order; what is outside of them or no base64 is left out, and so is everything beyond the limits. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let label: string | undefined;
  let body: string[] = [];
  for (const line of text.slice(0, pemLengthMax).split(/\r?\n/)) {
    const begin = /^-----BEGIN ([A-Z0-9 ]{1,64})-----\s*$/.exec(line);
    if (begin) {
      label = begin[1];
      body = [];
    } else if (label !== undefined && line.trimEnd() === `-----END ${label}-----`) {
      const block = pemBlock(label, body);
      if (block) blocks.push(block);
      if (blocks.length === blocksMax) break;
      label = undefined;
    } else if (label !== undefined) body.push(line);
  }
  return blocks;
}

function pemBlock(label: string, body: readonly string[]): PemBlock | undefined {
  const isHeader = (line: string): boolean => line.includes(':');
  const encrypted = body.some((line) => isHeader(line) && line.startsWith('Proc-Type') && line.includes('ENCRYPTED'));
  const der = base64(body.filter((line) => !isHeader(line)).join(''));
  return der && { label, der, encrypted };
}

function base64(text: string): Uint8Array | undefined {
  const compact = text.replace(/\s/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  return Uint8Array.from(atob(compact), (character) => character.charCodeAt(0));
}

export type PrivateKeyResult =
  | { readonly kind: 'key'; readonly pkcs8: Secret }
  | { readonly kind: 'fault'; readonly reason: string };

/** The first private key of a text, as PrivateKeyInfo whatever form it has. */
export function privateKeyOfPem(text: string): PrivateKeyResult {
  const block = pemBlocks(text).find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (!block) return { kind: 'fault', reason: 'no private key in PEM form' };
  if (block.encrypted || block.label === 'ENCRYPTED PRIVATE KEY') {
    return { kind: 'fault', reason: 'the private key is encrypted; give it without a passphrase' };
  }
  const pkcs8 = privateKeyInfo(block);
  return pkcs8 ? { kind: 'key', pkcs8 } : { kind: 'fault', reason: `a private key of an unknown form: ${block.label}` };
}

function privateKeyInfo({ label, der }: PemBlock): Secret | undefined {
  const info = (algorithm: Uint8Array, key: Uint8Array): Secret =>
    new Secret(derSequence(derInteger(0n), algorithm, derOctetString(key)));
  switch (label) {
    case 'PRIVATE KEY':
      return new Secret(der);
    case 'RSA PRIVATE KEY':
      return info(derSequence(derObjectIdentifier(oids.rsaEncryption), derNull()), der);
    case 'EC PRIVATE KEY': {
      const curve = readDer(der, (reader) => {
        const key = reader.sequence();
        key.integer();
        key.octetString();
        const parameters = key.optional(context(0, 'constructed'))?.objectIdentifier();
        while (!key.atEnd) key.element();
        return parameters;
      });
      if (curve.kind !== 'value' || curve.value === undefined) return undefined;
      return info(derSequence(derObjectIdentifier(oids.ecPublicKey), derObjectIdentifier(curve.value)), der);
    }
    case 'DSA PRIVATE KEY': {
      const numbers = readDer(der, (reader) => {
        const key = reader.sequence();
        return Array.from({ length: 6 }, () => key.integer());
      });
      if (numbers.kind !== 'value' || numbers.value.some((number) => number < 0n)) return undefined;
      const [, p, q, g, , x] = numbers.value as [bigint, bigint, bigint, bigint, bigint, bigint];
      const parameters = derSequence(derInteger(p), derInteger(q), derInteger(g));
      return info(derSequence(derObjectIdentifier(oids.dsa), parameters), derInteger(x));
    }
    default:
      return undefined;
  }
}
