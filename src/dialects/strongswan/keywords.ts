/**
 * The words of strongSwan's proposals: proposal_keywords_static.txt of 5.9.8 and 6.0.0 (libstrongswan/crypto/proposal), with
 * the numbers of crypter.h, signer.h, prf.h and key_exchange.h for what is in nobody's registry.
 */
import { privatePrfs, rareCipher, rareIntegrity } from '../../model/rare-transforms.js';
import {
  type AuthenticationTransform,
  authentication,
  type EncryptionTransform,
  encryption,
  type KeyExchangeTransform,
  keyExchange,
  type PrfTransform,
  prf,
} from '../../model/transform.js';

export type Keyword =
  | { readonly type: 'encryption'; readonly transform: EncryptionTransform }
  | { readonly type: 'integrity'; readonly transform: AuthenticationTransform }
  | { readonly type: 'prf'; readonly transform: PrfTransform }
  | { readonly type: 'key-exchange'; readonly transform: KeyExchangeTransform }
  /** 6.0: a further key exchange in the place 1 to 7 (RFC 9370). */
  | { readonly type: 'additional-key-exchange'; readonly place: number; readonly transform: KeyExchangeTransform }
  | { readonly type: 'esn'; readonly value: 'no-esn' | 'esn' };

/** Key exchange NONE: `none` and `modpnone`, with which a proposal may go without PFS. */
export const noKeyExchange: KeyExchangeTransform = {
  name: 'NONE',
  id: 0,
  kind: 'MODP',
  strengthBits: 0,
  rfc: 'RFC 7296 §3.3.2',
};

function rare(name: string): EncryptionTransform {
  const transform = rareCipher(name);
  if (!transform) throw new Error(`no cipher '${name}' among the rare ones`);
  return transform;
}

function rareMac(name: string): AuthenticationTransform {
  const transform = rareIntegrity(name);
  if (!transform) throw new Error(`no integrity algorithm '${name}' among the rare ones`);
  return transform;
}

function foreignGroup(name: string, id: number): KeyExchangeTransform {
  return { name, id, kind: 'MODP', strengthBits: 0, rfc: 'private use of strongSwan' };
}

const sizes = [128, 192, 256] as const;
const icvs = [
  [8, 64],
  [12, 96],
  [16, 128],
] as const;

function ciphers(): [string, EncryptionTransform][] {
  const found: [string, EncryptionTransform][] = [
    ['null', encryption('NULL')],
    ['des', encryption('DES-CBC')],
    ['3des', encryption('3DES-CBC')],
    ['aes', encryption('AES-CBC-128')],
    ['camellia', encryption('CAMELLIA-CBC-128')],
    ['chacha20poly1305', encryption('CHACHA20-POLY1305')],
    ['chacha20poly1305compat', rare('CHACHA20-POLY1305-256')],
    ['blowfish', encryption('BLOWFISH-CBC')],
    ['blowfish128', encryption('BLOWFISH-CBC')],
    ['blowfish192', rare('BLOWFISH-CBC-192')],
    ['blowfish256', rare('BLOWFISH-CBC-256')],
    ['cast128', encryption('CAST-CBC')],
    ['serpent', rare('SERPENT-CBC-128')],
    ['twofish', rare('TWOFISH-CBC-128')],
  ];
  for (const bits of sizes) {
    found.push(
      [`aes${bits}`, encryption(`AES-CBC-${bits}`)],
      [`aes${bits}ctr`, encryption(`AES-CTR-${bits}`)],
      [`aes${bits}ccm`, encryption(`AES-CCM-16-${bits}`)],
      [`aes${bits}gcm`, encryption(`AES-GCM-16-${bits}`)],
      [`aes${bits}gmac`, encryption(`AES-GMAC-${bits}`)],
      [`camellia${bits}`, encryption(`CAMELLIA-CBC-${bits}`)],
      [`camellia${bits}ctr`, rare(`CAMELLIA-CTR-${bits}`)],
      [`serpent${bits}`, rare(`SERPENT-CBC-${bits}`)],
      [`twofish${bits}`, rare(`TWOFISH-CBC-${bits}`)],
    );
    for (const [octets, icvBits] of icvs) {
      const camellia = rare(`CAMELLIA-CCM-${octets}-${bits}`);
      for (const suffix of [octets, icvBits])
        found.push(
          [`aes${bits}ccm${suffix}`, encryption(`AES-CCM-${octets}-${bits}`)],
          [`aes${bits}gcm${suffix}`, encryption(`AES-GCM-${octets}-${bits}`)],
          [`camellia${bits}ccm${suffix}`, camellia],
        );
    }
  }
  return found;
}

const integrities: readonly [string, AuthenticationTransform][] = [
  ['sha', authentication('HMAC-SHA1-96')],
  ['sha1', authentication('HMAC-SHA1-96')],
  ['sha1_160', rareMac('HMAC-SHA1-160')],
  ['sha256', authentication('HMAC-SHA2-256-128')],
  ['sha2_256', authentication('HMAC-SHA2-256-128')],
  ['sha256_96', rareMac('HMAC-SHA2-256-96')],
  ['sha2_256_96', rareMac('HMAC-SHA2-256-96')],
  ['sha384', authentication('HMAC-SHA2-384-192')],
  ['sha2_384', authentication('HMAC-SHA2-384-192')],
  ['sha512', authentication('HMAC-SHA2-512-256')],
  ['sha2_512', authentication('HMAC-SHA2-512-256')],
  ['md5', authentication('HMAC-MD5-96')],
  ['md5_128', rareMac('HMAC-MD5-128')],
  ['aesxcbc', authentication('AES-XCBC-96')],
  ['camelliaxcbc', rareMac('CAMELLIA-XCBC-96')],
  ['aescmac', authentication('AES-CMAC-96')],
];

const [camelliaPrf] = privatePrfs as [PrfTransform];

const prfs: readonly [string, PrfTransform][] = [
  ['prfsha1', prf('HMAC-SHA1')],
  ['prfsha256', prf('HMAC-SHA2-256')],
  ['prfsha384', prf('HMAC-SHA2-384')],
  ['prfsha512', prf('HMAC-SHA2-512')],
  ['prfmd5', prf('HMAC-MD5')],
  ['prfaesxcbc', prf('AES128-XCBC')],
  ['prfcamelliaxcbc', camelliaPrf],
  ['prfaescmac', prf('AES128-CMAC')],
];

/** The PRF that goes with an integrity algorithm where a proposal names none (integ_prf_map). */
export const prfOfIntegrity: ReadonlyMap<string, PrfTransform> = new Map([
  ['HMAC-SHA1-96', prf('HMAC-SHA1')],
  ['HMAC-SHA1-160', prf('HMAC-SHA1')],
  ['HMAC-SHA2-256-128', prf('HMAC-SHA2-256')],
  ['HMAC-SHA2-384-192', prf('HMAC-SHA2-384')],
  ['HMAC-SHA2-512-256', prf('HMAC-SHA2-512')],
  ['HMAC-MD5-96', prf('HMAC-MD5')],
  ['HMAC-MD5-128', prf('HMAC-MD5')],
  ['AES-XCBC-96', prf('AES128-XCBC')],
  ['CAMELLIA-XCBC-96', camelliaPrf],
  ['AES-CMAC-96', prf('AES128-CMAC')],
]);

const groupNumbers: readonly [string, number][] = [
  ['modp768', 1],
  ['modp1024', 2],
  ['modp1536', 5],
  ['modp2048', 14],
  ['modp3072', 15],
  ['modp4096', 16],
  ['modp6144', 17],
  ['modp8192', 18],
  ['ecp256', 19],
  ['ecp384', 20],
  ['ecp521', 21],
  ['modp1024s160', 22],
  ['modp2048s224', 23],
  ['modp2048s256', 24],
  ['ecp192', 25],
  ['ecp224', 26],
  ['ecp224bp', 27],
  ['ecp256bp', 28],
  ['ecp384bp', 29],
  ['ecp512bp', 30],
  ['curve25519', 31],
  ['x25519', 31],
  ['curve448', 32],
  ['x448', 32],
];

/** Words that came or went between the versions. */
const groupsOf59: readonly [string, KeyExchangeTransform][] = [
  ['ntru112', foreignGroup('NTRU-112', 1030)],
  ['ntru128', foreignGroup('NTRU-128', 1031)],
  ['ntru192', foreignGroup('NTRU-192', 1032)],
  ['ntru256', foreignGroup('NTRU-256', 1033)],
  ['newhope128', foreignGroup('NEWHOPE-128', 1040)],
];
const groupsOf60: readonly [string, KeyExchangeTransform][] = [
  ['gost256', foreignGroup('GOST3410-256', 33)],
  ['gost512', foreignGroup('GOST3410-512', 34)],
  ['mlkem512', group(35)],
  ['mlkem768', group(36)],
  ['mlkem1024', group(37)],
];

function group(id: number): KeyExchangeTransform {
  const transform = keyExchange(id);
  if (!transform) throw new Error(`no group ${id} in the table of transforms`);
  return transform;
}

function table(version: '5.9' | '6.0'): ReadonlyMap<string, Keyword> {
  const words = new Map<string, Keyword>();
  for (const [word, transform] of ciphers()) words.set(word, { type: 'encryption', transform });
  for (const [word, transform] of integrities) words.set(word, { type: 'integrity', transform });
  for (const [word, transform] of prfs) words.set(word, { type: 'prf', transform });
  const groups: [string, KeyExchangeTransform][] = [
    ['none', noKeyExchange],
    ['modpnone', noKeyExchange],
    ['modpnull', foreignGroup('MODP-NULL', 1024)],
    ...groupNumbers.map(([word, id]): [string, KeyExchangeTransform] => [word, group(id)]),
    ...(version === '5.9' ? groupsOf59 : groupsOf60),
  ];
  for (const [word, transform] of groups) {
    words.set(word, { type: 'key-exchange', transform });
    if (version === '5.9') continue;
    for (let place = 1; place <= 7; place += 1)
      words.set(`ke${place}_${word}`, { type: 'additional-key-exchange', place, transform });
  }
  words.set('noesn', { type: 'esn', value: 'no-esn' });
  words.set('esn', { type: 'esn', value: 'esn' });
  return words;
}

const tables = new Map<'5.9' | '6.0', ReadonlyMap<string, Keyword>>();

/** The words that a version knows. They are compared with regard to case. */
export function proposalKeywords(version: '5.9' | '6.0'): ReadonlyMap<string, Keyword> {
  let words = tables.get(version);
  if (!words) {
    words = table(version);
    tables.set(version, words);
  }
  return words;
}

/** The integrity algorithms of AH that are written as ciphers (AES-GMAC). */
export function gmacIntegrity(transform: EncryptionTransform): AuthenticationTransform | undefined {
  if (!transform.name.startsWith('AES-GMAC-')) return undefined;
  return rareIntegrity(`AES-${transform.keyBits}-GMAC`);
}
