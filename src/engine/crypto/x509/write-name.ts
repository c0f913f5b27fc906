/** Distinguished names from text — RFC 4514 into the DER of an X.501 Name, for identities that no certificate gives. */

import { tags } from '../asn1/der.js';
import { derElement, derObjectIdentifier, derSequence } from '../asn1/der-writer.js';

/** Attribute types by short names in upper case (RFC 4514 §3, RFC 5280 appendix A.1). */
const types: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  S: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  TITLE: '2.5.4.12',
  T: '2.5.4.12',
  GN: '2.5.4.42',
  G: '2.5.4.42',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  E: '1.2.840.113549.1.9.1',
  EMAIL: '1.2.840.113549.1.9.1',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
};

/** Types whose values are IA5String; C and SERIALNUMBER are PrintableString, all others UTF8String (RFC 5280 §4.1.2.4). */
const ia5: ReadonlySet<string> = new Set(['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1']);
const printable: ReadonlySet<string> = new Set(['2.5.4.5', '2.5.4.6']);
const attributesMax = 128;

/**
 * The Name of `CN=gw.example.org,O=Example,C=DE`, most specific part first; undefined where the text is none. Each part is
 * a relative name of its own.
 */
export function writeName(text: string): Uint8Array | undefined {
  const parts = text.split(/(?<!\\),/);
  if (parts.length > attributesMax) return undefined;
  const relative: Uint8Array[] = [];
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    const type = /^\d+(?:\.\d+)+$/.test(name) ? name : types[name.toUpperCase()];
    const value = part
      .slice(equals + 1)
      .trim()
      .replaceAll(/\\(.)/g, '$1');
    if (equals < 1 || type === undefined || value === '') return undefined;
    const tag = ia5.has(type) ? tags.ia5String : printable.has(type) ? tags.printableString : tags.utf8String;
    const octets = new TextEncoder().encode(value);
    if (tag !== tags.utf8String && octets.some((octet) => octet >= 0x80)) return undefined;
    const pair = derSequence(derObjectIdentifier(type), derElement(tag, octets));
    relative.unshift(derElement(tags.set, pair));
  }
  return derSequence(...relative);
}
