/** A date that jumps, and the daemon's death and return on a real kernel: not one packet goes in the clear meanwhile, and the SAs come back by themselves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestMissing, runInGuest } from '../support/guest.js';
import { plainEnds, type Side } from './kernel/hosts.js';
import { recordsOf } from './kernel/ike-cases.js';
import type { RestartCase, RestartOutcome } from './kernel/play-restart.js';

const missing = guestMissing();
if (missing) console.warn(`the daemon's restart on a kernel with ESP is skipped: ${missing}`);

/** A record that changes the policies without a change to what is protected. */
function moreOf(side: Side): string {
  const { outer } = plainEnds;
  return `add host more -source ${outer[side]} -destination 203.0.113.0/24 -priority 5 -action DISCARD\n`;
}

const cases: readonly RestartCase[] = ([1, 2] as const).map((version) => ({
  name: `IKEv${version}`,
  left: recordsOf('left', version),
  right: recordsOf('right', version),
  more: { left: moreOf('left'), right: moreOf('right') },
}));

describe.skipIf(missing)('the date jumps and the daemon is killed under traffic', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-kernel-'));
  const outcomes = new Map<string, RestartOutcome>();

  beforeAll(async () => {
    const file = path.join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify(cases), { mode: 0o600 });
    await runInGuest('test/interop/kernel/play-restart.ts', [file], {
      timeoutSeconds: 600,
      onLine: (value) => outcomes.set((value as RestartOutcome).name, value as RestartOutcome),
    });
  }, 660_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(cases)('$name: nothing leaves in the clear, and it comes back', ({ name }) => {
    const outcome = outcomes.get(name);
    expect(outcome, 'the guest said nothing of it').toBeDefined();
    const said = JSON.stringify(outcome, undefined, 1);
    expect(outcome, said).toMatchObject({
      up: true,
      clockJumps: [1, -2, 1].map(() => ({ passes: true, rekeyed: true })),
      carriesOn: true,
      backAgain: true,
      blocked: true,
      backFromNothing: true,
      refusal: 'NOT_APPLIED',
      backAfterRefusal: true,
      backAfterReload: true,
    });
    expect(outcome?.fault).toBeUndefined();
    for (const seen of Object.values(outcome?.seen ?? {})) {
      expect(seen, said).toMatchObject({ clear: 0, clearKinds: [] });
      expect(seen.esp).toBeGreaterThan(20);
    }
  });
});
