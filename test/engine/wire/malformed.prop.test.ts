import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, formatDecodeError, inspect, type TreeNode, toHex } from '../../../src/engine/wire/codec.js';
import { looksLikeIke, unframeIke, unframeNatTraversal } from '../../../src/engine/wire/framing.js';
import { ah, ah1826, esp, generationOf } from '../../../src/engine/wire/ipsec-headers.js';
import { isakmpPayloadDefinitions } from '../../../src/engine/wire/isakmp/table.js';
import { decodeMessage, encodeMessage, inspectMessage } from '../../../src/engine/wire/message.js';
import { formatDistinguishedName } from '../../../src/engine/wire/payloads/distinguished-name.js';
import { identityText, isakmpIdentityText } from '../../../src/engine/wire/payloads/identity-text.js';
import { notifyDataCodec } from '../../../src/engine/wire/payloads/notify-data.js';
import { ikev2PayloadDefinitions } from '../../../src/engine/wire/payloads/table.js';
import { notifyTypes } from '../../../src/engine/wire/registry.js';
import { message } from './arbitraries.js';
import { stepsMax } from './steps.js';

const anyOctets = fc.uint8Array({ maxLength: 400 });

/** Damage as it comes: octets changed, cut off, put in, or a length field set to something. */
const damage = fc.array(
  fc.record({ how: fc.constantFrom('change', 'cut', 'insert', 'length'), at: fc.nat(600), value: fc.nat(0xffff) }),
  { minLength: 1, maxLength: 4 },
);

const damaged = fc.tuple(message, damage).map(([value, changes]) => {
  let octets = encodeMessage(value);
  for (const { how, at: place, value: number } of changes) {
    const at = octets.length === 0 ? 0 : place % octets.length;
    if (how === 'cut') octets = octets.slice(0, at);
    else if (how === 'insert') octets = Uint8Array.of(...octets.subarray(0, at), number & 255, ...octets.subarray(at));
    else if (how === 'change' && octets.length > 0) octets[at] = number & 255;
    else if (how === 'length' && octets.length >= at + 2) octets.set([number >> 8, number & 255], at);
  }
  // Most damage makes the header's length wrong; mend it half of the time, so that what is inside gets looked at.
  if (octets.length >= 28 && changes[0]!.value % 2 === 0) new DataView(octets.buffer).setUint32(24, octets.length);
  return octets;
});

function holds(octets: Uint8Array): void {
  const decoding = decodeMessage(octets);
  const inspected = inspectMessage(octets);
  expect(inspected.decoding).toStrictEqual(decoding);
  expect(inspected.steps).toBeLessThanOrEqual(stepsMax(octets.length));
  checkTree(inspected.tree, 0, octets.length);
  if (decoding.ok) {
    // Nothing is lost: whatever can be decoded can be written again as it came.
    expect(toHex(encodeMessage(decoding.message))).toBe(toHex(octets));
    return;
  }
  const { error } = decoding;
  expect(error.offset).toBeGreaterThanOrEqual(0);
  expect(error.offset).toBeLessThanOrEqual(octets.length);
  expect(error.expected).not.toBe('');
  expect(error.found).not.toBe('');
  expect(error.path.length).toBeGreaterThan(0);
  expect(error.rfc).not.toBe('');
  expect(formatDecodeError(error)).toContain(`at octet ${error.offset}: expected`);
}

function checkTree(nodes: readonly TreeNode[], start: number, end: number): void {
  for (const node of nodes) {
    expect(node.offset).toBeGreaterThanOrEqual(start);
    expect(node.offset + node.length).toBeLessThanOrEqual(end);
    checkTree(node.children, node.offset, node.offset + node.length);
  }
}

describe('whatever the octets are', () => {
  it('a message or an error comes of them', () => {
    fc.assert(fc.property(anyOctets, holds), { numRuns: 500 });
  });

  it('a message or an error comes of a message that was damaged', () => {
    fc.assert(fc.property(damaged, holds), { numRuns: 1500 });
  });

  it('every payload body decodes or says why not', () => {
    const bodies = [...ikev2PayloadDefinitions, ...isakmpPayloadDefinitions].map(({ body }) => body);
    fc.assert(
      fc.property(anyOctets, fc.constantFrom(...bodies), (octets, body) => {
        const decoding = decode<unknown>(body, octets);
        expect(inspect<unknown>(body, octets).decoding).toStrictEqual(decoding);
      }),
      { numRuns: 1000 },
    );
  });

  it('notification data, ESP and AH decode or say why not', () => {
    const types = Object.values(notifyTypes.number);
    fc.assert(
      fc.property(anyOctets, fc.constantFrom(...types), (octets, type) => {
        const codec = notifyDataCodec(type);
        if (codec) inspect(codec, octets);
        inspect(esp, octets);
        inspect(ah, octets);
        inspect(ah1826, octets);
        generationOf('AH', [octets, octets.subarray(1)]);
        unframeIke(octets);
        unframeNatTraversal(octets);
        looksLikeIke(octets);
      }),
    );
  });

  it('identities have some text', () => {
    fc.assert(
      fc.property(anyOctets, fc.nat(14), (octets, type) => {
        expect(identityText(type, octets)).not.toBe('');
        expect(isakmpIdentityText(type, octets)).not.toBe('');
        formatDistinguishedName(octets);
        formatDistinguishedName(Uint8Array.of(0x30, octets.length & 0x7f, ...octets.subarray(0, octets.length & 0x7f)));
      }),
    );
  });
});
