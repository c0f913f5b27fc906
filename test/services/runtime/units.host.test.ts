/** What systemd says of the units that come with the program. What it does with them is in systemd.host.test.ts. */
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { installUnits, unitDataPaths, units } from '../../../src/services/runtime/units.js';
import { folderWith } from '../../support/folder.js';
import { root } from '../../support/sources.js';

const isThere = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!isThere) console.log('the verdict of systemd on units: skipped, systemd is not installed');

const analyze = (...words: readonly string[]) => spawnSync('systemd-analyze', words, { encoding: 'utf8' });

describe.skipIf(!isThere)('systemd', () => {
  it.each(unitDataPaths)('has nothing to say against any of them, data path %s', (dataPath) => {
    const program = path.join(folderWith({ ipsec: '#!/bin/sh\n' }), 'ipsec');
    chmodSync(program, 0o755);
    const folder = folderWith({});
    const made = units({ folder: path.join(root, 'systemd'), program: [program], records: '/etc/ipsec', dataPath });
    installUnits(made, folder, false);
    // What one requires stands beside it.
    for (const { name } of made) {
      const { status, stderr } = analyze('verify', '--man=no', path.join(folder, name));
      expect(stderr.split('\n').filter((line) => line.includes('ipsec'))).toEqual([]);
      expect(status, stderr).toBe(0);
    }
  });

  it('does see what is wrong with a unit', () => {
    const wrong = folderWith({ 'ipsec-wrong.service': '[Service]\nExecStart=/nonexistent/ipsec\nNotifyAcces=main\n' });
    const { stderr } = analyze('verify', '--man=no', path.join(wrong, 'ipsec-wrong.service'));
    expect(stderr).toMatch(/NotifyAcces/);
    expect(stderr).toMatch(/not executable/);
  });
});
