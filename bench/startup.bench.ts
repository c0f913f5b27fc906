/** How long the program takes to start, against a Node that does nothing, in the same run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cachedProgram } from '../scripts/cached-program.mjs';
import { interleaved, median } from './measure.js';
import type { Benchmark, Row } from './row.js';

const rounds = 25;
const bare = 'node -e 0';

/** Each command line with the ratio to bare Node that it must stay within. */
const limits: Readonly<Record<string, number>> = {
  'ipsec --version': 1.3,
  'ipsec --help': 4,
  'ipsec version': 4,
  'ipsec policy lint one.conf': 4,
};

/** Nothing that makes Node itself slow to start (NODE_EXTRA_CA_CERTS costs Node 20 more than all that we measure). */
const env = { PATH: process.env.PATH, HOME: tmpdir() };

const policy = `add host telnet -source 10.1.1.1 -destination 10.0.0.0/8/23 -protocol TCP -priority 20 -action ESP_AES128_HMAC_SHA1
`;

/** What to put before a command so that other work of the machine does not count: real-time priority, where root may have it. */
const undisturbed = ['chrt', '-f', '10'];
const prefix = spawnSync(undisturbed[0]!, [...undisturbed.slice(1), 'true']).status === 0 ? undisturbed : [];

async function run(): Promise<readonly Row[]> {
  const folder = await cachedProgram();
  const work = mkdtempSync(path.join(tmpdir(), 'ipsec-bench-'));
  writeFileSync(path.join(work, 'one.conf'), policy);
  const start = (args: readonly string[]) => () => {
    const [command = '', ...rest] = [...prefix, process.execPath, ...args];
    const { status, signal } = spawnSync(command, rest, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] });
    // 1 is a finding, which is an answer.
    if (signal !== null || (status ?? 3) > 1) throw new Error(`${args.join(' ')} ended with ${signal ?? status}`);
  };
  const program = path.join(folder, 'bin', 'run.js');
  const rivals = Object.fromEntries(
    Object.keys(limits).map((line) => [line, start([program, ...line.split(' ').slice(1)])]),
  );
  try {
    const times = await interleaved({ [bare]: start(['-e', '0']), ...rivals }, rounds);
    const base = median(times[bare]!);
    return Object.entries(times).map(([name, values]) => {
      const millis = median(values);
      const note = `${millis.toFixed(0)} ms`;
      return { name, value: millis / base, unit: 'x', limit: limits[name], note };
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

export const benchmarks: readonly Benchmark[] = [{ name: 'startup', run }];
