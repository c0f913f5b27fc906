/** `apply --confirm-timeout` on a real kernel: whatever becomes of the one who applied, the change goes back unless it was confirmed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bootMillis, readPending, writePending } from '../../../src/services/state/pending.js';
import { namespacesMissing } from '../../support/netns.js';
import { builtPrograms, type RealHost, realHost, recordTexts, withoutIndex } from './real-host.js';

const missing = namespacesMissing();
if (missing !== undefined) console.log(`confirmation: skipped, ${missing}`);
/** A machine that sleeps, as a process sees it: the clock since its start has gone on by an hour. */
const asleep = ['unshare', '--time', '--boottime', '3600', '--fork'];
const cannotSleep = spawnSync(asleep[0]!, [...asleep.slice(1), 'true']).status !== 0;
const hasTerminals = spawnSync('script', ['--version']).status === 0;

const { small, large, changed } = recordTexts;

describe.skipIf(missing !== undefined)('a change that must be confirmed', () => {
  let host: RealHost;
  let before: readonly string[];

  beforeAll(async () => {
    await builtPrograms();
  }, 300_000);
  beforeEach(async () => {
    host = await realHost();
    await host.apply(small);
    before = withoutIndex(host.policies());
  });
  afterEach(() => host?.remove());

  /** Applies, and comes back when the steps are done and the time runs. */
  const waiting = async (time: string, wrap: readonly string[] = []) => {
    const words = ['apply', host.records(large), '--auto-approve', '--confirm-timeout', time];
    const child = await host.start(words, wrap);
    const output: string[] = [];
    child.stdout?.on('data', (chunk) => output.push(String(chunk)));
    child.stderr?.on('data', (chunk) => output.push(String(chunk)));
    const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
    const guardian = await until(() => {
      const pending = existsSync(host.stateDir) ? readPending(host.stateDir) : undefined;
      return pending && pending.process !== child.pid && runs(pending.process) ? pending.process : undefined;
    });
    expect(withoutIndex(host.policies())).not.toEqual(before);
    return { ended, child, guardian, said: () => output.join('') };
  };
  const wentBack = () => until(() => same(withoutIndex(host.policies()), before));

  it('stays when it is confirmed, and its guardian ends', async () => {
    const { ended, guardian } = await waiting('60s');
    for (const refused of [
      ['apply', host.records(small), '--auto-approve'],
      ['state', 'forget', '--all'],
    ]) {
      expect(await host.ipsec(refused)).toMatchObject({ code: 4, stderr: expect.stringContaining('being confirmed') });
    }
    expect((await host.ipsec(['confirm'])).code).toBe(0);
    expect(await ended).toBe(0);
    expect(withoutIndex(host.policies())).not.toEqual(before);
    expect(await host.ipsec(['confirm'])).toMatchObject({ code: 4 });
    await until(() => !runs(guardian));
  });

  it('goes back when nobody confirms', async () => {
    const { ended, said } = await waiting('1s');
    expect(await ended).toBe(5);
    expect(said()).toContain('nobody confirmed it in time');
    expect(withoutIndex(host.policies())).toEqual(before);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('goes back at once on %s', async (signal) => {
    const { ended, child } = await waiting('60s');
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(withoutIndex(host.policies())).toEqual(before);
  });

  it('goes back in time when the one who applied is killed', async () => {
    const { ended, child } = await waiting('8s');
    child.kill('SIGKILL');
    await ended;
    const status = await host.ipsec(['status']);
    expect(status).toMatchObject({ code: 1, stdout: expect.stringMatching(/state 2 goes back in [0-9]+ s/) });
    await wentBack();
    await until(() => !existsSync(path.join(host.stateDir, 'pending.json')));
    expect((await host.ipsec(['status'])).code).toBe(0);
  });

  it('goes back in time when the one who applied stands still, which then says so', async () => {
    const { ended, child, said } = await waiting('2s');
    child.kill('SIGSTOP');
    await wentBack();
    await until(() => !existsSync(path.join(host.stateDir, 'pending.json')));
    child.kill('SIGCONT');
    expect(await ended).toBe(5);
    expect(said()).toContain('it was taken back while this waited');
  });

  it('can be taken back from elsewhere, which the one who applied says', async () => {
    const { ended, said } = await waiting('60s');
    expect((await host.ipsec(['rollback', '--auto-approve'])).code).toBe(0);
    expect(await ended).toBe(5);
    expect(said()).toContain('it was taken back while this waited');
    expect(withoutIndex(host.policies())).toEqual(before);
  });

  it('can be taken back by hand when the guardian is gone as well', async () => {
    const { ended, child, guardian } = await waiting('60s');
    process.kill(guardian, 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
    const status = await host.ipsec(['status']);
    expect(status).toMatchObject({ code: 1, stdout: expect.stringContaining('is gone') });
    expect((await host.ipsec(['rollback', '--auto-approve'])).code).toBe(0);
    expect(withoutIndex(host.policies())).toEqual(before);
    expect((await host.ipsec(['status'])).code).toBe(0);
  });

  it('that was half done when its maker was killed is taken back at once', async () => {
    expect(await host.dies(3, 'apply', host.records(changed))).toBe(true);
    writePending(host.stateDir, {
      id: 'half',
      serial: 2,
      previous: 1,
      deadline: bootMillis() + 3_600_000,
      until: 'in an hour',
      process: 1,
    });
    const run = await host.ipsec(['rollback', '--unless-confirmed']);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('gone back: it was taken back') });
    expect(withoutIndex(host.policies())).toEqual(before);
    expect((await host.ipsec(['status'])).code).toBe(0);
  });

  it.skipIf(cannotSleep)('goes back when its time passed while the machine slept', async () => {
    const { ended } = await waiting('30m');
    const run = await host.ipsec(['rollback', '--unless-confirmed'], asleep);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('nobody confirmed it in time') });
    expect(await ended).toBe(5);
    expect(withoutIndex(host.policies())).toEqual(before);
  });

  it.skipIf(!hasTerminals)('goes back when the terminal that it was typed into is gone', async () => {
    const command = [process.execPath, host.program, 'apply', host.records(large), '--auto-approve'];
    const words = [...command, '--confirm-timeout', '60s', '--state-dir', host.stateDir].join(' ');
    const terminal = host.within(['script', '-qec', words, '/dev/null']);
    await until(
      () => existsSync(path.join(host.stateDir, 'pending.json')) && !same(withoutIndex(host.policies()), before),
    );
    // The terminal's master goes, so its processes get SIGHUP, and whatever they write fails.
    terminal.kill('SIGKILL');
    await wentBack();
    await until(() => !existsSync(path.join(host.stateDir, 'pending.json')));
    expect((await host.ipsec(['status'])).code).toBe(0);
  });
});

/** Polls until there is a value; the test's own time limit ends it. */
async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = look();
    if (found) return found;
    await sleep(50);
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Does it run? Where nobody asks for the end of an orphan, it stays in the list. */
function runs(pid: number): boolean {
  const file = `/proc/${pid}/status`;
  return existsSync(file) && !/^State:\s*Z/m.test(readFileSync(file, 'utf8'));
}
