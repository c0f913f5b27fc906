/** Distinguished names — X.501 Name, compared as RFC 5280 §7.1 says. */
import type { DnAttribute } from '../../../model/system-config.js';
import { type DerReader, readDer, tags } from '../asn1/der.js';
import { toHex } from '../octets.js';

export interface DistinguishedName {
  /** The Name in DER, as it stands in a certificate and in an ID payload. */
  readonly der: Uint8Array;
  readonly attributes: readonly NameAttribute[];
  /** Equal for names that are the same name. */
  readonly key: string;
}

export interface NameAttribute {
  /** Dotted OBJECT IDENTIFIER. */
  readonly type: string;
  /** Undefined where the value is no text. */
  readonly value?: string;
}

const attributesMax = 128;

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'TITLE',
  '2.5.4.42': 'GN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'EMAILADDRESS',
};

/** The next element as a Name. */
export function readName(reader: DerReader): DistinguishedName {
  const { raw } = reader.element();
  const parsed = parseName(raw);
  if (!parsed) reader.fail('a malformed distinguished name');
  return parsed ?? { der: raw, attributes: [], key: '' };
}

/** A Name in DER (as of an ID payload of type ID_DER_ASN1_DN), or undefined where it is malformed. */
export function parseName(der: Uint8Array): DistinguishedName | undefined {
  const read = readDer(der, (reader) => {
    const attributes: NameAttribute[] = [];
    const relative: string[][] = [];
    const name = reader.sequence();
    while (!name.atEnd) {
      const set = name.set();
      const keys: string[] = [];
      while (!set.atEnd) {
        if (attributes.length === attributesMax) set.fail('too many attributes in a name');
        const pair = set.sequence();
        const type = pair.objectIdentifier();
        const { tag, content, raw } = pair.element();
        pair.end();
        const value = directoryString(tag, content);
        attributes.push({ type, value });
        keys.push(`${type}=${value === undefined ? `#${toHex(raw)}` : folded(value)}`);
      }
      if (keys.length === 0) name.fail('an empty relative distinguished name');
      relative.push(keys.sort());
    }
    return { attributes, key: JSON.stringify(relative) };
  });
  return read.kind === 'value' ? { der, ...read.value } : undefined;
}

/** Case and repeated spaces do not count (RFC 5280 §7.1, RFC 4518). */
function folded(value: string): string {
  return value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a DirectoryString or IA5String. */
export function directoryString(tag: number, content: Uint8Array): string | undefined {
  switch (tag) {
    case tags.utf8String:
      try {
        return utf8.decode(content);
      } catch {
        return undefined;
      }
    case tags.printableString:
    case tags.numericString:
    case tags.ia5String:
      return content.every((octet) => octet < 0x80) ? latin1(content) : undefined;
    case tags.teletexString: // in practice Latin-1
      return latin1(content);
    case tags.bmpString:
      return codeUnits(content, 2);
    case tags.universalString:
      return codeUnits(content, 4);
    default:
      return undefined;
  }
}

/** One character for each octet. */
export function latin1(octets: Uint8Array): string {
  return Array.from(octets, (octet) => String.fromCharCode(octet)).join('');
}

const codePointMax = 0x10ffff;

function codeUnits(content: Uint8Array, width: 2 | 4): string | undefined {
  if (content.length % width !== 0) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let text = '';
  for (let at = 0; at < content.length; at += width) {
    const code = width === 2 ? view.getUint16(at) : view.getUint32(at);
    if (code > codePointMax) return undefined;
    text += width === 2 ? String.fromCharCode(code) : String.fromCodePoint(code);
  }
  return text;
}

/** The attributes by their short names in upper case, or dotted; those that are no text are left out. */
export function nameAttributes(name: DistinguishedName): DnAttribute[] {
  return name.attributes.flatMap(({ type, value }) =>
    value === undefined ? [] : [{ name: shortNames[type] ?? type, value }],
  );
}

/** Has the name every one of these attributes? Case and spaces do not count. */
export function hasAttributes(name: DistinguishedName, wanted: readonly DnAttribute[]): boolean {
  const keys = new Set(nameAttributes(name).map((attribute) => `${attribute.name}=${folded(attribute.value)}`));
  return wanted.every((attribute) => keys.has(`${attribute.name.toUpperCase()}=${folded(attribute.value)}`));
}

/** Are both the same name (RFC 5280 §7.1)? */
export function isSameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.key === b.key;
}

/** Is it the name without attributes, which some end entities have for a subject? */
export function isEmptyName(name: DistinguishedName): boolean {
  return name.attributes.length === 0;
}
