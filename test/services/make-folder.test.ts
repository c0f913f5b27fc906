import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/services/make-folder.js';
import { runCli } from '../support/cli.js';
import { folderWith } from '../support/folder.js';

describe('a folder to write into', () => {
  it('is made with those above it, each with the mode', () => {
    const place = folderWith({});
    makeFolder(path.join(place, 'a', 'b'), 0o700);
    for (const folder of ['a', 'a/b']) {
      expect(statSync(path.join(place, folder)).mode & 0o777).toBe(0o700);
    }
  });

  it('may be there', () => {
    const place = folderWith({});
    mkdirSync(path.join(place, 'a'), { mode: 0o755 });
    makeFolder(path.join(place, 'a'), 0o700);
    expect(statSync(path.join(place, 'a')).mode & 0o777).toBe(0o755);
  });

  it('cannot be made below a file', () => {
    const place = folderWith({});
    writeFileSync(path.join(place, 'a'), '');
    expect(() => makeFolder(path.join(place, 'a', 'b'))).toThrow(/ENOTDIR/);
  });

  it.skipIf(process.platform !== 'linux')(
    'is refused, not tried for ever, where the system has no such file',
    async () => {
      const { stderr, code } = await runCli(['init', '/proc/none', '--here', 'a=192.0.2.1', '--there', 'b=192.0.2.2']);
      expect([code, stderr]).toEqual([4, expect.stringMatching(/^ipsec: .*\/proc\/none/)]);
    },
  );
});
