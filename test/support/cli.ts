/** Runs the built program as a user would: a process of its own, with a clean environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { cachedProgram } from '../../scripts/cached-program.mjs';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to an environment that holds only PATH and an empty HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** With the commands of test/cli/commands added, which do what no real command should. */
  readonly fixtures?: boolean;
  /** A descriptor for the output and that of errors instead of pipes. */
  readonly output?: number;
  /** Milliseconds after which the process is killed; 30 s unless said. */
  readonly timeout?: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const fixtureCommands = path.resolve(import.meta.dirname, '..', 'cli', 'commands');

/** The package folder of the program, built first when its sources have changed. */
export function builtProgram({ fixtures = false }: Pick<RunOptions, 'fixtures'> = {}): Promise<string> {
  return cachedProgram(fixtures ? { extraCommands: fixtureCommands } : {});
}

/** Starts `ipsec ARGS…`; the caller talks to the process. Ends with the test at the latest by its own doing. */
export async function startCli(args: readonly string[], options: RunOptions = {}): Promise<ChildProcess> {
  const run = path.join(await builtProgram(options), 'bin', 'run.js');
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...options.env };
  const output = options.output ?? 'pipe';
  return spawn(process.execPath, [run, ...args], { cwd: options.cwd, env, stdio: ['pipe', output, output] });
}

/** Runs `ipsec ARGS…` to its end. */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = await startCli(args, options);
  child.stdin?.on('error', () => {}); // it may end without having read
  child.stdin?.end(options.stdin ?? '');
  return finish(child, options.timeout);
}

/** Waits for the end of a started program and gives what it wrote from now on. */
export function finish(child: ChildProcess, timeout = 30_000): Promise<RunResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`still running after ${timeout} ms; stderr: ${stderr}`));
    }, timeout);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ stdout, stderr, code, signal });
    });
  });
}
