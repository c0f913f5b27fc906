/**
 * Linux XFRM by iproute2, for machines where netlink cannot be spoken: everything goes through `ip -batch -`, whose standard input
 * nobody else reads, so that no key stands in the list of processes.
 */
import { emptyHostState, type HostState } from '../../model/host-state.js';
import { EnvironmentError } from '../../model/tool-error.js';
import type { Backend, Change, Execution, Failure, Unsupported } from '../backend.js';
import { parsePolicies, parseSas } from './ip-text.js';
import { changeText } from './text.js';

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
    const [policies, sas] = [await list('policy'), await list('state')];
    return {
      policies: [...parsePolicies(policies)].reverse(),
      sas: parseSas(sas),
      defaults: parseDefaults((await run(['xfrm', 'policy', 'getdefault'])).stdout),
    };
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
    async execute(changes): Promise<Execution> {
      const lines = changes.map((change) => changeText(change, { reveal: true }).text);
      const { code, stderr } = await run(['-batch', '-'], `${lines.join('\n')}\n`);
      return code === 0 ? { done: changes.length } : executionOf(stderr, changes);
    },
    close() {},
  };
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
