/** SAs of a real kernel whose peer is elsewhere: ends and ports are others; keys, counters and sequence numbers go on. */
import { beforeAll, describe, expect, it } from 'vitest';
import { guestMissing, runInGuest } from '../../../support/guest.js';

const missing = guestMissing();
if (missing) console.warn(`moves of the kernel's SAs are skipped: ${missing}`);

/** What the guest's kernel would ask modprobe for, which not every machine has. */
const modules = 'hmac cbc ctr authenc authencesn echainiv seqiv sha512_generic jitterentropy_rng drbg'.split(' ');

interface Told {
  readonly source: number;
  readonly destination: number;
  readonly ports: readonly [number, number];
  readonly packets: number;
  readonly octets: number;
}

interface Outcome {
  readonly window: number;
  readonly esn: boolean;
  readonly remotePort: number;
  readonly errors: readonly number[];
  readonly before: { readonly sas: readonly [Told, Told]; readonly sent: string };
  readonly after: { readonly sas: readonly [Told, Told]; readonly sent: string; readonly count: number };
  readonly gone: readonly number[];
}

describe.skipIf(missing)('the kernel moves SAs', () => {
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    await runInGuest('test/backends/xfrm/netlink/move-sa-guest.ts', [], {
      timeoutSeconds: 240,
      modules,
      onLine: (value) => outcomes.push(value as Outcome),
    });
  }, 300_000);

  it.each([
    ['to another port', 0, 2, 50_002],
    ['to another port, a wide window', 1, 2, 50_002],
    ['to another port, with ESN', 2, 2, 50_002],
    ['to another address', 3, 3, 50_003],
    ['to another address, with ESN', 4, 3, 50_003],
  ])('%s', (_, index, host, port) => {
    const { errors, before, after, gone } = outcomes[index]!;
    expect(errors).toEqual([0, 0, 0, 0]);
    const [outbound, inbound] = after.sas;
    expect(outbound).toEqual({ ...before.sas[0], destination: host, ports: [4500, port] });
    expect(inbound).toEqual({ ...before.sas[1], source: host, ports: [port, 4500] });
    expect(outbound.packets).toBe(4);
    expect(outbound.octets).toBeGreaterThan(0);
    expect(after.sent).toBe(before.sent);
    expect(after.sent).toMatch(/(^| )0*4( |$)/);
    expect(after.count).toBe(2);
    expect(gone.every((errno) => errno !== 0)).toBe(true);
  });
});
