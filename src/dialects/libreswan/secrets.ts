/** ipsec.secrets: preshared keys, and which of them is for two identities (ipsec.secrets(5)). */
import type { Origin, Sourced } from '../../model/origin.js';
import { Secret } from '../../model/secret.js';
import type { SourceText } from '../../model/span.js';
import type { SecretReference, SharedSecret } from '../../model/system-config.js';
import { foundFiles, type ReadContext } from '../common/context.js';
import { hide, type Piece, spanOf } from '../common/piece.js';
import { idKey, parseId, patternOf, type WrittenId } from './identities.js';
import type { Flavour } from './options.js';
import { secretsReader } from './secrets-grammar.js';

/** A preshared key with the identities that it is for; none: for everybody. */
export interface PresharedSecret {
  readonly ids: readonly string[];
  readonly hasAny: boolean;
  readonly reference: SecretReference;
  readonly origin: Origin;
  /** The same for where the identities come out later, as those of road warriors. */
  readonly shared: SharedSecret;
}

const includeDepthMax = 16;
const entriesMax = 100_000;

/** Is a text an ipsec.secrets file? */
export function isSecretsFile(source: SourceText): boolean {
  const name = source.path.slice(source.path.lastIndexOf('/') + 1);
  return (
    name.includes('secrets') ||
    /^\s*(?:[^#\n]*\s)?:\s+(?:PSK|RSA|ECDSA|XAUTH|EAP|PIN|P12|NTLM|PPKS?)\b/m.test(source.text)
  );
}

/** Reads the preshared keys of a file and of those that it includes. */
export function readSecrets(root: SourceText, flavour: Flavour, context: ReadContext): PresharedSecret[] {
  const found: PresharedSecret[] = [];
  let entries = 0;
  const readFile = (source: SourceText, depth: number): void => {
    context.sources.push(source);
    for (const { words, colon, values } of secretsReader()(source.text)) {
      entries += 1;
      if (entries > entriesMax) return;
      const [first] = words;
      if (!colon && first?.text === 'include' && words[1]) {
        context.report.supported('include', spanOf(source, first));
        if (depth >= includeDepthMax) context.syntax(source, words[1], 'the file is not read: includes go too deep');
        else for (const file of foundFiles(context, words[1].text, source)) readFile(file, depth + 1);
        continue;
      }
      for (const value of values.slice(1)) hide(source, value);
      const [kind] = values;
      const at = first ?? colon ?? kind;
      if (!at) continue;
      if (!colon || !kind) {
        for (const word of words) hide(source, word);
        if (kind) hide(source, kind);
        context.syntax(source, at, 'an entry is INDICES : KIND SECRET', 'write: 10.0.0.1 10.0.0.2 : PSK "secret"');
        continue;
      }
      readEntry(words, kind, values.slice(1), source);
    }
  };
  const readEntry = (words: readonly Piece[], kind: Piece, values: readonly Piece[], source: SourceText): void => {
    const at = spanOf(source, kind);
    switch (kind.text.toUpperCase()) {
      case 'PSK': {
        const [value] = values;
        const secret = value && secretOf(value);
        if (!secret) {
          context.badValue(
            at,
            'this preshared key cannot be read',
            'write it in double quotes, or as 0x and hexadecimal digits',
          );
          return;
        }
        context.report.supported('PSK', at);
        const ids = words.map((word) => parseId(word.text, flavour));
        const reference: SecretReference = { kind: 'literal', secret };
        const origin: Origin = { kind: 'explicit', at: spanOf(source, value) };
        found.push({
          ids: ids.filter(({ kind: of }) => of !== 'any').map(idKey),
          hasAny: ids.some(({ kind: of }) => of === 'any'),
          reference,
          origin,
          shared: {
            source: { record: { kind: 'secret', name: words.map(({ text }) => text).join(' ') }, at },
            use: 'IKE',
            owners: ids.map((id, index) => ({
              value: patternOf(id),
              origin: { kind: 'explicit', at: spanOf(source, words[index]!) },
            })),
            search: flavour === 'starter' ? 'charon' : 'pluto',
            secret: { value: reference, origin },
          },
        });
        return;
      }
      case 'RSA':
      case 'ECDSA':
      case 'ED25519':
      case 'PKCS8':
      case 'P12':
      case 'PIN':
      case 'PUBKEY':
        context.report.noted(kind.text, at, 'private keys are taken for granted');
        return;
      case 'XAUTH':
      case 'EAP':
      case 'NTLM':
      case 'PPK':
      case 'PPKS':
        context.report.noted(kind.text, at, 'it is for XAUTH, EAP or post-quantum keys, which are not modelled');
        return;
      default:
        // It may be a secret that came too early.
        hide(source, kind);
        context.syntax(
          source,
          kind,
          'the kind of this secret is not known',
          'PSK, RSA, ECDSA, XAUTH and others stand after the colon',
        );
    }
  };
  readFile(root, 0);
  return found;
}

/** Text in quotes as it stands, or octets by the prefixes 0x (hexadecimal), 0s (base64) and 0t (text). */
function secretOf({ text, quoted }: Piece): Secret | undefined {
  if (text === '') return undefined;
  if (quoted) return Secret.ofText(text);
  const body = text.slice(2);
  switch (text.slice(0, 2).toLowerCase()) {
    case '0x': {
      const digits = body.replaceAll('_', '');
      if (digits === '' || digits.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(digits)) return undefined;
      return new Secret(Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
    }
    case '0s': {
      const octets = base64(body);
      return octets && new Secret(octets);
    }
    case '0t':
      return body === '' ? undefined : Secret.ofText(body);
    default:
      return undefined;
  }
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 (RFC 4648 §4), or undefined. */
export function base64(text: string): Uint8Array | undefined {
  const match = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text);
  if (!match || text.length % 4 === 1 || text === '') return undefined;
  const octets: number[] = [];
  let bits = 0;
  let count = 0;
  for (const character of match[1]!) {
    bits = ((bits << 6) | base64Alphabet.indexOf(character)) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      octets.push((bits >> count) & 255);
    }
  }
  return Uint8Array.from(octets);
}

/**
 * The key for two identities: the more of them an entry names, the better it fits; of equals the first counts. An entry
 * that names only the own identity is for every peer, one that names nobody is for everybody.
 */
export function findPreshared(
  secrets: readonly PresharedSecret[],
  local: WrittenId | undefined,
  remote: WrittenId | undefined,
): Sourced<SecretReference> | undefined {
  let best: { readonly score: number; readonly secret: PresharedSecret } | undefined;
  const localKey = local && idKey(local);
  const remoteKey = remote && remote.kind !== 'any' ? idKey(remote) : undefined;
  for (const secret of secrets) {
    const score = fits(secret, localKey, remoteKey);
    if (score > 0 && (!best || score > best.score)) best = { score, secret };
  }
  return best && { value: best.secret.reference, origin: best.secret.origin };
}

/** Pluto's order: nobody 1, %any 2, remote 4, local 8; some sums are no match. */
function fits({ ids, hasAny }: PresharedSecret, local: string | undefined, remote: string | undefined): number {
  if (ids.length === 0 && !hasAny) return 1;
  let match = hasAny ? 2 : 0;
  if (local !== undefined && ids.includes(local)) match |= 8;
  if (remote !== undefined && ids.includes(remote)) match |= 4;
  if (match === 8 && ids.length === 1) match |= 1;
  return [1, 2, 9, 10, 6, 12].includes(match) ? match : 0;
}
