/** Values of the record language for what a SystemConfig holds; undefined where the dialect has no word. */
import { type Address, type AddressRange, formatAddress, rangePrefixLength } from '../../model/address.js';
import { type Dialect, isIn } from '../../model/language/dialect.js';
import { ranges } from '../../model/language/limits.js';
import {
  type AlgorithmRow,
  groupRows,
  ikev1Encryption,
  ikev1Hash,
  ikev2Encryption,
  ikev2Hash,
  ikev2Prf,
  protocolRows,
  transformRows,
} from '../../model/language/values.js';
import type { Secret } from '../../model/secret.js';
import { anyPort, type Interval } from '../../model/selector/box.js';
import type { ChildProposal, Identity, IdentityPattern, SecretReference } from '../../model/system-config.js';
import type {
  AuthenticationTransform,
  EncryptionTransform,
  KeyExchangeTransform,
  PrfTransform,
} from '../../model/transform.js';

/** `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, and prefixes with `/80` or `/80-90` for ports. */
export function addressWord(range: AddressRange, ports: Interval): string {
  const { family, first, last } = range;
  const length = rangePrefixLength(range);
  const port = ports.lo === anyPort.lo && ports.hi === anyPort.hi ? '' : portWord(ports);
  const text = `${formatAddress(family, first)}${length === undefined ? `-${formatAddress(family, last)}` : `/${length}`}`;
  return port === '' ? text : `${text}/${port}`;
}

function portWord({ lo, hi }: Interval): string {
  return lo === hi ? String(lo) : `${lo}-${hi}`;
}

/** `-remote` takes prefixes only. */
export function prefixWord(range: AddressRange): string | undefined {
  const length = rangePrefixLength(range);
  return length === undefined ? undefined : `${formatAddress(range.family, range.first)}/${length}`;
}

export function hostWord({ family, value }: Address): string {
  return formatAddress(family, value);
}

export function protocolWord(protocol: number, dialect: Dialect): string {
  const row = protocolRows.find(({ number, ...rest }) => number === protocol && isIn(dialect, rest));
  return row?.word ?? String(protocol);
}

/** One transform for each choice of algorithms, with its lifetimes. */
export function transformWords(proposal: ChildProposal, dialect: Dialect): readonly string[] {
  const { protocol, encryption, authentication, lifetimeSeconds, lifetimeKilobytes } = proposal;
  const each = <T>(list: readonly T[]): readonly (T | undefined)[] => (list.length === 0 ? [undefined] : list);
  const life = lifetimes(lifetimeSeconds.value, lifetimeKilobytes.value);
  return each(encryption).flatMap((cipher) =>
    each(cipher?.icvOctets === undefined ? authentication : []).flatMap((hash) => {
      const word = transformWord(protocol, cipher, hash, dialect);
      return word === undefined ? [] : [`${word}${life}`];
    }),
  );
}

/** The word of a transform. */
export function transformWord(
  protocol: 'ESP' | 'AH',
  cipher: EncryptionTransform | undefined,
  hash: AuthenticationTransform | undefined,
  dialect: Dialect,
): string | undefined {
  return transformRows.find(
    (row) =>
      row.protocol === protocol &&
      row.encryption?.name === cipher?.name &&
      row.authentication?.name === hash?.name &&
      isIn(dialect, row),
  )?.word;
}

const usualSeconds = 28_800;

function lifetimes(seconds: number, kilobytes: number): string {
  const within = (value: number, { min, max }: { readonly min: number; readonly max: number }) =>
    value === 0 ? 0 : Math.min(Math.max(value, min), max);
  const [s, k] = [within(seconds, ranges.lifetimeSeconds), within(kilobytes, ranges.lifetimeKilobytes)];
  if (k !== 0) return `/${s}/${k}`;
  return s === usualSeconds ? '' : `/${s}`;
}

function algorithm(table: readonly AlgorithmRow[], name: string, dialect: Dialect): string | undefined {
  return table.find((row) => row.algorithm === name && isIn(dialect, row))?.word;
}

export function ikeCipherWord({ name }: EncryptionTransform, version: 1 | 2, dialect: Dialect): string | undefined {
  return algorithm(version === 1 ? ikev1Encryption : ikev2Encryption, name, dialect);
}

/** `-hash`: of IKEv1 the hash, of IKEv2 the integrity algorithm. */
export function ikeHashWord(
  { name }: PrfTransform | AuthenticationTransform,
  version: 1 | 2,
  dialect: Dialect,
): string | undefined {
  return algorithm(version === 1 ? ikev1Hash : ikev2Hash, name, dialect);
}

export function prfWord({ name }: PrfTransform, dialect: Dialect): string | undefined {
  return algorithm(ikev2Prf, name, dialect);
}

export function groupWord({ id }: KeyExchangeTransform, dialect: Dialect): string | undefined {
  return groupRows.find((row) => row.group === id && isIn(dialect, row))?.word;
}

/** A value with blanks stands in quotes, which is for identities only. */
function quoted(text: string): string | undefined {
  if (text === '' || /["\n\r\\\0]/.test(text)) return undefined;
  return /\s/.test(text) ? `"${text}"` : text;
}

/** `-lid`. */
export function identityWord({ type, value }: Identity): string | undefined {
  if (value === undefined || (type === 'X500-DN' && !isPlainName(value))) return undefined;
  return quoted(value);
}

/** `-rid`; undefined for patterns that the language has no word for. */
export function patternWord(pattern: IdentityPattern): string | undefined {
  switch (pattern.kind) {
    case 'exact':
      return pattern.type === 'X500-DN' && !isPlainName(pattern.value) ? undefined : quoted(pattern.value);
    case 'subtree':
      return `.${pattern.suffix}`;
    case 'addresses': {
      const { family, first, last } = pattern.range;
      if (first === last) return formatAddress(family, first);
      return prefixWord(pattern.range) ?? `${formatAddress(family, first)}-${formatAddress(family, last)}`;
    }
    case 'dn':
      return quoted(pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(','));
    default:
      return undefined;
  }
}

/** The language knows four attributes, and no commas in their values (G0300 p.89). */
function isPlainName(name: string): boolean {
  return name.split(',').every((part) => /^\s*(?:CN|C|O|OU)\s*=\s*[^=\\]+$/i.test(part));
}

/** `-preshared`: text without blanks, or octets; files and variables are words of the extended dialect. */
export function secretWord(reference: SecretReference, dialect: Dialect): string | undefined {
  switch (reference.kind) {
    case 'literal':
      return literalWord(reference.secret);
    case 'file':
      return dialect === 'extended' ? quotedPath(`file:${reference.path}`) : undefined;
    case 'env':
      return dialect === 'extended' ? quotedPath(`env:${reference.variable}`) : undefined;
  }
}

function quotedPath(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text) && !text.includes('\\') ? text : undefined;
}

function literalWord(secret: Secret): string | undefined {
  const octets = secret.reveal();
  if (octets.length === 0) return undefined;
  const text = String.fromCharCode(...octets.slice(0, ranges.presharedLength.max + 1));
  const isPlain =
    octets.length <= ranges.presharedLength.max &&
    /^[A-Za-z0-9][\x21-\x7e]*$/.test(text) &&
    !/^0x|^file:|^env:|["\\]/i.test(text);
  return isPlain ? text : hexWord(secret);
}

/** Octets. */
export function hexWord(secret: Secret): string {
  return `0x${[...secret.reveal()].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}

/** A record's name: 1 to 63 letters, digits, hyphens and underscores, that no other one of its kind has. */
export function recordName(wanted: string, taken: Set<string>): string {
  const cleaned = wanted.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, ranges.nameLength.max);
  const base = /^(?:default)?$/i.test(cleaned) ? `r_${cleaned}` : cleaned;
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `_${number}`;
    const name = `${base.slice(0, ranges.nameLength.max - suffix.length)}${suffix}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** A statement with its arguments, which go on in further lines. */
export function statement(head: string, args: readonly (readonly [name: string, value: string])[]): string {
  const words = args.map(([name, value]) => `-${name} ${value}`);
  const lines: string[] = [head];
  for (const word of words) {
    const last = lines.at(-1)!;
    if (lines.length === 1 ? `${last} ${word}`.length <= lineMax : `${last} ${word}`.length <= lineMax - 4)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(' \\\n    ');
}

const lineMax = 110;
