import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatBox } from '../../src/model/selector/format-box.js';
import { compare } from '../../src/services/compare.js';
import { runCli } from '../support/cli.js';
import { folderWith } from '../support/folder.js';

const net = 'add host net -source 10.1.1.1/32 -destination 10.2.0.0/16 -priority 20 -action PASS\n';
const telnet =
  'add host tel -source 10.1.1.1/32 -destination 10.2.0.0/16/TELNET -priority 10 -action ESP_AES128_HMAC_SHA1\n';

describe('compare', () => {
  it('finds exactly the packets that change treatment', async () => {
    const folder = folderWith({ 'a.conf': net, 'b.conf': telnet + net });
    const { systems } = await compare({ before: path.join(folder, 'a.conf'), after: path.join(folder, 'b.conf') });
    const [change] = systems[0]?.treatment ?? [];
    expect(systems[0]?.treatment).toHaveLength(1);
    expect(change?.before?.source.record.name).toBe('net');
    expect(change?.after?.source.record.name).toBe('tel');
    expect(change?.packets.map(formatBox)).toEqual(['TCP 10.1.1.1 <-> 10.2.0.0/16 port 23']);
  });

  it('sees no difference in names, comments, numbers and layout', async () => {
    const other = telnet.replace('tel ', 'renamed ').replace('-priority 10', '-priority 3');
    const folder = folderWith({ 'a.conf': telnet + net, 'b.conf': `# new\n${net}${other}` });
    expect(
      (await compare({ before: path.join(folder, 'a.conf'), after: path.join(folder, 'b.conf') })).systems,
    ).toEqual([]);
  });

  it('tells of peers whose key or version changed, and never shows the key', async () => {
    const auth = (key: string, more = '') => `add auth p -remote 10.2.0.0/16 -preshared ${key}${more}\n`;
    const folder = folderWith({ 'a.conf': auth('First-Key-1234'), 'b.conf': auth('Second-Key-5678', ' -kmp IKEV2') });
    const result = await compare({ before: path.join(folder, 'a.conf'), after: path.join(folder, 'b.conf') });
    const fields = result.systems[0]?.peers[0]?.fields;
    expect(fields?.map((field) => field.name).sort()).toEqual(['kmp', 'preshared']);
    expect(JSON.stringify(fields)).not.toMatch(/First|Second/);
  });

  it('compares a git revision with the files, and leaves the repository alone', async () => {
    const folder = folderWith({ 'sub/server.conf': net });
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: folder,
        encoding: 'utf8',
      });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'one');
    writeFileSync(path.join(folder, 'sub/server.conf'), telnet + net);
    const cwd = path.join(folder, 'sub');
    const diff = await runCli(['policy', 'diff', 'HEAD', '--json'], { cwd });
    expect(JSON.parse(diff.stdout).systems[0].treatment).toHaveLength(1);
    expect(git('status', '--porcelain')).toBe(' M sub/server.conf\n');
    const unknown = await runCli(['policy', 'diff', 'no-such-revision'], { cwd });
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('neither a file or folder nor a git revision'),
    ]);
  });

  it('names systems that came and went', async () => {
    const folder = folderWith({
      'old/hosts/a/x.conf': net,
      'old/hosts/b/x.conf': net,
      'new/hosts/a/x.conf': net,
      'new/hosts/c/x.conf': net,
    });
    const { systems } = await compare({ before: path.join(folder, 'old'), after: path.join(folder, 'new') });
    expect(systems.map((system) => [system.name, system.presence])).toEqual([
      ['b', 'removed'],
      ['c', 'added'],
    ]);
  });
});
