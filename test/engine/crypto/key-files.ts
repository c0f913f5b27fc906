/** Private keys for tests, made once for each run; DSA's domain parameters are those of RFC 6979 appendix A.2.1. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from '../../../src/engine/crypto/asn1/der-writer.js';
import { oids } from '../../../src/engine/crypto/asn1/oids.js';
import { plain } from '../../../src/engine/crypto/octets.js';
import { Secret } from '../../../src/model/secret.js';

function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

function pkcs8(key: KeyObject): Secret {
  return new Secret(plain(key.export({ format: 'der', type: 'pkcs8' })));
}

function rsa(modulusLength: number): () => Secret {
  return once(() => pkcs8(generateKeyPairSync('rsa', { modulusLength }).privateKey));
}

export const rsaKey = rsa(2048);
/** Too short for PSS with SHA-512 and a salt as long as the hash. */
export const shortRsaKey = rsa(1024);
/** Its modulus is one bit longer than whole octets, which EMSA-PSS leaves out. */
export const oddRsaKey = rsa(1025);

export function ecKey(namedCurve: string): Secret {
  return pkcs8(generateKeyPairSync('ec', { namedCurve }).privateKey);
}

export const ed25519Key = once(() => pkcs8(generateKeyPairSync('ed25519').privateKey));
export const ed448Key = once(() => pkcs8(generateKeyPairSync('ed448').privateKey));

const number = (hex: string): bigint => BigInt(`0x${hex.replaceAll(/\s/g, '')}`);

export const dsaNumbers = {
  p: number(`86F5CA03DCFEB225063FF830A0C769B9DD9D6153AD91D7CE27F787C43278B447
    E6533B86B18BED6E8A48B784A14C252C5BE0DBF60B86D6385BD2F12FB763ED88
    73ABFD3F5BA2E0A8C0A59082EAC056935E529DAF7C610467899C77ADEDFC846C
    881870B7B19B2B58F9BE0521A17002E3BDD6B86685EE90B3D9A1B02B782B1779`),
  q: number('996F967F6C8E388D9E28D01E205FBA957A5698B1'),
  g: number(`07B0F92546150B62514BB771E2A0C0CE387F03BDA6C56B505209FF25FD3C133D
    89BBCD97E904E09114D9A7DEFDEADFC9078EA544D2E401AEECC40BB9FBBF78FD
    87995A10A1C27CB7789B594BA7EFB5C4326A9FE59A070E136DB77175464ADCA4
    17BE5DCE2F40D10A46A3A3943F26AB7FD9C0398FF8C76EE0A56826A8A88F1DBD`),
  x: number('411602CB19A6CCC34494D79D98EF1E7ED5AF25F7'),
  y: number(`5DF5E01DED31D0297E274E1691C192FE5868FEF9E19A84776454B100CF16F653
    92195A38B90523E2542EE61871C0440CB87C322FC4B4D2EC5E1E7EC766E1BE8D
    4CE935437DC11C3C8FD426338933EBFE739CB3465F4D3668C5E473508253B1E6
    82F65CBDC4FAE93C2EA212390E54905A86E2223170B44EAA7DA5DD9FFCFB7F3B`),
};

export function dsaKey({ p, q, g, x } = dsaNumbers): Secret {
  const parameters = derSequence(derInteger(p), derInteger(q), derInteger(g));
  const algorithm = derSequence(derObjectIdentifier(oids.dsa), parameters);
  return new Secret(derSequence(derInteger(0n), algorithm, derOctetString(derInteger(x))));
}

/** P-256 private key of RFC 6979 appendix A.2.5, as ECPrivateKey in PKCS #8. */
export function p256Key(): Secret {
  const d = number('C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721');
  const octets = Uint8Array.from(d.toString(16).match(/../g)!, (pair) => Number.parseInt(pair, 16));
  const algorithm = derSequence(derObjectIdentifier(oids.ecPublicKey), derObjectIdentifier('1.2.840.10045.3.1.7'));
  const key = derSequence(derInteger(1n), derOctetString(octets));
  return new Secret(derSequence(derInteger(0n), algorithm, derOctetString(key)));
}
