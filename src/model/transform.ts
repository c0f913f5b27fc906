/**
 * The one table of algorithms: the record language's words, IANA's numbers, Linux XFRM's names and strength. The parser,
 * the lint rules, the engine and the backends all read it, so they cannot disagree.
 *
 * Sources: IANA IKEv2 parameters (Transform Types 1 to 4), IANA "Magic Numbers" for IPsec (RFC 2407, RFC 2409), RFC 8221,
 * RFC 8247, linux/xfrm. Bits of strength follow NIST SP 800-57 part 1, tables 2 and 3.
 */

/** Transform Type 1 (RFC 7296 §3.3.2): a cipher with its key length. */
export interface EncryptionTransform {
  /** `AES-CBC-128`: our own canonical name, unique in the table. */
  readonly name: string;
  /** IANA Transform Type 1 number. */
  readonly ikev2Id: number;
  /** IKEv1 phase 1 encryption attribute (RFC 2409 appendix A), where there is one. */
  readonly ikev1Id?: number;
  /** IKEv1 phase 2 ESP transform (RFC 2407 §4.4.4), where there is one. */
  readonly espId?: number;
  readonly keyBits: number;
  /** Is the key length sent as an attribute? */
  readonly keyLengthAttribute: boolean;
  readonly blockOctets: number;
  /** Combined-mode ciphers: octets of ICV; then no separate authentication is used. */
  readonly icvOctets?: number;
  /** Octets of salt in the keying material of counter modes. */
  readonly saltOctets?: number;
  readonly ivOctets: number;
  readonly strengthBits: number;
  /** Name in the Linux crypto API. */
  readonly xfrm?: string;
}

/** Transform Type 3: integrity. */
export interface AuthenticationTransform {
  readonly name: string;
  readonly ikev2Id: number;
  /** IKEv1 phase 2 authentication attribute (RFC 2407 §4.5). */
  readonly ikev1Id?: number;
  /** IKEv1 phase 2 AH transform (RFC 2407 §4.4.3). */
  readonly ahId?: number;
  readonly keyBits: number;
  readonly icvBits: number;
  readonly strengthBits: number;
  readonly xfrm?: string;
}

/** Transform Type 2: PRF; in IKEv1 the hash of the protection suite. */
export interface PrfTransform {
  readonly name: string;
  readonly ikev2Id: number;
  /** IKEv1 hash attribute (RFC 2409 appendix A). */
  readonly ikev1Id?: number;
  readonly outputBits: number;
  readonly strengthBits: number;
}

/** Transform Type 4: key exchange method, by its group number (the same in both IKE versions). */
export interface KeyExchangeTransform {
  readonly name: string;
  readonly id: number;
  readonly kind: 'MODP' | 'EC2N' | 'ECP' | 'X25519' | 'X448' | 'ML-KEM';
  readonly strengthBits: number;
  readonly rfc: string;
}

function cipher(
  name: string,
  ikev2Id: number,
  keyBits: number,
  strengthBits: number,
  more: Omit<EncryptionTransform, 'name' | 'ikev2Id' | 'keyBits' | 'strengthBits' | 'keyLengthAttribute'> & {
    keyLengthAttribute?: boolean;
  },
): EncryptionTransform {
  return { name, ikev2Id, keyBits, strengthBits, keyLengthAttribute: true, ...more };
}

const aesBits = [128, 192, 256] as const;
const fixedKey = { keyLengthAttribute: false } as const;

export const encryptionTransforms: readonly EncryptionTransform[] = [
  cipher('DES-CBC', 2, 64, 56, { ...fixedKey, ikev1Id: 1, espId: 2, blockOctets: 8, ivOctets: 8, xfrm: 'cbc(des)' }),
  cipher('3DES-CBC', 3, 192, 112, {
    ...fixedKey,
    ikev1Id: 5,
    espId: 3,
    blockOctets: 8,
    ivOctets: 8,
    xfrm: 'cbc(des3_ede)',
  }),
  cipher('RC5-CBC', 4, 128, 128, { ikev1Id: 4, espId: 4, blockOctets: 8, ivOctets: 8 }),
  cipher('IDEA-CBC', 5, 128, 126, { ...fixedKey, ikev1Id: 2, espId: 5, blockOctets: 8, ivOctets: 8 }),
  cipher('CAST-CBC', 6, 128, 128, { ikev1Id: 6, espId: 6, blockOctets: 8, ivOctets: 8, xfrm: 'cbc(cast5)' }),
  cipher('BLOWFISH-CBC', 7, 128, 128, { ikev1Id: 3, espId: 7, blockOctets: 8, ivOctets: 8, xfrm: 'cbc(blowfish)' }),
  cipher('NULL', 11, 0, 0, { ...fixedKey, espId: 11, blockOctets: 1, ivOctets: 0, xfrm: 'ecb(cipher_null)' }),
  ...aesBits.map((bits) =>
    cipher(`AES-CBC-${bits}`, 12, bits, bits, {
      ikev1Id: 7,
      espId: 12,
      blockOctets: 16,
      ivOctets: 16,
      xfrm: 'cbc(aes)',
    }),
  ),
  ...aesBits.map((bits) =>
    cipher(`AES-CTR-${bits}`, 13, bits, bits, {
      espId: 13,
      blockOctets: 1,
      ivOctets: 8,
      saltOctets: 4,
      xfrm: 'rfc3686(ctr(aes))',
    }),
  ),
  ...([8, 12, 16] as const).flatMap((icvOctets, index) =>
    aesBits.map((bits) =>
      cipher(`AES-CCM-${icvOctets}-${bits}`, 14 + index, bits, bits, {
        espId: 14 + index,
        blockOctets: 1,
        ivOctets: 8,
        saltOctets: 3,
        icvOctets,
        xfrm: 'rfc4309(ccm(aes))',
      }),
    ),
  ),
  ...([8, 12, 16] as const).flatMap((icvOctets, index) =>
    aesBits.map((bits) =>
      cipher(`AES-GCM-${icvOctets}-${bits}`, 18 + index, bits, bits, {
        espId: 18 + index,
        blockOctets: 1,
        ivOctets: 8,
        saltOctets: 4,
        icvOctets,
        xfrm: 'rfc4106(gcm(aes))',
      }),
    ),
  ),
  ...aesBits.map((bits) =>
    cipher(`AES-GMAC-${bits}`, 21, bits, 0, {
      espId: 23,
      blockOctets: 1,
      ivOctets: 8,
      saltOctets: 4,
      icvOctets: 16,
      xfrm: 'rfc4543(gcm(aes))',
    }),
  ),
  ...aesBits.map((bits) =>
    cipher(`CAMELLIA-CBC-${bits}`, 23, bits, bits, {
      ikev1Id: 8,
      espId: 22,
      blockOctets: 16,
      ivOctets: 16,
      xfrm: 'cbc(camellia)',
    }),
  ),
  cipher('CHACHA20-POLY1305', 28, 256, 256, {
    ...fixedKey,
    espId: 28,
    blockOctets: 1,
    ivOctets: 8,
    saltOctets: 4,
    icvOctets: 16,
    xfrm: 'rfc7539esp(chacha20,poly1305)',
  }),
];

export const authenticationTransforms: readonly AuthenticationTransform[] = [
  {
    name: 'HMAC-MD5-96',
    ikev2Id: 1,
    ikev1Id: 1,
    ahId: 2,
    keyBits: 128,
    icvBits: 96,
    strengthBits: 64,
    xfrm: 'hmac(md5)',
  },
  {
    name: 'HMAC-SHA1-96',
    ikev2Id: 2,
    ikev1Id: 2,
    ahId: 3,
    keyBits: 160,
    icvBits: 96,
    strengthBits: 96,
    xfrm: 'hmac(sha1)',
  },
  { name: 'DES-MAC', ikev2Id: 3, ikev1Id: 3, ahId: 4, keyBits: 64, icvBits: 64, strengthBits: 56 },
  { name: 'KPDK-MD5', ikev2Id: 4, ikev1Id: 4, keyBits: 128, icvBits: 128, strengthBits: 64 },
  {
    name: 'AES-XCBC-96',
    ikev2Id: 5,
    ikev1Id: 9,
    ahId: 9,
    keyBits: 128,
    icvBits: 96,
    strengthBits: 96,
    xfrm: 'xcbc(aes)',
  },
  { name: 'AES-CMAC-96', ikev2Id: 8, keyBits: 128, icvBits: 96, strengthBits: 96, xfrm: 'cmac(aes)' },
  {
    name: 'HMAC-SHA2-256-128',
    ikev2Id: 12,
    ikev1Id: 5,
    ahId: 5,
    keyBits: 256,
    icvBits: 128,
    strengthBits: 128,
    xfrm: 'hmac(sha256)',
  },
  {
    name: 'HMAC-SHA2-384-192',
    ikev2Id: 13,
    ikev1Id: 6,
    ahId: 6,
    keyBits: 384,
    icvBits: 192,
    strengthBits: 192,
    xfrm: 'hmac(sha384)',
  },
  {
    name: 'HMAC-SHA2-512-256',
    ikev2Id: 14,
    ikev1Id: 7,
    ahId: 7,
    keyBits: 512,
    icvBits: 256,
    strengthBits: 256,
    xfrm: 'hmac(sha512)',
  },
];

export const prfTransforms: readonly PrfTransform[] = [
  { name: 'HMAC-MD5', ikev2Id: 1, ikev1Id: 1, outputBits: 128, strengthBits: 64 },
  { name: 'HMAC-SHA1', ikev2Id: 2, ikev1Id: 2, outputBits: 160, strengthBits: 128 },
  { name: 'HMAC-TIGER', ikev2Id: 3, ikev1Id: 3, outputBits: 192, strengthBits: 128 },
  { name: 'AES128-XCBC', ikev2Id: 4, outputBits: 128, strengthBits: 128 },
  { name: 'HMAC-SHA2-256', ikev2Id: 5, ikev1Id: 4, outputBits: 256, strengthBits: 256 },
  { name: 'HMAC-SHA2-384', ikev2Id: 6, ikev1Id: 5, outputBits: 384, strengthBits: 384 },
  { name: 'HMAC-SHA2-512', ikev2Id: 7, ikev1Id: 6, outputBits: 512, strengthBits: 512 },
  { name: 'AES128-CMAC', ikev2Id: 8, outputBits: 128, strengthBits: 128 },
];

export const keyExchangeTransforms: readonly KeyExchangeTransform[] = [
  { name: 'MODP-768', id: 1, kind: 'MODP', strengthBits: 60, rfc: 'RFC 2409 §6.1' },
  { name: 'MODP-1024', id: 2, kind: 'MODP', strengthBits: 80, rfc: 'RFC 2409 §6.2' },
  { name: 'EC2N-155', id: 3, kind: 'EC2N', strengthBits: 76, rfc: 'RFC 2409 §6.3' },
  { name: 'EC2N-185', id: 4, kind: 'EC2N', strengthBits: 91, rfc: 'RFC 2409 §6.4' },
  { name: 'MODP-1536', id: 5, kind: 'MODP', strengthBits: 96, rfc: 'RFC 3526 §2' },
  { name: 'MODP-2048', id: 14, kind: 'MODP', strengthBits: 112, rfc: 'RFC 3526 §3' },
  { name: 'MODP-3072', id: 15, kind: 'MODP', strengthBits: 128, rfc: 'RFC 3526 §4' },
  { name: 'MODP-4096', id: 16, kind: 'MODP', strengthBits: 150, rfc: 'RFC 3526 §5' },
  { name: 'MODP-6144', id: 17, kind: 'MODP', strengthBits: 170, rfc: 'RFC 3526 §6' },
  { name: 'MODP-8192', id: 18, kind: 'MODP', strengthBits: 192, rfc: 'RFC 3526 §7' },
  { name: 'ECP-256', id: 19, kind: 'ECP', strengthBits: 128, rfc: 'RFC 5903 §3.1' },
  { name: 'ECP-384', id: 20, kind: 'ECP', strengthBits: 192, rfc: 'RFC 5903 §3.2' },
  { name: 'ECP-521', id: 21, kind: 'ECP', strengthBits: 256, rfc: 'RFC 5903 §3.3' },
  { name: 'MODP-1024-S160', id: 22, kind: 'MODP', strengthBits: 80, rfc: 'RFC 5114 §2.1' },
  { name: 'MODP-2048-S224', id: 23, kind: 'MODP', strengthBits: 112, rfc: 'RFC 5114 §2.2' },
  { name: 'MODP-2048-S256', id: 24, kind: 'MODP', strengthBits: 112, rfc: 'RFC 5114 §2.3' },
  { name: 'ECP-192', id: 25, kind: 'ECP', strengthBits: 96, rfc: 'RFC 5114 §2.4' },
  { name: 'ECP-224', id: 26, kind: 'ECP', strengthBits: 112, rfc: 'RFC 5114 §2.5' },
  { name: 'BRAINPOOL-224', id: 27, kind: 'ECP', strengthBits: 112, rfc: 'RFC 6954 §2' },
  { name: 'BRAINPOOL-256', id: 28, kind: 'ECP', strengthBits: 128, rfc: 'RFC 6954 §2' },
  { name: 'BRAINPOOL-384', id: 29, kind: 'ECP', strengthBits: 192, rfc: 'RFC 6954 §2' },
  { name: 'BRAINPOOL-512', id: 30, kind: 'ECP', strengthBits: 256, rfc: 'RFC 6954 §2' },
  { name: 'X25519', id: 31, kind: 'X25519', strengthBits: 128, rfc: 'RFC 8031 §2' },
  { name: 'X448', id: 32, kind: 'X448', strengthBits: 224, rfc: 'RFC 8031 §2' },
  { name: 'ML-KEM-512', id: 35, kind: 'ML-KEM', strengthBits: 128, rfc: 'FIPS 203' },
  { name: 'ML-KEM-768', id: 36, kind: 'ML-KEM', strengthBits: 192, rfc: 'FIPS 203' },
  { name: 'ML-KEM-1024', id: 37, kind: 'ML-KEM', strengthBits: 256, rfc: 'FIPS 203' },
];

const encryptionByName = new Map(encryptionTransforms.map((transform) => [transform.name, transform]));
const authenticationByName = new Map(authenticationTransforms.map((transform) => [transform.name, transform]));
const prfByName = new Map(prfTransforms.map((transform) => [transform.name, transform]));
const keyExchangeById = new Map(keyExchangeTransforms.map((transform) => [transform.id, transform]));

function known<K, V>(table: ReadonlyMap<K, V>, key: K): V {
  const value = table.get(key);
  if (value === undefined) throw new Error(`no transform '${String(key)}' in the table`);
  return value;
}

/** A cipher by its canonical name; a name that is not in the table is a bug of the caller. */
export function encryption(name: string): EncryptionTransform {
  return known(encryptionByName, name);
}

/** An integrity algorithm by its canonical name; as `encryption`. */
export function authentication(name: string): AuthenticationTransform {
  return known(authenticationByName, name);
}

/** A PRF by its canonical name; as `encryption`. */
export function prf(name: string): PrfTransform {
  return known(prfByName, name);
}

/** A key exchange method by its group number, where it is known. */
export function keyExchange(id: number): KeyExchangeTransform | undefined {
  return keyExchangeById.get(id);
}
