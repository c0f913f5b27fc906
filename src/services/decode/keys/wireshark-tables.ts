/**
 * The tables of keys that Wireshark keeps in its configuration folder, and that `negotiate --keys` and strongSwan's save-keys
 * plugin write: lines of values between commas, in quotation marks where they hold one.
 */
import { Secret } from '../../../model/secret.js';
import { UsageError } from '../../../model/tool-error.js';
import { tableNames } from '../../../report/key-tables.js';
import { cipherNamed, integrityNamed } from './algorithms.js';
import {
  type EspKeyEntry,
  hexOctets,
  type Ikev1KeyEntry,
  type Ikev2KeyEntry,
  type KeySet,
  noKeys,
  parseAddressPattern,
  parseSpiPattern,
} from './key-set.js';

export type TableKind = keyof typeof tableNames;

/** Lines of one table. */
const linesMax = 1_000_000;

/** What table a file is by its name, or else by the number of values in its lines; undefined where it is none. */
export function tableKind(name: string, text: string): TableKind | undefined {
  for (const [kind, file] of Object.entries(tableNames)) if (name === file) return kind as TableKind;
  const first = text.split(/\r?\n/).find((line) => !isBlank(line));
  const values = first === undefined ? undefined : splitLine(first);
  switch (values?.length) {
    case 2:
      return 'ikev1';
    case 8:
    case 10:
      return /^ipv[46]$/i.test(values[0]!) ? 'esp' : values.length === 8 ? 'ikev2' : undefined;
    default:
      return undefined;
  }
}

/** Reads a table. Throws UsageError with file and line for what is no entry of it; never shows a key. */
export function readTable(kind: TableKind, text: string, file: string): KeySet {
  const lines = text.split(/\r?\n/);
  if (lines.length > linesMax) throw new UsageError(`${file} has more than ${linesMax} lines`, { code: 'UNREADABLE' });
  const entries = lines.flatMap((line, index) => (isBlank(line) ? [] : [{ line, place: `${file}:${index + 1}` }]));
  switch (kind) {
    case 'ikev1':
      return { ...noKeys, ikev1: entries.map(({ line, place }) => ikev1Entry(valuesOf(line, place, [2]), place)) };
    case 'ikev2':
      return { ...noKeys, ikev2: entries.map(({ line, place }) => ikev2Entry(valuesOf(line, place, [8]), place)) };
    case 'esp':
      return { ...noKeys, esp: entries.map(({ line, place }) => espEntry(valuesOf(line, place, [8, 10]), place)) };
  }
}

function isBlank(line: string): boolean {
  return /^\s*(?:#|$)/.test(line);
}

/** The values of a line; undefined where a quotation mark is not closed. */
export function splitLine(line: string): string[] | undefined {
  const values: string[] = [];
  const value = /\s*(?:"((?:[^"\\]|\\.)*)"|([^",]*?))\s*(,|$)/y;
  for (let at = 0; at <= line.length; at = value.lastIndex) {
    value.lastIndex = at;
    const found = value.exec(line);
    if (!found) return undefined;
    values.push((found[1] ?? found[2] ?? '').replace(/\\(.)/g, '$1'));
    if (found[3] === '') return values;
  }
  return values;
}

function valuesOf(line: string, place: string, counts: readonly number[]): string[] {
  const values = splitLine(line);
  if (!values) throw wrong(place, 'a quotation mark is not closed');
  if (!counts.includes(values.length))
    throw wrong(place, `${values.length} values between commas, and ${counts.join(' or ')} are needed`);
  return values;
}

function wrong(place: string, why: string): UsageError {
  return new UsageError(`${place}: ${why}`, {
    code: 'UNREADABLE',
    hints: [
      `Tables of keys are ${Object.values(tableNames).join(', ')}, as Wireshark keeps them and \`ipsec negotiate --keys\` writes them.`,
    ],
  });
}

export function ikev1Entry([cookie = '', key = '']: readonly string[], place: string): Ikev1KeyEntry {
  return {
    place,
    initiatorCookie: number64(cookie, 'the initiator’s cookie', place),
    encryptionKey: hexKey(key, 'the encryption key', place),
  };
}

export function ikev2Entry(values: readonly string[], place: string): Ikev2KeyEntry {
  const [spiI = '', spiR = '', skEi = '', skEr = '', encryption = '', skAi = '', skAr = '', integrity = ''] = values;
  const keys = {
    skEi: hexKey(skEi, 'SK_ei', place),
    skEr: hexKey(skEr, 'SK_er', place),
    skAi: hexKey(skAi, 'SK_ai', place),
    skAr: hexKey(skAr, 'SK_ar', place),
  };
  const mac = integrityNamed(integrity);
  return {
    place,
    initiatorSpi: number64(spiI, 'the initiator’s SPI', place),
    responderSpi: number64(spiR, 'the responder’s SPI', place),
    encryption: cipherNamed(encryption, keys.skEi.length),
    ...(mac ? { integrity: mac } : {}),
    ...keys,
  };
}

export function espEntry(values: readonly string[], place: string): EspKeyEntry {
  const [
    protocol = '',
    source = '',
    destination = '',
    spi = '',
    encryption = '',
    key = '',
    integrity = '',
    icvKey = '',
  ] = values;
  const [esn, esnHigh] = values.slice(8);
  const family = /^ipv4$/i.test(protocol) ? 4 : /^ipv6$/i.test(protocol) ? 6 : undefined;
  if (!family) throw wrong(place, `the protocol is IPv4 or IPv6, not '${protocol}'`);
  const pattern = (text: string, what: string) => {
    const found = parseAddressPattern(family, text);
    if (!found) throw wrong(place, `the ${what} is no ${protocol} address: '${text}'`);
    return found;
  };
  const spiPattern = parseSpiPattern(spi);
  if (!spiPattern) throw wrong(place, `'${spi}' is no SPI`);
  const encryptionKey = textKey(key, 'the encryption key', place);
  const mac = integrityNamed(integrity);
  return {
    place,
    family,
    source: pattern(source, 'source'),
    destination: pattern(destination, 'destination'),
    spi: spiPattern,
    encryption: cipherNamed(encryption, encryptionKey.length),
    ...(mac ? { integrity: mac } : {}),
    encryptionKey,
    integrityKey: textKey(icvKey, 'the authentication key', place),
    ...(esn !== undefined && /64/.test(esn) ? { esn: { high: Number.parseInt(esnHigh ?? '0', 16) || 0 } } : {}),
  };
}

function number64(text: string, what: string, place: string): bigint {
  if (!/^(?:0x)?[0-9a-f]{16}$/i.test(text)) throw wrong(place, `${what} has 16 hexadecimal digits`);
  return BigInt(`0x${text.replace(/^0x/i, '')}`);
}

function hexKey(text: string, what: string, place: string): Secret {
  const octets = hexOctets(text);
  if (!octets) throw wrong(place, `${what} is not hexadecimal`);
  return new Secret(octets);
}

/** As setkey has it: hexadecimal behind `0x`, else the text itself. */
function textKey(text: string, what: string, place: string): Secret {
  return /^0x/i.test(text) ? hexKey(text, what, place) : Secret.ofText(text);
}
