/** The use case behind `ipsec doctor`: what of this host stands in the way, and what could not be found out. */
import {
  accessSync,
  constants,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statfsSync,
  statSync,
} from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import type { KnownAlgorithms } from '../backends/backend.js';
import { sourceName } from '../backends/xfrm/refusal.js';
import type { SystemConfig } from '../model/system-config.js';
import { EnvironmentError } from '../model/tool-error.js';
import type { Check, DoctorDocument } from '../report/doctor.js';
import { findDrift } from './drift.js';
import { type HostSession, openSession, type SessionOptions } from './host-session.js';
import { allAlgorithms, lackingTransforms } from './kernel-fit.js';
import { timeLeft } from './state/pending.js';

export interface DoctorOptions extends SessionOptions {
  /** What is to be applied here: then it is asked whether this host can. */
  readonly config?: SystemConfig;
}

/** Examines the host. Never throws for what is wrong with it: that is what it tells. */
export async function examine(options: DoctorOptions): Promise<DoctorDocument> {
  const checks: Check[] = [kernelCheck(), privilegeCheck()];
  const session = await openSession(options).catch((error: unknown) => {
    if (!(error instanceof EnvironmentError)) throw error;
    checks.push({
      name: 'XFRM',
      status: 'fail',
      text: error.message,
      ...(error.hints[0] ? { help: error.hints[0] } : {}),
    });
    return undefined;
  });
  try {
    if (session) checks.push(...(await stackChecks(session)), ...(await algorithmChecks(session, options.config)));
    checks.push(...interfaceChecks(), ...sysctlChecks(), ...portChecks(), ...daemonChecks(), nameCheck());
    checks.push(...statisticsChecks(), firewallCheck());
    if (session) checks.push(...(await stateChecks(session)));
  } finally {
    session?.close();
  }
  return { checks };
}

function kernelCheck(): Check {
  if (process.platform === 'linux') return { name: 'kernel', status: 'ok', text: `Linux ${release()}` };
  return { name: 'kernel', status: 'fail', text: `${process.platform} has no XFRM`, help: 'only Linux has it' };
}

const capNetAdmin = 12n;

function privilegeCheck(): Check {
  const name = 'privilege';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/self/status') ?? '')?.[1];
  if (effective === undefined)
    return { name, status: 'unknown', text: 'the capabilities of this process cannot be read' };
  if ((BigInt(`0x${effective}`) >> capNetAdmin) & 1n) return { name, status: 'ok', text: 'CAP_NET_ADMIN' };
  return {
    name,
    status: 'fail',
    text: 'this process may not change the network',
    help: 'run it as root, or with CAP_NET_ADMIN',
  };
}

async function stackChecks({ backend }: HostSession): Promise<readonly Check[]> {
  try {
    const { policies, sas, defaults } = await backend.read();
    const blocked = Object.entries(defaults).flatMap(([direction, action]) => (action === 'block' ? [direction] : []));
    return [
      { name: 'XFRM', status: 'ok', text: `${policies.length} policies and ${sas.length} SAs, by ${backend.means}` },
      blocked.length === 0
        ? { name: 'default', status: 'ok', text: 'packets that no policy takes pass' }
        : {
            name: 'default',
            status: 'warn',
            text: `the kernel drops packets that no policy takes: ${blocked.join(', ')}`,
            help: '"ip xfrm policy getdefault" shows it; records with a default of PASS get policies for it',
          },
    ];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [{ name: 'XFRM', status: 'fail', text: error.message, ...(error.hints[0] ? { help: error.hints[0] } : {}) }];
  }
}

async function algorithmChecks({ backend }: HostSession, config: SystemConfig | undefined): Promise<readonly Check[]> {
  const found = await backend.algorithms(allAlgorithms);
  if (!found) {
    return [
      {
        name: 'algorithms',
        status: 'unknown',
        text: 'not tried: that needs netlink and a network namespace of its own, which this user may not make',
      },
    ];
  }
  return [protocolCheck(found), algorithmCheck(found), ...(config ? neededChecks(config, found) : [])];
}

function missing(table: ReadonlyMap<string, boolean>): readonly string[] {
  return [...table].flatMap(([name, isThere]) => (isThere ? [] : [name]));
}

function protocolCheck({ protocols }: KnownAlgorithms): Check {
  const lacking = missing(protocols);
  if (lacking.length === 0) return { name: 'protocols', status: 'ok', text: 'ESP and AH, IPv4 and IPv6' };
  return {
    name: 'protocols',
    status: 'fail',
    text: `the kernel has no ${lacking.join('; ')}`,
    help: 'the modules are esp4, esp6, ah4 and ah6',
  };
}

function algorithmCheck({ protocols, encryption, authentication }: KnownAlgorithms): Check {
  const name = 'algorithms';
  if (protocols.get('ESP, IPv4') !== true)
    return { name, status: 'unknown', text: 'not tried: without ESP there are none' };
  const lacking = [...missing(encryption), ...missing(authentication)];
  if (lacking.length === 0)
    return { name, status: 'ok', text: 'all that the records can name and Linux has a name for' };
  return { name, status: 'info', text: `not here: ${lacking.join(', ')}` };
}

/** For each entry of the policy: is there a proposal that this kernel can have? */
function neededChecks(config: SystemConfig, found: KnownAlgorithms): readonly Check[] {
  const lacks = lackingTransforms(config, found);
  if (lacks.length === 0) return [{ name: 'records', status: 'ok', text: 'the kernel has what they name' }];
  return lacks.map(({ source, names, isAll }) => ({
    name: 'records',
    status: isAll ? 'fail' : 'warn',
    text: `${sourceName(source)} names what this kernel has not: ${names.join(', ')}`,
    help: isAll ? 'load the modules, or name other transforms' : 'the others will do',
  }));
}

/** An interface may be told to know nothing of policies: then what goes through it is never protected. */
function interfaceChecks(): readonly Check[] {
  const folder = '/proc/sys/net/ipv4/conf';
  const names = readNames(folder).filter((name) => !['all', 'default', 'lo'].includes(name));
  const deaf = names.flatMap((name) =>
    ['ipv4/conf/NAME/disable_xfrm', 'ipv4/conf/NAME/disable_policy', 'ipv6/conf/NAME/disable_policy'].flatMap(
      (setting) =>
        readText(`/proc/sys/net/${setting.replace('NAME', name)}`)?.trim() === '1'
          ? [`net.${setting.replace('NAME', name).replaceAll('/', '.')}`]
          : [],
    ),
  );
  const all = ['disable_xfrm', 'disable_policy'].filter(
    (setting) => readText(path.join(folder, 'all', setting))?.trim() === '1',
  );
  const found = [...all.map((setting) => `${setting} of all interfaces`), ...deaf];
  if (found.length === 0) return [{ name: 'interfaces', status: 'ok', text: 'policies count on all of them but lo' }];
  return [
    {
      name: 'interfaces',
      status: 'fail',
      text: `policies do not count: ${found.join(', ')} is set`,
      help: 'VTI interfaces need it; on others set it to 0, or packets leave in the clear',
    },
  ];
}

function sysctlChecks(): readonly Check[] {
  const checks: Check[] = [];
  const forwarding = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/all/forwarding'].filter(
    (file) => readText(file)?.trim() === '1',
  );
  checks.push({
    name: 'forwarding',
    status: 'info',
    text:
      forwarding.length === 0
        ? 'off'
        : `on: ${forwarding.map((file) => (file.includes('ipv4') ? 'IPv4' : 'IPv6')).join(', ')}`,
  });
  const strict = readNames('/proc/sys/net/ipv4/conf').filter(
    (name) =>
      !['default', 'lo'].includes(name) && readText(`/proc/sys/net/ipv4/conf/${name}/rp_filter`)?.trim() === '1',
  );
  if (strict.length > 0) {
    checks.push({
      name: 'rp_filter',
      status: 'warn',
      text: `strict on ${strict.join(', ')}: packets out of a tunnel may be dropped there`,
      help: 'set it to 2 (loose) where tunnels end',
    });
  }
  const acquire = readText('/proc/sys/net/core/xfrm_acq_expires')?.trim();
  if (acquire !== undefined)
    checks.push({ name: 'acquire', status: 'info', text: `the kernel waits ${acquire} s for an SA` });
  return checks;
}

const ikePorts = [500, 4500] as const;

function portChecks(): readonly Check[] {
  const used = new Map<number, string>();
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    for (const line of (readText(file) ?? '').split('\n').slice(1)) {
      const [, local, , , , , , , , inode] = line.trim().split(/\s+/);
      const port = Number.parseInt(local?.split(':')[1] ?? '', 16);
      if (ikePorts.some((each) => each === port) && inode !== undefined) used.set(port, inode);
    }
  }
  if (used.size === 0) return [{ name: 'ports', status: 'ok', text: 'UDP 500 and 4500 are free' }];
  const owners = [...used].map(([port, inode]) => `UDP ${port} by ${ownerOf(inode) ?? 'somebody'}`);
  return [
    {
      name: 'ports',
      status: 'warn',
      text: `in use: ${owners.join(', ')}`,
      help: 'one IKE daemon at a time can have them',
    },
  ];
}

/** Processes that are looked through for the owner of a socket. */
const processesMax = 10_000;

function ownerOf(inode: string): string | undefined {
  for (const pid of processIds()) {
    try {
      for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
        if (readlinkSync(`/proc/${pid}/fd/${descriptor}`) === `socket:[${inode}]`)
          return `${readText(`/proc/${pid}/comm`)?.trim()} (process ${pid})`;
      }
    } catch {
      // Of another user, or gone.
    }
  }
  return undefined;
}

function safeRealpath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

function processIds(): readonly string[] {
  return readNames('/proc')
    .filter((name) => /^\d+$/.test(name))
    .slice(0, processesMax);
}

const daemons: Readonly<Record<string, string>> = {
  charon: 'strongSwan',
  'charon-systemd': 'strongSwan',
  starter: 'strongSwan',
  pluto: 'Libreswan',
  racoon: 'racoon',
  iked: 'OpenIKED',
};

function daemonChecks(): readonly Check[] {
  const found = new Set(
    processIds().flatMap((pid) => {
      const name = readText(`/proc/${pid}/comm`)?.trim() ?? '';
      return daemons[name] ? [`${daemons[name]} (${name}, process ${pid})`] : [];
    }),
  );
  if (found.size === 0) return [{ name: 'daemons', status: 'ok', text: 'no other IKE daemon runs here' }];
  return [
    {
      name: 'daemons',
      status: 'warn',
      text: `also here: ${[...found].join(', ')}`,
      help: 'their policies are shown by "plan" and left alone; look out for those that come before ours',
    },
  ];
}

/** strongSwan and Libreswan install an `ipsec` too. */
function nameCheck(): Check {
  const own = process.argv[1] === undefined ? undefined : safeRealpath(process.argv[1]);
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const file = path.join(folder, 'ipsec');
    if (!isExecutable(file)) continue;
    const real = safeRealpath(file);
    if (real === own) return { name: 'name', status: 'ok', text: `"ipsec" in the shell is this program (${file})` };
    return {
      name: 'name',
      status: 'warn',
      text: `"ipsec" in the shell is ${file}, another program`,
      help: 'this one is called "ipsecpm" as well',
    };
  }
  return { name: 'name', status: 'info', text: 'the shell finds no "ipsec"' };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function statisticsChecks(): readonly Check[] {
  const text = readText('/proc/net/xfrm_stat');
  if (text === undefined)
    return [{ name: 'statistics', status: 'unknown', text: 'this kernel keeps none (/proc/net/xfrm_stat)' }];
  const counted = text.split('\n').flatMap((line) => {
    const [name, value] = line.trim().split(/\s+/);
    return name && Number(value) > 0 ? [`${name} ${value}`] : [];
  });
  return [
    { name: 'statistics', status: 'info', text: counted.length === 0 ? 'nothing was dropped' : counted.join(', ') },
  ];
}

function firewallCheck(): Check {
  return {
    name: 'firewall',
    status: 'unknown',
    text: 'its rules are not read: UDP 500 and 4500 and the IP protocols 50 and 51 must pass',
  };
}

const freeMinimum = 64 * 1024 * 1024;

async function stateChecks(session: HostSession): Promise<readonly Check[]> {
  const { folder, journal, pending, registry } = session;
  const checks: Check[] = [];
  const name = 'state';
  let found: Stats | undefined;
  try {
    // Not with throwIfNoEntry: since Node 24 a file where a folder should be counts as no entry too.
    found = statSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      const text = `${folder} cannot be there (${code})`;
      return [{ name, status: 'fail', text, help: 'name another folder with --state-dir' }];
    }
  }
  if (!found) checks.push({ name, status: 'info', text: `${folder} is not there yet` });
  else {
    const isOpen = (found.mode & 0o077) !== 0;
    checks.push(
      isOpen
        ? { name, status: 'fail', text: `${folder} can be read by others`, help: `chmod 700 ${folder}` }
        : { name, status: 'ok', text: `${folder}, state ${registry.serial}` },
    );
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < freeMinimum)
      checks.push({
        name,
        status: 'warn',
        text: `${folder} has less than 64 MB left`,
        help: 'without room for a journal nothing is applied',
      });
  }
  if (journal)
    checks.push({
      name,
      status: 'fail',
      text: `a change that was begun at ${journal.startedAt} did not come to its end`,
      help: '"ipsec apply --resume" or "ipsec rollback"',
    });
  if (pending)
    checks.push({
      name,
      status: 'warn',
      text: `state ${pending.serial} waits for being confirmed, ${Math.max(0, Math.round(timeLeft(pending) / 1000))} s left`,
      help: '"ipsec confirm" or "ipsec rollback"',
    });
  try {
    const { entries, restarted } = await findDrift(session);
    if (restarted)
      checks.push({
        name: 'drift',
        status: 'fail',
        text: 'nothing is in place since this machine was started',
        help: '"ipsec apply"',
      });
    else if (entries.length > 0)
      checks.push({
        name: 'drift',
        status: 'fail',
        text: `${entries.length} entries differ from what was applied`,
        help: '"ipsec drift" shows them',
      });
    else if (registry.serial > 0) checks.push({ name: 'drift', status: 'ok', text: 'everything is as it was applied' });
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    checks.push({ name: 'drift', status: 'unknown', text: error.message });
  }
  return checks;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
