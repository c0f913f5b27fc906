import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtProgram, runCli } from '../support/cli.js';

const work = mkdtempSync(path.join(tmpdir(), 'ipsec-start-'));
afterAll(() => rmSync(work, { recursive: true }));
const root = path.resolve(import.meta.dirname, '..', '..');
const pjson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

describe('--version', () => {
  it('is the same from the short way and from the bundle', async () => {
    const versions = await Promise.all([['--version'], ['-V'], ['-q', '--version']].map((args) => runCli(args)));
    const expected = `ipsec/${pjson.version} ${process.platform}-${process.arch} node-${process.version}\n`;
    for (const { stdout, stderr, code } of versions) expect([stdout, stderr, code]).toEqual([expected, '', 0]);
  });

  it('is told in full by the command', async () => {
    const { stdout } = await runCli(['version', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      name: 'ipsec',
      version: pjson.version,
      platform: `${process.platform}-${process.arch}`,
      node: process.versions.node,
      openssl: process.versions.openssl,
    });
  });
});

describe('help', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']], [['-q', '--help']]])('of the whole by %j', async (args) => {
    const { stdout, stderr, code } = await runCli(args);
    expect(stdout).toMatch(/^USAGE\n {2}\$ ipsec \[COMMAND\]$/m);
    expect(stdout).toMatch(/^ {2}version {2}/m);
    expect([stderr, code]).toEqual(['', 0]);
  });

  it.each([[['version', '--help']], [['help', 'version']], [['version', '-h']], [['--help', 'version']]])(
    'of a command by %j',
    async (args) => {
      const { stdout, code } = await runCli(args);
      expect(stdout).toMatch(/^USAGE\n {2}\$ ipsec version /m);
      expect(stdout).toMatch(/^GLOBAL FLAGS$/m);
      expect(code).toBe(0);
    },
  );

  it('offers no topic that has no command, and no hidden command', async () => {
    const { stdout } = await runCli(['--help'], { fixtures: true });
    expect(stdout).not.toContain('fixture');
    const manifest = JSON.parse(readFileSync(path.join(await builtProgram(), 'dist', 'manifest.json'), 'utf8'));
    const ids = Object.keys(manifest.commands);
    for (const topic of Object.keys(pjson.oclif.topics)) {
      const offered = new RegExp(`^  ${topic} `, 'm').test(stdout);
      expect(offered, topic).toBe(ids.some((id) => id.startsWith(`${topic}:`)));
    }
  });
});

describe('the name of the program', () => {
  it('is the one it was called by, if that is one of its own', async () => {
    const run = path.join(await builtProgram(), 'bin', 'run.js');
    for (const [name, shown] of [
      ['ipsecpm', 'ipsecpm'],
      ['something', 'ipsec'],
    ] as const) {
      const link = path.join(work, name);
      symlinkSync(run, link);
      expect(execFileSync(process.execPath, [link, '--help'], { encoding: 'utf8' })).toContain(`$ ${shown} [COMMAND]`);
      expect(spawnSync(process.execPath, [link, 'nonsense'], { encoding: 'utf8' }).stderr).toContain(
        `See: ${shown} --help`,
      );
    }
  });
});

/** The files of compiled code in a package folder. */
function cachesIn(folder: string): readonly string[] {
  const program = path.join(folder, 'dist', 'program');
  const names = readdirSync(program).filter((name) => name.endsWith('.cache'));
  expect(names.length).toBeGreaterThan(1);
  return names.map((name) => path.join(program, name));
}

describe('the compiled code', () => {
  const copy = async (name: string) => {
    const folder = path.join(work, name);
    cpSync(await builtProgram(), folder, { recursive: true, verbatimSymlinks: true });
    return folder;
  };

  it('is accepted by the Node that made it', async () => {
    const start = createRequire(import.meta.url)(path.join(await builtProgram(), 'bin', 'start.js'));
    const { program, scripts } = start.load();
    await program.loadCommandTable();
    const refused = [...scripts].filter(([, script]) => script.cachedDataRejected !== false).map(([file]) => file);
    expect(scripts.size).toBeGreaterThan(1);
    expect(refused).toEqual([]);
  });

  it.each([
    ['of another version of V8', (cache: Buffer) => cache.fill(0xff, 4, 8)],
    ['that is cut off', (cache: Buffer) => cache.subarray(0, 100)],
    ['that is empty', () => Buffer.alloc(0)],
  ])('%s is done without', async (name, damage) => {
    const folder = await copy(name);
    for (const cache of cachesIn(folder)) writeFileSync(cache, damage(readFileSync(cache)));
    const { stdout, stderr, status } = spawnSync(process.execPath, [path.join(folder, 'bin', 'run.js'), 'version'], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^ipsec /);
    expect([stderr, status]).toEqual(['', 0]);
  });

  it('need not be there', async () => {
    const folder = await copy('bare');
    for (const cache of cachesIn(folder)) rmSync(cache);
    const output = execFileSync(process.execPath, [path.join(folder, 'bin', 'run.js'), 'version'], {
      encoding: 'utf8',
    });
    expect(output).toMatch(/^ipsec /);
  });
});

describe('a checkout', () => {
  it('that was not built says so', () => {
    const folder = path.join(work, 'unbuilt');
    for (const name of ['bin', 'package.json'])
      cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    const { stderr, status } = spawnSync(process.execPath, [path.join(folder, 'bin', 'run.js'), 'version'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe(`ipsec: not built yet: run "npm run build" in ${folder}\n`);
    expect(status).toBe(4);
  });

  it('runs from its sources by bin/dev.js', () => {
    const { stdout, status } = spawnSync(process.execPath, [path.join(root, 'bin', 'dev.js'), 'version', '--json'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout).version).toBe(pjson.version);
    expect(status).toBe(0);
  });
});

it('nothing of the machine that built is in the manifest', async () => {
  const manifest = readFileSync(path.join(await builtProgram(), 'dist', 'manifest.json'), 'utf8');
  expect(manifest).not.toContain(root);
  expect(manifest).not.toContain(process.env.HOME ?? '/root');
});
