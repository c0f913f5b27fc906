/** strongSwan's charon in a namespace, with ESP in userspace: an independent peer for interop tests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endProcess, type Namespaces } from './netns.js';

const charonProgram = '/usr/lib/ipsec/charon';
const plugins =
  'aesni aes des rc2 sha2 sha1 md5 mgf1 rdrand random nonce x509 revocation constraints pubkey pkcs1 pkcs8 pem openssl gcrypt fips-prf gmp curve25519 chapoly xcbc cmac hmac kdf ctr ccm gcm drbg';
const daemonPlugins = 'kernel-netlink socket-default vici updown';

/** Why charon cannot be had here; undefined where it can. */
export function charonMissing(): string | undefined {
  if (!existsSync(charonProgram)) return 'strongSwan is not installed (charon)';
  if (!existsSync('/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so'))
    return 'strongSwan’s kernel-libipsec is not installed (libcharon-extra-plugins)';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  return undefined;
}

export interface Charon {
  /** Runs swanctl and gives what it printed, also when it fails. */
  swanctl(...words: string[]): { readonly ok: boolean; readonly text: string };
  /** The same without waiting for its end here: for what is to happen at once with something else. */
  swanctlMeanwhile(...words: string[]): Promise<void>;
  readonly pid: number;
  /** Where its swanctl finds swanctl.conf and the folders with credentials. */
  readonly folder: string;
  log(): string;
  stop(): Promise<void>;
}

export interface CharonOptions {
  readonly swanctl: string;
  /** More of strongswan.conf's section charon. */
  readonly settings?: string;
  /** ESP by charon itself, or by the kernel, which may have none: policies it has all the same. */
  readonly dataPath?: 'libipsec' | 'kernel';
  /** Folder with x509, x509ca and private. */
  readonly credentials?: string;
  /** Logs nothing: for measurements. */
  readonly quiet?: boolean;
}

/** Starts charon and loads the configuration; throws what it said when it does not come up. */
export async function startCharon(
  namespaces: Pick<Namespaces, 'start'>,
  where: 'left' | 'right',
  options: CharonOptions,
): Promise<Charon> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-charon-'));
  const socket = path.join(folder, 'vici');
  const swanctlFolder = path.join(folder, 'swanctl');
  for (const name of ['run', 'swanctl/x509', 'swanctl/x509ca', 'swanctl/private'])
    mkdirSync(path.join(folder, name), { recursive: true });
  if (options.credentials) cpSync(options.credentials, swanctlFolder, { recursive: true });
  writeFileSync(path.join(swanctlFolder, 'swanctl.conf'), options.swanctl, { mode: 0o600 });
  writeFileSync(path.join(folder, 'strongswan.conf'), strongswanConf(folder, socket, options));
  const child: ChildProcess = namespaces.start(
    where,
    // /run is private, for charon's fixed pid file.
    [
      'unshare',
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      'mount --bind "$1" /run; exec "$2"',
      'sh',
      path.join(folder, 'run'),
      charonProgram,
    ],
    { env: { ...process.env, STRONGSWAN_CONF: path.join(folder, 'strongswan.conf') }, stdio: 'ignore' },
  );
  const log = (): string => {
    const file = path.join(folder, 'log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const swanctl: Charon['swanctl'] = (...words) => {
    try {
      const text = execFileSync('swanctl', [...words, '--uri', `unix://${socket}`], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
        env: { ...process.env, SWANCTL_DIR: swanctlFolder, STRONGSWAN_CONF: path.join(folder, 'strongswan.conf') },
      });
      return { ok: true, text };
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return { ok: false, text: `${stdout}${stderr}` };
    }
  };
  const swanctlMeanwhile: Charon['swanctlMeanwhile'] = (...words) =>
    new Promise((done) => {
      const client = spawn('swanctl', [...words, '--uri', `unix://${socket}`], {
        stdio: 'ignore',
        env: { ...process.env, SWANCTL_DIR: swanctlFolder, STRONGSWAN_CONF: path.join(folder, 'strongswan.conf') },
      });
      client.once('close', () => done());
    });
  const stop = async (): Promise<void> => {
    await endProcess(child);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; !existsSync(socket); tries += 1) {
    if (child.exitCode !== null || tries > 200) {
      const said = log();
      await stop();
      throw new Error(`charon did not start: ${said.slice(-2000)}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  const loaded = swanctl('--load-all', '--noprompt');
  if (!loaded.ok || /failed/.test(loaded.text)) {
    await stop();
    throw new Error(`charon refuses the configuration: ${loaded.text}`);
  }
  return { swanctl, swanctlMeanwhile, pid: child.pid ?? 0, folder: swanctlFolder, log, stop };
}

function strongswanConf(
  folder: string,
  socket: string,
  { settings = '', dataPath = 'libipsec', quiet = false }: CharonOptions,
): string {
  const kernel = dataPath === 'libipsec' ? 'kernel-libipsec ' : '';
  return `charon {
  load_modular = no
  load = ${plugins} ${kernel}${daemonPlugins}
  threads = 16
  retransmit_tries = 3
  retransmit_timeout = 1.0
  retransmit_base = 1.5
  plugins {
    vici { socket = unix://${socket} }
    kernel-libipsec { allow_peer_ts = yes }
    kernel-netlink { fwmark = !0x42 }
    socket-default { fwmark = 0x42 }
  }
  filelog {
    main {
      path = ${folder}/log
      flush_line = yes
      default = ${quiet ? -1 : 1}
      ike = ${quiet ? -1 : 2}
      cfg = ${quiet ? -1 : 2}
      enc = ${quiet ? -1 : 1}
    }
  }
${settings}
}
`;
}
