import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LintOptions, lint } from '../../src/services/lint.js';
import { loadRepository } from '../../src/services/repository/load-repository.js';
import { readSource } from '../../src/services/repository/read-source.js';
import { folderWith } from '../support/folder.js';

const record = 'add bypass 10.0.0.1\n';

describe('loadRepository', () => {
  it('takes each folder of hosts/ as a system with all its files in order', async () => {
    const folder = folderWith({
      'hosts/beta/policy.conf': record,
      'hosts/alpha/20-more.conf': 'add bypass 10.0.0.2\n',
      'hosts/alpha/10-first.conf': record,
      'inventory.yaml': 'hosts:\n  alpha:\n    addresses: [10.0.0.1]\n',
      'stray.conf': record,
    });
    const repository = await loadRepository({ paths: [folder] });
    expect(repository.systems.map((system) => [system.name, system.policies.bypass.length])).toEqual([
      ['alpha', 2],
      ['beta', 1],
    ]);
    expect(repository.together).toBe(true);
    expect(repository.unowned.map((file) => path.basename(file))).toEqual(['stray.conf']);
    expect(repository.hosts[0]?.addresses).toHaveLength(1);
  });

  it('takes the files of other folders one by one', async () => {
    const folder = folderWith({
      'a.conf': record,
      'deep/b.ipsec': record,
      'notes.txt': 'add nothing',
      'node_modules/x.conf': record,
    });
    const { systems, together } = await loadRepository({ paths: [folder] });
    expect(systems.map((system) => system.name)).toEqual(['a', 'deep/b']);
    expect(together).toBe(false);
  });

  it('loads the whole host for one of its files, and wants findings of that file only', async () => {
    const folder = folderWith({ 'hosts/alpha/a.conf': record, 'hosts/alpha/b.conf': 'add bypass 10.0.0.2\n' });
    const repository = await loadRepository({ paths: [path.join(folder, 'hosts/alpha/b.conf')] });
    expect(repository.systems[0]?.policies.bypass).toHaveLength(2);
    expect([...(repository.only ?? [])].map((file) => path.basename(file))).toEqual(['b.conf']);
  });

  it('survives loops of links', async () => {
    const folder = folderWith({ 'a/x.conf': record });
    symlinkSync(folder, path.join(folder, 'a', 'loop'));
    symlinkSync(path.join(folder, 'self'), path.join(folder, 'self'));
    const { systems } = await loadRepository({ paths: [folder] });
    expect(systems.map((system) => system.name)).toEqual(['a/x']);
  });

  it.each([
    ['NUL octets', new Uint8Array([97, 0, 98]), /NUL/],
    ['octets that are not UTF-8', new Uint8Array([35, 32, 0xe9, 10]), /not UTF-8/],
  ])('reports a file with %s as a finding', async (_what, octets, message) => {
    const folder = folderWith({ 'bad.conf': octets });
    const { systems } = await loadRepository({ paths: [path.join(folder, 'bad.conf')] });
    expect(systems[0]?.problems.map((problem) => problem.code)).toEqual(['SYN024']);
    expect(systems[0]?.problems[0]?.message).toMatch(message);
  });

  it('reports what is no file, or not there, as a finding', () => {
    const folder = folderWith({ 'a.conf': record });
    expect(readSource(folder, 'x').problems[0]?.message).toMatch(/not a regular file/);
    expect(readSource(path.join(folder, 'none'), 'x').problems[0]?.message).toMatch(/does not exist/);
  });

  it.each([
    ['a path that is not there', {}, 'missing.conf', /there is no file or folder/],
    ['a folder without records', { 'notes.txt': 'none' }, '.', /no record files/],
    ['broken YAML', { 'ipsec.config.yaml': 'lint: [' }, '.', /ipsec\.config\.yaml:1:/],
    ['an unknown setting', { 'ipsec.config.yaml': 'lnit: {}' }, '.', /ipsec\.config\.yaml/],
    ['a wrong value', { 'ipsec.config.json': '{"dialect":"B.01"}' }, '.', /dialect/],
    [
      'an inventory with a bad address',
      { 'inventory.yaml': 'hosts:\n  a:\n    addresses: [10.0.0.300]\n', 'hosts/a/x.conf': record },
      '.',
      /not an IP address/,
    ],
    [
      'a configured inventory that is missing',
      { 'ipsec.config.yaml': 'inventory: nowhere.yaml', 'a.conf': record },
      '.',
      /does not exist/,
    ],
  ])('refuses %s as a mistake of the call', async (_what, files, target, message) => {
    const folder = folderWith(files as Record<string, string>);
    await expect(loadRepository({ paths: [path.join(folder, target)] })).rejects.toThrow(message);
  });
});

describe('a slip in one of the own files is told with its place and what was meant', () => {
  const said = async (files: Record<string, string>) => {
    const folder = folderWith({ 'hosts/a/x.conf': record, ...files });
    const error = await loadRepository({ paths: [folder] }).catch((thrown: unknown) => thrown);
    const { message, hints } = error as { message: string; hints: readonly string[] };
    return [message, ...hints.slice(0, -1)].map((text) => text.replace(`${folder}/`, ''));
  };

  it.each<readonly [string, string, readonly string[]]>([
    ['ipsec.config.yaml', 'lnit: {}\n', ['ipsec.config.yaml:1:1: lnit: there is no such key; did you mean lint?']],
    [
      'ipsec.config.yaml',
      'version: 1\nlint:\n  failLevle: error\n  slect: []\n',
      [
        'ipsec.config.yaml:3:3: lint.failLevle: there is no such key; did you mean failLevel?',
        'ipsec.config.yaml:4:3: lint.slect: there is no such key; did you mean select?',
      ],
    ],
    [
      'ipsec.config.json',
      '{\n  "target": "linux-xfrn"\n}',
      [
        'ipsec.config.json:2:13: target: Invalid option: expected one of "hpux"|"linux-xfrm"|"userspace"; did you mean linux-xfrm?',
      ],
    ],
    [
      'inventory.yaml',
      'hosts:\n  a:\n    adresses: [10.0.0.1]\n',
      ['inventory.yaml:3:5: hosts.a.adresses: there is no such key; did you mean addresses?'],
    ],
    [
      'inventory.yaml',
      'hosts:\n  a:\n    management:\n      - from: [10.0.0.1]\n        prot: 22\n',
      ['inventory.yaml:5:9: hosts.a.management.0.prot: there is no such key; did you mean port?'],
    ],
    [
      'inventory.yaml',
      'hosts: {}\npeers:\n  hq: {addresses: [10.0.0.1], product: strongswam}\n',
      [
        expect.stringMatching(
          /^inventory\.yaml:3:40: peers\.hq\.product: .*; did you mean strongswan\?$/,
        ) as unknown as string,
      ],
    ],
    [
      'ipsec.config.yaml',
      'zebra: 1\n',
      [expect.stringContaining('zebra: there is no such key; known are version, dialect') as unknown as string],
    ],
  ])('%s: %j', async (name, text, expected) => expect(await said({ [name]: text })).toEqual(expected));
});

describe('products of peers', () => {
  const record =
    'add host app -source 10.1.1.1/32 -destination 10.2.0.0/24/80-90 -protocol TCP -priority 10 -action ESP_AES128_GCM16\nadd auth app -remote 10.2.0.0/24 -priority 10 -kmp IKEV2 -preshared file:k\n';
  const codes = async (inventory: string, options: Partial<LintOptions> = {}) => {
    const folder = folderWith({ 'hosts/a/p.conf': record, 'inventory.yaml': inventory });
    const { report } = await lint({ paths: [folder], select: ['SEL006'], ...options });
    return report.findings.map(({ message }) => message);
  };

  it('come from the inventory', async () => {
    expect(await codes('hosts: {a: {}}\npeers: {app: {addresses: [10.2.0.7], product: windows}}\n')).toEqual([
      expect.stringContaining('which app (Windows) rejects'),
    ]);
    expect(await codes('hosts: {a: {}}\npeers: {app: {addresses: [10.3.0.7], product: windows}}\n')).toEqual([]);
    expect(await codes('hosts: {a: {}, b: {addresses: [10.2.0.9], product: windows}}\n')).toEqual([
      expect.stringContaining('which b (Windows) rejects'),
    ]);
  });

  it('are what the command line says where the inventory says nothing', async () => {
    const options = { peerProfile: 'windows' } as const;
    expect(await codes('hosts: {a: {}}\n', options)).toEqual([expect.stringContaining('which Windows rejects')]);
    const known = 'hosts: {a: {}}\npeers: {app: {addresses: [10.2.0.0/16], product: strongswan}}\n';
    expect(await codes(known, options)).toEqual([]);
  });

  it('are refused where they are unknown', async () => {
    await expect(
      codes('hosts: {a: {}}\npeers: {app: {addresses: [10.2.0.7], product: vista}}\n'),
    ).rejects.toMatchObject({
      message: expect.stringContaining('peers.app.product'),
    });
    await expect(
      codes('hosts: {a: {}}\npeers: {app: {addresses: [10.2.0], product: windows}}\n'),
    ).rejects.toMatchObject({
      message: expect.stringContaining('neither an address nor a prefix nor a range'),
    });
  });
});
