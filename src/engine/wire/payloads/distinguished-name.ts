/**
 * Distinguished names for reading — DER of an X.501 Name as RFC 4514 writes it, most specific part first. For reports only:
 * who compares names compares their octets.
 */
import { hexPreview, utf8 } from '../codec.js';

/** Parts that are shown; a name with more is not one that a certificate has. */
const partsMax = 64;

const attributeNames: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.42', 'GN'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** `CN=gw.example.org,O=Example,C=DE`; undefined when the octets are no DER Name. */
export function formatDistinguishedName(der: Uint8Array): string | undefined {
  const name = element(der, 0, der.length);
  if (name?.tag !== 0x30 || name.end !== der.length) return undefined;
  const parts: string[] = [];
  let at = name.start;
  while (at < name.end) {
    const set = element(der, at, name.end);
    if (set?.tag !== 0x31 || parts.length >= partsMax) return undefined;
    const text = formatSet(der, set);
    if (text === undefined) return undefined;
    parts.push(text);
    at = set.end;
  }
  return parts.reverse().join(',');
}

function formatSet(der: Uint8Array, set: Element): string | undefined {
  const attributes: string[] = [];
  let at = set.start;
  while (at < set.end) {
    const sequence = element(der, at, set.end);
    const type = sequence?.tag === 0x30 ? element(der, sequence.start, sequence.end) : undefined;
    const value = sequence && type?.tag === 0x06 ? element(der, type.end, sequence.end) : undefined;
    if (!sequence || !type || !value || value.end !== sequence.end || attributes.length >= partsMax) return undefined;
    const oid = objectIdentifier(der.subarray(type.start, type.end));
    if (oid === undefined) return undefined;
    attributes.push(
      `${attributeNames.get(oid) ?? oid}=${stringValue(value.tag, der.subarray(value.start, value.end))}`,
    );
    at = sequence.end;
  }
  return attributes.length === 0 ? undefined : attributes.join('+');
}

/** One definite-length element that ends by `limit`. */
function element(der: Uint8Array, at: number, limit: number): Element | undefined {
  if (limit - at < 2) return undefined;
  const tag = der[at]!;
  let length = der[at + 1]!;
  let start = at + 2;
  if (length > 0x80 && length <= 0x83) {
    const count = length - 0x80;
    if (limit - start < count) return undefined;
    length = 0;
    for (const octet of der.subarray(start, start + count)) length = length * 256 + octet;
    start += count;
  } else if (length >= 0x80) return undefined;
  return length <= limit - start ? { tag, start, end: start + length } : undefined;
}

function objectIdentifier(octets: Uint8Array): string | undefined {
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of octets) {
    arc = arc * 128 + (octet & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) return undefined;
    if (octet & 0x80) continue;
    if (arcs.length === 0) arcs.push(arc < 80 ? Math.floor(arc / 40) : 2, arc < 80 ? arc % 40 : arc - 80);
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.length === 0 || arc !== 0 ? undefined : arcs.join('.');
}

/** The text of a DirectoryString or IA5String, escaped as RFC 4514 §2.4 says; other types as `#` and hexadecimal. */
function stringValue(tag: number, octets: Uint8Array): string {
  const text = decodeString(tag, octets);
  if (text === undefined || /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(text))
    return `#${hexPreview(octets)}`;
  return text.replace(/["+,;<>\\]/g, (character) => `\\${character}`).replace(/^([ #])|( )$/g, '\\$1$2');
}

function decodeString(tag: number, octets: Uint8Array): string | undefined {
  switch (tag) {
    case 0x0c: // UTF8String
    case 0x13: // PrintableString
    case 0x16: // IA5String
      return utf8(octets);
    case 0x14: // TeletexString, in practice Latin-1
      return String.fromCharCode(...octets.subarray(0, 256));
    case 0x1e: {
      // BMPString
      if (octets.length % 2 !== 0) return undefined;
      let text = '';
      for (let at = 0; at < Math.min(octets.length, 512); at += 2)
        text += String.fromCharCode((octets[at]! << 8) | octets[at + 1]!);
      return text;
    }
    default:
      return undefined;
  }
}
