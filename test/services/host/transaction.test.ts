/** All or nothing: failures, crashes and interruptions at every step of changes that add, change and remove. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import type { createFakeKernel } from '../../../src/backends/fake/fake-kernel.js';
import { isOpen } from '../../../src/backends/order.js';
import { EnvironmentError, errno } from '../../../src/model/tool-error.js';
import { applyPlan, applyRollback, planRollback, resume, undoUnfinished } from '../../../src/services/apply.js';
import { bench, dyingBefore, key16, key32, otherKey16, picture, texts, withoutIndex } from './support.js';

const moves = [
  ['from nothing', '', texts.large],
  ['to nothing', texts.large, ''],
  ['more', texts.small, texts.large],
  ['less', texts.large, texts.small],
  ['other order, other keys, other fates', texts.large, texts.changed],
] as const;

/** How many steps a move takes. */
async function stepsOf(from: string, to: string): Promise<number> {
  const host = bench();
  if (from !== '') await host.apply(from);
  return host.with(async (session) => (await host.plan(to, session)).plan.changes.length);
}

describe.each(moves)('a change %s', (_name, from, to) => {
  it('leads to what the records say, and back', async () => {
    const host = bench();
    if (from !== '') await host.apply(from);
    const before = picture(host.kernel.state());
    expect((await host.apply(to)).kind).toBe('done');
    const after = picture(host.kernel.state());
    expect(after).not.toEqual(before);
    // Once more: there is nothing left to do.
    expect(await host.apply(to)).toMatchObject({ kind: 'done', steps: 0 });
    const outcome = await host.with(async (session) => applyRollback(session, await planRollback(session, 1), '0'));
    expect(outcome.kind).toBe('done');
    expect(withoutIndex(picture(host.kernel.state()))).toEqual(withoutIndex(before));
  });

  it('is undone when a step fails, whichever it is', async () => {
    const steps = await stepsOf(from, to);
    expect(steps).toBeGreaterThan(2);
    for (let failing = 0; failing < steps; failing += 1) {
      let armed = false;
      let operation = 0;
      const host = bench({
        fails: () => {
          if (!armed) return undefined;
          operation += 1;
          return operation === failing + 1 ? { code: 'ENOMEM', message: 'Cannot allocate memory' } : undefined;
        },
      });
      if (from !== '') await host.apply(from);
      const before = picture(host.kernel.state());
      armed = true;
      const outcome = await host.apply(to);
      expect(outcome).toMatchObject({ kind: 'undone', why: expect.stringContaining('Cannot allocate memory') });
      expect(picture(host.kernel.state())).toEqual(before);
      expect(await host.with(async ({ journal }) => journal)).toBeUndefined();
    }
  });

  it('comes to its old or its new state after a crash at any step', async () => {
    const steps = await stepsOf(from, to);
    for (let crashing = 0; crashing <= steps; crashing += 1) {
      for (const direction of ['forward', 'back'] as const) {
        const host = bench();
        if (from !== '') await host.apply(from);
        const before = picture(host.kernel.state());
        await expect(host.applyOn(dyingBefore(host.kernel, crashing), to)).rejects.toThrow('died');
        const outcome = await host.with((session) =>
          direction === 'forward' ? resume(session) : undoUnfinished(session),
        );
        expect(outcome.kind).toBe(direction === 'forward' ? 'done' : 'undone');
        if (direction === 'back') expect(picture(host.kernel.state())).toEqual(before);
        else expect(await host.apply(to)).toMatchObject({ kind: 'done', steps: 0 });
        expect(await host.with(async ({ journal }) => journal)).toBeUndefined();
      }
    }
  });

  it('is taken back when it is interrupted', async () => {
    const host = bench();
    if (from !== '') await host.apply(from);
    const before = picture(host.kernel.state());
    let asked = 0;
    const outcome = await host.apply(to, {
      interrupted: () => {
        asked += 1;
        return asked > 1;
      },
    });
    expect(outcome).toMatchObject({ kind: 'undone', interrupted: true });
    expect(picture(host.kernel.state())).toEqual(before);
  });
});

test('what ends a change that was cut off is cut off as well, at any step: it still comes to its old or its new state', async () => {
  const ways = { forward: resume, back: undoUnfinished } as const;
  const steps = await stepsOf(texts.large, texts.changed);
  for (let second = 0; second <= steps; second += 1) {
    const first = 1 + ((5 * second) % (steps - 1));
    for (const [started, ended] of [
      ['forward', 'back'],
      ['back', 'forward'],
      ['forward', 'forward'],
      ['back', 'back'],
    ] as const) {
      const host = bench();
      await host.apply(texts.large);
      const before = picture(host.kernel.state());
      await expect(host.applyOn(dyingBefore(host.kernel, first), texts.changed)).rejects.toThrow('died');
      // It may have fewer steps than that, and then dies behind the last.
      await expect(host.on(dyingAtTheEnd(host.kernel, second), (session) => ways[started](session))).rejects.toThrow(
        'died',
      );
      const outcome = await host.with((session) => ways[ended](session));
      expect(outcome.kind).toBe(ended === 'forward' ? 'done' : 'undone');
      if (ended === 'back') expect(picture(host.kernel.state())).toEqual(before);
      else expect(await host.apply(texts.changed)).toMatchObject({ kind: 'done', steps: 0 });
      expect(await host.with(async ({ journal }) => journal)).toBeUndefined();
    }
  }
});

/** The program dies before that step, or when there are fewer, before it can say that all are done. */
function dyingAtTheEnd(kernel: Backend, step: number): Backend {
  const dying = dyingBefore(kernel, step);
  return {
    ...dying,
    async execute(changes) {
      await dying.execute(changes);
      throw new Error('died');
    },
  };
}

test('when going back fails too, the journal stays, nothing is open that was not, and either way can be tried again', async () => {
  for (const direction of ['forward', 'back'] as const) {
    let isBroken = false;
    let done = 0;
    const host = bench({
      fails: () => {
        if (!isBroken) return undefined;
        done += 1;
        return done > 2 ? { code: 'EIO', message: 'broken' } : undefined;
      },
    });
    await host.apply(texts.large);
    const before = picture(host.kernel.state());
    const openBefore = openKeys(host.kernel.state().policies);
    isBroken = true;
    const outcome = await host.apply(texts.changed);
    expect(outcome).toMatchObject({ kind: 'stuck', obstacle: expect.stringContaining('broken') });
    const openNow = openKeys(host.kernel.state().policies).filter((key) => !openBefore.includes(key));
    expect(openNow.length).toBeLessThanOrEqual(2);
    // Nothing else may be begun now.
    await expect(
      host.with(async (session) => {
        const { refuseUnfinished } = await import('../../../src/services/host-session.js');
        refuseUnfinished(session);
      }),
    ).rejects.toThrow('did not come to its end');
    isBroken = false;
    const again = await host.with((session) => (direction === 'back' ? undoUnfinished(session) : resume(session)));
    expect(again.kind).toBe(direction === 'back' ? 'undone' : 'done');
    if (direction === 'back') expect(picture(host.kernel.state())).toEqual(before);
    else expect(await host.apply(texts.changed)).toMatchObject({ steps: 0 });
  }
});

function openKeys(policies: ReturnType<ReturnType<typeof createFakeKernel>['state']>['policies']): readonly string[] {
  return policies.filter(isOpen).map(({ selector }) => JSON.stringify(selector, (_, value) => `${value}`));
}

test('a kernel that does something else than it says is noticed, and the change is undone', async () => {
  const host = bench({
    onChange(state, change) {
      if (change.kind !== 'create' || change.object !== 'policy' || change.after.priority < 3000) return;
      host.kernel.set({ ...state, policies: state.policies.map((policy) => ({ ...policy, action: 'block' })) });
    },
  });
  expect(await host.apply(texts.small)).toMatchObject({
    kind: 'undone',
    why: expect.stringContaining('something else'),
  });
  expect(host.kernel.state().policies).toEqual([]);
});

test('when the end of a change finds no room on the disk, the host is as before and no change is open', async () => {
  const host = bench();
  await host.apply(texts.small);
  const before = picture(host.kernel.state());
  const outcome = await host.with(async (session) => {
    const store: typeof session.store = {
      ...session.store,
      begin: (journal) => ({
        ...session.store.begin(journal),
        done() {
          throw new EnvironmentError('cannot write state.jsonl (ENOSPC)', { code: errno('ENOSPC') });
        },
      }),
    };
    return applyPlan({ ...session, store }, await host.plan(texts.changed, session), '0');
  });
  expect(outcome).toMatchObject({ kind: 'undone', why: expect.stringContaining('ENOSPC') });
  expect(picture(host.kernel.state())).toEqual(before);
  expect(await host.with(async ({ journal, registry }) => [journal, registry.serial])).toEqual([undefined, 1]);
});

test('keys are in one file, for its owner only, and gone when no state needs them', async () => {
  const host = bench();
  await host.apply(texts.large);
  const folder = path.join(host.folder, 'state');
  const holds = (file: string) =>
    [key16, key32, otherKey16].some((key) => readFileSync(file, 'utf8').includes(key.slice(2)));
  const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
  const regular = () => files().filter((file) => statSync(file).isFile());
  expect(regular().filter(holds)).toEqual([path.join(folder, 'keys.json')]);
  for (const file of regular()) expect(statSync(file).mode & 0o077, file).toBe(0);
  expect(statSync(folder).mode & 0o077).toBe(0);
  // As long as a state in the history could come back, its keys are needed.
  await host.apply(texts.small);
  expect(regular().filter(holds)).toEqual([path.join(folder, 'keys.json')]);
  for (let state = 0; state < 50; state += 1) {
    await host.apply(
      state % 2 === 0 ? `${texts.small}add host x -source 10.0.0.9 -priority 50 -action PASS\n` : texts.small,
    );
  }
  expect(regular().filter(holds)).toEqual([]);
});
