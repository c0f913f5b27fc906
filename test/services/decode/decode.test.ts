/** Captures of our own dry runs: what was sealed is opened again, and what was agreed or refused is told. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { DecodeDocument } from '../../../src/report/decode/document.js';
import { renderDecode } from '../../../src/report/decode/text.js';
import { decodeCapture } from '../../../src/services/decode/decode.js';
import { root } from '../../support/sources.js';
import { type Captured, captured } from './support.js';

const golden = (name: string) => path.join('test', 'golden', 'negotiation', name);
const made = new Map<string, Promise<Captured>>();
const captureOf = (name: string): Promise<Captured> => {
  let found = made.get(name);
  if (!found) {
    found = captured(golden(name), { initiator: 'A' });
    made.set(name, found);
  }
  return found;
};
afterAll(async () => {
  for (const one of made.values()) (await one).remove();
});

async function decoded(name: string, withKeys = true, crypto: 'node' | 'noble' = 'node'): Promise<DecodeDocument> {
  const { capture, keys } = await captureOf(name);
  return decodeCapture({ input: capture, keys: withKeys && readdirSync(keys).length > 0 ? [keys] : [], crypto });
}

const textOf = (document: DecodeDocument, width = 100): string => [...renderDecode(document, { width })].join('\n');

describe.each(['hpux-host-to-host', 'ikev2-gcm', 'ikev2-wrong-guess', 'hpux-integrity-only', 'hpux-ipv6'])(
  '%s with its keys',
  (name) => {
    it('is opened whole: every message, every ESP packet, every ICV', async () => {
      const document = await decoded(name);
      expect(document.good).toBe(true);
      expect(document.faults).toEqual([]);
      expect(document.notes).toEqual([]);
      const messages = document.packets.filter(({ kind }) => kind === 'IKE');
      expect(messages.filter(({ protection }) => protection === 'opened').length).toBeGreaterThan(2);
      expect(messages.filter(({ protection }) => protection === 'sealed' || protection === 'failed')).toEqual([]);
      expect(document.sas.length).toBeGreaterThan(1);
      for (const { protocol, packets, icv, opened } of document.sas) {
        if (protocol === 'AH') continue;
        expect(icv).toEqual({ good: packets, bad: 0, notJudged: 0 });
        expect(opened).toBe(packets);
      }
      expect(document.ikeSas.every(({ unanswered }) => unanswered.length === 0)).toBe(true);
    });
  },
);

it('noble opens what OpenSSL sealed, to the same words', async () => {
  expect(await decoded('ikev2-gcm', true, 'noble')).toEqual(await decoded('ikev2-gcm'));
});

it('no key is in what is told', async () => {
  const { keys } = await captureOf('ikev2-gcm');
  const told = JSON.stringify(await decoded('ikev2-gcm')) + textOf(await decoded('ikev2-gcm'));
  const tables = ['ikev2_decryption_table', 'esp_sa'].map((file) => readFileSync(path.join(keys, file), 'utf8'));
  const secrets = tables.join('').match(/[0-9a-f]{32,}/g) ?? [];
  expect(secrets.length).toBeGreaterThan(4);
  for (const secret of secrets) expect(told).not.toContain(secret);
});

it('without keys says what stays encrypted, and counts ESP by SAs', async () => {
  const document = await decoded('ikev2-gcm', false);
  expect(document.good).toBe(true);
  expect(document.notes).toHaveLength(1);
  expect(document.notes[0]).toMatch(/^\d+ IKE messages and \d+ ESP packets stay encrypted: give keys with --keys$/);
  expect(document.sas.every(({ icv, packets }) => icv.notJudged === packets)).toBe(true);
});

it('keys of another run open nothing, and say so', async () => {
  const [{ capture }, other] = await Promise.all([captureOf('ikev2-gcm'), captureOf('ikev2-wrong-guess')]);
  const document = await decodeCapture({ input: capture, keys: [other.keys], crypto: 'node' });
  expect(document.keys).toMatchObject({ ikev2: { used: 0 }, esp: { used: 0 } });
  expect(document.notes[0]).toContain('the keys are of other SAs');
});

it('wrong keys of the right SA are told by the ICV', async () => {
  const { capture, keys } = await captureOf('ikev2-gcm');
  const file = path.join(path.dirname(capture), 'wrong');
  const table = readFileSync(path.join(keys, 'ikev2_decryption_table'), 'utf8');
  writeFileSync(
    file,
    table.replace(/,([0-9a-f])([0-9a-f]{20,})/g, (_, digit, rest) => `,${digit === '0' ? '1' : '0'}${rest}`),
  );
  const document = await decodeCapture({ input: capture, keys: [file], crypto: 'node' });
  expect(document.good).toBe(false);
  const wrong = document.packets.filter(({ icv }) => icv === 'bad');
  expect(wrong.length).toBeGreaterThan(2);
  expect(wrong[0]?.fault).toBe('the ICV is wrong: other keys, or a message that was changed');
});

describe('what came of it', () => {
  const remarks = async (name: string): Promise<string[]> =>
    (await decoded(name)).packets.flatMap((packet) => packet.remarks);

  it.each([
    ['fault-group-ikev2', /does not take the only alternative of frame 1; IKE does not say/],
    ['fault-group-ikev1', /does not take the only alternative of frame 1; IKE does not say/],
    ['fault-key-ikev2', /who was refused: ID_IPV4_ADDR 192\.0\.2\.1, proved by shared key/],
    ['fault-key-ikev1', /about frame 5, as it seems: Main Mode of 192\.0\.2\.1/],
    ['fault-selectors-ikev2', /asked for: 192\.0\.2\.1 TCP 49152, .* in transport mode/],
    ['fault-selectors-ikev1', /198\.51\.100\.2 has no policy for exactly that/],
    ['fault-pfs-ikev2', /PFS counts here for the first time: this request has (?:none|one)/],
    ['ikev2-wrong-guess', /wants ECP-256 \(19\), which is offered too: the initiator tries again with it/],
    ['ikev2-wrong-guess', /chosen: number 2 of 2 alternatives: IKE: AES-GCM-16-256/],
    ['hpux-host-to-host', /chosen: ESP: /],
  ])('%s: %s', async (name, pattern) => {
    expect((await remarks(name)).filter((remark) => pattern.test(remark)).length).toBeGreaterThan(0);
  });

  it('a peer’s own offer elsewhere in the capture tells what it would take', async () => {
    const both = await captured(golden('fault-group-ikev2'), { initiator: 'both' });
    const document = await decodeCapture({ input: both.capture, keys: [], crypto: 'node' });
    both.remove();
    const told = document.packets.flatMap((packet) => packet.remarks);
    expect(told).toContainEqual(
      expect.stringMatching(/key exchange group: \S+ is offered, and 192\.0\.2\.1 itself offers \S+ in frame 1$/),
    );
  });

  it('requests without an answer, and how often they were sent', async () => {
    const { capture } = await captureOf('fault-group-ikev2');
    // Only what one side sent: the frames of the other one are cut out of the file.
    const octets = readFileSync(capture);
    const kept = withoutFrames(octets, (packet) => packet[12] === 192);
    const file = path.join(path.dirname(capture), 'one-way.pcapng');
    writeFileSync(file, kept);
    const { ikeSas } = await decodeCapture({ input: file, keys: [], crypto: 'node' });
    expect(ikeSas[0]?.unanswered).toEqual([
      expect.stringMatching(
        /^frame 3: IKE_SA_INIT 0 is not answered, and was sent 3 times: UDP port 500 of 198\.51\.100\.2/,
      ),
    ]);
  });
});

it('the example is what its dry run sends, and is explained', async () => {
  const example = path.join(root, 'examples', 'faulty', 'capture.pcapng');
  const document = await decodeCapture({ input: example, keys: [], crypto: 'node' });
  expect(document.good).toBe(true);
  expect(document.packets).toHaveLength(12);
  expect(textOf(document)).toContain('itself offers MODP-2048 in frame 1');
});

/** A pcapng file with those enhanced packet blocks only whose packet is wanted. */
function withoutFrames(octets: Buffer, isWanted: (packet: Uint8Array) => boolean): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < octets.length; at += octets.readUInt32BE(at + 4)) {
    const block = octets.subarray(at, at + octets.readUInt32BE(at + 4));
    if (octets.readUInt32BE(at) !== 6 || isWanted(block.subarray(28))) blocks.push(block);
  }
  return Buffer.concat(blocks);
}
