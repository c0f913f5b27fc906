/** A guest whose kernel has ESP and AH (the kernel lab of the reference material), for tests of what this machine's kernel may not have. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { bundle } from './bundle.js';
import { builtProgram } from './cli.js';
import { sharedMissing, sharedPath } from './shared.js';

const vm = sharedPath('lab', 'kernel', 'vm');

/** Why there can be no guest here; undefined where there can. */
export function guestMissing(): string | undefined {
  if (vm === undefined) return sharedMissing;
  if (!existsSync('/usr/bin/linux.uml')) return 'user-mode-linux is not installed';
  return existsSync('/sbin/modprobe') ? undefined : 'kmod is not installed, without which its kernel finds no ciphers';
}

/** Why the guest cannot have Libreswan, which Debian cannot install beside strongSwan; it is unpacked where it is not yet. */
export function libreswanMissing(): string | undefined {
  const why = guestMissing();
  if (why !== undefined || vm === undefined) return why;
  if (existsSync(path.join(libreswanLayer(), 'usr/libexec/ipsec/pluto'))) return undefined;
  if (process.getuid?.() !== 0) return 'libreswan is not unpacked (vm layer libreswan libreswan), which takes root';
  try {
    execFileSync(vm, ['layer', 'libreswan', 'libreswan'], { stdio: 'ignore', timeout: 300_000 });
    return undefined;
  } catch {
    return 'libreswan cannot be had from the package archive';
  }
}

/** Why the guest cannot have XFRM interfaces: Debian's kernel of User-Mode Linux comes without. */
export function interfacesMissing(): string | undefined {
  const why = guestMissing();
  if (why !== undefined) return why;
  const folder = '/usr/lib/uml/modules';
  const releases = existsSync(folder) ? readdirSync(folder) : [];
  return releases.some((name) => existsSync(`${folder}/${name}/kernel/net/xfrm/xfrm_interface.ko`))
    ? undefined
    : 'the kernel of User-Mode Linux has none (scripts/build-uml-xfrm-interface.sh gives it the module)';
}

function guestCache(): string {
  return process.env.VM_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? `${homedir()}/.cache`, 'ipsec-vm');
}

/** The folder with Libreswan's files, to be laid over `/`. */
export function libreswanLayer(): string {
  return path.join(guestCache(), 'layer/libreswan');
}

/** Modules of the guest's kernel that a NAT needs; iptables comes with Libreswan, which asks for it. */
export const natModules = ['ip_tables', 'iptable_nat', 'xt_nat', 'xt_tcpudp', 'nf_conntrack'] as const;
export const natMissing = libreswanMissing;

export interface GuestOptions {
  readonly layers?: readonly string[];
  readonly modules?: readonly string[];
  readonly timeoutSeconds: number;
  /** A line of JSON that the program printed. */
  onLine(value: unknown): void;
}

/** Runs a TypeScript program of the tests in a guest: `entry PROGRAM WORDS…`, where PROGRAM is our own built one. Rejects when it does not end well. */
export async function runInGuest(entry: string, words: readonly string[], options: GuestOptions): Promise<void> {
  const file = await bundle(entry);
  const program = path.join(await builtProgram(), 'bin', 'run.js');
  const child = spawn(
    vm!,
    [
      'run',
      ...['--timeout', `${options.timeoutSeconds}`, '--mem', '1536'],
      ...(options.layers ?? []).flatMap((layer) => ['--layer', layer]),
      ...(options.modules ?? []).flatMap((module) => ['--module', module]),
      ...['--', process.execPath, file, program, ...words],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let rest = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) options.onLine(JSON.parse(line));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  if (code !== 0) throw new Error(`the guest ended with ${code}: ${errors.slice(-2000)}`);
}
