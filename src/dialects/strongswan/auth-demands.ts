/** The constraints behind `auth = rsa-…`, `ecdsa-…`, `pubkey-…` (add_pubkey_constraints of auth_cfg.c, 5.9.8). */
import type { SignatureDemand, SignatureDemands } from '../../model/signature-demands.js';

type KeyWord = 'rsa' | 'rsa/pss' | 'ecdsa' | 'ed25519' | 'ed448' | 'pubkey' | 'bliss';

const keyWords: ReadonlySet<string> = new Set<KeyWord>([
  'rsa',
  'rsa/pss',
  'ecdsa',
  'ed25519',
  'ed448',
  'pubkey',
  'bliss',
]);

/** Hashes by strongSwan's names; it has signatures of some that have no name here. */
const hashes: Readonly<Record<string, string>> = {
  md5: 'MD5',
  sha1: 'SHA1',
  sha224: 'SHA2-224',
  sha256: 'SHA2-256',
  sha384: 'SHA2-384',
  sha512: 'SHA2-512',
};
/** ECDSA has no signatures of the others. */
const hashesOfEcdsa: ReadonlySet<string> = new Set(['sha1', 'sha256', 'sha384', 'sha512']);
/** The words that follow a key and name no hash, as a table of its own has them. */
const identityWord = 'identity';

/** What the text of `auth` demands, and the words in it that charon ignores. */
export interface AuthDemands {
  readonly demands: SignatureDemands;
  readonly ignored: readonly string[];
}

/** Reads the whole text of `auth`, as `ike:rsa/pss-sha256-rsa-2048`. */
export function readAuthDemands(text: string): AuthDemands {
  const keys: { kind: 'RSA' | 'EC'; bits: number }[] = [];
  const certificates: SignatureDemand[] = [];
  const own: SignatureDemand[] = [];
  const ignored: string[] = [];
  let key: { readonly word: KeyWord; readonly isForIke: boolean } | undefined;
  let expectsBits: 'RSA' | 'EC' | 'other' | undefined;
  for (const token of text.split('-').filter((part) => part !== '')) {
    if (expectsBits) {
      const bits = Number.parseInt(token, 10);
      const kind = expectsBits;
      expectsBits = undefined;
      if (bits) {
        if (kind !== 'other') keys.push({ kind, bits });
        continue;
      }
    }
    const isForIke = token.startsWith('ike:');
    const word = isForIke ? token.slice(4) : token;
    if (keyWords.has(word)) {
      key = { word: word as KeyWord, isForIke };
      expectsBits = word.startsWith('rsa') ? 'RSA' : word === 'ecdsa' ? 'EC' : word === 'bliss' ? 'other' : undefined;
      continue;
    }
    const found = key ? schemesOf(key.word, token) : [];
    if (found === undefined || !key) ignored.push(token);
    else (key.isForIke ? own : certificates).push(...found);
  }
  return { demands: { written: text, keys, certificates, exchange: own.length > 0 ? own : certificates }, ignored };
}

/** The schemes that a word behind a key stands for; undefined where it stands for nothing at all. */
function schemesOf(key: KeyWord, token: string): readonly SignatureDemand[] | undefined {
  const hash = Object.hasOwn(hashes, token) ? hashes[token]! : undefined;
  if (key === 'rsa/pss') return hash === undefined ? undefined : [{ scheme: 'RSASSA-PSS', hash }];
  if (token === identityWord)
    return key === 'pubkey' || key === 'ed25519' || key === 'ed448' ? [{ scheme: 'EdDSA' }] : [];
  if (hash === undefined) return undefined;
  return [
    ...(key === 'pubkey' || key === 'rsa' ? [{ scheme: 'RSASSA-PKCS1-v1_5', hash } as const] : []),
    ...((key === 'pubkey' || key === 'ecdsa') && hashesOfEcdsa.has(token) ? [{ scheme: 'ECDSA', hash } as const] : []),
  ];
}

/** Is anything demanded at all? */
export function hasDemands({ demands: { keys, certificates, exchange } }: AuthDemands): boolean {
  return keys.length + certificates.length + exchange.length > 0;
}
