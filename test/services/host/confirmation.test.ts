/** Changes that wait for being confirmed: what counts as waiting, for how long, and that nothing goes back twice. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { applyPlan, applyRollback, planRollback } from '../../../src/services/apply.js';
import {
  beginWaiting,
  confirm,
  expectConfirmation,
  guard,
  rollBackPending,
  waitForConfirmation,
} from '../../../src/services/confirmation.js';
import { readPending, removePending, timeLeft } from '../../../src/services/state/pending.js';
import { type Bench, bench, dyingBefore, picture, texts } from './support.js';

const minute = 60_000;

/** A host where `texts.changed` waits for so many milliseconds. */
async function waitingHost(millis = minute) {
  const host = bench();
  await host.apply(texts.large);
  const before = picture(host.kernel.state());
  const pending = await host.with(async (session) => {
    const expected = expectConfirmation(session, millis);
    await applyPlan(session, await host.plan(texts.changed, session), '0');
    return beginWaiting(session.folder, expected, millis, process.pid);
  });
  const stateDir = path.join(host.folder, 'state');
  return { host, before, pending, stateDir, options: { stateDir, backend: host.kernel } };
}

const noted = ({ folder }: Bench) => existsSync(path.join(folder, 'state', 'pending.json'));

describe('a change that waits', () => {
  it('is the newest state’s, and nobody else’s', async () => {
    const { host, pending } = await waitingHost();
    expect(await host.with(async (session) => session.pending?.id)).toBe(pending.id);
    expect((await host.with(async (session) => confirm(session))).serial).toBe(2);
    await expect(host.with(async (session) => confirm(session))).rejects.toMatchObject({ code: 'NOTHING_TO_CONFIRM' });
  });

  it('that failed or was never begun does not, and the next writer takes its note away', async () => {
    const host = bench();
    await host.apply(texts.small);
    await host.with(async (session) => expectConfirmation(session, minute));
    expect(noted(host)).toBe(true);
    expect(await host.with(async ({ pending }) => pending)).toBeUndefined();
    expect(noted(host)).toBe(false);
    // Else this would be the state that the note is about.
    await host.apply(texts.large);
    expect(await host.with(async ({ pending }) => pending)).toBeUndefined();
  });

  it('has its time from the kernel: a date that is set a day forward or back changes nothing', async () => {
    const { host, pending, stateDir, options, before } = await waitingHost();
    const now = Date.now();
    for (const jump of [-24 * 60 * minute, 24 * 60 * minute]) {
      vi.spyOn(Date, 'now').mockReturnValue(now + jump);
      try {
        expect(Math.abs(timeLeft(readPending(stateDir)!) - minute)).toBeLessThan(30_000);
        let asked = 0;
        const end = await waitForConfirmation(stateDir, pending, () => {
          asked += 1;
          return asked > 1;
        });
        expect(end).toBe('interrupted');
      } finally {
        vi.restoreAllMocks();
      }
    }
    expect(await rollBackPending(pending, options, 'that is enough', '0')).toMatchObject({ kind: 'undone' });
    expect(withoutIndex(picture(host.kernel.state()))).toEqual(withoutIndex(before));
  });

  it('whose note cannot be renewed on a full disk keeps the time that it had', async () => {
    const host = bench();
    await host.apply(texts.small);
    await host.with(async (session) => {
      const expected = expectConfirmation(session, minute);
      rmSync(session.folder, { recursive: true });
      expect(beginWaiting(session.folder, expected, 2 * minute, 1)).toEqual(expected);
    });
  });
});

describe('its guard', () => {
  const alone = () => true;

  it('goes back when the time is over', async () => {
    const { host, before, pending, options } = await waitingHost(50);
    expect(await guard(pending, options, alone, '0')).toMatchObject({ kind: 'acted', outcome: { kind: 'undone' } });
    expect(withoutIndex(picture(host.kernel.state()))).toEqual(withoutIndex(before));
    expect(noted(host)).toBe(false);
  });

  it('has nothing to do when it is confirmed, or when somebody else went back', async () => {
    const { host, pending, options } = await waitingHost();
    const guarded = guard(pending, options, alone, '0');
    await host.with(async (session) => confirm(session));
    expect(await guarded).toEqual({ kind: 'over' });
  });

  it('does not go back a second time where going back was cut off before the note was gone', async () => {
    const { host, before, pending, options } = await waitingHost(50);
    await host.with(async (session) => applyRollback(session, await planRollback(session, 1), '0'));
    expect(noted(host)).toBe(true);
    expect(await guard(pending, options, alone, '0')).toEqual({ kind: 'over' });
    expect(withoutIndex(picture(host.kernel.state()))).toEqual(withoutIndex(before));
    expect(await waitForConfirmation(options.stateDir, pending, () => false)).toBe('superseded');
  });

  it('takes back at once what was left half done', async () => {
    const host = bench();
    await host.apply(texts.large);
    const before = picture(host.kernel.state());
    const options = { stateDir: path.join(host.folder, 'state'), backend: host.kernel };
    await expect(
      host.on(dyingBefore(host.kernel, 5), async (session) => {
        expectConfirmation(session, 60 * minute);
        return applyPlan(session, await host.plan(texts.changed, session), '0');
      }),
    ).rejects.toThrow('died');
    const now = readPending(options.stateDir)!;
    expect(await guard(now, options, alone, '0')).toMatchObject({ kind: 'acted', outcome: { kind: 'undone' } });
    expect(picture(host.kernel.state())).toEqual(before);
    expect(noted(host)).toBe(false);
  });

  it('leaves the change alone as long as the one who applies lives', async () => {
    const { host, pending, options } = await waitingHost();
    const after = picture(host.kernel.state());
    const guarded = guard(pending, options, () => false, '0');
    await new Promise((done) => setTimeout(done, 300));
    expect(picture(host.kernel.state())).toEqual(after);
    removePending(options.stateDir);
    expect(await guarded).toEqual({ kind: 'over' });
  });
});

/** The kernel may give an entry that comes back another index. */
function withoutIndex(pictures: readonly string[]): readonly string[] {
  return pictures.map((each) => each.replace(/"index":\d+/, '"index":0'));
}
