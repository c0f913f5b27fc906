/** Libreswan's pluto in a namespace, with its package laid over /usr in its own mounts only: it loads, and negotiates nothing. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { libreswanLayer, libreswanMissing } from './guest.js';
import { endProcess, namespacesMissing } from './netns.js';
import type { OneNamespace } from './one-namespace.js';

/** Why pluto cannot be had here; undefined where it can. */
export function plutoMissing(): string | undefined {
  return namespacesMissing() ?? libreswanMissing();
}

export interface Pluto {
  /** `ipsec addconn --checkconfig`: what it found wrong with a file, empty where nothing is. */
  check(file: string): string;
  /** Adds connections of a file, and gives what pluto logged meanwhile, a line each without its time. */
  add(file: string, names: readonly string[]): readonly string[];
  /** Makes a certificate of its own under a nickname. */
  certificate(nickname: string): void;
  stop(): Promise<void>;
}

/** Starts it; throws what it said when it does not come up. */
export async function startPluto(host: OneNamespace): Promise<Pluto> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-pluto-'));
  const at = (name: string) => path.join(folder, name);
  for (const name of ['run/pluto', 'nss', 'ipsec.d']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('base.conf'), 'config setup\n\tikev1-policy=accept\n');
  writeFileSync(at('secrets'), '', { mode: 0o600 });
  writeFileSync(at('noise'), 'what this certificate stands for is nobody’s secret');
  const layer = path.join(libreswanLayer(), 'usr');
  const script = `mount -t overlay overlay -o "lowerdir=$1:/usr" /usr; mount --bind "$2/run" /run
certutil -N -d "sql:$2/nss" --empty-password
exec /usr/libexec/ipsec/pluto --nofork --config "$2/base.conf" --nssdir "$2/nss" --secretsfile "$2/secrets" \\
  --ipsecdir "$2/ipsec.d" --rundir /run/pluto --logfile "$2/log"`;
  const child: ChildProcess = host.start('left', [
    ...['unshare', '-m', '--propagation', 'private', 'sh', '-e', '-c', script, 'sh', layer, folder],
  ]);
  const log = () => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : '');
  const stop = async (): Promise<void> => {
    await endProcess(child);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; !existsSync(at('run/pluto/pluto.ctl')); tries += 1) {
    if (child.exitCode !== null || tries > 600) {
      const said = log();
      await stop();
      throw new Error(`pluto did not start: ${said.slice(-2000)}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  /** Runs a program of Libreswan's where pluto is, and gives what it printed, also when it fails. */
  const beside = (...words: readonly string[]): string => {
    try {
      return execFileSync('nsenter', ['-t', `${child.pid}`, '-m', '-n', ...words], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      });
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return `${stdout}${stderr}` || `${words[0]} failed`;
    }
  };
  const addconn = '/usr/libexec/ipsec/addconn';
  return {
    check: (file) => beside(addconn, '--config', file, '--checkconfig').trim(),
    add(file, names) {
      const before = log().length;
      const said = beside(addconn, '--config', file, '--ctlsocket', '/run/pluto/pluto.ctl', ...names);
      const lines = [...said.split('\n'), ...log().slice(before).split('\n')];
      return lines.map((line) => line.replace(/^\w+ +\d+ [\d:.]+: /, '')).filter(Boolean);
    },
    certificate(nickname) {
      beside(
        ...[
          'certutil',
          '-S',
          '-x',
          '-d',
          `sql:${at('nss')}`,
          '-n',
          nickname,
          '-s',
          `CN=${nickname.replace(/[,=+]/g, ' ')}`,
        ],
        ...['-t', 'CT,,', '-k', 'ec', '-q', 'nistp256', '-z', at('noise')],
      );
    },
    stop,
  };
}
