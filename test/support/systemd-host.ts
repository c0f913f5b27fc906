/** A host in a network namespace of a test whose first process is systemd (programs/boot-systemd.sh): to be started, asked, and switched off. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunResult } from './cli.js';

const program = '/lib/systemd/systemd';
const boot = path.join(import.meta.dirname, 'programs', 'boot-systemd.sh');
const checkout = path.resolve(import.meta.dirname, '..', '..');

/** Where such a host has a file of this checkout. */
export function onSystemdHost(file: string): string {
  return path.join('/opt/checkout', path.relative(checkout, file));
}

/** Why there can be no such host here; undefined where there can. */
export function systemdMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'a host with systemd needs root';
  if (!existsSync(program)) return 'systemd is not installed';
  const known = readFileSync('/proc/filesystems', 'utf8');
  const lacking = ['overlay', 'cgroup2'].find((name) => !known.includes(`\t${name}\n`));
  if (lacking) return `this kernel has no ${lacking}`;
  // In a container whose control groups belong to somebody else it may not be mounted, or not be written.
  const place = mkdtempSync(path.join(tmpdir(), 'ipsec-cgroup-'));
  const script = 'mount -t cgroup2 cgroup2 "$1" && mkdir "$1/$2" && rmdir "$1/$2"';
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', place, path.basename(place)]);
  rmSync(place, { recursive: true });
  return status === 0 ? undefined : 'control groups cannot be made here';
}

export interface SystemdHost {
  /** Its files that outlive it: what is written below this folder is there at `/`, for `/etc/ipsec` and the like. */
  readonly disk: string;
  /** Switches it on and waits until systemd says that everything is started; gives `running` or `degraded`. */
  boot(): Promise<string>;
  /** Runs a command in it to its end. */
  run(...words: readonly string[]): RunResult;
  /** The same of what must go well; gives what it printed. */
  must(...words: readonly string[]): string;
  /** What systemd says of a unit: `systemctl show`. */
  show(unit: string, ...properties: readonly string[]): Readonly<Record<string, string>>;
  /** Everything that was logged since it was switched on. */
  journal(): string;
  /** Waits until it has switched itself off. */
  ended(): Promise<void>;
  /** Switches it off as a cut of the power would. */
  cut(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes one in a namespace of `ip netns`; it is off. */
export function systemdHost(namespace: string): SystemdHost {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-systemd-'));
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  const console = path.join(folder, 'console');
  let holder: ChildProcess | undefined;
  let first = 0;

  const into = (words: readonly string[]) => ['--target', `${first}`, '--all', '--', ...words];
  const run = (...words: readonly string[]): RunResult => {
    const { stdout, stderr, status, signal } = spawnSync('nsenter', into(words), {
      encoding: 'utf8',
      timeout: 120_000,
      // As somebody who has just logged in.
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
    });
    return { stdout, stderr, code: status, signal };
  };
  const must = (...words: readonly string[]): string => {
    const { stdout, stderr, code } = run(...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${code} ${stderr}${stdout}\n${journal()}`);
    return stdout;
  };
  const journal = (): string => (first ? run('journalctl', '--no-pager', '--output=short-monotonic').stdout : '');
  const isOff = () => holder === undefined || holder.exitCode !== null || holder.signalCode !== null;

  return {
    disk,
    run,
    must,
    journal,
    async boot() {
      writeFileSync(console, '');
      // Its mounts are seen by nobody else.
      holder = spawn('ip', ['netns', 'exec', namespace, 'unshare', '--mount', boot, folder, checkout], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      holder.stderr?.on('data', (text) => {
        said += String(text);
      });
      const end = performance.now() + 60_000;
      for (;;) {
        if (isOff() || performance.now() > end)
          throw new Error(`systemd did not start: ${said}${readFileSync(console, 'utf8')}${journal()}`);
        first = firstProcessOf(holder.pid!);
        const state = first ? run('systemctl', 'is-system-running').stdout.trim() : '';
        if (state === 'running' || state === 'degraded') return state;
        await new Promise((done) => setTimeout(done, 100));
      }
    },
    show(unit, ...properties) {
      const lines = must('systemctl', 'show', unit, ...properties.map((name) => `--property=${name}`)).trim();
      return Object.fromEntries(
        lines.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
    },
    async ended() {
      if (!isOff()) await new Promise((done) => holder?.once('exit', done));
      first = 0;
    },
    async cut() {
      if (first && !isOff()) process.kill(first, 'SIGKILL');
      await this.ended();
    },
    async remove() {
      await this.cut();
      const script = 'mount -t cgroup2 cgroup2 "$1" && find "$1/$2" -depth -type d -exec rmdir {} +';
      const group = path.join(folder, 'cgroup');
      if (existsSync(group))
        execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', group, path.basename(folder)]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** systemd itself, behind the programs that have made its namespaces; 0 while it is not there. */
function firstProcessOf(holder: number): number {
  try {
    const [child] = readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8').split(' ').filter(Boolean);
    const pid = Number(child ?? 0);
    return pid && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'systemd' ? pid : 0;
  } catch {
    return 0;
  }
}
