/** Private keys for tests, the same in every run; DSA's domain parameters are those of RFC 6979 appendix A.2.1. */
import { readFileSync } from 'node:fs';
import {
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from '../../../src/engine/crypto/asn1/der-writer.js';
import { oids } from '../../../src/engine/crypto/asn1/oids.js';
import { type EcpGroup, ecpGroups } from '../../../src/engine/crypto/groups/ecp.js';
import { fromBigInt } from '../../../src/engine/crypto/octets.js';
import { pemBlocks } from '../../../src/engine/crypto/pem.js';
import { randomScalar, seededRandom } from '../../../src/engine/crypto/random.js';
import { Secret } from '../../../src/model/secret.js';

/** The keys of 2048, 1024 and 1025 bits that were made for these tests; every run signs with the same ones. */
const rsaKeys = pemBlocks(readFileSync(new URL('../../vectors/crypto/rsa-keys.pem', import.meta.url), 'utf8'));

function rsa(index: number): () => Secret {
  const key = new Secret(rsaKeys[index]!.der);
  return () => key;
}

export const rsaKey = rsa(0);
/** Too short for PSS with SHA-512 and a salt as long as the hash. */
export const shortRsaKey = rsa(1);
/** Its modulus is one bit longer than whole octets, which EMSA-PSS leaves out. */
export const oddRsaKey = rsa(2);

const random = seededRandom('keys for tests');

/** A fresh key of a curve, by OpenSSL's name of it. */
export function ecKey(curve: string): Secret {
  const group = ecpGroups.find((candidate) => candidate.curve === curve)!;
  return ecPrivateKeyInfo(group, randomScalar(random, group.n));
}

function ecPrivateKeyInfo(group: EcpGroup, d: bigint): Secret {
  const algorithm = derSequence(derObjectIdentifier(oids.ecPublicKey), derObjectIdentifier(group.oid));
  const key = derSequence(derInteger(1n), derOctetString(fromBigInt(d, group.orderOctets)));
  return new Secret(derSequence(derInteger(0n), algorithm, derOctetString(key)));
}

function edKey(oid: string, seedLength: number): Secret {
  const key = derOctetString(random(seedLength));
  return new Secret(derSequence(derInteger(0n), derSequence(derObjectIdentifier(oid)), derOctetString(key)));
}

export const ed25519Key = (): Secret => edKey(oids.ed25519, 32);
export const ed448Key = (): Secret => edKey(oids.ed448, 57);

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

/** The P-256 key of RFC 6979 appendix A.2.5. */
export function p256Key(): Secret {
  const group = ecpGroups.find(({ curve }) => curve === 'prime256v1')!;
  return ecPrivateKeyInfo(group, number('C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721'));
}
