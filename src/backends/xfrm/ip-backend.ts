/**
 * Linux XFRM by iproute2, for machines where netlink cannot be spoken: everything goes through `ip -batch -`, whose standard input
 * nobody else reads, so that no key stands in the list of processes.
 */
import { readFileSync } from 'node:fs';
import { emptyHostState, type HostPolicy, type HostState } from '../../model/host-state.js';
import { EnvironmentError } from '../../model/tool-error.js';
import {
  type Backend,
  type Change,
  type Execution,
  type Failure,
  overtakenFailure,
  type Unsupported,
} from '../backend.js';
import { monitorPolicies } from './ip-monitor.js';
import { parsePolicies, parseSas } from './ip-text.js';
import { type IpWatch, watchByIp } from './ip-watch.js';
import { changeText, policyName } from './text.js';

const timeoutMillis = 120_000;
/** Output of ip(8) that is taken: a hundred thousand policies. */
const outputMax = 256 * 1024 * 1024;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Opens it. Throws EnvironmentError where iproute2 is not installed. */
export async function openIpBackend(): Promise<Backend> {
  const { execa } = await import('execa');
  let watch: IpWatch | undefined;
  const run = async (args: readonly string[], input?: string): Promise<Run> => {
    const result = await execa('ip', args, {
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      reject: false,
      timeout: timeoutMillis,
      maxBuffer: outputMax,
      env: { LC_ALL: 'C' },
      stripFinalNewline: false,
    });
    if (result.code === 'ENOENT')
      throw new EnvironmentError('ip is not installed (iproute2)', { code: 'TOOL_MISSING' });
    return { code: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
  };
  const list = async (what: 'policy' | 'state'): Promise<string> => {
    const { code, stdout, stderr } = await run(['-s', 'xfrm', what, 'list']);
    if (code !== 0) throw listError(what, stderr);
    return stdout;
  };
  const read = async (): Promise<HostState> => {
    watch?.looked();
    const policies = parsePolicies(await list('policy'), deviceIndex);
    return {
      policies: [...policies].reverse(),
      sas: parseSas(await list('state')),
      defaults: parseDefaults((await run(['xfrm', 'policy', 'getdefault'])).stdout),
    };
  };
  /** Only what replaces can overwrite something of others; the rest costs nobody a second program. */
  const watched = async (changes: readonly Change[]): Promise<IpWatch | undefined> => {
    if (watch || !changes.some(({ kind }) => kind === 'replace')) return watch;
    const monitor = await monitorPolicies(deviceIndex);
    if (!monitor) throw new EnvironmentError('"ip xfrm monitor" does not listen', { code: 'IPROUTE' });
    watch = watchByIp(monitor);
    return watch;
  };
  /** What stands now where the changes replace. What is not there is not shown. */
  const toReplace = async (changes: readonly Change[]): Promise<readonly HostPolicy[]> => {
    const lines = changes.flatMap((change) =>
      change.object === 'policy' && change.kind === 'replace'
        ? [`xfrm policy get ${policyName(change.before).text}`]
        : [],
    );
    if (lines.length === 0) return [];
    return parsePolicies((await run(['-s', '-force', '-batch', '-'], `${lines.join('\n')}\n`)).stdout, deviceIndex);
  };
  return {
    name: 'xfrm',
    means: 'ip -batch',
    read,
    // One list costs about as much as one entry.
    find: read,
    // What the kernel lacks shows when it refuses, and then what was done is undone.
    unsupported: async (desired) => inexpressible(desired),
    algorithms: async () => undefined,
    async execute(asked): Promise<Execution> {
      const watching = await watched(asked);
      const at = watching?.overtaken(asked, await toReplace(asked)) ?? -1;
      const changes = at < 0 ? asked : asked.slice(0, at);
      const lines = changes.map((change) => changeText(change, { reveal: true, exact: true }).text);
      const { code, stderr } =
        lines.length === 0 ? { code: 0, stderr: '' } : await run(['-batch', '-'], `${lines.join('\n')}\n`);
      const execution = code === 0 ? { done: changes.length } : executionOf(stderr, changes);
      if (watching && !(await watching.done(changes.slice(0, execution.done)))) {
        return {
          done: execution.done,
          failure: { message: 'it is not told whether others changed policies meanwhile' },
        };
      }
      return at < 0 || execution.failure ? execution : { done: at, failure: overtakenFailure };
    },
    meanwhile: () => watch?.foreign() ?? [],
    close: () => watch?.close(),
  };
}

/** Those of the namespace whose /sys it is, which `ip netns exec` and systemd take care of. */
function deviceIndex(device: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8'));
  } catch {
    return undefined;
  }
}

function parseDefaults(text: string): HostState['defaults'] {
  const of = (direction: string) => (new RegExp(`${direction}:\\s+block`).test(text) ? 'block' : 'accept');
  return text === '' ? emptyHostState.defaults : { in: of('in'), out: of('out'), fwd: of('fwd') };
}

/** Ranges of ports and some others cannot be said to ip(8). */
function inexpressible(desired: HostState): readonly Unsupported[] {
  return desired.policies.flatMap((after): Unsupported[] => {
    const { inexpressible: why } = changeText({ object: 'policy', kind: 'create', after });
    if (why === undefined) return [];
    const { kind, name } = after.record ?? { kind: 'policy', name: 'without a record' };
    return [
      {
        message: `ip(8) cannot say what ${kind} '${name}' selects: ${why}`,
        help: 'use netlink (--means netlink)',
        fatal: true,
      },
    ];
  });
}

/** `Command failed -:7`: six were done. */
function executionOf(stderr: string, changes: readonly Change[]): Execution {
  const line = Number(/Command failed -:(\d+)/.exec(stderr)?.[1] ?? 1);
  const message = stderr
    .split('\n')
    .filter((each) => each !== '' && !each.startsWith('Command failed'))
    .map((each) => each.replace(/^(RTNETLINK answers|Error): /, ''))
    .join('; ');
  const failure: Failure = { message: message || 'ip(8) failed', ...codeOf(message) };
  return { done: Math.max(0, Math.min(line, changes.length) - 1), failure };
}

const codes: Readonly<Record<string, string>> = {
  'File exists': 'EEXIST',
  'No such file or directory': 'ENOENT',
  'No such process': 'ESRCH',
  'Operation not permitted': 'EPERM',
  'Function not implemented': 'ENOSYS',
};

function codeOf(message: string): { readonly code?: string } {
  const code = Object.entries(codes).find(([words]) => message.includes(words))?.[1];
  return code === undefined ? {} : { code };
}

function listError(what: string, stderr: string): EnvironmentError {
  if (/not permitted/.test(stderr)) {
    return new EnvironmentError('the kernel does not tell its policies to this user', {
      code: 'PRIVILEGE',
      hints: ['Run it as root, or with the capability CAP_NET_ADMIN.'],
    });
  }
  if (/not supported/.test(stderr)) {
    return new EnvironmentError('this kernel has no XFRM, the IPsec stack of Linux', { code: 'NO_XFRM' });
  }
  return new EnvironmentError(`ip xfrm ${what} list failed: ${stderr.trim()}`, { code: 'IPROUTE' });
}
