/** What there is to decode: a capture file, or one message in hexadecimal. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { isIpFault, parseIp } from '../../engine/ipsec/packet.js';
import { fromHex } from '../../engine/wire/codec.js';
import { looksLikeIke, natTraversalPort, unframeNatTraversal } from '../../engine/wire/framing.js';
import { UsageError } from '../../model/tool-error.js';
import { writePcapng } from '../../report/pcapng.js';

export type DecodeInput =
  | { readonly kind: 'capture'; readonly name: string; readonly format: 'pcap' | 'pcapng'; readonly octets: Uint8Array }
  | { readonly kind: 'message'; readonly name: string; readonly octets: Uint8Array; readonly port: 500 | 4500 };

/** Octets of a capture. */
const captureOctetsMax = 1024 * 1024 * 1024;
/** An IKE header; nothing shorter is a message. */
const headerOctets = 28;
const magics: ReadonlyMap<number, 'pcap' | 'pcapng'> = new Map([
  [0xa1b2c3d4, 'pcap'],
  [0xd4c3b2a1, 'pcap'],
  [0xa1b23c4d, 'pcap'],
  [0x4d3cb2a1, 'pcap'],
  [0x0a0d0d0a, 'pcapng'],
]);

/** A path, `-` for the standard input, or hexadecimal digits. Throws UsageError for what is none of them. */
export function readInput(word: string): DecodeInput {
  if (word === '-') return inputOf('<stdin>', readFileSync(0));
  if (!existsSync(word)) {
    const octets = hexMessage(word);
    if (octets) return messageOf('the given octets', octets);
    const isHexadecimal = /^[0-9a-fA-F\s:]+$/.test(word);
    throw new UsageError(
      isHexadecimal
        ? `'${shortened(word)}' is no file, and too short or with a digit too few for an IKE message`
        : `'${shortened(word)}' is neither a file nor hexadecimal`,
      {
        code: 'NO_SUCH_FILE',
        hints: [
          'Give a pcap or pcapng file, the octets of an IKE message in hexadecimal, or - for the standard input.',
        ],
      },
    );
  }
  return inputOf(word, readFile(word));
}

function readFile(file: string): Uint8Array {
  try {
    const status = statSync(file);
    if (status.isDirectory())
      throw new UsageError(`${file} is a folder`, { code: 'UNREADABLE', hints: ['Name a capture in it.'] });
    if (status.size > captureOctetsMax)
      throw new UsageError(`${file} has ${status.size} octets; at most ${captureOctetsMax} are read`, {
        code: 'UNREADABLE',
        hints: [
          "Take what concerns IPsec out of it: tcpdump -r FILE -w LESS 'udp port 500 or udp port 4500 or esp or ah'.",
        ],
      });
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`cannot read ${file} (${(cause as NodeJS.ErrnoException).code})`, {
      code: 'UNREADABLE',
      cause,
    });
  }
}

/** By what the octets begin with; text of hexadecimal digits is a message, in whatever form people copy it. */
function inputOf(name: string, octets: Uint8Array): DecodeInput {
  if (octets.length === 0) throw new UsageError(`${name} is empty`, { code: 'UNREADABLE' });
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const format = octets.length >= 4 ? magics.get(view.getUint32(0)) : undefined;
  if (format) return { kind: 'capture', name, format, octets };
  if (octets[0] === 0x1f && octets[1] === 0x8b)
    throw new UsageError(`${name} is compressed`, {
      code: 'UNREADABLE',
      hints: [`Decompress it first: gunzip -c ${name} | ipsec decode -`],
    });
  if (looksLikeIke(octets)) return messageOf(name, octets);
  const text = octets.length <= 1_000_000 ? new TextDecoder('latin1').decode(octets) : '';
  const fromText = hexMessage(dumpDigits(text)) ?? hexMessage(text);
  if (fromText) return messageOf(name, fromText);
  throw new UsageError(`${name} is neither a capture (pcap, pcapng) nor an IKE message in hexadecimal`, {
    code: 'UNREADABLE',
  });
}

/** Digits with blanks, colons and `0x` between; undefined where there is anything else, or too little. */
function hexMessage(text: string): Uint8Array | undefined {
  const octets = fromHex(text.replace(/\b0x/gi, '').replace(/[\s:,]/g, ''));
  return octets && octets.length >= headerOctets ? octets : undefined;
}

/** The digits of a dump whose lines begin with offsets, as tcpdump -x, xxd and Wireshark write it; empty for anything else. */
function dumpDigits(text: string): string {
  let digits = '';
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [, offset, rest = ''] = /^\s*(?:0x)?([0-9a-f]{3,8}):?\s+(.*)$/i.exec(line) ?? [];
    const octets = /^(?:[0-9a-f]{2,4} ?)+/i.exec(rest)?.[0];
    // Digits without offsets look alike: only where every line begins at its own octet it is a dump.
    if (octets === undefined || Number.parseInt(offset!, 16) * 2 !== digits.length) return '';
    digits += octets.replace(/ /g, '');
  }
  return digits;
}

/** Octets of port 4500 begin with the non-ESP marker (RFC 3948 §2.2); those of a dump are often a whole IP packet. */
function messageOf(name: string, octets: Uint8Array): DecodeInput {
  if (!looksLikeIke(octets)) {
    const ip = parseIp(octets);
    if (!isIpFault(ip) && ip.octets.length === octets.length) {
      const packets = [{ timestampNanos: 0n, interface: 0, octets }];
      const file = writePcapng({ application: '', interfaces: [name], packets });
      return { kind: 'capture', name, format: 'pcapng', octets: Buffer.concat([...file]) };
    }
  }
  const content = unframeNatTraversal(octets);
  return content.kind === 'IKE'
    ? { kind: 'message', name, octets: content.octets, port: natTraversalPort }
    : { kind: 'message', name, octets, port: 500 };
}

function shortened(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word;
}
