/** The use case behind `decode`: a capture, or one message, explained packet by packet with the engine's own codec. */

import type { CryptoProvider } from '../../engine/crypto/provider.js';
import { seededRandom } from '../../engine/crypto/random.js';
import { type CapturedPacket, captureFrames, readCapture } from '../../engine/wire/capture.js';
import { toHex } from '../../engine/wire/codec.js';
import { formatAddress } from '../../model/address.js';
import type { DecodeDocument, DecodedPacket, DecodeFault } from '../../report/decode/document.js';
import { loadProvider, type ProviderName } from '../crypto-provider.js';
import type { End } from './explain/seen.js';
import { ikeReader } from './ike-messages.js';
import { readInput } from './input.js';
import { noKeys } from './keys/key-set.js';
import { readKeys } from './keys/read-keys.js';
import { saTable } from './sas.js';

export interface DecodeOptions {
  /** A path, `-`, or hexadecimal digits. */
  readonly input: string;
  /** Files and folders with keys. */
  readonly keys: readonly string[];
  /** `messages`: packets of ESP and AH one by one too; `payloads`: with fields; `bytes`: with octets. */
  readonly detail?: 'messages' | 'payloads' | 'bytes';
  readonly crypto: ProviderName;
}

const nanosPerMilli = 1_000_000;
/** Faults that are told one by one. */
const faultsMax = 1000;

/** Decodes. Throws UsageError for what is no capture and no message, and for keys that cannot be read. */
export async function decodeCapture(options: DecodeOptions): Promise<DecodeDocument> {
  const input = readInput(options.input);
  const keys = options.keys.length > 0 ? readKeys(options.keys) : noKeys;
  const provider: CryptoProvider = await loadProvider(options.crypto, seededRandom('decode'));
  const withFields = options.detail === 'payloads' || options.detail === 'bytes';
  const withOctets = options.detail === 'bytes';
  const ike = ikeReader({ keys, provider, withFields, withOctets });
  const sas = saTable({ keys, provider, one: options.detail !== undefined, withOctets, childSpis: ike.childSpis });
  const packets: DecodedPacket[] = [];
  const faults: DecodeFault[] = [];
  let leftOut = 0;
  let begins: bigint | undefined;
  const since = (nanos: bigint | undefined): { readonly at?: number } => {
    if (nanos === undefined) return {};
    begins ??= nanos;
    return { at: Number(nanos - begins) / nanosPerMilli };
  };
  let frames = 1;
  if (input.kind === 'message') {
    const [from, to] = [unknownEnd(4, input.port), unknownEnd(4, input.port)];
    const {
      source: _,
      destination: __,
      sourcePort: ___,
      destinationPort: ____,
      ...packet
    } = ike.read({
      frame: 1,
      from,
      to,
      octets: input.octets,
      truncated: false,
    });
    packets.push({ ...packet, source: '', destination: '' });
  } else {
    frames = [...captureFrames(input.octets)].filter(({ kind }) => kind === 'frame').length;
    for (const item of readCapture(input.octets)) {
      if (item.kind === 'fault') {
        const { kind: _, ...fault } = item;
        if (faults.length < faultsMax) faults.push(fault);
        else leftOut += 1;
        continue;
      }
      const time = since(item.timestampNanos);
      switch (item.kind) {
        case 'IKE':
          packets.push(...sas.flush());
          packets.push(
            ike.read({ ...ends(item), frame: item.frame, ...time, octets: item.octets, truncated: item.truncated }),
          );
          break;
        case 'ESP':
        case 'AH':
          packets.push(...sas.add(item, time));
          break;
        case 'keepalive':
          if (options.detail !== undefined) packets.push(keepalive(item, time, withOctets));
          break;
      }
    }
    packets.push(...sas.flush());
  }
  const saDocuments = sas.documents();
  const bad = packets.some(({ fault, icv }) => fault !== undefined || icv === 'bad');
  const isEmpty = packets.length === 0;
  return {
    input: {
      name: input.name,
      format: input.kind === 'message' ? 'message' : input.format,
      octets: input.octets.length,
      frames,
    },
    ...(begins === undefined ? {} : { beginsAt: new Date(Number(begins / 1_000_000n)).toISOString() }),
    good: !bad && !isEmpty && faults.length === 0,
    packets,
    ikeSas: input.kind === 'message' ? [] : ike.sas.documents(),
    sas: saDocuments,
    ...(options.keys.length > 0
      ? {
          keys: {
            ikev1: { given: keys.ikev1.length, used: ike.openers.ikev1.used.size },
            ikev2: { given: keys.ikev2.length, used: ike.openers.ikev2.used.size },
            esp: { given: keys.esp.length, used: sas.used.size },
          },
        }
      : {}),
    faults,
    notes: [
      ...(isEmpty && input.kind === 'capture' ? [`no IKE, ESP or AH among ${frames} frames`] : []),
      ...(leftOut > 0 ? [`${leftOut} more faults of the file are not told`] : []),
      ...keyNotes(options.keys.length > 0, packets, saDocuments),
    ],
  };
}

/** What keys would have opened more, or open nothing. */
function keyNotes(hasKeys: boolean, packets: readonly DecodedPacket[], sas: DecodeDocument['sas']): string[] {
  const messages = packets.filter(({ kind, protection }) => kind === 'IKE' && protection === 'sealed').length;
  const espPackets = sas
    .filter(({ protocol, algorithms }) => protocol === 'ESP' && algorithms === undefined)
    .reduce((sum, { packets: count, opened, icv }) => sum + count - opened - icv.bad, 0);
  const parts = [
    ...(messages > 0 ? [`${messages} IKE message${messages === 1 ? '' : 's'}`] : []),
    ...(espPackets > 0 ? [`${espPackets} ESP packet${espPackets === 1 ? '' : 's'}`] : []),
  ];
  if (parts.length === 0) return [];
  return [
    `${parts.join(' and ')} stay${messages + espPackets === 1 ? 's' : ''} encrypted: ${hasKeys ? 'the keys are of other SAs' : 'give keys with --keys'}`,
  ];
}

function ends(item: Extract<CapturedPacket, { readonly kind: 'IKE' }>): { readonly from: End; readonly to: End } {
  const { family, source, destination, sourcePort, destinationPort } = item;
  return {
    from: { address: { family, value: source }, port: sourcePort, text: formatAddress(family, source) },
    to: { address: { family, value: destination }, port: destinationPort, text: formatAddress(family, destination) },
  };
}

function unknownEnd(family: 4 | 6, port: number): End {
  return { address: { family, value: 0 }, port, text: 'the sender' };
}

function keepalive(
  item: Extract<CapturedPacket, { readonly kind: 'keepalive' }>,
  time: { readonly at?: number },
  withOctets: boolean,
): DecodedPacket {
  const { frame, family, source, destination, sourcePort, destinationPort } = item;
  return {
    frame,
    count: 1,
    ...time,
    source: formatAddress(family, source),
    destination: formatAddress(family, destination),
    sourcePort,
    destinationPort,
    kind: 'keepalive',
    title: 'NAT keepalive',
    text: '',
    protection: 'clear',
    details: [],
    remarks: [],
    ...(withOctets ? { octets: toHex(Uint8Array.of(0xff)) } : {}),
  };
}
