/**
 * IKE messages: decoding against walking the chain of payloads, which every decoder has to do, against writing the same
 * message again and against the tree for reports; how the cost grows with the octets; captures against copying them.
 */
import { readCapture } from '../src/engine/wire/capture.js';
import type { Header } from '../src/engine/wire/header.js';
import { decodeMessage, encodeMessage, type Ikev2Message, inspectMessage } from '../src/engine/wire/message.js';
import { ikev2Payload } from '../src/engine/wire/payloads/table.js';
import { interleaved, median } from './measure.js';
import type { Benchmark, Row } from './row.js';

const rounds = 15;
const repetitions = 2000;

const header: Header = {
  initiatorSpi: 0x0102030405060708n,
  responderSpi: 0n,
  version: { major: 2, minor: 0 },
  exchangeType: 34,
  flags: 8,
  messageId: 0,
};

/** An IKE_SA_INIT request as daemons send it: some proposals of many transforms, a key, NAT detection. */
function saInit(proposals: number): Ikev2Message {
  const keyLength = (bits: number) => [{ kind: 'TV', type: 14, value: bits } as const];
  const transforms = [
    ...[128, 192, 256].map((bits) => ({ type: 1, id: 12, attributes: keyLength(bits) })),
    ...[12, 13, 14].map((id) => ({ type: 3, id, attributes: [] })),
    ...[5, 6, 7].map((id) => ({ type: 2, id, attributes: [] })),
    ...[31, 19, 20, 21, 14, 15].map((id) => ({ type: 4, id, attributes: [] })),
  ];
  const notify = (type: number, octets: number) =>
    ikev2Payload('N', { protocolId: 0, type, spi: new Uint8Array(), data: new Uint8Array(octets).fill(type & 255) });
  return {
    kind: 'IKEv2',
    header,
    payloads: [
      ikev2Payload('SA', {
        proposals: Array.from({ length: proposals }, (_, index) => ({
          number: (index % 255) + 1,
          protocolId: 1,
          spi: new Uint8Array(),
          transforms,
        })),
      }),
      ikev2Payload('KE', { dhGroup: 31, keyExchangeData: new Uint8Array(32).fill(0xa5) }),
      ikev2Payload('Nonce', { data: new Uint8Array(32).fill(0x5a) }),
      notify(16388, 20),
      notify(16389, 20),
      notify(16430, 0),
      notify(16431, 8),
    ],
  };
}

/** The least that a decoder does: from payload to payload, and from proposal to transform, by their lengths. */
function walk(octets: Uint8Array): number {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let parts = 0;
  let next = octets[16]!;
  for (let at = 28; next !== 0; at += view.getUint16(at + 2)) {
    if (next === 33) {
      const end = at + view.getUint16(at + 2);
      for (let proposal = at + 4; proposal < end; proposal += view.getUint16(proposal + 2)) {
        const proposalEnd = proposal + view.getUint16(proposal + 2);
        for (let transform = proposal + 8; transform < proposalEnd; transform += view.getUint16(transform + 2))
          parts += 1;
      }
    }
    parts += 1;
    next = octets[at]!;
  }
  return parts;
}

const times = (count: number, work: () => unknown) => (): void => {
  for (let index = 0; index < count; index += 1) work();
};

async function messages(): Promise<readonly Row[]> {
  const message = saInit(4);
  const octets = encodeMessage(message);
  const large = encodeMessage(saInit(240));
  const taken = await interleaved(
    {
      walk: times(repetitions, () => walk(octets)),
      decode: times(repetitions, () => decodeMessage(octets)),
      encode: times(repetitions, () => encodeMessage(message)),
      inspect: times(repetitions, () => inspectMessage(octets)),
      decodeLarge: times(repetitions / 40, () => decodeMessage(large)),
    },
    rounds,
  );
  const each = (name: keyof typeof taken, count = repetitions): number => (median(taken[name]) * 1000) / count;
  const decode = each('decode');
  const size = `${octets.length} octets`;
  const growth = Math.log(each('decodeLarge', repetitions / 40) / decode) / Math.log(large.length / octets.length);
  return [
    {
      name: 'decode IKE_SA_INIT',
      value: decode,
      unit: 'µs',
      note: `${size}, ${(octets.length / decode).toFixed(0)} MB/s`,
    },
    { name: 'decoding, against walking its structure', value: decode / each('walk'), unit: 'x', limit: 400 },
    { name: 'encoding, against decoding', value: each('encode') / decode, unit: 'x', limit: 2 },
    { name: 'tree for reports, against decoding', value: each('inspect') / decode, unit: 'x', limit: 8 },
    // 1 is linear.
    { name: `exponent of decoding to ${large.length} octets`, value: growth, unit: '', limit: 1.15 },
  ];
}

/** A pcap file of raw IPv4 packets with one message each. */
function captureOf(message: Uint8Array, count: number): Uint8Array {
  const record = 16 + 20 + 8 + message.length;
  const file = new Uint8Array(24 + count * record);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint32(20, 101);
  for (let index = 0; index < count; index += 1) {
    const at = 24 + index * record;
    view.setUint32(at, index);
    view.setUint32(at + 8, record - 16);
    view.setUint32(at + 12, record - 16);
    file.set([0x45, 0], at + 16);
    view.setUint16(at + 18, record - 16);
    file.set([64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2], at + 24);
    view.setUint16(at + 36, 500);
    view.setUint16(at + 38, 500);
    view.setUint16(at + 40, 8 + message.length);
    file.set(message, at + 44);
  }
  return file;
}

async function captures(): Promise<readonly Row[]> {
  const file = captureOf(encodeMessage(saInit(4)), 20_000);
  let packets = 0;
  const taken = await interleaved(
    {
      copy: () => file.slice().length,
      read: () => {
        packets = 0;
        for (const item of readCapture(file)) if (item.kind === 'IKE') packets += 1;
      },
      decode: () => {
        for (const item of readCapture(file)) if (item.kind === 'IKE') decodeMessage(item.octets);
      },
    },
    7,
  );
  const [copy, read, decode] = [median(taken.copy), median(taken.read), median(taken.decode)];
  const megabytes = file.length / 1e6;
  return [
    {
      name: 'read a capture',
      value: megabytes / (read / 1000),
      unit: 'MB/s',
      note: `${packets} packets, ${megabytes.toFixed(1)} MB`,
    },
    { name: 'reading, against copying the file', value: read / copy, unit: 'x' },
    { name: 'decoding all its messages, against reading', value: decode / read, unit: 'x' },
    { name: 'read and decode', value: packets / (decode / 1000), unit: 'messages/s' },
  ];
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'ike-messages', run: messages },
  { name: 'capture-files', run: captures },
];
