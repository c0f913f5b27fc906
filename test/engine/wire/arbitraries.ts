/** Arbitrary payloads and messages: every value that the codecs can write, odd ones included. */
import fc from 'fast-check';
import type { Header } from '../../../src/engine/wire/header.js';
import { type IsakmpPayload, isakmpPayloadDefinitions } from '../../../src/engine/wire/isakmp/table.js';
import type { Message } from '../../../src/engine/wire/message.js';
import type { Attribute } from '../../../src/engine/wire/payloads/attribute.js';
import {
  encryptedPayloadDefinitions,
  type Ikev2Payload,
  ikev2PayloadDefinitions,
} from '../../../src/engine/wire/payloads/table.js';

/** Plain objects, as decoding makes them. */
export function record<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model as unknown as Record<string, fc.Arbitrary<unknown>>, {
    noNullPrototype: true,
  }) as unknown as fc.Arbitrary<T>;
}

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u24 = fc.nat(0xff_ffff);
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt(0n, (1n << 64n) - 1n);
const u128 = fc.bigInt(0n, (1n << 128n) - 1n);
const octets = (minLength = 0, maxLength = 80) => fc.uint8Array({ minLength, maxLength });

/** A reserved field: absent, as it should be, or some value but zero. */
const odd = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined, freq: 5 });

/** Leaves absent fields away, as decoding does. */
function present<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return record(model).map(
    (value) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T,
  );
}

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  record({ kind: fc.constant('TV' as const), type: fc.nat(0x7fff), value: u16 }),
  record({ kind: fc.constant('TLV' as const), type: fc.nat(0x7fff), value: octets(0, 12) }),
);
const attributes = fc.array(attribute, { maxLength: 4 });

const known = (registered: readonly number[], max: number) => fc.oneof(fc.constantFrom(...registered), fc.nat(max));

const transform = present({
  reserved: odd(0xff),
  type: known([1, 2, 3, 4, 5, 6, 13], 0xff),
  reserved2: odd(0xff),
  id: u16,
  attributes,
});
const proposal = present({
  reserved: odd(0xff),
  number: u8,
  protocolId: known([1, 2, 3], 0xff),
  spi: fc.oneof(octets(0, 0), octets(4, 4), octets(8, 8), octets(0, 40)),
  transforms: fc.array(transform, { maxLength: 5 }),
});

const spis = record({ size: fc.constantFrom(0, 2, 4, 8, 16, 37), count: fc.nat(5) }).chain(({ size, count }) =>
  fc
    .array(octets(size, size), { minLength: size === 0 ? 0 : count, maxLength: size === 0 ? 0 : count })
    .map((list) => ({ size, list })),
);

const id = present({ idType: known([1, 2, 3, 5, 9, 11, 13], 0xff), reserved: odd(0xff_ffff), data: octets() });
const family = (address: fc.Arbitrary<number> | fc.Arbitrary<bigint>) => ({
  ipProtocol: u8,
  startPort: u16,
  endPort: u16,
  startAddress: address as fc.Arbitrary<number>,
  endAddress: address as fc.Arbitrary<number>,
});
const selector = fc.oneof(
  record({ kind: fc.constant('TS_IPV4_ADDR_RANGE'), ...family(u32) }),
  record({ kind: fc.constant('TS_IPV6_ADDR_RANGE'), ...family(u128) }),
  present({
    kind: fc.constant('TS_FC_ADDR_RANGE'),
    reserved: odd(0xff),
    reserved2: odd(0xff),
    startAddress: u24,
    reserved3: odd(0xff),
    endAddress: u24,
    startRoutingControl: u8,
    endRoutingControl: u8,
    startType: u8,
    endType: u8,
  }),
  present({ kind: fc.constant('TS_SECLABEL'), reserved: odd(0xff), label: octets(1) }),
  record({
    kind: fc.constant('unknown'),
    number: u8.filter((type) => type < 7 || type > 10),
    octet: u8,
    data: octets(),
  }),
);
const selectors = present({ reserved: odd(0xff_ffff), selectors: fc.array(selector, { maxLength: 6 }) });

const eapTyped = { identifier: u8, type: u8, data: octets() };
const eapMessage = fc.oneof(
  record({ kind: fc.constantFrom('Request', 'Response'), ...eapTyped }),
  record({ kind: fc.constantFrom('Success', 'Failure'), identifier: u8 }),
  record({
    kind: fc.constant('unknown'),
    number: u8.filter((code) => code < 1 || code > 4),
    identifier: u8,
    data: octets(),
  }),
);

/** A body for each kind of IKEv2 payload that has a codec. */
export const ikev2Bodies = {
  SA: record({ proposals: fc.array(proposal, { maxLength: 4 }) }),
  KE: present({ dhGroup: u16, reserved: odd(0xffff), keyExchangeData: octets(1, 300) }),
  IDi: id,
  IDr: id,
  IDg: id,
  CERT: record({ encoding: u8, data: octets(0, 200) }),
  CERTREQ: record({ encoding: known([4, 12], 0xff), authorities: octets() }),
  AUTH: present({ method: known([1, 2, 14], 0xff), reserved: odd(0xff_ffff), data: octets() }),
  Nonce: record({ data: octets(16, 256) }),
  N: record({
    protocolId: u8,
    type: fc.oneof(fc.integer({ min: 16384, max: 16447 }), u16),
    spi: fc.oneof(octets(0, 0), octets(4, 4), octets(0, 40)),
    data: octets(),
  }),
  D: record({ protocolId: u8, spis }),
  V: record({ vendorId: octets() }),
  TSi: selectors,
  TSr: selectors,
  CP: present({
    cfgType: u8,
    reserved: odd(0xff_ffff),
    attributes: fc.array(record({ type: known([1, 7, 8, 13, 15], 0xffff), value: octets(0, 20) }), { maxLength: 6 }),
  }),
  EAP: record({ message: eapMessage }),
  PS: record({ solution: octets(1) }),
} as const satisfies Record<(typeof ikev2PayloadDefinitions)[number]['kind'], fc.Arbitrary<object>>;

const ikev2Numbers: ReadonlySet<number> = new Set(
  [...ikev2PayloadDefinitions, ...encryptedPayloadDefinitions].map(({ number }) => number),
);

export const ikev2Payload: fc.Arbitrary<Ikev2Payload> = fc.oneof(
  ...Object.entries(ikev2Bodies).map(([kind, body]) =>
    present({
      kind: fc.constant(kind),
      critical: fc.boolean(),
      reserved: odd(0x7f),
      body: body as fc.Arbitrary<object>,
    }),
  ),
  present({
    kind: fc.constant('unknown'),
    number: fc.integer({ min: 1, max: 255 }).filter((number) => !ikev2Numbers.has(number)),
    critical: fc.boolean(),
    reserved: odd(0x7f),
    body: octets(),
  }),
) as unknown as fc.Arbitrary<Ikev2Payload>;

/** SK or SKF, which can only be the last one. */
export const encryptedPayload: fc.Arbitrary<Ikev2Payload> = fc.oneof(
  present({
    kind: fc.constant('SK'),
    critical: fc.boolean(),
    reserved: odd(0x7f),
    firstPayload: u8,
    body: record({ encrypted: octets() }),
  }),
  present({
    kind: fc.constant('SKF'),
    critical: fc.boolean(),
    reserved: odd(0x7f),
    firstPayload: u8,
    body: record({ fragmentNumber: u16, totalFragments: u16, encrypted: octets() }),
  }),
) as unknown as fc.Arbitrary<Ikev2Payload>;

const isakmpTransform = present({
  reserved: odd(0xff),
  number: u8,
  transformId: u8,
  reserved2: odd(0xffff),
  attributes,
});
const isakmpProposal = present({
  reserved: odd(0xff),
  number: u8,
  protocolId: known([1, 2, 3, 4], 0xff),
  spi: fc.oneof(octets(0, 0), octets(4, 4), octets(0, 40)),
  transforms: fc.array(isakmpTransform, { maxLength: 5 }),
});
const proposals = fc.array(isakmpProposal, { maxLength: 3 });

const label = (unitsPerOctet: 1 | 8) =>
  fc.nat(unitsPerOctet * 20).chain((length) => {
    const padded = Math.ceil(length / unitsPerOctet / 4) * 4;
    return present({ length: fc.constant(length), reserved: odd(0xffff), padded: octets(padded, padded) });
  });

const isakmpSa = fc.oneof(
  record({ kind: fc.constant('IPSEC'), situation: u32.map((bits) => bits & ~6 & 0x7fff_ffff), proposals }),
  fc.constantFrom(2, 4, 6).chain((bits) =>
    present({
      kind: fc.constant('IPSEC'),
      situation: fc.constant(bits | 1),
      labeledDomainIdentifier: u32,
      secrecyLevel: bits & 2 ? label(1) : fc.constant(undefined),
      secrecyCategory: bits & 2 ? label(8) : fc.constant(undefined),
      integrityLevel: bits & 4 ? label(1) : fc.constant(undefined),
      integrityCategory: bits & 4 ? label(8) : fc.constant(undefined),
      proposals,
    }),
  ),
  record({ kind: fc.constant('unknown'), number: u32.filter((doi) => doi !== 1), data: octets() }),
);

const originalAddress = present({ idType: u8, reserved: odd(0xff_ffff), address: octets(0, 20) });
const hash = record({ hash: octets(1, 64) });

/** A body for each kind of ISAKMP payload that has a codec. */
export const isakmpBodies = {
  SA: isakmpSa,
  KE: record({ keyExchangeData: octets(1, 300) }),
  ID: record({ idType: known([1, 2, 3, 4, 5, 6, 7, 8, 9], 0xff), protocolId: u8, port: u16, data: octets() }),
  CERT: record({ encoding: u8, data: octets(0, 200) }),
  CR: record({ encoding: u8, authority: octets() }),
  HASH: hash,
  SIG: record({ signature: octets(1, 300) }),
  NONCE: record({ data: octets(8, 300) }),
  N: record({
    doi: u32,
    protocolId: u8,
    type: known([14, 24576, 24577, 36136], 0xffff),
    spi: octets(0, 16),
    data: octets(),
  }),
  D: record({ doi: u32, protocolId: u8, spis }),
  VID: record({ vendorId: octets() }),
  CP: present({
    cfgType: u8,
    reserved: odd(0xff),
    identifier: u16,
    attributes: fc.array(
      fc.oneof(
        attribute,
        attribute.map((each) => ({ ...each, type: 16520 + (each.type % 10) })),
      ),
      { maxLength: 5 },
    ),
  }),
  'NAT-D': hash,
  'NAT-OA': originalAddress,
  'NAT-D-draft': hash,
  'NAT-OA-draft': originalAddress,
  FRAGMENT: record({ fragmentId: u16, fragmentNumber: u8, flags: u8, data: octets(1) }),
} as const satisfies Record<(typeof isakmpPayloadDefinitions)[number]['kind'], fc.Arbitrary<object>>;

const isakmpNumbers: ReadonlySet<number> = new Set(isakmpPayloadDefinitions.map(({ number }) => number));

export const isakmpPayload: fc.Arbitrary<IsakmpPayload> = fc.oneof(
  ...Object.entries(isakmpBodies).map(([kind, body]) =>
    present({ kind: fc.constant(kind), reserved: odd(0xff), body: body as fc.Arbitrary<object> }),
  ),
  present({
    kind: fc.constant('unknown'),
    number: fc.integer({ min: 1, max: 255 }).filter((number) => !isakmpNumbers.has(number)),
    reserved: odd(0xff),
    body: octets(),
  }),
) as unknown as fc.Arbitrary<IsakmpPayload>;

const header = (major: fc.Arbitrary<number>, flags: fc.Arbitrary<number> = u8): fc.Arbitrary<Header> =>
  record({
    initiatorSpi: u64,
    responderSpi: u64,
    version: record({ major, minor: fc.nat(15) }),
    exchangeType: u8,
    flags,
    messageId: u32,
  });

const trailing = fc.option(octets(1, 12), { nil: undefined, freq: 5 });
/** Octets behind the last payload can only be told from a payload when there is one before them. */
const padding = fc.option(octets(1, 12), { nil: undefined, freq: 5 });

/** A whole message of any kind. */
export const message: fc.Arbitrary<Message> = fc.oneof(
  present({
    kind: fc.constant('IKEv2' as const),
    header: header(fc.constant(2)),
    payloads: fc.array(ikev2Payload, { maxLength: 6 }),
    padding,
    trailing,
  }),
  present({
    kind: fc.constant('IKEv2' as const),
    header: header(fc.constant(2)),
    payloads: fc
      .tuple(fc.array(ikev2Payload, { maxLength: 2 }), encryptedPayload)
      .map(([outer, last]) => [...outer, last]),
    trailing,
  }),
  present({
    kind: fc.constant('ISAKMP' as const),
    header: header(
      fc.constant(1),
      u8.map((flags) => flags & 0xfe),
    ),
    payloads: fc.array(isakmpPayload, { maxLength: 6 }),
    padding,
    trailing,
  }),
  present({
    kind: fc.constant('encrypted ISAKMP' as const),
    header: header(
      fc.constant(1),
      u8.map((flags) => flags | 1),
    ),
    firstPayload: u8.filter((number) => number !== 132),
    ciphertext: octets(),
    trailing,
  }),
  present({
    kind: fc.constant('other version' as const),
    header: header(fc.constantFrom(0, 3, 4, 15)),
    firstPayload: u8,
    body: octets(),
    trailing,
  }),
) as unknown as fc.Arbitrary<Message>;
