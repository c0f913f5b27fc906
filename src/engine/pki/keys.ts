/** Private keys from a source of random octets, as PrivateKeyInfo (RFC 5958). Never for live use: the source is seeded. */
import { Secret } from '../../model/secret.js';
import { derInteger, derNull, derObjectIdentifier, derOctetString, derSequence } from '../crypto/asn1/der-writer.js';
import { oids } from '../crypto/asn1/oids.js';
import { modInverse } from '../crypto/big-math.js';
import { ecpGroup } from '../crypto/groups/ecp.js';
import { fromBigInt } from '../crypto/octets.js';
import type { CryptoProvider, SecureRandom } from '../crypto/provider.js';
import { randomScalar } from '../crypto/random.js';
import { randomPrime } from './primes.js';

/** The kinds of keys that a made-up PKI has. */
export const madeUpKeyKinds = ['RSA', 'DSA', 'EC', 'Ed25519', 'Ed448'] as const;
export type MadeUpKeyKind = (typeof madeUpKeyKinds)[number];

/** Bits of RSA moduli: what most certificates have. */
export const rsaBits = 2048;
const publicExponent = 65_537n;

/** A private key of a kind. */
export function madeUpKey(kind: MadeUpKeyKind, random: SecureRandom, provider: CryptoProvider): Secret {
  switch (kind) {
    case 'RSA':
      return rsaKey(random, provider);
    case 'DSA':
      return dsaKey(random);
    case 'EC':
      return ecKey(random);
    case 'Ed25519':
      return edwardsKey(oids.ed25519, random(32));
    case 'Ed448':
      return edwardsKey(oids.ed448, random(57));
  }
}

function privateKeyInfo(algorithm: Uint8Array, key: Uint8Array): Secret {
  return new Secret(derSequence(derInteger(0n), algorithm, derOctetString(key)));
}

function rsaKey(random: SecureRandom, provider: CryptoProvider): Secret {
  const first = randomPrime(rsaBits / 2, publicExponent, random, provider);
  let second = first;
  while (second === first) second = randomPrime(rsaBits / 2, publicExponent, random, provider);
  const [p, q] = first > second ? [first, second] : [second, first];
  const d = modInverse(publicExponent, (p - 1n) * (q - 1n))!;
  const numbers = [0n, p * q, publicExponent, d, p, q, d % (p - 1n), d % (q - 1n), modInverse(q, p)!];
  const algorithm = derSequence(derObjectIdentifier(oids.rsaEncryption), derNull());
  return privateKeyInfo(algorithm, derSequence(...numbers.map(derInteger)));
}

/** The domain parameters of RFC 6979 appendix A.2.1: 1024 bits with a subgroup of 160, as RFC 2409's DSS has it. */
export const dssDomain = {
  p: BigInt(
    '0x86F5CA03DCFEB225063FF830A0C769B9DD9D6153AD91D7CE27F787C43278B447' +
      'E6533B86B18BED6E8A48B784A14C252C5BE0DBF60B86D6385BD2F12FB763ED88' +
      '73ABFD3F5BA2E0A8C0A59082EAC056935E529DAF7C610467899C77ADEDFC846C' +
      '881870B7B19B2B58F9BE0521A17002E3BDD6B86685EE90B3D9A1B02B782B1779',
  ),
  q: BigInt('0x996F967F6C8E388D9E28D01E205FBA957A5698B1'),
  g: BigInt(
    '0x07B0F92546150B62514BB771E2A0C0CE387F03BDA6C56B505209FF25FD3C133D' +
      '89BBCD97E904E09114D9A7DEFDEADFC9078EA544D2E401AEECC40BB9FBBF78FD' +
      '87995A10A1C27CB7789B594BA7EFB5C4326A9FE59A070E136DB77175464ADCA4' +
      '17BE5DCE2F40D10A46A3A3943F26AB7FD9C0398FF8C76EE0A56826A8A88F1DBD',
  ),
} as const;

function dsaKey(random: SecureRandom): Secret {
  const { p, q, g } = dssDomain;
  const parameters = derSequence(derInteger(p), derInteger(q), derInteger(g));
  return privateKeyInfo(derSequence(derObjectIdentifier(oids.dsa), parameters), derInteger(randomScalar(random, q)));
}

/** On NIST's curve P-256, the one that every peer has. */
const curveNumber = 19;

function ecKey(random: SecureRandom): Secret {
  const { oid, n, orderOctets } = ecpGroup(curveNumber);
  const algorithm = derSequence(derObjectIdentifier(oids.ecPublicKey), derObjectIdentifier(oid));
  const key = derSequence(derInteger(1n), derOctetString(fromBigInt(randomScalar(random, n), orderOctets)));
  return privateKeyInfo(algorithm, key);
}

function edwardsKey(oid: string, seed: Uint8Array): Secret {
  return privateKeyInfo(derSequence(derObjectIdentifier(oid)), derOctetString(seed));
}
