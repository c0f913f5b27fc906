/** The policy commands as a user runs them: the built program, its output and its exit codes. */
import { truncateSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { folderWith } from '../support/folder.js';
import { root } from '../support/sources.js';

const examples = path.join(root, 'examples');

describe('on the examples', () => {
  it('policy lint and policy test are content with the site', async () => {
    const lint = await runCli(['policy', 'lint', path.join(examples, 'site')]);
    expect([lint.code, lint.stderr]).toEqual([0, '']);
    const test = await runCli(['policy', 'test', path.join(examples, 'site')]);
    expect([test.code, test.stdout]).toEqual([0, expect.stringMatching(/^5 hold$/m)]);
  });

  it('policy fmt finds nothing to do', async () => {
    expect((await runCli(['policy', 'fmt', '--check', examples])).code).toBe(0);
  });

  it('policy query speaks the options of ipsec_policy', async () => {
    const args = [
      'policy',
      'query',
      path.join(examples, 'telnet-only/server.conf'),
      '-sa',
      '192.0.2.23',
      '-sp',
      '65535',
      '-da',
      '198.51.100.23',
      '-dp',
      '23',
      '-p',
      'tcp',
      '-dir',
      'out',
      '--json',
    ];
    const { stdout } = await runCli(args);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'PROTECT',
      policy: { found: { kind: 'host', name: 'telnet_out' } },
    });
  });

  it('policy show and rules answer', async () => {
    expect(
      (await runCli(['policy', 'show', 'host', 'ssh', path.join(examples, 'locked-down-server')])).stdout,
    ).toContain('ESP_AES256_GCM16');
    expect((await runCli(['policy', 'rules', 'shadowed'])).stdout).toContain('SHD001');
  });
});

describe('policy convert', () => {
  const file = path.join(examples, 'telnet-only/server.conf');

  it('prints the result, and what did not survive beside it', async () => {
    const { code, stdout, stderr } = await runCli(['policy', 'convert', file, '--to', 'swanctl']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# swanctl\.conf\n# strongSwan 5\.9\.8\nconnections \{/);
    expect(stderr).toMatch(/did not survive \(\d+\):/);
    expect(stdout).not.toMatch(/secret = (?!\[secret\])/);
  });

  it('proves, or ends with 1', async () => {
    const folder = folderWith({ 'a.conf': 'add host a -source 10.1.1.1 -destination 10.2.2.2 -action PASS\n' });
    const run = (...args: string[]) => runCli(['policy', 'convert', 'a.conf', '--prove', ...args], { cwd: folder });
    expect(await run('--to', 'swanctl')).toMatchObject({ code: 0, stderr: expect.stringMatching(/^proved: /m) });
    const flagged = folderWith({
      'a.conf':
        'add host a -source 10.1.1.1 -destination 10.2.2.2 -action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE\nadd auth b -remote 10.2.2.2 -preshared Plover-Sand-77\n',
    });
    const args = ['policy', 'convert', 'a.conf', '--to', 'swanctl', '--prove', '--json'];
    const { code, stdout } = await runCli(args, { cwd: flagged });
    expect([code, JSON.parse(stdout).proof.proved]).toEqual([1, false]);
    expect(stdout).not.toContain('Plover');
  });

  it('proves with the other side’s own file', async () => {
    const example = path.join(examples, 'hpux-to-linux');
    const args = ['policy', 'convert', path.join(example, 'hpux.conf'), '--to', 'swanctl'];
    const peer = ['--peer', path.join(example, 'linux.conf')];
    const { code, stderr } = await runCli([...args, '--prove', ...peer]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^negotiation with linux, .*: works in both forms$/m)]);
    expect((await runCli([...args, ...peer])).code).toBe(2);
    expect((await runCli([...args, '--prove', '--peer', '-'])).code).toBe(2);
  });

  it('takes standard input, and refuses what makes no sense', async () => {
    const stdin = 'connections { c { remote_addrs = 192.0.2.1\n children { n { remote_ts = 10.0.0.0/8 } } } }\n';
    const piped = await runCli(['policy', 'convert', '-', '--from', 'swanctl', '--to', 'libreswan'], { stdin });
    expect([piped.code, piped.stdout.includes('rightsubnet=10.0.0.0/8')]).toEqual([0, true]);
    expect((await runCli(['policy', 'convert', file, '--to', 'iked'])).code).toBe(2);
    expect((await runCli(['policy', 'convert', file, '--to', 'swanctl', '--force'])).code).toBe(2);
  });
});

describe('records that cannot be read', () => {
  const reading = [
    ['show', 'bad.conf'],
    ['show', 'bad.conf', '--decorrelated'],
    ['graph', 'topology', 'bad.conf'],
    ['graph', 'nesting', 'bad.conf'],
    ['graph', 'spd', 'bad.conf'],
  ];
  it.each(reading)('are told of beside what policy %s shows', async (...args) => {
    const cwd = folderWith({ 'bad.conf': '\u0000\u0001 no records' });
    const { code, stderr } = await runCli(['policy', ...args], { cwd });
    expect([code, stderr]).toEqual([0, '1 error in the records may make this answer wrong: see ipsec policy lint\n']);
  });

  it('have no frame where nothing of them may be shown', async () => {
    const cwd = folderWith({ 'bad.conf': '\u0000\u0001 no records' });
    const { stdout } = await runCli(['policy', 'lint', 'bad.conf', '--select', 'SYN024'], { cwd });
    expect(stdout).toMatch(/^ {2}1:1 {2}error {4}SYN024 /m);
    expect(stdout).not.toMatch(/\[secret\]|\^/);
  });
});

it('a file that is too large is told how to be mended', async () => {
  const cwd = folderWith({ 'large.conf': '' });
  truncateSync(path.join(cwd, 'large.conf'), 2 ** 30);
  const { stdout } = await runCli(['policy', 'lint', 'large.conf'], { cwd });
  expect(stdout).toContain('it has 1073741824 octets; at most 268435456 are read');
  expect(stdout).toContain('= help: leave it out, or split it: no system needs so many records');
});

describe('exit codes', () => {
  it.each([
    ['a finding that fails', ['policy', 'lint', 'bad.conf'], 1],
    ['a file that does not parse', ['policy', 'lint', 'broken.conf'], 1],
    ['a good file', ['policy', 'lint', 'good.conf', '--select', 'SYN'], 0],
    ['a path that is not there', ['policy', 'lint', 'none.conf'], 2],
    ['a rule that does not exist', ['policy', 'lint', 'good.conf', '--select', 'XYZ999'], 2],
    ['a failing assertion', ['policy', 'test', 'no.ipsectest', 'good.conf'], 1],
    ['a file that is not formatted', ['policy', 'fmt', '--check', 'bad.conf'], 1],
    ['a difference that was asked for', ['policy', 'diff', 'good.conf', 'bad.conf', '--exit-code'], 1],
    ['a packet that is none', ['policy', 'query', 'good.conf', '--packet', 'hello'], 2],
    ['init without a terminal', ['init', 'new'], 2],
  ])('%s', async (_what, args, code) => {
    const cwd = folderWith({
      'good.conf': 'add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action PASS\n',
      'bad.conf': 'add host a -src 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action ESP_DES_HMAC_MD5\n',
      'broken.conf': 'add hots a\n',
      'no.ipsectest': 'tcp from 10.1.1.1 to 10.2.2.2 outbound must be protected\n',
    });
    const result = await runCli(args, { cwd });
    expect(result.code, result.stderr).toBe(code);
  });
});

describe('secrets', () => {
  const key = 'Open-Sesame-4711';
  const files = {
    'k.conf': `add auth a -remote 10.0.0.0/8 -preshared ${key}\nadd auth b -remote 10.0.0.0/8 -presharde ${key}\nadd auth c -remote 10.0.0.0/8 -preshared=${key}\nadd auth d -remote 10.0.0.0/8 -preshared my ${key} x\nadd auth e -preshared ${key} \\\n-rid "x\n`,
  };
  it.each([
    ['policy', 'lint', 'k.conf', '--select', 'ALL'],
    ['policy', 'lint', 'k.conf', '--select', 'ALL', '--json'],
    ['policy', 'lint', 'k.conf', '--select', 'ALL', '--format', 'sarif'],
    ['policy', 'lint', 'k.conf', '--select', 'ALL', '--format', 'markdown'],
    ['policy', 'lint', 'k.conf', '--select', 'ALL', '--fix', '--unsafe-fixes', '--diff'],
    ['policy', 'fmt', 'k.conf', '--diff'],
    ['policy', 'show', 'k.conf', '--resolved', '--origin'],
    ['policy', 'show', 'k.conf', '--json'],
    ['policy', 'query', 'k.conf', '--packet', 'tcp 10.1.1.1:1 > 10.2.2.2:2', '--json'],
  ])('%s %s %s %s %s', async (...args) => {
    const cwd = folderWith(files);
    const { stdout, stderr } = await runCli(args, { cwd });
    expect(stdout + stderr).not.toContain('Sesame');
    expect(stdout + stderr).not.toContain('4711');
  });
});

it('init by flags writes a repository that lints, holds its promises and keeps the key to itself', async () => {
  const cwd = folderWith({});
  const made = await runCli(
    [
      'init',
      'net',
      '--here',
      'alpha=10.1.1.1',
      '--there',
      'beta=10.2.2.2',
      '--protect',
      'telnet@beta',
      '--mode',
      'tunnel',
    ],
    { cwd },
  );
  expect(made.code, made.stdout + made.stderr).toBe(0);
  expect((await runCli(['policy', 'lint', 'net'], { cwd })).code).toBe(0);
  expect((await runCli(['policy', 'test', 'net'], { cwd })).code).toBe(0);
  expect((await runCli(['policy', 'fmt', '--check', 'net'], { cwd })).code).toBe(0);
  const again = await runCli(['init', 'net', '--here', 'alpha=10.1.1.1', '--there', 'beta=10.2.2.2'], { cwd });
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('exists')]);
});

it('policy fmt refuses the files of other products, and never answers them with an empty text', async () => {
  const swanctl = 'connections { c { children { n { } } } }\n';
  const piped = await runCli(['policy', 'fmt', '-', '--stdin-filename', 'swanctl.conf'], { stdin: swanctl });
  expect([piped.code, piped.stdout]).toEqual([2, '']);
  expect(piped.stderr).toMatch(/swanctl\.conf is in the format swanctl/);
});

it('fmt says what it could not read', async () => {
  const folder = folderWith({ 'a.conf': 'add hots x\n', 'b.conf': 'add host\0' });
  const a = await runCli(['policy', 'fmt', 'a.conf'], { cwd: folder });
  expect([a.code, a.stderr]).toEqual([
    0,
    'a.conf: 1 fault, what cannot be read stays as it is: see ipsec policy lint\n1 file in canonical form\n',
  ]);
  const b = await runCli(['policy', 'fmt', 'b.conf'], { cwd: folder });
  expect([b.code, b.stderr]).toEqual([
    1,
    'b.conf is not a text that can be read\n1 file, 1 of them not readable: failed\n',
  ]);
});
