/**
 * Chains of payloads, each behind a generic header that names the type of the next — RFC 7296 §3.2, RFC 2408 §3.2.
 *
 *   | Next Payload  |C|  RESERVED   |         Payload Length        |
 */

import {
  atEnd,
  closeNode,
  type Fault,
  fail,
  fault,
  grow,
  noScope,
  note,
  octetsText,
  openNode,
  type Reader,
  readField,
  type Writer,
} from './codec/core.js';
import { hexPreview } from './codec/hex.js';
import type { Codec, PayloadDefinition } from './codec.js';
import { rest, shown, u8, u16 } from './codec.js';
import { type IsakmpPayload, isakmpPayloadDefinitions } from './isakmp/table.js';
import { payloadsMax } from './limits.js';
import { encryptedPayloadDefinitions, type Ikev2Payload, ikev2PayloadDefinitions } from './payloads/table.js';
import { payloadTypes } from './registry/ikev2.js';
import { isakmpPayloadTypes } from './registry/isakmp.js';
import type { Registry } from './registry/registry.js';

type Definition = PayloadDefinition<string, unknown>;

/** Any payload of either version, as this file needs to see it. */
interface AnyPayload {
  readonly kind: string;
  readonly number?: number;
  readonly critical?: boolean;
  readonly reserved?: number;
  readonly firstPayload?: number;
  readonly body: unknown;
}

/** How the payloads of a version are chained. */
export interface Chain<P> {
  readonly rfc: string;
  readonly types: Registry;
  readonly byNumber: ReadonlyMap<number, Definition>;
  readonly byKind: ReadonlyMap<string, Definition>;
  /** Types that end the chain, because their Next Payload field names what is inside them. */
  readonly enclosing: ReadonlySet<number>;
  /** Does the first bit of the second octet mean something of its own? */
  readonly hasCriticalBit: boolean;
  readonly nextPayload: Codec<number>;
  readonly flags: Codec<number>;
  /** Never set: it ties the chain to the type of its payloads. */
  readonly payload?: P;
}

const criticalBit = 0x80;

const critical: Codec<number> = shown(u8, (flags) => {
  const bit = flags & criticalBit ? 'yes' : 'no';
  return flags & ~criticalBit ? `${bit}, reserved 0x${(flags & ~criticalBit).toString(16)}` : bit;
});

export const ikev2Chain: Chain<Ikev2Payload> = chainOf({
  rfc: 'RFC 7296 §3.2',
  types: payloadTypes,
  definitions: [...ikev2PayloadDefinitions, ...encryptedPayloadDefinitions],
  enclosing: encryptedPayloadDefinitions.map(({ number }) => number),
  hasCriticalBit: true,
});

export const isakmpChain: Chain<IsakmpPayload> = chainOf({
  rfc: 'RFC 2408 §3.2',
  types: isakmpPayloadTypes,
  definitions: [...isakmpPayloadDefinitions],
  enclosing: [],
  hasCriticalBit: false,
});

function chainOf<P>(chain: {
  rfc: string;
  types: Registry;
  definitions: readonly Definition[];
  enclosing: readonly number[];
  hasCriticalBit: boolean;
}): Chain<P> {
  return {
    rfc: chain.rfc,
    types: chain.types,
    byNumber: new Map(chain.definitions.map((definition) => [definition.number, definition])),
    byKind: new Map(chain.definitions.map((definition) => [definition.kind, definition])),
    enclosing: new Set(chain.enclosing),
    hasCriticalBit: chain.hasCriticalBit,
    nextPayload: shown(u8, (type) => chain.types.describe(type)),
    flags: chain.hasCriticalBit ? critical : u8,
  };
}

const headerOctets = 4;
const opaque: Codec<Uint8Array> = shown(rest(), hexPreview);

/** Reads the payloads that begin with number `first`, up to one whose Next Payload is 0 or that encloses the rest. */
export function readChain<P>(from: Reader, first: number, chain: Chain<P>): P[] | Fault {
  const payloads: AnyPayload[] = [];
  let next = first;
  while (next !== 0) {
    from.rfc = chain.rfc;
    if (payloads.length >= payloadsMax) return fail(from, `at most ${payloadsMax} payloads`, 'more');
    const number = next;
    const definition = chain.byNumber.get(number);
    const name = definition?.kind ?? chain.types.name(number) ?? String(number);
    from.path.push(name);
    const start = from.at;
    const siblings = from.tree;
    const node = siblings && openNode(from, definition ? name : chain.types.describe(number));
    const payload = readPayload(from, number, definition, chain);
    if (node) closeNode(from, node, siblings);
    if (payload === fault) return fault;
    from.path.pop();
    payloads.push(payload);
    next = chain.enclosing.has(number) ? 0 : from.octets[start]!;
  }
  from.rfc = '';
  return payloads as unknown as P[];
}

function readPayload<P>(
  from: Reader,
  number: number,
  definition: Definition | undefined,
  chain: Chain<P>,
): AnyPayload | Fault {
  const start = from.at;
  const chainEnd = from.end;
  const next = readField(from, 'nextPayload', 'next payload', chain.nextPayload, noScope);
  if (next === fault) return fault;
  const flags = readField(from, 'flags', chain.hasCriticalBit ? 'critical' : 'reserved', chain.flags, noScope);
  if (flags === fault) return fault;
  const length = readField(from, 'length', 'length', u16, noScope);
  if (length === fault) return fault;
  if (length < headerOctets || start + length > chainEnd) {
    from.path.push('length');
    const bound = length < headerOctets ? `least ${headerOctets}` : `most ${chainEnd - start}`;
    return fail(from, `a length of at ${bound}`, String(length), start + 2);
  }
  const reservedBits = chain.hasCriticalBit ? flags & ~criticalBit : flags;
  if (reservedBits !== 0) note(from, 'reserved bits are not zero', start + 1);
  from.end = start + length;
  if (definition) from.rfc = definition.rfc;
  const body = definition ? definition.body.read(from, noScope) : readField(from, 'data', 'data', opaque, noScope);
  if (body === fault || !atEnd(from)) return fault;
  from.rfc = chain.rfc;
  from.end = chainEnd;
  const isCritical = (flags & criticalBit) !== 0;
  if (definition && chain.hasCriticalBit && reservedBits === 0 && !chain.enclosing.has(number)) {
    return { kind: definition.kind, critical: isCritical, body };
  }
  const payload = {
    kind: definition?.kind ?? 'unknown',
    ...(definition ? {} : { number }),
    ...(chain.hasCriticalBit ? { critical: isCritical } : {}),
    ...(reservedBits === 0 ? {} : { reserved: reservedBits }),
    ...(chain.enclosing.has(number) ? { firstPayload: next } : {}),
    body,
  };
  // RFC 7296 §3.14, RFC 7383 §2.5: nothing may follow, and there would be no telling what it is.
  if (chain.enclosing.has(number) && from.at !== chainEnd)
    return fail(from, 'nothing behind an encrypted payload', octetsText(chainEnd - from.at));
  return payload;
}

/** The number that names the first of `payloads` in what is before them: 0 for none. */
export function firstPayloadNumber<P>(payloads: readonly P[], chain: Chain<P>): number {
  const first = payloads[0] as AnyPayload | undefined;
  return first ? numberOf(first, chain) : 0;
}

/** Writes payloads, each with its generic header. */
export function writeChain<P>(to: Writer, payloads: readonly P[], chain: Chain<P>): void {
  const all = payloads as readonly unknown[] as readonly AnyPayload[];
  for (let index = 0; index < all.length; index += 1) {
    const payload = all[index]!;
    const following = all[index + 1];
    if (payload.firstPayload !== undefined && following) throw new RangeError(`a payload behind ${payload.kind}`);
    const next = payload.firstPayload ?? (following ? numberOf(following, chain) : 0);
    const start = writePayloadHeader(to, payload, next);
    const definition = chain.byKind.get(payload.kind);
    (definition?.body ?? opaque).write(to, payload.body as Uint8Array, noScope);
    patchPayloadLength(to, start);
  }
}

/** Writes a generic payload header whose length `patchPayloadLength` fills in; returns where it begins. */
export function writePayloadHeader(
  to: Writer,
  payload: { critical?: boolean; reserved?: number },
  next: number,
): number {
  const start = to.at;
  u8.write(to, next, noScope);
  u8.write(to, (payload.critical ? criticalBit : 0) | (payload.reserved ?? 0), noScope);
  grow(to, 2);
  to.view.setUint16(start + 2, 0);
  return start;
}

/** Sets the length of the payload that begins at `start` to all that was written since. */
export function patchPayloadLength(to: Writer, start: number): void {
  const length = to.at - start;
  if (length > 0xffff) throw new RangeError(`a payload of ${length} octets`);
  to.view.setUint16(start + 2, length);
}

function numberOf<P>(payload: AnyPayload, chain: Chain<P>): number {
  const number = chain.byKind.get(payload.kind)?.number ?? payload.number;
  if (number === undefined || number < 1) throw new RangeError(`no payload of kind ${payload.kind}`);
  return number;
}
