/**
 * Two of strongSwan's charon, each in a network namespace of its own, joined by a veth pair. ESP is in user space
 * (kernel-libipsec), so that the kernel need not have any. Needs root, Debian's packages and /dev/net/tun.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type SideName = 'left' | 'right';

const charon = '/usr/lib/ipsec/charon';
/** Debian's plugins in Debian's order, without those that want hardware, a directory or another service. */
const plugins =
  'aesni aes rc2 sha2 sha1 md5 mgf1 random nonce x509 revocation constraints pubkey pkcs1 pkcs7 pkcs8 pkcs12 pem openssl ' +
  'gcrypt gmp curve25519 chapoly xcbc cmac hmac kdf ctr ccm gcm drbg kernel-libipsec kernel-netlink socket-default vici';

/** Why charon cannot be run here; undefined where it can. */
export function charonMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'namespaces need root';
  for (const file of [charon, '/usr/sbin/swanctl', '/dev/net/tun'])
    if (!existsSync(file)) return `${file} is not there (packages strongswan-charon and strongswan-swanctl)`;
  const plugin = '/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so';
  if (!existsSync(plugin)) return `${plugin} is not there (package libcharon-extra-plugins)`;
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' });
  } catch {
    return 'ip netns does not work here';
  }
  return undefined;
}

export interface CharonPairOptions {
  /** Addresses of each side: that of IKE first, the others on its loopback. */
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Settings for the section charon of both. */
  readonly settings?: string;
}

export interface CommandResult {
  readonly ok: boolean;
  /** What it wrote, errors last. */
  readonly output: string;
}

/** A running pair; `close` takes away everything that was made. */
export interface CharonPair {
  /** `swanctl ARGUMENTS` on a side. Never throws; gives up after some seconds. */
  swanctl(side: SideName, args: readonly string[], timeout?: number): Promise<CommandResult>;
  /** Loads a swanctl.conf, and files of swanctl's folders by their path there, in place of what was loaded before. */
  load(side: SideName, config: string, files?: ReadonlyMap<string, Uint8Array>): Promise<CommandResult>;
  log(side: SideName): string;
  close(): Promise<void>;
}

/** Starts two daemons. */
export async function startCharons(options: CharonPairOptions): Promise<CharonPair> {
  const folder = mkdtempSync(path.join(tmpdir(), 'charon-'));
  const tag = `ct${process.pid}`;
  const names = { left: `${tag}-left`, right: `${tag}-right` };
  const daemons: ChildProcess[] = [];
  const close = async () => {
    await Promise.all(daemons.map(stop));
    for (const name of Object.values(names)) await run('ip', ['netns', 'del', name]).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const name of Object.values(names)) {
      await run('ip', ['netns', 'add', name]);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    await run('ip', [
      'link',
      'add',
      'v0',
      'netns',
      names.left,
      'type',
      'veth',
      'peer',
      'name',
      'v0',
      'netns',
      names.right,
    ]);
    for (const side of ['left', 'right'] as const) {
      const [outer, ...inner] = options[side];
      const ip = (...args: string[]) => run('ip', ['-n', names[side], ...args]);
      await ip('addr', 'add', `${outer}/24`, 'dev', 'v0');
      await ip('link', 'set', 'v0', 'up');
      for (const address of inner)
        await ip(
          'addr',
          'add',
          `${address}/${address.includes(':') ? 128 : 32}`,
          'dev',
          'lo',
          ...(address.includes(':') ? ['nodad'] : []),
        );
    }
    for (const side of ['left', 'right'] as const)
      daemons.push(await startDaemon(path.join(folder, side), names[side], options.settings ?? ''));
  } catch (cause) {
    await close();
    throw cause;
  }
  const swanctl = async (side: SideName, args: readonly string[], timeout = 20_000): Promise<CommandResult> => {
    const [command = '--help', ...rest] = args;
    const socket = `unix://${path.join(folder, side, 'charon.vici')}`;
    const env = { ...process.env, SWANCTL_DIR: path.join(folder, side, 'swanctl') };
    try {
      const { stdout, stderr } = await run('swanctl', [command, '--uri', socket, ...rest], {
        env,
        timeout,
        maxBuffer: 2 ** 24,
      });
      return { ok: true, output: stdout + stderr };
    } catch (cause) {
      const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
      return { ok: false, output: stdout + stderr };
    }
  };
  return {
    swanctl,
    async load(side, config, files = new Map()) {
      placeFiles(path.join(folder, side, 'swanctl'), files);
      const file = path.join(folder, side, 'swanctl', 'swanctl.conf');
      // A connection of the same name keeps its place before others when it is loaded again, and a pool who had which address.
      writeFileSync(file, '', { mode: 0o600 });
      await swanctl(side, ['--load-conns']);
      if (config.includes('pools {')) await swanctl(side, ['--load-pools']);
      writeFileSync(file, config);
      const result = await swanctl(side, ['--load-all', '--clear', '--noprompt']);
      return {
        ok: result.ok && !/failed|unable|ignoring|ignored|invalid config/.test(result.output),
        output: result.output,
      };
    },
    log: (side) => readFileSync(path.join(folder, side, 'charon.log'), 'utf8'),
    close,
  };
}

/** Puts files into swanctl's folders, and takes away those of the time before. */
function placeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const name of ['x509', 'x509ca', 'x509crl', 'private', 'pubkey'])
    for (const entry of readdirSync(path.join(folder, name))) rmSync(path.join(folder, name, entry));
  for (const [name, octets] of files) writeFileSync(path.join(folder, name), octets, { mode: 0o600 });
}

async function startDaemon(folder: string, namespace: string, settings: string): Promise<ChildProcess> {
  mkdirSync(path.join(folder, 'run'), { recursive: true });
  for (const name of [
    'x509',
    'x509ca',
    'x509ocsp',
    'x509aa',
    'x509ac',
    'x509crl',
    'pubkey',
    'private',
    'rsa',
    'ecdsa',
    'bliss',
    'pkcs8',
    'pkcs12',
  ])
    mkdirSync(path.join(folder, 'swanctl', name), { recursive: true });
  const config = path.join(folder, 'strongswan.conf');
  writeFileSync(
    config,
    `charon {
  load_modular = no
  load = ${plugins}
  threads = 16
  dos_protection = no
  ${settings}
  plugins {
    vici { socket = unix://${path.join(folder, 'charon.vici')}
    }
    kernel-netlink { fwmark = !0x42
    }
    socket-default { fwmark = 0x42
    }
  }
  filelog { main { path = ${path.join(folder, 'charon.log')}
    flush_line = yes
    default = 1 } }
}
`,
  );
  // charon's pid file has a fixed place: /run is its own.
  const script = 'mount --bind "$1" /run; exec "$2"';
  const args = [
    'netns',
    'exec',
    namespace,
    'unshare',
    '-m',
    '--propagation',
    'private',
    'sh',
    '-c',
    script,
    'sh',
    path.join(folder, 'run'),
    charon,
  ];
  const daemon = spawn('ip', args, { env: { ...process.env, STRONGSWAN_CONF: config }, stdio: 'ignore' });
  const socket = path.join(folder, 'charon.vici');
  for (let tries = 0; tries < 200 && !existsSync(socket); tries += 1) {
    if (daemon.exitCode !== null) throw new Error(`charon ended with ${daemon.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!existsSync(socket)) {
    await stop(daemon);
    throw new Error('charon does not open its socket');
  }
  return daemon;
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => daemon.once('close', () => resolve()));
  daemon.kill('SIGTERM');
  const timer = setTimeout(() => daemon.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

/** One value of what vici prints raw: a section, a list or a text. */
export type RawValue = string | readonly string[] | RawSection;
export interface RawSection {
  readonly [name: string]: RawValue;
}

/** Reads the output of `swanctl --list-sas --raw`: `list-sa event {c {uniqueid=1 … child-sas {net-1 {…}}}}`. */
export function parseRaw(text: string): RawSection[] {
  const events: RawSection[] = [];
  for (const line of text.split('\n')) {
    const brace = line.indexOf('event {');
    if (brace === -1) continue;
    let at = brace + 'event {'.length;
    const section = (): RawSection => {
      const found: Record<string, RawValue> = {};
      while (at < line.length && line[at] !== '}') {
        if (line[at] === ' ') {
          at += 1;
          continue;
        }
        const name = /[^ ={[}\]]*/y;
        name.lastIndex = at;
        const key = name.exec(line)![0];
        at += key.length;
        if (line[at] === ' ' && line[at + 1] === '{') at += 1;
        if (line[at] === '{') {
          at += 1;
          found[key] = section();
          at += 1;
        } else if (line[at] === '=' && line[at + 1] === '[') {
          const end = closing(line, at + 2);
          found[key] = line
            .slice(at + 2, end)
            .split(' ')
            .filter(Boolean);
          at = end + 1;
        } else if (line[at] === '=') {
          const value = /[^ }]*/y;
          value.lastIndex = at + 1;
          const text = value.exec(line)![0];
          found[key] = text;
          at += 1 + text.length;
        } else at += 1;
      }
      return found;
    };
    events.push(section());
  }
  return events;
}

/** The bracket that closes a list; selectors have brackets of their own. */
function closing(line: string, from: number): number {
  let depth = 1;
  for (let at = from; at < line.length; at += 1) {
    if (line[at] === '[') depth += 1;
    if (line[at] === ']' && --depth === 0) return at;
  }
  return line.length;
}
