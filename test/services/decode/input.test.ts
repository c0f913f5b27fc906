/** What people give to be decoded: files, standard input, digits in many forms, and what is none of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/engine/wire/codec.js';
import { UsageError } from '../../../src/model/tool-error.js';
import { decodeCapture } from '../../../src/services/decode/decode.js';
import { readInput } from '../../../src/services/decode/input.js';
import { root } from '../../support/sources.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const example = readFileSync(path.join(root, 'examples', 'faulty', 'capture.pcapng'));

let files = 0;
function fileOf(octets: string | Uint8Array): string {
  const file = path.join(folder, `input-${++files}`);
  writeFileSync(file, octets);
  return file;
}

/** An IKE_SA_INIT response with NO_PROPOSAL_CHOSEN. */
const message = `${'0123456789abcdef'.repeat(2)}292022200000000000000024000000080000000e`;
const pairs = message.match(/../g)!;
const udp = `01f401f4${(8 + pairs.length).toString(16).padStart(4, '0')}0000${message}`;
const ip = `4500${(20 + udp.length / 2).toString(16).padStart(4, '0')}000000004011${'0000'}c0000201c0000202${udp}`;

describe('digits', () => {
  it.each([
    ['alone', message],
    ['with blanks', pairs.join(' ')],
    ['with colons, in capitals', pairs.join(':').toUpperCase()],
    ['with 0x before each octet', pairs.map((pair) => `0x${pair}`).join(', ')],
    ['behind the non-ESP marker', `00000000${message}`],
  ])('%s', async (_, text) => {
    const { packets, good } = await decodeCapture({ input: text, keys: [], crypto: 'node' });
    expect(good).toBe(true);
    expect(packets[0]).toMatchObject({ title: 'IKE_SA_INIT 0 R', text: 'HDR, N(NO_PROPOSAL_CHOSEN)' });
  });

  it.each([
    ['lines of digits', (pairs.join('').match(/.{1,32}/g) ?? []).join('\n')],
    ['xxd', hexDump(pairs, (at) => `${at}: `, '')],
    ['tcpdump -x', hexDump(pairs, (at) => `\t0x${at.slice(4)}:  `, '')],
    ['octets by Wireshark', hexDump(pairs, (at) => `${at.slice(4)}   `, '   .E..')],
    ['xxd with text', hexDump(pairs, (at) => `${at}: `, '  ..text..')],
    ['octets as they are', Buffer.from(message, 'hex')],
  ])('a file of %s', async (_, content) => {
    const { packets } = await decodeCapture({ input: fileOf(content), keys: [], crypto: 'node' });
    expect(packets[0]).toMatchObject({ title: 'IKE_SA_INIT 0 R' });
  });

  it('of a whole IP packet, as a dump has them', async () => {
    const { packets, input } = await decodeCapture({ input: ip, keys: [], crypto: 'node' });
    expect(input.format).toBe('pcapng');
    expect(packets[0]).toMatchObject({ title: 'IKE_SA_INIT 0 R', source: '192.0.2.1', destination: '192.0.2.2' });
  });
});

describe('what is none', () => {
  it.each([
    ['missing.pcap', /^'missing\.pcap' is neither a file nor hexadecimal$/],
    ['0123456789', /is no file, and too short or with a digit too few for an IKE message$/],
    [folder, /is a folder$/],
    [fileOf(''), /is empty$/],
    [fileOf('hello, world\n'), /is neither a capture \(pcap, pcapng\) nor an IKE message in hexadecimal$/],
    [fileOf(gzipSync(example)), /is compressed$/],
    [fileOf(Uint8Array.from({ length: 5000 }, (_, index) => (index * 37) & 0xff)), /is neither a capture/],
  ])('%s', (word, expected) => {
    expect(() => readInput(word)).toThrow(UsageError);
    expect(() => readInput(word)).toThrow(expected);
  });
});

describe('a damaged capture', () => {
  it('is read as far as it goes', async () => {
    for (const length of [5, 30, 100, 500, example.length - 7]) {
      const document = await decodeCapture({ input: fileOf(example.subarray(0, length)), keys: [], crypto: 'node' });
      expect(document.good).toBe(false);
      expect(document.faults.length).toBeGreaterThan(0);
    }
  });

  it('with octets that were changed is told, never thrown', async () => {
    for (let at = 200; at < example.length; at += 97) {
      const octets = Buffer.from(example);
      octets[at]! ^= 0xff;
      const document = await decodeCapture({ input: fileOf(octets), keys: [], crypto: 'node', detail: 'bytes' });
      expect(document.input.octets).toBe(example.length);
    }
  });

  it('without IPsec says so', async () => {
    const header = Buffer.from('a1b2c3d400020004000000000000000000040000000000' + '01', 'hex');
    const document = await decodeCapture({ input: fileOf(header), keys: [], crypto: 'node' });
    expect(document).toMatchObject({ good: false, packets: [], notes: ['no IKE, ESP or AH among 0 frames'] });
  });
});

it('--trace bytes has the very octets', async () => {
  const { packets } = await decodeCapture({ input: message, keys: [], crypto: 'node', detail: 'bytes' });
  expect(packets[0]?.octets).toBe(toHex(Buffer.from(message, 'hex')));
  expect(packets[0]?.fields?.[0]).toEqual({ depth: 0, text: 'header' });
});

function hexDump(octets: readonly string[], offset: (at: string) => string, tail: string): string {
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += 16) {
    const words =
      octets
        .slice(at, at + 16)
        .join('')
        .match(/.{1,4}/g) ?? [];
    lines.push(`${offset(at.toString(16).padStart(8, '0'))}${words.join(' ')}${tail}`);
  }
  return `${lines.join('\n')}\n`;
}
