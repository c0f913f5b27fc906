import { describe, expect, it } from 'vitest';
import { finish, runCli, startCli } from '../support/cli.js';

const fixture = (args: readonly string[], env: Record<string, string> = {}) =>
  runCli(['fixture', ...args], { fixtures: true, env });

describe('a bug', () => {
  it.each(['', '--late', '--rejected'])('ends with 3, says what to do and shows no stack (%s)', async (flag) => {
    const { stdout, stderr, code } = await fixture(['crash', flag].filter(Boolean));
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^ipsec: internal error: Cannot read properties of undefined \(reading 'field'\)\n/);
    expect(stderr).toContain('Please report it');
    expect(stderr).toContain('DEBUG=1');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr.split('\n').length).toBeLessThan(8);
  });

  it('shows its stack with DEBUG, with names that tell where it is', async () => {
    const { stderr } = await fixture(['crash'], { DEBUG: '1' });
    expect(stderr).toMatch(/^ +at .*readNothing/m);
  });

  it('may throw anything', async () => {
    const { stderr, code } = await fixture(['crash', '--odd']);
    expect(stderr).toContain('internal error: not an Error at all');
    expect(code).toBe(3);
  });

  it('is JSON with --json', async () => {
    const { stdout, stderr, code } = await fixture(['crash', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, error: { code: 'INTERNAL', exitCode: 3 } });
    expect([stderr, code]).toEqual(['', 3]);
  });
});

describe('what the host refuses', () => {
  it('ends with 4', async () => {
    const { stderr, code } = await fixture(['refuse', '--how', 'environment']);
    expect(stderr).toBe('ipsec: this needs root\n  Run it with sudo.\n  See: ipsec explain PRIVILEGE\n');
    expect(code).toBe(4);
  });

  it('keeps its code in JSON', async () => {
    const { stdout } = await fixture(['refuse', '--how', 'environment', '--json']);
    const error = {
      code: 'PRIVILEGE',
      message: 'this needs root',
      exitCode: 4,
      hints: ['Run it with sudo.'],
      explanation: 'ipsec explain PRIVILEGE',
      documentation: 'ipsec-errors(7)',
    };
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, error });
  });

  it('may be an error of the system that nobody caught', async () => {
    const { stderr, code } = await fixture(['refuse', '--how', 'system']);
    expect(stderr).toMatch(/^ipsec: the system refused: ENOSPC/);
    expect(code).toBe(4);
  });

  it('may be a full disk under stdout', async () => {
    const { execFile } = await import('node:child_process');
    const { builtProgram } = await import('../support/cli.js');
    const run = `${await builtProgram()}/bin/run.js`;
    const script = `exec "${process.execPath}" "${run}" version > /dev/full`;
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile('sh', ['-c', script], (error, _stdout, text) => resolve({ code: error?.code ?? 0, stderr: text }));
    });
    expect(stderr).toContain('the system refused');
    expect(code).toBe(4);
  });
});

describe('a command line that is wrong', () => {
  it.each<[string[], RegExp, RegExp | undefined]>([
    [['versin'], /^ipsec: unknown command "versin"$/m, /Did you mean "ipsec version"\?/],
    [['version', '--quite'], /^ipsec: unknown flag --quite$/m, /Did you mean --quiet\?/],
    [['version', '-jsn'], /unknown flag -jsn|unknown flag -j/, undefined],
    [['--jsn', 'version'], /^ipsec: unknown flag --jsn$/m, /Did you mean --json\?/],
    [['version', 'extra'], /^ipsec: unexpected argument "extra"$/m, undefined],
    [['version', '--config'], /^ipsec: flag --config expects a value$/m, undefined],
    [['-q'], /^ipsec: a command is missing$/m, undefined],
    [['policy', 'record'], /^ipsec: missing flag --file$/m, undefined],
    [
      ['policy', 'lint', '--diff'],
      /^ipsec: all of the following must be provided when using --diff: --fix$/m,
      undefined,
    ],
    [['rollback', 'abc'], /^ipsec: "abc" is not a number from 1 on$/m, undefined],
    [['state', 'show', '0'], /^ipsec: "0" is not a number from 1 on$/m, undefined],
    // Nothing named is not everything.
    [['state', 'forget'], /^ipsec: say which record, by kind and name, or --all$/m, undefined],
    [['state', 'forget', 'host'], /^ipsec: say which record, by kind and name, or --all$/m, undefined],
    [['state', 'forget', '--all', 'host', 'web'], /^ipsec: say which record, by kind and name, or --all$/m, undefined],
  ])('%j', async (args, message, hint) => {
    const { stdout, stderr, code } = await runCli(args);
    expect(stderr).toMatch(message);
    if (hint) expect(stderr).toMatch(hint);
    expect(stderr).toMatch(/^ {2}See: ipsec ([a-z ]+ )?--help, ipsec explain [A-Z_]+$/m);
    expect([stdout, code]).toEqual(['', 2]);
  });

  it('names the missing argument', async () => {
    const { stderr, code } = await fixture(['values']);
    expect(stderr).toBe(
      'ipsec: missing argument WORD\n  See: ipsec fixture values --help, ipsec explain MISSING_ARGUMENT\n',
    );
    expect(code).toBe(2);
  });

  it.each([
    [['versin', '--json'], 'UNKNOWN_COMMAND'],
    [['version', '--json', '--quite'], 'UNKNOWN_FLAG'],
    [['--json'], 'NO_COMMAND'],
    [['version', 'extra', '--json'], 'UNEXPECTED_ARGUMENT'],
  ])('is JSON with --json: %j', async (args, errorCode) => {
    const { stdout, stderr, code } = await runCli(args);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 1, error: { code: errorCode, exitCode: 2 } });
    expect([stderr, code]).toEqual(['', 2]);
  });

  it.each([
    [['--psk=Zq9-hidden', 'version']],
    [['version', '--psk=Zq9-hidden']],
    [['version', '--json', '--psk=Zq9-hidden']],
    [['version', '--psk', 'Zq9-hidden']],
  ])('does not repeat the value of an unknown flag: %j', async (args) => {
    const { stdout, stderr, code } = await runCli(args);
    expect(stdout + stderr).not.toContain('Zq9');
    expect(code).toBe(2);
  });

  it('cannot steer the terminal', async () => {
    const { stderr } = await runCli(['\u001b[2Jversion\r\u202e']);
    expect(stderr).not.toMatch(/[\u001b\r\u202e]/);
  });

  it.each(['usage', 'error'])('may be found by the command itself (%s)', async (how) => {
    const { stderr, code } = await fixture(['refuse', '--how', how]);
    expect(stderr).toMatch(
      /^ipsec: (the two flags do not go together|oclif says no)\n {2}See: ipsec fixture refuse --help, ipsec explain USAGE\n$/,
    );
    expect(code).toBe(2);
  });
});

it('a command may choose its exit code', async () => {
  const { stdout, stderr, code } = await fixture(['refuse', '--how', 'exit']);
  expect([stdout, stderr, code]).toEqual(['', '', 5]);
});

describe('interruption', () => {
  const interrupt = async (flags: readonly string[], ...signals: readonly NodeJS.Signals[]) => {
    const child = await startCli(['fixture', 'wait', ...flags], { fixtures: true });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const end = finish(child);
    for (const signal of signals) {
      child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return end;
  };

  it.each(['--busy', '--settled'])(
    'ends at once what has nothing to tidy up, as shells expect it (%s)',
    async (flag) => {
      const { signal, stdout, stderr } = await interrupt([flag], 'SIGINT');
      expect({ signal, stdout, stderr }).toEqual({ signal: 'SIGINT', stdout: '', stderr: '' });
    },
  );

  it('is 130 in a shell', async () => {
    const { execFile } = await import('node:child_process');
    const { builtProgram } = await import('../support/cli.js');
    const run = `${await builtProgram({ fixtures: true })}/bin/run.js`;
    // A process that a shell starts in the background ignores SIGINT, so the shell itself sends it to its child's group.
    const script = `set -m; "${process.execPath}" "${run}" fixture wait > ready & pid=$!
      until [ -s ready ]; do sleep 0.05; done; kill -INT $pid; wait $pid; echo $?`;
    const { mkdtempSync, rmSync } = await import('node:fs');
    const cwd = mkdtempSync('/tmp/ipsec-interrupt-');
    const stdout = await new Promise<string>((resolve) =>
      execFile('bash', ['-c', script], { cwd }, (_e, text) => resolve(text)),
    );
    rmSync(cwd, { recursive: true });
    expect(stdout).toBe('130\n');
  });

  it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    'by %s lets a command tidy up and ends with 130',
    async (signal) => {
      const { code, stdout } = await interrupt(['--tidy'], signal);
      expect({ code, stdout }).toEqual({ code: 130, stdout: `tidied after ${signal}\n` });
    },
  );

  it('a second time does not cut the tidying short', async () => {
    const { code, stdout } = await interrupt(['--tidy'], 'SIGINT', 'SIGTERM', 'SIGINT');
    expect({ code, stdout }).toEqual({ code: 130, stdout: 'tidied after SIGINT\n' });
  });
});

it('doctor tells of a state folder that cannot be, as of everything else', async () => {
  const { stdout } = await runCli(['doctor', '--state-dir', '/dev/null/state']);
  expect(stdout).toMatch(/^fail {4}state +\/dev\/null\/state cannot be there \(ENOTDIR\)$/m);
});
