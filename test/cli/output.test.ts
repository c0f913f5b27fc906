import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtProgram, finish, runCli, startCli } from '../support/cli.js';

const work = realpathSync(mkdtempSync(path.join(tmpdir(), 'ipsec-output-')));
afterAll(() => rmSync(work, { recursive: true }));

const values = (args: readonly string[], env: Record<string, string> = {}) =>
  runCli(['fixture', 'values', ...args], { fixtures: true, env });

describe('what a command writes', () => {
  it('is the result on stdout and the rest on stderr', async () => {
    const { stdout, stderr, code } = await values(['word']);
    expect(stdout).toBe('word\n');
    expect(stderr).toBe('a note\nipsec: warning: a warning\n');
    expect(code).toBe(0);
  });

  it.each([
    [['-q'], 'ipsec: warning: a warning\n'],
    [['-v'], 'a note\na detail\nipsec: warning: a warning\n'],
    [['-vv'], 'a note\na detail\na trifle\nipsec: warning: a warning\n'],
    [['-v', '--verbose'], 'a note\na detail\na trifle\nipsec: warning: a warning\n'],
  ])('on stderr with %j', async (flags, expected) => {
    expect((await values(['word', ...flags])).stderr).toBe(expected);
  });

  it('is JSON with the version of its shape, big numbers as text, by --json and by --format json', async () => {
    const byFlag = await values(['bad', '--json']);
    const byFormat = await values(['bad', '--format', 'json']);
    const report = JSON.parse(byFlag.stdout);
    expect(report).toMatchObject({ schemaVersion: 7, word: 'bad', spi: '9223372036854775808' });
    expect(JSON.parse(byFormat.stdout)).toMatchObject({ schemaVersion: 7, word: 'bad' });
    expect([byFlag.code, byFormat.code]).toEqual([1, 1]);
  });

  it('shows no character that could steer a terminal in JSON, and loses none', async () => {
    const word = 'a\u001b[31m\u202e\u009bz';
    const { stdout } = await values([word, '--json']);
    expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
    expect(JSON.parse(stdout).word).toBe(word);
  });

  it('goes to the file of -o, relative to -C, without colour', async () => {
    const { stdout, code } = await values(['word', '-C', work, '-o', 'out.txt'], { FORCE_COLOR: '' });
    expect([stdout, code]).toEqual(['', 0]);
    expect(readFileSync(path.join(work, 'out.txt'), 'utf8')).toContain('word');
    const plain = await values(['word', '-C', work, '--output', 'plain.txt']);
    expect(plain.code).toBe(0);
    expect(readFileSync(path.join(work, 'plain.txt'), 'utf8')).toBe('word\n');
    const json = await values(['word', '-C', work, '--json', '-o', 'out.json']);
    expect(json.stdout).toBe('');
    expect(JSON.parse(readFileSync(path.join(work, 'out.json'), 'utf8')).cwd).toBe(work);
  });

  it('to a file that cannot be written is a usage error', async () => {
    const { stderr, code } = await values(['word', '-o', '/nowhere/out.txt']);
    expect(stderr).toContain('ipsec: cannot write /nowhere/out.txt (ENOENT)');
    expect(code).toBe(2);
  });

  it('needs the directory of -C', async () => {
    const { stderr, code } = await values(['word', '-C', '/nowhere']);
    expect(stderr).toContain('ipsec: -C /nowhere: cannot enter that directory (ENOENT)');
    expect(code).toBe(2);
  });
});

describe('colour', () => {
  const red = '\u001b[31mword\u001b[39m\n';
  it.each<[string, string[], Record<string, string>, string]>([
    ['is off in a pipe', [], {}, 'word\n'],
    ['is on by --color always', ['--color', 'always'], {}, red],
    ['is on by --color=always against NO_COLOR', ['--color=always'], { NO_COLOR: '1' }, red],
    ['is on by --color=always against FORCE_COLOR=0', ['--color=always'], { FORCE_COLOR: '0' }, red],
    ['is on by FORCE_COLOR', [], { FORCE_COLOR: '1' }, red],
    ['is off by --color never against FORCE_COLOR', ['--color', 'never'], { FORCE_COLOR: '1' }, 'word\n'],
    ['is off by FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, 'word\n'],
  ])('%s', async (_name, flags, env, expected) => {
    expect((await values(['word', ...flags], env)).stdout).toBe(expected);
  });

  it.each<[string, string[], Record<string, string>, boolean]>([
    ['is off in a pipe', [], {}, false],
    ['is on by --color always', ['--color', 'always'], {}, true],
    ['is off by --color never', ['--color', 'never'], { FORCE_COLOR: '1' }, false],
    ['is off by NO_COLOR', [], { NO_COLOR: '1' }, false],
  ])('of the help %s', async (_name, flags, env, expected) => {
    const { stdout } = await runCli(['--help', ...flags], { env });
    expect(stdout).toContain('USAGE');
    expect(stdout.includes('\u001b[')).toBe(expected);
  });
});

describe('a closed pipe', () => {
  it.each([
    [[], 0],
    [['--bad'], 1],
  ])('ends the program quietly with the exit code so far: %j', async (flags, expected) => {
    const child = await startCli(['fixture', 'flood', ...flags], { fixtures: true });
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { stderr, code, signal } = await finish(child);
    expect({ stderr, code, signal }).toEqual({ stderr: '', code: expected, signal: null });
  });

  it('of errors ends the program quietly, too', async () => {
    const child = await startCli(['fixture', 'flood', '--notes'], { fixtures: true });
    child.stderr?.once('data', () => child.stderr?.destroy());
    const { code, signal } = await finish(child);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  });

  it('does not stop a command that changes a host', async () => {
    const marker = path.join(work, 'marker');
    const child = await startCli(['fixture', 'outlive', marker], { fixtures: true });
    child.stdout?.once('data', () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
    const { code } = await finish(child);
    expect(code).toBe(0);
    expect(readFileSync(marker, 'utf8')).toBe('done');
  });

  it.skipIf(!existsSync('/dev/full'))('nor does a full disk stop it', async () => {
    const marker = path.join(work, 'marker-full');
    const full = openSync('/dev/full', 'w');
    try {
      const { code } = await finish(await startCli(['fixture', 'outlive', marker], { fixtures: true, output: full }));
      expect(code).toBe(0);
    } finally {
      closeSync(full);
    }
    expect(readFileSync(marker, 'utf8')).toBe('done');
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk is told of on stderr, also where JSON was wanted', async () => {
    const run = path.join(await builtProgram(), 'bin', 'run.js');
    const full = openSync('/dev/full', 'w');
    try {
      for (const args of [['version'], ['version', '--json']]) {
        const { status, stderr } = spawnSync(process.execPath, [run, ...args], {
          stdio: ['ignore', full, 'pipe'],
          encoding: 'utf8',
        });
        expect([status, stderr]).toEqual([4, expect.stringMatching(/^ipsec: the system refused: ENOSPC/)]);
      }
    } finally {
      closeSync(full);
    }
  });
});
