import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CapturedPacket, readCapture } from '../../../src/engine/wire/capture.js';
import { decode, toHex } from '../../../src/engine/wire/codec.js';
import { ah, esp, generationOf } from '../../../src/engine/wire/ipsec-headers.js';
import { formatAddress } from '../../../src/model/address.js';
import { sharedMissing } from '../../support/shared.js';
import { type VectorFrame, vectorCaptures } from './vectors.js';

const captures = vectorCaptures();

/** Frames that are first fragments of datagrams whose other fragments never came, or that the capture cut. */
const fragments: Readonly<Record<string, readonly number[]>> = {
  'tcpdump/esp_truncated.pcap': [1],
  'tcpdump/isakmp-ikev1_n_print-oobr.pcap': [1, 3],
  'tcpdump/isakmp-various-oobr.pcap': [1],
  'tcpdump/isakmpv1-attr-oobr.pcap': [1],
};

describe.skipIf(captures.length === 0)(`capture files (skipped where ${sharedMissing})`, () => {
  it.each(captures)('$name has the packets that tshark sees', (capture) => {
    const items = [...readCapture(readFileSync(capture.file))];
    const packets = items.filter((item): item is CapturedPacket => item.kind !== 'fault');
    const expected = capture.frames.filter(({ rawFrameHex }) => rawFrameHex === undefined);
    for (const frame of expected) {
      const found = packets.filter((packet) => packet.frame === frame.frame);
      expect(found.map(summary), `frame ${frame.frame}`).toEqual(summaryOf(frame));
      const isFragment = fragments[capture.name]?.includes(frame.frame) ?? false;
      expect(found.map(({ truncated }) => truncated)).toEqual(found.map(() => isFragment));
    }
    const frames = new Set(expected.map(({ frame }) => frame));
    const unlisted = packets.filter((packet) => packet.kind !== 'keepalive' && !frames.has(packet.frame));
    expect(unlisted.map(summary)).toEqual([]);
  });

  it('packets of today are not taken for those of RFC 1826 and RFC 1827', () => {
    const bySa = new Map<string, Uint8Array[]>();
    for (const capture of captures) {
      for (const item of readCapture(readFileSync(capture.file))) {
        if ((item.kind !== 'ESP' && item.kind !== 'AH') || item.truncated) continue;
        const { spi } = packetOf(item);
        const key = `${capture.name} ${item.kind} ${item.destination} ${spi}`;
        bySa.set(key, [...(bySa.get(key) ?? []), item.octets]);
      }
    }
    const kinds = [...bySa].map(([key, packets]) => ({
      key,
      generation: generationOf(key.includes(' AH ') ? 'AH' : 'ESP', packets),
    }));
    expect(kinds.filter(({ generation }) => generation.kind === 'current').length).toBeGreaterThanOrEqual(10);
    expect(kinds.filter(({ generation }) => generation.kind === 'obsolete')).toEqual([]);
  });
});

function packetOf(item: CapturedPacket): { spi: number; sequenceNumber: number } {
  if (item.kind !== 'ESP' && item.kind !== 'AH') throw new Error(`no ${item.kind} packet has an SPI`);
  const decoding = decode<{ spi: number; sequenceNumber: number }>(item.kind === 'ESP' ? esp : ah, item.octets);
  if (decoding.ok) return decoding.value;
  if (item.octets.length < 4) throw new Error('no SPI');
  return { spi: new DataView(item.octets.buffer, item.octets.byteOffset).getUint32(0), sequenceNumber: -1 };
}

function summary(packet: CapturedPacket): string {
  const ends = `${formatAddress(packet.family, packet.source)} > ${formatAddress(packet.family, packet.destination)}`;
  switch (packet.kind) {
    case 'IKE':
      return `${ends} ${packet.sourcePort} ${packet.destinationPort} IKE ${packet.marker ? '00000000' : ''}${toHex(packet.octets)}`;
    case 'ESP': {
      const { spi, sequenceNumber } = packetOf(packet);
      const ports = packet.sourcePort === undefined ? '' : ` ${packet.sourcePort} ${packet.destinationPort}`;
      return `${ends}${ports} esp ${spi} ${sequenceNumber}`;
    }
    case 'AH': {
      const decoding = decode(ah, packet.octets);
      if (!decoding.ok) throw new Error('AH that does not decode');
      return `${ends} ah ${decoding.value.spi} ${decoding.value.sequenceNumber} ${toHex(decoding.value.icv)}`;
    }
    case 'keepalive':
      return `${ends} keepalive`;
  }
}

function summaryOf(frame: VectorFrame): readonly string[] {
  const ends = `${frame.src} > ${frame.dst}`;
  const ports = frame.udp ? ` ${frame.udp[0]} ${frame.udp[1]}` : '';
  if (frame.udpPayloadHex === 'ff') return [`${ends} keepalive`];
  if (frame.ike) return [`${ends}${ports} IKE ${frame.udpPayloadHex}`];
  return (frame.ipsec ?? []).map(({ proto, spi, sequence, icv }) =>
    proto === 'ah' ? `${ends} ah ${spi} ${sequence} ${icv}` : `${ends}${ports} esp ${spi} ${sequence ?? -1}`,
  );
}
