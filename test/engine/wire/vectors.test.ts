import { describe, expect, it } from 'vitest';
import { formatDecodeError, toHex } from '../../../src/engine/wire/codec.js';
import { decodeMessage, encodeMessage, inspectMessage, spiTexts } from '../../../src/engine/wire/message.js';
import { sharedMissing } from '../../support/shared.js';
import { expectedHex, expectedPayloads, ikev2Seen, isakmpSeen, seenHex } from './tshark.js';
import { type VectorMessage, vectorMessages } from './vectors.js';

const messages = vectorMessages();

/** Messages that are broken, and how; every other one must decode. */
const broken: Readonly<Record<string, RegExp>> = {
  'tcpdump/ikev2-id-short.pcap:1':
    /^IDi\.reserved at octet 33: expected 3 octets, found 0 octets left \(RFC 7296 §3\.5\)$/,
  'tcpdump/ikev2pI2-segfault.pcapng:1':
    /^SA\.proposals\[0\]\.transforms\[2\]\.next at octet 56: expected 0 \(last\) or 3 \(more\), found 46 \(RFC 7296 §3\.3\.1\)$/,
  'tcpdump/isakmp-ikev1_n_print-oobr.pcap:1':
    /^header\.length at octet 24: expected a length of at most 65535, found 4278190080/,
  'tcpdump/isakmp-ikev1_n_print-oobr.pcap:3':
    /^header\.length at octet 24: expected a length of at most 65535, found 620756992/,
  'tcpdump/isakmp-various-oobr.pcap:1':
    /^header\.length at octet 24: expected a length of at most 65535, found 2130706432/,
  'tcpdump/isakmpv1-attr-oobr.pcap:1':
    /^header\.length at octet 24: expected a length of at most 65535, found 4293885728/,
  'zeek-spicy-ipsec/ipsec-ikev1-payload-bad-length.pcap:1':
    /^VID\.length at octet 90: expected a length of at least 4, found 3 \(RFC 2408 §3\.2\)$/,
};

/** Whole messages of which tshark shows only a part, because it gives up on something we keep as opaque. */
const partlyShown: ReadonlyMap<string, string> = new Map([
  ['tcpdump/ISAKMP_sa_setup.pcap:3', 'the body of payload 15 is taken for a SAK and the second one is not shown'],
  ['tcpdump/ISAKMP_sa_setup.pcap:4', 'as frame 3'],
]);

const whole = messages.filter(({ name }) => broken[name] === undefined);

describe.skipIf(messages.length === 0)(`captured IKE messages (skipped where ${sharedMissing})`, () => {
  it('are the messages that the list of broken ones was made for', () => {
    expect(messages.length).toBeGreaterThanOrEqual(173);
    expect(Object.keys(broken).filter((name) => !messages.some((message) => message.name === name))).toEqual([]);
  });

  it.each(messages.filter(({ name }) => broken[name] !== undefined))(
    '$name is reported as broken',
    ({ name, octets }) => {
      const decoding = decodeMessage(octets);
      expect(decoding.ok ? 'decoded' : formatDecodeError(decoding.error)).toMatch(broken[name]!);
      // Even then the header is there to answer by.
      expect(decoding.ok || decoding.header !== undefined).toBe(true);
    },
  );

  it.each(whole)('$name encodes to the same octets', ({ octets }) => {
    const decoding = decodeMessage(octets);
    if (!decoding.ok) throw new Error(formatDecodeError(decoding.error));
    expect(toHex(encodeMessage(decoding.message))).toBe(toHex(octets));
  });

  it.each(whole)('$name has the header that tshark shows', ({ octets, header: expected }) => {
    const decoding = decodeMessage(octets);
    if (!decoding.ok) throw new Error(formatDecodeError(decoding.error));
    const { header } = decoding.message;
    const spis = spiTexts(header);
    expect({
      ispi: spis.initiator,
      rspi: spis.responder,
      nextpayload: octets[16],
      version: header.version.major * 16 + header.version.minor,
      exchangetype: header.exchangeType,
      flags: header.flags,
      messageid: header.messageId,
      length: octets.length - (decoding.message.trailing?.length ?? 0),
    }).toEqual(expected);
  });

  it.each(whole)('$name has the payloads and fields that tshark shows', (message) => {
    const { decoding, tree } = inspectMessage(message.octets);
    if (!decoding.ok) throw new Error(formatDecodeError(decoding.error));
    const seen = decoding.message;
    if (seen.kind === 'encrypted ISAKMP') {
      expect(message.encryptedBody).toBe(true);
      return;
    }
    if (seen.kind === 'other version') throw new Error('no capture has another version');
    expect(message.payloads, 'tshark shows payloads').toBeDefined();
    const lengths = tree.slice(1).map(({ length }) => length);
    const ours = seen.kind === 'IKEv2' ? ikev2Seen(seen.payloads, lengths) : isakmpSeen(seen.payloads, lengths);
    const theirs = expectedPayloads(message.payloads!);
    if (partlyShown.has(message.name)) {
      expect(ours.length).toBeGreaterThan(theirs.length);
      expect(ours.slice(0, theirs.length)).toEqual(theirs);
      return;
    }
    expect(ours).toEqual(theirs);
    expect(seenHex(tree, message.octets)).toEqual(expectedHex(message.payloads!));
  });

  it('between them hold payloads of 22 types', () => {
    const types = new Set(whole.flatMap(({ payloads = [] }: VectorMessage) => payloads.map(({ type }) => type)));
    expect([...types].sort((a, b) => a - b)).toEqual([
      1, 4, 5, 6, 7, 9, 10, 11, 13, 15, 20, 33, 34, 37, 38, 40, 41, 43, 46, 53, 130, 132,
    ]);
  });
});
