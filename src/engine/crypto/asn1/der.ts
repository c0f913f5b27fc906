/**
 * A reader of DER (ITU-T X.690 §10 and §11), strict: definite lengths, shortest forms, single-octet tags.
 *
 * It never throws. The first fault sticks: from then on every read gives an empty value and every reader is at its end,
 * so that a description of a structure reads straight on and the fault is looked at once, by `readDer`.
 */
import { toBigInt } from '../octets.js';

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of a context-specific tag. */
export function context(number: number, form: 'primitive' | 'constructed'): number {
  return (form === 'constructed' ? 0xa0 : 0x80) | number;
}

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With its header. */
  readonly raw: Uint8Array;
}

export interface DerReader {
  readonly atEnd: boolean;
  /** The next identifier octet, or undefined at the end. */
  readonly nextTag: number | undefined;
  /** The next element, whatever it is. */
  element(): DerElement;
  /** The content of the next element, which must have this tag. */
  content(tag: number): Uint8Array;
  /** A reader of the next element's content, which must have this tag. */
  enter(tag: number): DerReader;
  /** As `enter`, with the octets of the whole element: what a signature is over. */
  enterRaw(tag: number): { readonly raw: Uint8Array; readonly inner: DerReader };
  /** As `enter`, or undefined where the next element has another tag. */
  optional(tag: number): DerReader | undefined;
  sequence(): DerReader;
  set(): DerReader;
  integer(): bigint;
  /** An INTEGER from 0 to 2^31 - 1. */
  smallInteger(): number;
  boolean(): boolean;
  objectIdentifier(): string;
  octetString(): Uint8Array;
  /** A BIT STRING of whole octets. */
  bitString(): Uint8Array;
  /** A named bit list: is bit `number` set? */
  namedBits(): (number: number) => boolean;
  /** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 restricts them, in milliseconds since 1970. */
  time(): number;
  /** Declares a fault that the structure's description found itself. */
  fail(reason: string): void;
  /** Nothing may follow. */
  end(): void;
}

export type DerResult<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly reason: string };

const depthMax = 24;
const elementOctetsMax = 1 << 20;
const integerOctetsMax = 2049; // a modulus of 16384 bits and its sign
const objectIdentifierOctetsMax = 64;

interface State {
  fault: string | undefined;
}

const nothing = new Uint8Array(0);

/** Reads all of `octets` as `describe` says; nothing may be left over. Longer ones than `octetsMax` are a fault. */
export function readDer<T>(
  octets: Uint8Array,
  describe: (reader: DerReader) => T,
  octetsMax = elementOctetsMax,
): DerResult<T> {
  const state: State = { fault: octets.length > octetsMax ? 'longer than any structure we read' : undefined };
  const reader = derReader(octets, state, 0);
  const value = describe(reader);
  reader.end();
  return state.fault === undefined ? { kind: 'value', value } : { kind: 'fault', reason: state.fault };
}

function derReader(octets: Uint8Array, state: State, depth: number): DerReader {
  let offset = 0;
  if (depth > depthMax) fail('nested too deeply');

  function fail(reason: string): void {
    state.fault ??= reason;
    offset = octets.length;
  }

  function element(): DerElement {
    const start = offset;
    const tag = octets[offset];
    if (state.fault !== undefined || tag === undefined) return failed('an element is missing');
    if ((tag & 0x1f) === 0x1f) return failed('a tag of several octets');
    const header = lengthAt(octets, offset + 1);
    if (!header) return failed('a length that is not in its shortest form');
    const end = header.contentAt + header.length;
    if (end > octets.length) return failed('an element reaches beyond its container');
    offset = end;
    return { tag, content: octets.subarray(header.contentAt, end), raw: octets.subarray(start, end) };
  }

  function failed(reason: string): DerElement {
    fail(reason);
    return { tag: 0, content: nothing, raw: nothing };
  }

  function content(tag: number): Uint8Array {
    const found = element();
    if (state.fault !== undefined) return nothing;
    if (found.tag === tag) return found.content;
    fail(`tag ${hexTag(found.tag)} where ${hexTag(tag)} belongs`);
    return nothing;
  }

  const enter = (tag: number): DerReader => derReader(content(tag), state, depth + 1);
  const nextTag = (): number | undefined => (state.fault === undefined ? octets[offset] : undefined);

  function integer(): bigint {
    const value = content(tags.integer);
    if (state.fault !== undefined) return 0n;
    const shortest = value.length > 0 && !isSignOnly(value);
    if (!shortest || value.length > integerOctetsMax) {
      fail('an INTEGER that is empty, too long or not in its shortest form');
      return 0n;
    }
    const unsigned = toBigInt(value);
    return value[0]! & 0x80 ? unsigned - (1n << BigInt(8 * value.length)) : unsigned;
  }

  function bits(): { unused: number; octets: Uint8Array } {
    const value = content(tags.bitString);
    const unused = value[0] ?? 0;
    const last = value[value.length - 1] ?? 0;
    const valid =
      value.length > 0 &&
      unused < 8 &&
      (value.length > 1 || unused === 0) &&
      !(last & ((1 << unused) - 1) && value.length > 1);
    if (state.fault === undefined && !valid) fail('a malformed BIT STRING');
    return { unused, octets: value.subarray(1) };
  }

  return {
    get atEnd() {
      return nextTag() === undefined;
    },
    get nextTag() {
      return nextTag();
    },
    element,
    content,
    enter,
    enterRaw(tag) {
      const start = offset;
      const inner = enter(tag);
      return { raw: octets.subarray(start, offset), inner };
    },
    optional: (tag) => (nextTag() === tag ? enter(tag) : undefined),
    sequence: () => enter(tags.sequence),
    set: () => enter(tags.set),
    integer,
    smallInteger() {
      const value = integer();
      if (value >= 0n && value < 1n << 31n) return Number(value);
      fail('an INTEGER out of range');
      return 0;
    },
    boolean() {
      const value = content(tags.boolean);
      if (state.fault === undefined && (value.length !== 1 || (value[0] !== 0 && value[0] !== 0xff))) {
        fail('a malformed BOOLEAN');
      }
      return value[0] === 0xff;
    },
    objectIdentifier() {
      const value = content(tags.objectIdentifier);
      const text = value.length <= objectIdentifierOctetsMax ? objectIdentifierText(value) : undefined;
      if (state.fault === undefined && text === undefined) fail('a malformed OBJECT IDENTIFIER');
      return text ?? '';
    },
    octetString: () => content(tags.octetString),
    bitString() {
      const value = bits();
      if (value.unused !== 0) fail('a BIT STRING that is not of whole octets');
      return value.octets;
    },
    namedBits() {
      const value = bits();
      return (number) => ((value.octets[number >> 3] ?? 0) & (0x80 >> (number & 7))) !== 0;
    },
    time() {
      const found = element();
      if (state.fault !== undefined) return 0;
      const millis = timeMillis(found);
      if (millis === undefined) fail('a malformed time');
      return millis ?? 0;
    },
    fail,
    end() {
      if (nextTag() !== undefined) fail('something follows where nothing may');
    },
  };
}

function lengthAt(octets: Uint8Array, at: number): { length: number; contentAt: number } | undefined {
  const first = octets[at];
  if (first === undefined || first === 0x80 || first > 0x84) return undefined;
  if (first < 0x80) return { length: first, contentAt: at + 1 };
  const count = first & 0x7f;
  let length = 0;
  for (let index = 1; index <= count; index += 1) length = length * 256 + (octets[at + index] ?? 0);
  const shortest = length >= 0x80 && length >= 256 ** (count - 1);
  return shortest && at + count < octets.length ? { length, contentAt: at + 1 + count } : undefined;
}

/** Does the first octet only repeat the sign of the second? */
function isSignOnly(value: Uint8Array): boolean {
  return value.length > 1 && ((value[0] === 0 && value[1]! < 0x80) || (value[0] === 0xff && value[1]! >= 0x80));
}

function objectIdentifierText(value: Uint8Array): string | undefined {
  const arcs: bigint[] = [];
  let arc = 0n;
  let begins = true;
  for (const octet of value) {
    if (begins && octet === 0x80) return undefined;
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    begins = octet < 0x80;
    if (begins) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined || !begins) return undefined;
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - 40n * root, ...rest].join('.');
}

/** From this year of two digits on, UTCTime is of the twentieth century (RFC 5280 §4.1.2.5.1). */
const utcTimePivot = 50;

function timeMillis({ tag, content }: DerElement): number | undefined {
  const text = String.fromCharCode(...content.subarray(0, 16));
  const digits = tag === tags.utcTime ? 2 : tag === tags.generalizedTime ? 4 : undefined;
  if (digits === undefined || content.length !== digits + 11) return undefined;
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const fullYear = digits === 4 ? year : year < utcTimePivot ? 2000 + year : 1900 + year;
  const date = new Date(0);
  date.setUTCFullYear(fullYear, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // A day or an hour that does not exist would have moved on to the next one.
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  return exists && minute < 60 && second < 60 ? date.getTime() : undefined;
}

function hexTag(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}
