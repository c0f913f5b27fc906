/**
 * Which algorithms are weak, and which rule says so. The lists follow RFC 8221, RFC 8247 and RFC 9395; bits of strength
 * come from the table of transforms.
 */
import type { Severity } from '../model/finding.js';
import { encryptionTransforms, type KeyExchangeTransform, keyExchangeTransforms } from '../model/transform.js';
import type { AlgorithmUse, ListElement } from './algorithm-lists.js';

/** The rules about single weak algorithms. */
export type WeaknessCode = 'CRY001' | 'CRY002' | 'CRY003' | 'CRY004' | 'CRY005' | 'CRY011';

export interface Weakness {
  readonly code: WeaknessCode;
  readonly severity: Severity;
  /** Why, as a sentence without full stop. */
  readonly why: string;
}

const des: Weakness = {
  code: 'CRY001',
  severity: 'error',
  why: 'a key of 56 bits is found by trying all of them, in hours',
};
const tripleDes: Weakness = {
  code: 'CRY002',
  severity: 'warning',
  why: 'blocks of 64 bits begin to repeat after some gigabytes under one key, and repetition tells about the plaintext (Sweet32)',
};
const retired: Weakness = {
  code: 'CRY003',
  severity: 'error',
  why: 'it came with IKEv1 and nobody maintains or examines it for IPsec any more',
};
const md5: Weakness = {
  code: 'CRY004',
  severity: 'error',
  why: 'MD5 is broken as a hash; HMAC-MD5 has no margin left, and libraries remove it',
};
const sha1: Weakness = {
  code: 'CRY005',
  severity: 'warning',
  why: 'SHA-1 is broken as a hash; HMAC-SHA-1 still holds, but it is on its way out and SHA-2 is everywhere',
};

const byCipher: Readonly<Record<string, Weakness>> = {
  'DES-CBC': des,
  '3DES-CBC': tripleDes,
  'RC5-CBC': retired,
  'IDEA-CBC': retired,
  'CAST-CBC': retired,
  'BLOWFISH-CBC': retired,
};

const byHash: Readonly<Record<string, Weakness>> = {
  'HMAC-MD5-96': md5,
  'KPDK-MD5': md5,
  'HMAC-MD5': md5,
  'DES-MAC': des,
  'HMAC-SHA1-96': sha1,
  'HMAC-SHA1': sha1,
};

/** What every key exchange needs at least (NIST SP 800-57 part 1, table 4). */
export const securityBitsMin = 112;

const smallSubgroup = 'its parameters come with small subgroups, and nobody can tell how they were chosen';
const computed = 'an attacker with means computes logarithms in it, and reads what was recorded';

function groupWeakness({ id, kind, strengthBits }: KeyExchangeTransform): Weakness | undefined {
  const weak = (severity: Severity, why: string): Weakness => ({ code: 'CRY011', severity, why });
  if (id === 22) return weak('error', `about ${strengthBits} bits; ${smallSubgroup}`);
  if (id === 23 || id === 24) return weak('warning', smallSubgroup);
  if (id === 1 || id === 2) return weak('error', `about ${strengthBits} bits; ${computed}`);
  if (kind === 'EC2N')
    return weak('warning', `about ${strengthBits} bits, on curves over composite fields that newer attacks favour`);
  if (strengthBits < securityBitsMin)
    return weak('warning', `about ${strengthBits} bits, and ${securityBitsMin} are the least that is accepted today`);
  return undefined;
}

const byGroup = new Map(keyExchangeTransforms.map((group) => [group.name, groupWeakness(group)]));

/** What is wrong with an algorithm in its place, if anything. */
export function weaknessOf({ slot, name }: AlgorithmUse): Weakness | undefined {
  switch (slot) {
    case 'ike-encryption':
    case 'child-encryption':
      return byCipher[name];
    case 'ike-integrity':
    case 'ike-prf':
    case 'child-integrity':
      return byHash[name];
    case 'key-exchange':
      return byGroup.get(name);
  }
}

/** Is an ESP transform without integrity, neither its own nor that of an AH around it (RFC 8221 §4)? */
export function lacksIntegrity({ rows }: ListElement): boolean {
  const [outer] = rows;
  return rows.length === 1 && outer?.protocol === 'ESP' && !outer.authentication && !hasIcv(outer.encryption);
}

/** Does a transform hide what it carries? */
export function encrypts({ rows }: ListElement): boolean {
  return rows.some(({ encryption }) => encryption !== undefined && encryption.strengthBits > 0);
}

function hasIcv(cipher: { readonly icvOctets?: number } | undefined): boolean {
  return cipher?.icvOctets !== undefined;
}

/**
 * Would a careful person strike the element out: something in it is forbidden or advised against, or it authenticates
 * nothing? SHA-1 alone does not count.
 */
export function isStruckOut(element: ListElement): boolean {
  return lacksIntegrity(element) || element.uses.some((use) => (weaknessOf(use) ?? sha1).code !== 'CRY005');
}

/** Ciphers of 64-bit blocks for which a limit of volume helps. DES is lost whatever its volume. */
export const volumeBoundCiphers: ReadonlySet<string> = new Set(
  encryptionTransforms
    .filter((cipher) => cipher.blockOctets === 8 && cipher.strengthBits >= securityBitsMin)
    .map((cipher) => cipher.name),
);
