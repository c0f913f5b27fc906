/** `ipsec apply` and `rollback` killed at every step on a real kernel, and what takes a cut-off change to its end killed as well. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { namespacesMissing } from '../../support/netns.js';
import { builtPrograms, type RealHost, realHost, recordTexts, withoutIndex } from './real-host.js';

const missing = namespacesMissing();
if (missing !== undefined) console.log(`killed at every step: skipped, ${missing}`);

const { small, large, changed } = recordTexts;

describe.skipIf(missing !== undefined)('on a real kernel', () => {
  let host: RealHost;

  beforeAll(async () => {
    await builtPrograms();
  }, 300_000);

  beforeEach(async () => {
    host = await realHost();
  });

  afterEach(() => host?.remove());

  it.each([
    ['adds', '', large],
    ['changes', large, changed],
    ['removes', large, ''],
  ])('a plan that %s, killed at every step: the old state or the new one, as is asked', async (_name, from, to) => {
    if (from !== '') await host.apply(from);
    const before = host.policies();
    await host.apply(to);
    const after = host.policies();
    expect((await host.ipsec(['rollback', '--auto-approve'])).code).toBe(0);
    expect(withoutIndex(host.policies())).toEqual(withoutIndex(before));
    let old = host.policies();
    const records = host.records(to);
    let step = 0;
    for (; await host.dies(step, 'apply', records); step += 1) {
      const status = await host.ipsec(['status']);
      expect(status).toMatchObject({ code: 1, stdout: expect.stringContaining('unfinished') });
      // Nothing else may begin before this is over.
      expect(await host.ipsec(['apply', records, '--auto-approve'])).toMatchObject({ code: 4 });
      if (step % 2 === 0) {
        expect(await host.ipsec(['rollback', '--auto-approve'])).toMatchObject({ code: 0 });
        expect(host.policies()).toEqual(old);
      } else {
        expect(await host.ipsec(['apply', '--resume'])).toMatchObject({ code: 0 });
        expect(withoutIndex(host.policies())).toEqual(withoutIndex(after));
        expect((await host.ipsec(['rollback', '--auto-approve'])).code).toBe(0);
        expect(withoutIndex(host.policies())).toEqual(withoutIndex(before));
      }
      old = host.policies();
      expect((await host.ipsec(['status'])).stdout).not.toContain('unfinished');
    }
    expect(step).toBeGreaterThan(3);
    expect((await host.ipsec(['drift'])).code).toBe(0);
  });

  it('going back, killed at every step: finished or taken back like any other change', async () => {
    await host.apply(large);
    const before = withoutIndex(host.policies());
    await host.apply(changed);
    const after = withoutIndex(host.policies());
    let step = 0;
    for (; await host.dies(step, 'rollback', '1'); step += 1) {
      if (step % 2 === 0) {
        expect(await host.ipsec(['rollback', '--auto-approve'])).toMatchObject({ code: 0 });
        expect(withoutIndex(host.policies())).toEqual(after);
      } else {
        expect(await host.ipsec(['apply', '--resume'])).toMatchObject({ code: 0 });
        expect(withoutIndex(host.policies())).toEqual(before);
        // That was a state of its own: back to the one that the next round starts from.
        expect((await host.ipsec(['rollback', '--auto-approve'])).code).toBe(0);
        expect(withoutIndex(host.policies())).toEqual(after);
      }
    }
    expect(step).toBeGreaterThan(3);
    expect(withoutIndex(host.policies())).toEqual(before);
    expect((await host.ipsec(['drift'])).code).toBe(0);
  });

  it.each(['resume', 'undo'] as const)(
    'what brings a change to its end, killed again and again, and then: %s',
    async (last) => {
      await host.apply(large);
      const before = withoutIndex(host.policies());
      await host.apply(changed);
      const after = withoutIndex(host.policies());
      expect((await host.ipsec(['rollback', '--auto-approve'])).code).toBe(0);
      expect(await host.dies(3, 'apply', host.records(changed))).toBe(true);
      let deaths = 0;
      for (const [step, action] of [
        [0, 'resume'],
        [1, 'undo'],
        [2, 'resume'],
        [1, 'resume'],
        [3, 'undo'],
        [0, 'undo'],
        [4, 'resume'],
        [2, 'undo'],
      ] as const) {
        // Where so few steps were left, it was done: then the change is over, and begins again.
        if (await host.dies(step, action)) deaths += 1;
        else {
          if (action === 'resume') expect((await host.ipsec(['rollback', '--auto-approve'])).code).toBe(0);
          expect(withoutIndex(host.policies())).toEqual(before);
          expect(await host.dies(3, 'apply', host.records(changed))).toBe(true);
        }
        expect((await host.ipsec(['status'])).stdout).toContain('unfinished');
      }
      expect(deaths).toBeGreaterThan(4);
      const end = last === 'resume' ? ['apply', '--resume'] : ['rollback', '--auto-approve'];
      expect(await host.ipsec(end)).toMatchObject({ code: 0 });
      expect(withoutIndex(host.policies())).toEqual(last === 'resume' ? after : before);
      expect((await host.ipsec(['drift'])).code).toBe(0);
    },
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s in the middle of many steps: the host is as before',
    async (signal) => {
      await host.apply(small);
      const before = host.policies();
      const many = host.records(
        `${small}${Array.from(
          { length: 6000 },
          (_, at) =>
            `add host n${at} -source 10.0.0.1 -destination 10.${64 + (at >> 8)}.${at & 255}.0/24 -priority ${1000 + at} -action DISCARD\n`,
        ).join('')}`,
      );
      const count = () => Number(/OUT +(\d+)/.exec(host.namespace.shell('ip xfrm policy count'))?.[1] ?? 0);
      let interrupted = false;
      for (let round = 0; round < 5 && !interrupted; round += 1) {
        const child = await host.start(['apply', many, '--auto-approve', '--quiet']);
        child.stdout?.resume();
        const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
        let code: number | null | undefined;
        void ended.then((end) => {
          code = end;
        });
        while (code === undefined && count() <= 2) await new Promise(setImmediate);
        child.kill(signal);
        await ended;
        if (code === 0) {
          // It was faster: once more.
          expect((await host.ipsec(['rollback', '--auto-approve', '--quiet'])).code).toBe(0);
        } else {
          expect(code).toBe(130);
          interrupted = true;
        }
        expect(withoutIndex(host.policies())).toEqual(withoutIndex(before));
      }
      expect(interrupted).toBe(true);
      expect((await host.ipsec(['drift'])).code).toBe(0);
    },
  );

  it('others put a policy in the way of a change under way: it is undone, and theirs stays', async () => {
    await host.apply(small);
    const before = host.policies();
    const theirs = 'src 10.0.0.1/32 dst 10.2.0.0/16 proto tcp sport 1024 dport 0 dir out';
    const records = host.records(
      `${small}add host web -source 10.0.0.1/32/1024 -destination 10.2.0.0/16 -protocol TCP -priority 20 -action DISCARD\n`,
    );
    const outcome = await host.disturbed(0, `ip xfrm policy add ${theirs} priority 7 action block`, 'apply', records);
    expect(outcome).toMatchObject({ kind: 'undone', why: expect.stringContaining('EEXIST') });
    const others = host.policies().filter((policy) => policy.includes('priority 7'));
    expect(others.length).toBe(1);
    expect(host.policies().filter((policy) => !others.includes(policy))).toEqual(before);
  });

  it('others put one of theirs where ours is about to go: ours goes, and theirs stays', async () => {
    await host.apply(small);
    const place = 'src 10.0.0.1 dst 10.0.0.0/8 dir out';
    const command = `ip xfrm policy delete ${place}; ip xfrm policy add ${place} priority 7 action block`;
    expect(await host.disturbed(0, command, 'apply', host.records(''))).toMatchObject({ kind: 'done' });
    expect(host.policies()).toEqual([expect.stringContaining('priority 7')]);
  });

  describe('somebody puts a policy in the place of one that is to be replaced', () => {
    const name = 'src 10.0.0.1/32 dst 10.0.0.0/8 dir out';
    const isIt = (policy: string) => policy.startsWith('src 10.0.0.1/32 dst 10.0.0.0/8 dir out');
    // One that has another number from then on, and one that keeps ours.
    const ways = [
      ['by a new one', `ip xfrm policy delete ${name}; ip xfrm policy add ${name} priority 7 action block`],
      ['by an update', `ip xfrm policy update ${name} priority 7 action block`],
    ] as const;
    // The record's action changes, so each of its policies is replaced.
    const changed = small.replace('-priority 30 -action DISCARD', '-priority 30 -action PASS');
    const undone = { kind: 'undone', why: expect.stringContaining('somebody else changed a policy') };

    const byEachMeans = ways.flatMap(([way, command]) =>
      (['disturbed', 'disturbedByIp'] as const).map((disturbed) => [way, disturbed, command] as const),
    );

    it.each(byEachMeans)(
      '%s, after the look at the host: nothing is touched (%s)',
      async (_way, disturbed, command) => {
        await host.apply(small);
        const before = host.policies().filter((policy) => !isIt(policy));
        if (disturbed === 'disturbed')
          await expect(host.disturbed(-1, command, 'apply', host.records(changed))).rejects.toThrow('OVERTAKEN');
        else expect(await host.disturbedByIp(-1, command, 'apply', host.records(changed))).toMatchObject(undone);
        expect(host.policies().filter((policy) => !isIt(policy))).toEqual(before);
        expect(host.policies().find(isIt)).toContain('action block priority 7');
      },
    );

    it.each(byEachMeans)(
      '%s, before any of the steps: theirs stays all the while, and all of ours is as before (%s)',
      async (_way, disturbed, command) => {
        for (let step = 0; ; step += 1) {
          await host.apply(small);
          const before = host.policies();
          const heard = host.within(['ip', 'xfrm', 'monitor', 'policy']);
          let told = '';
          heard.stdout?.on('data', (text) => {
            told += String(text);
          });
          const outcome = await host[disturbed](step, command, 'apply', host.records(changed));
          if (step > 0 && outcome.kind === 'done') {
            // There were fewer steps.
            heard.kill();
            break;
          }
          // Theirs is never replaced by ours, not for a moment: nothing of its name comes behind it.
          await expect.poll(() => told.replace(/\s+/g, ' ')).toContain('action block priority 7');
          heard.kill();
          const entries = told.split(/\n(?=\S)/).map((entry) => entry.replace(/\s+/g, ' '));
          expect(
            entries
              .slice(entries.findIndex((entry) => entry.includes('priority 7')) + 1)
              .filter((entry) => isIt(entry.replace(/^(Updated|Deleted) /, ''))),
          ).toEqual([]);
          expect(outcome).toMatchObject(undone);
          const after = host.policies();
          expect(after.filter((policy) => !isIt(policy))).toEqual(before.filter((policy) => !isIt(policy)));
          expect(after.filter(isIt).map((policy) => policy.includes('action block priority 7'))).toEqual([true]);
          // As it was, for the next round.
          host.namespace.shell(`ip xfrm policy delete ${name}`);
          await host.apply('');
        }
      },
    );

    it.each(ways)(
      '%s, in the moment of the step itself, by ip(8): theirs is back in the end',
      async (_way, command) => {
        await host.apply(small);
        const before = host.policies();
        // Stands for the program: somebody is at it between the last look and what it does.
        const [flag, shim] = [`${host.folder}/armed`, `${host.folder}/bin/ip`];
        mkdirSync(`${host.folder}/bin`);
        writeFileSync(flag, '');
        const real = host.namespace.shell('command -v ip').trim();
        const script = `#!/bin/sh\nif [ "$1" = -batch ] && [ -e ${flag} ]; then rm ${flag}; ${command.replaceAll('ip xfrm', `${real} xfrm`)}; fi\nexec ${real} "$@"\n`;
        writeFileSync(shim, script, { mode: 0o755 });
        const words = ['apply', host.records(changed), '--auto-approve', '--means', 'ip'];
        const run = await host.ipsec(words, ['env', `PATH=${host.folder}/bin:${process.env.PATH}`]);
        expect(existsSync(flag)).toBe(false);
        expect(run).toMatchObject({ code: 5, stdout: expect.stringContaining('somebody else changed a policy') });
        const after = host.policies();
        expect(after.filter((policy) => !isIt(policy))).toEqual(before.filter((policy) => !isIt(policy)));
        expect(after.filter(isIt).map((policy) => policy.includes('action block priority 7'))).toEqual([true]);
      },
    );
  });
});
