/** Our program, strongSwan's daemon and Libreswan's in the hosts of a guest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { callDaemon, daemonAnswers } from '../../../src/services/runtime/control-client.js';
import type { ControlMethod, ControlParams } from '../../../src/services/runtime/control-protocol.js';
import type { SaListDocument } from '../../../src/services/runtime/sa-document.js';
import { endOf, inside, must, type Ran, run, type Side, until } from './hosts.js';

/** Our program with its own state and run folders on one host. */
export interface Ours {
  ipsec(...words: readonly string[]): Ran;
  /** `ipsec apply`, as nobody could be asked in a test. */
  apply(records: string): void;
  /** Starts `ipsec runtime run`, and waits until it answers. */
  startDaemon(records: string, ...words: readonly string[]): Promise<Daemon>;
}

export interface Daemon {
  readonly child: ChildProcess;
  call<M extends Exclude<ControlMethod, 'follow'>>(method: M, params: ControlParams<M>): Promise<unknown>;
  sas(): Promise<SaListDocument>;
  log(): string;
  stop(): Promise<void>;
}

/** `program` is the path of bin/run.js. */
export function ours(program: string, side: Side, folder: string): Ours {
  const state = path.join(folder, `state-${side}`);
  const runDir = path.join(folder, `run-${side}`);
  const socket = path.join(runDir, 'control.sock');
  const file = path.join(folder, `log-${side}`);
  const command = (...words: readonly string[]) => inside(side, process.execPath, program, ...words);
  const ipsec = (...words: readonly string[]) => run(command(...words, '--state-dir', state));
  return {
    ipsec,
    apply: (records) => void must(ipsec('apply', records, '--auto-approve', '--allow-lockout', '--quiet')),
    async startDaemon(records, ...words) {
      const log = openSync(file, 'a');
      const asked = command('runtime', 'run', records, '--run-dir', runDir, '--state-dir', state, ...words);
      const child = spawn(asked[0]!, [...asked.slice(1), '--log-level', 'debug'], { stdio: ['ignore', log, log] });
      closeSync(log);
      const started = performance.now();
      const isUp = await until(60_000, async () => child.exitCode !== null || (await daemonAnswers(socket)));
      if (!isUp || child.exitCode !== null)
        throw new Error(`no daemon on ${side}: ${readFileSync(file, 'utf8').slice(-2000)}`);
      appendFileSync(file, `(answered after ${Math.round(performance.now() - started)} ms)\n`);
      return {
        child,
        call: (method, params) => callDaemon(socket, method, params),
        sas: async () => (await callDaemon(socket, 'sa.list', {})) as SaListDocument,
        log: () => readFileSync(file, 'utf8'),
        async stop() {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const ended = new Promise<void>((done) => child.once('exit', () => done()));
          await callDaemon(socket, 'stop', {}).catch(() => child.kill());
          await ended;
        },
      };
    },
  };
}

/** Another product's daemon. */
export interface Peer {
  log(): string;
  stop(): Promise<void>;
}

const charonPlugins =
  'aes des sha2 sha1 md5 random nonce x509 pubkey pkcs1 pkcs8 pem openssl gmp curve25519 hmac kdf ctr gcm kernel-netlink socket-default vici updown';

/** strongSwan's charon; `folder/swanctl` may hold certificates and keys already. */
export async function startCharon(side: Side, folder: string, swanctl: string): Promise<Peer> {
  const home = path.join(folder, 'swanctl');
  for (const name of ['x509', 'x509ca', 'private']) mkdirSync(path.join(home, name), { recursive: true });
  writeFileSync(path.join(home, 'swanctl.conf'), swanctl);
  const conf = path.join(folder, 'strongswan.conf');
  const logFile = path.join(folder, 'charon.log');
  writeFileSync(
    conf,
    `charon {
  load_modular = no
  load = ${charonPlugins}
  plugins { vici { socket = unix://${folder}/vici } }
  filelog { main { path = ${logFile}
 flush_line = yes
 default = 1 } }
}
`,
  );
  const env = { ...process.env, STRONGSWAN_CONF: conf, SWANCTL_DIR: home };
  const child = startPrivately(side, folder, ['/usr/lib/ipsec/charon'], env);
  const log = () => textOf(logFile);
  if (!(await until(30_000, () => existsSync(`${folder}/vici`)))) throw new Error(`no charon: ${log().slice(-2000)}`);
  const loaded = run(['swanctl', '--load-all', '--noprompt', '--uri', `unix://${folder}/vici`], undefined, env);
  if (!loaded.ok) throw new Error(`swanctl: ${loaded.text.slice(-2000)}`);
  return { log, stop: () => endOf(child, 'SIGTERM') };
}

export interface PlutoFiles {
  /** ipsec.conf with one connection, `lab`. */
  readonly conf: string;
  readonly secrets: string;
  /** A PKCS #12 file without a password, and the CA's certificate. */
  readonly key?: { readonly p12: string; readonly ca: string };
}

/** Libreswan's pluto, which the guest has as a layer. */
export async function startPluto(side: Side, folder: string, files: PlutoFiles): Promise<Peer> {
  const nss = path.join(folder, 'nss');
  for (const name of [nss, path.join(folder, 'run/pluto'), path.join(folder, 'ipsec.d')])
    mkdirSync(name, { recursive: true });
  const [conf, secrets] = [path.join(folder, 'ipsec.conf'), path.join(folder, 'ipsec.secrets')];
  writeFileSync(conf, files.conf);
  writeFileSync(secrets, files.secrets, { mode: 0o600 });
  must(run(['certutil', '-N', '-d', `sql:${nss}`, '--empty-password']));
  if (files.key) {
    must(run(['certutil', '-A', '-d', `sql:${nss}`, '-n', 'ca', '-t', 'CT,,', '-i', files.key.ca]));
    must(run(['pk12util', '-i', files.key.p12, '-d', `sql:${nss}`, '-W', '']));
  }
  const logFile = path.join(folder, 'pluto.log');
  const pluto = '/usr/libexec/ipsec/pluto';
  const child = startPrivately(side, folder, [
    pluto,
    ...['--nofork', '--config', conf, '--nssdir', nss, '--secretsfile', secrets],
    ...['--ipsecdir', path.join(folder, 'ipsec.d'), '--rundir', '/run/pluto', '--logfile', logFile],
  ]);
  const log = () => textOf(logFile);
  const control = path.join(folder, 'run/pluto/pluto.ctl');
  if (!(await until(30_000, () => existsSync(control)))) throw new Error(`no pluto: ${log().slice(-2000)}`);
  // Its control program finds the socket in the daemon's own /run.
  const beside = (...words: readonly string[]) => run(['nsenter', '-t', `${child.pid}`, '-m', '-n', ...words]);
  must(beside('/usr/libexec/ipsec/whack', '--listen'));
  must(beside('/usr/libexec/ipsec/addconn', '--config', conf, '--ctlsocket', '/run/pluto/pluto.ctl', 'lab'));
  return { log, stop: () => endOf(child, 'SIGTERM') };
}

/** Starts a daemon on a host with a /run of its own, since daemons have fixed files there. */
function startPrivately(side: Side, folder: string, command: readonly string[], env = process.env): ChildProcess {
  mkdirSync(path.join(folder, 'run'), { recursive: true });
  const script = 'mount --bind "$1" /run; shift; exec "$@"';
  const words = inside(side, 'unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh');
  return spawn(words[0]!, [...words.slice(1), path.join(folder, 'run'), ...command], { env, stdio: 'ignore' });
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
