/**
 * A daemon that dies and comes back under traffic in both directions, inside of a guest. Prints one line of JSON.
 * play-restart PROGRAM CASES.json, where each case has the records of both sides.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EnvironmentError } from '../../../src/model/tool-error.js';
import {
  makeHosts,
  must,
  ping,
  pings,
  plainEnds,
  removeHosts,
  run,
  type Seen,
  type Side,
  sides,
  sleep,
  until,
  watch,
} from './hosts.js';
import { type Daemon, ours } from './programs.js';

export interface RestartCase {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  /** Records before these in a changed configuration. */
  readonly more: Readonly<Record<Side, string>>;
}

export interface RestartOutcome {
  readonly name: string;
  fault?: string;
  up?: boolean;
  /** After each jump of the date, a day or two forward or back: packets pass at once, and SAs are renewed. */
  clockJumps?: readonly { readonly passes: boolean; readonly rekeyed: boolean }[];
  /** Right after the daemon was killed: the kernel goes on with the SAs that it has. */
  carriesOn?: boolean;
  /** With a new daemon, from this side and from the other. */
  backAgain?: boolean;
  /** Both daemons killed and all SAs gone: nothing passes. */
  blocked?: boolean;
  /** And with new daemons on both sides. */
  backFromNothing?: boolean;
  /** The code of the error for a changed configuration that is not applied. */
  refusal?: string;
  backAfterRefusal?: boolean;
  /** After it was applied and taken over by running daemons. */
  backAfterReload?: boolean;
  seen?: Readonly<Record<Side, Seen>>;
  log?: string;
}

const patienceMillis = 30_000;
const daySeconds = 24 * 3600;

/** The guest's own date, which is nobody else's. */
function setDate(days: number): void {
  must(run(['date', '-u', '-s', `@${Math.floor(Date.now() / 1000) + days * daySeconds}`]));
}

async function play(program: string, test: RestartCase): Promise<RestartOutcome> {
  const result: RestartOutcome = { name: test.name };
  const folder = mkdtempSync(path.join(tmpdir(), 'kernel-case-'));
  const { left: from, right: to } = plainEnds.outer;
  const daemons: Daemon[] = [];
  try {
    makeHosts(plainEnds);
    const start = async (side: Side, applies = false): Promise<Daemon> => {
      const records = path.join(folder, `${side}.conf`);
      writeFileSync(records, test[side], { mode: 0o600 });
      const host = ours(program, side, folder);
      if (applies) host.apply(records);
      const daemon = await host.startDaemon(records);
      daemons.push(daemon);
      return daemon;
    };
    let [left, right] = [await start('left', true), await start('right', true)];
    const answers = () => ping('left', from, to) && ping('right', to, from);
    const watched = await watch(folder);
    result.up = await until(patienceMillis, answers);
    // Packets in both directions all the while.
    const floods = [pings('left', from, to, 10_000, 0.1), pings('right', to, from, 10_000, 0.1)];
    const jumps: { readonly passes: boolean; readonly rekeyed: boolean }[] = [];
    for (const days of [1, -2, 1]) {
      setDate(days);
      const passes = answers();
      const [child] = (await left.sas()).childSas;
      if (child) await left.call('sa.rekey', { sa: child.id });
      const rekeyed = await until(patienceMillis, async () => {
        const now = (await left.sas()).childSas;
        return now.length > 0 && now.every(({ id }) => id !== child?.id);
      });
      jumps.push({ passes, rekeyed });
    }
    result.clockJumps = jumps;
    left.child.kill('SIGKILL');
    await sleep(300);
    result.carriesOn = answers();
    left = await start('left');
    result.backAgain = await until(patienceMillis, answers);
    left.child.kill('SIGKILL');
    right.child.kill('SIGKILL');
    for (const side of sides) run(['ip', '-n', side, 'xfrm', 'state', 'flush']);
    await sleep(1000);
    result.blocked = !ping('left', from, to) && !ping('right', to, from);
    [left, right] = [await start('left'), await start('right')];
    result.backFromNothing = await until(patienceMillis, answers);
    // A configuration whose policies are not there yet is refused, and the old one goes on.
    for (const side of sides)
      writeFileSync(path.join(folder, `${side}.conf`), `${test.more[side]}${test[side]}`, { mode: 0o600 });
    result.refusal = await left.call('reload', {}).then(
      () => 'none',
      (error) => (error as EnvironmentError).code,
    );
    result.backAfterRefusal = await until(patienceMillis, answers);
    for (const side of sides) ours(program, side, folder).apply(path.join(folder, `${side}.conf`));
    for (const daemon of [left, right]) await daemon.call('reload', {});
    result.backAfterReload = await until(patienceMillis, answers);
    for (const flood of floods) await flood.stop();
    result.seen = await watched.stop();
  } catch (error) {
    result.fault = String(error);
  } finally {
    result.log = daemons
      .slice(-2)
      .map((daemon) => daemon.log().slice(-5000))
      .join('\n----\n');
    for (const { child } of daemons) child.kill('SIGKILL');
    removeHosts();
  }
  return result;
}

const [program = '', file = ''] = process.argv.slice(2);
for (const test of JSON.parse(readFileSync(file, 'utf8')) as readonly RestartCase[]) {
  process.stdout.write(`${JSON.stringify(await play(program, test))}\n`);
}
process.exit(0);
