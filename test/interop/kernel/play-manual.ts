/**
 * Plays cases of manual keys on a real kernel, inside of a guest: `ipsec apply` on both hosts, and what crosses the wire. Prints one line of
 * JSON a case; the test outside judges. play-manual PROGRAM CASES.json
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Tried, tried } from './attempts.js';
import { inside, makeHosts, ping, plainEnds, removeHosts, run, type Side, sides, tcpEcho } from './hosts.js';
import { lacks } from './lacks.js';
import { ours } from './programs.js';

export interface ManualCase {
  readonly name: string;
  readonly tunnel: boolean;
  /** Our records. */
  readonly left: string;
  readonly right: string;
  /** Marks that left gives its echoes, each under a watch of its own. */
  readonly marks?: readonly number[];
  /** Ports of right that are tried by TCP, each under a watch of its own; the echo of ICMP is tried in any case. */
  readonly ports: readonly number[];
}

export interface ManualOutcome {
  readonly name: string;
  fault?: string;
  echo?: Tried;
  /** By mark. Whether they come back is up to who marks what comes in. */
  marked?: Readonly<Record<number, Tried>>;
  /** By port. */
  tcp?: Readonly<Record<number, Tried>>;
  /** `ip xfrm state` of left, keys taken out. */
  state?: string;
  /** What is left on each host when everything is taken out again. */
  left?: Readonly<Record<Side, { readonly states: number; readonly policies: number }>>;
  seconds?: number;
}

async function play(program: string, test: ManualCase): Promise<ManualOutcome> {
  const started = performance.now();
  const result: ManualOutcome = { name: test.name };
  const folder = mkdtempSync(path.join(tmpdir(), 'kernel-case-'));
  const { inner, outer } = plainEnds;
  const { left: from, right: to } = test.tunnel ? inner : outer;
  try {
    makeHosts(plainEnds);
    for (const side of sides) {
      const records = path.join(folder, `${side}.conf`);
      writeFileSync(records, test[side], { mode: 0o600 });
      ours(program, side, folder).apply(records);
    }
    result.echo = await tried(folder, async () => ping('left', from, to));
    const marked: Record<number, Tried> = {};
    for (const mark of test.marks ?? []) {
      const words = inside('left', 'ping', '-c', '1', '-W', '1', '-m', `${mark}`, '-I', from, to);
      marked[mark] = await tried(folder, async () => run(words).ok);
    }
    result.marked = marked;
    const tcp: Record<number, Tried> = {};
    for (const port of test.ports) tcp[port] = await tried(folder, () => tcpEcho(from, to, port, 5000));
    result.tcp = tcp;
    result.state = run(['ip', '-n', 'left', 'xfrm', 'state']).text.replace(/0x[0-9a-f]{16,}/g, '[key]');
    const empty = path.join(folder, 'empty.conf');
    writeFileSync(empty, '');
    ours(program, 'left', folder).ipsec('rollback', '--auto-approve');
    ours(program, 'right', folder).apply(empty);
    const [left, right] = sides.map((side) => ({
      states: run(['ip', '-n', side, 'xfrm', 'state']).text.match(/spi 0x/g)?.length ?? 0,
      policies: run(['ip', '-n', side, 'xfrm', 'policy']).text.match(/^src/gm)?.length ?? 0,
    }));
    result.left = { left: left!, right: right! };
  } catch (error) {
    result.fault = String(error);
  } finally {
    removeHosts();
  }
  result.seconds = Math.round((performance.now() - started) / 100) / 10;
  return result;
}

const [program = '', file = ''] = process.argv.slice(2);
for (const test of JSON.parse(readFileSync(file, 'utf8')) as readonly ManualCase[]) {
  process.stdout.write(`${JSON.stringify(await play(program, test))}\n`);
}
process.stdout.write(`${JSON.stringify(lacks(program))}\n`);
process.exit(0);
