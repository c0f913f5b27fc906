/** Octets as text. */
import { shownOctetsMax, shownTextMax } from '../limits.js';

const digits = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal, two digits an octet, nothing between. */
export function toHex(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += digits[octet];
  return text;
}

/** The octets of hexadecimal digits; undefined when there is anything else in the text. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const octets = new Uint8Array(text.length / 2);
  for (let index = 0; index < octets.length; index += 1) {
    octets[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  }
  return octets;
}

/** Hexadecimal for a report: long values are shortened and say how long they are. */
export function hexPreview(octets: Uint8Array): string {
  if (octets.length === 0) return 'empty';
  if (octets.length <= shownOctetsMax) return toHex(octets);
  return `${toHex(octets.subarray(0, shownOctetsMax))}… (${octets.length} octets)`;
}

/** How many octets there are, for what a report must not or need not show. */
export function octetCount(octets: Uint8Array): string {
  return octets.length === 1 ? '1 octet' : `${octets.length} octets`;
}

/** Text for a report: what is not printable ASCII or valid UTF-8 is shown as hexadecimal instead. */
export function textPreview(octets: Uint8Array): string {
  if (octets.length === 0) return 'empty';
  const text = octets.length <= shownTextMax ? utf8(octets) : undefined;
  if (text === undefined || /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(text))
    return hexPreview(octets);
  return text;
}

/** The text of valid UTF-8, else undefined. */
export function utf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}
