/**
 * `ipsec apply` for 10,000 policies of the kernel beside `ip -batch` installing the same ones, in one namespace and in turns: reading the records,
 * planning, journal, steps and check are ours, so the ratio says what being careful costs. Then one record is changed on top, and drift is looked
 * for. Needs root, iproute2 and a disk under the temporary folder, where the state is kept.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { libc } from '../src/backends/system/libc.js';
import { openNetlinkBackend } from '../src/backends/xfrm/netlink-backend.js';
import { changeText } from '../src/backends/xfrm/text.js';
import { applyPlan } from '../src/services/apply.js';
import { findDrift } from '../src/services/drift.js';
import { type HostSession, openSession } from '../src/services/host-session.js';
import { planHost } from '../src/services/plan.js';
import { median } from './measure.js';
import type { Benchmark, Row } from './row.js';

/** Each makes an inbound and an outbound policy. */
const records = 5_000;
const rounds = 5;
const changed = 2_500;
const cloneNewnet = 0x4000_0000;

/** Hosts, networks and services, as a large site has them: some pass, some are dropped. */
function recordText(number: number, action: 'PASS' | 'DISCARD'): string {
  const third = `${(number >> 8) & 255}.${number & 255}`;
  const [destination, protocol] = [
    [`10.1.${third}/32`, ''],
    [`10.${2 + (number & 127)}.${(number >> 7) & 255}.0/24`, ''],
    [`10.130.${third}/32/443`, '-protocol TCP'],
    [`10.${131 + (number & 63)}.${(number >> 6) & 255}.0/24/53`, '-protocol UDP'],
  ][number % 4] as [string, string];
  return `add host site-${number} -source 10.0.0.1 -destination ${destination} ${protocol} -priority ${number + 1} -action ${action}`;
}

const actionOf = (number: number): 'PASS' | 'DISCARD' => (number % 3 === 0 ? 'DISCARD' : 'PASS');

async function run(): Promise<readonly Row[]> {
  const missing = await stepIntoNamespace();
  if (missing !== undefined) {
    console.log(`the benchmark of applying cannot run here: ${missing}`);
    return [];
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-bench-'));
  const file = path.join(folder, 'host.conf');
  const stateDir = path.join(folder, 'state');
  const batch = path.join(folder, 'batch');
  const texts = Array.from({ length: records }, (_, number) => recordText(number, actionOf(number)));
  const write = () => writeFileSync(file, `${texts.join('\n')}\n`);
  const times = { batch: [] as number[], whole: [] as number[], found: [] as number[], one: [] as number[] };
  const drift: number[] = [];
  let policies = 0;
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const note = (to: number[], millis: number) => round > 0 && to.push(millis);
      texts[changed] = recordText(changed, actionOf(changed));
      write();
      rmSync(stateDir, { recursive: true, force: true });
      execFileSync('ip', ['xfrm', 'policy', 'flush']);
      const { plan, planned, applied } = await applyOnce(stateDir, file);
      policies = plan.after.policies.length;
      note(times.whole, planned + applied);
      note(drift, await millisOf(() => inSession(stateDir, findDrift)));
      texts[changed] = recordText(changed, actionOf(changed) === 'PASS' ? 'DISCARD' : 'PASS');
      write();
      const one = await applyOnce(stateDir, file);
      if (one.plan.changes.length !== 2) throw new Error(`one record became ${one.plan.changes.length} steps`);
      note(times.found, one.planned);
      note(times.one, one.applied);
      if (round === 0) writeFileSync(batch, plan.changes.map((change) => `${changeText(change).text}\n`).join(''));
      execFileSync('ip', ['xfrm', 'policy', 'flush']);
      const byIp = await millisOf(() => execFileSync('ip', ['-batch', batch]));
      note(times.batch, byIp);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const base = median(times.batch);
  const millis = (values: readonly number[]) => `${median(values).toFixed(0)} ms`;
  const load = `load average ${loadavg()[0]!.toFixed(1)}`;
  return [
    {
      name: `${policies} policies planned and applied / ip -batch`,
      value: median(times.whole) / base,
      unit: 'x',
      limit: 1.5,
      note: `${millis(times.whole)} against ${millis(times.batch)}; ${load}`,
    },
    {
      name: 'one record of them changed, applied / ip -batch',
      value: median(times.one) / base,
      unit: 'x',
      limit: 0.15,
      note: millis(times.one),
    },
    {
      name: 'the same change, read and planned',
      value: median(times.found) / base,
      unit: 'x',
      note: millis(times.found),
    },
    { name: `drift of ${policies} policies`, value: median(drift) / 1000, unit: 's', limit: 2 },
  ];
}

/** Only this process sees what is done from now on. */
async function stepIntoNamespace(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs Linux and root';
  const calls = await libc();
  return calls.unshare(cloneNewnet) < 0 ? 'no network namespace can be made' : undefined;
}

async function inSession<T>(stateDir: string, action: (session: HostSession) => Promise<T>): Promise<T> {
  const backend = await openNetlinkBackend();
  const session = await openSession({ stateDir, backend, lockMillis: 1000 });
  try {
    return await action(session);
  } finally {
    session.close();
  }
}

async function applyOnce(stateDir: string, file: string) {
  const started = performance.now();
  return inSession(stateDir, async (session) => {
    const outcome = await planHost(session, { paths: [file] });
    if (outcome.kind !== 'planned') throw new Error('the records are faulty');
    const between = performance.now();
    const { kind } = await applyPlan(session, outcome, '0');
    if (kind !== 'done') throw new Error(`applying ended as ${kind}`);
    return { plan: outcome.plan, planned: between - started, applied: performance.now() - between };
  });
}

async function millisOf(action: () => unknown): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

export const benchmarks: readonly Benchmark[] = [{ name: 'xfrm', run }];
