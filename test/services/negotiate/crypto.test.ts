/** Both cryptographic providers under one dry run: they share no code, and send the same octets. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';

async function run(folder: string, crypto: 'node' | 'noble' | 'both') {
  const { document } = await negotiate({
    systems: [folder],
    further: [],
    initiator: 'A',
    seed: '1',
    beginsAt: new Date('2026-11-01T00:00:00Z'),
    untilMillis: 60_000,
    faults: { nat: [] },
    profiles: [],
    detail: 'bytes',
    crypto,
    suggest: false,
  });
  return document;
}

const golden = (name: string) => path.join('test', 'golden', 'negotiation', name);

describe.each([
  golden('ikev2-x25519-chacha'),
  golden('hpux-host-to-host'),
  golden('hpux-ikev2-certificates'),
  'examples/certificates',
])('%s', (folder) => {
  it('is the same with either', async () => {
    const both = await run(folder, 'both');
    expect(both.good).toBe(true);
    expect(both.notes).toEqual([
      expect.stringMatching(/^OpenSSL and noble send the same \d+ packets, octet for octet$/),
    ]);
    expect((await run(folder, 'noble')).runs).toEqual((await run(folder, 'node')).runs);
  });
});
