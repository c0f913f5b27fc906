/** The units that come with the program: they name it and the records. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { installUnits, type UnitOptions, units } from '../../../src/services/runtime/units.js';
import { folderWith } from '../../support/folder.js';
import { root } from '../../support/sources.js';

const shipped = path.join(root, 'systemd');
const make = (more: Partial<UnitOptions> = {}) =>
  units({ folder: shipped, program: ['/usr/bin/node', '/usr/local/bin/ipsec'], records: '/etc/ipsec', ...more });
const textOf = (list: ReturnType<typeof make>, name: string) => list.find((unit) => unit.name === name)!.text;

describe('units', () => {
  it('start the program that printed them, with the records that were named', () => {
    const list = make({ records: '/srv/policies of 100%/here' });
    const apply = textOf(list, 'ipsec-apply.service');
    expect(apply).toContain(
      'ExecStart=/usr/bin/node /usr/local/bin/ipsec apply "/srv/policies of 100%%/here" --auto-approve --else-last --quiet $IPSEC_APPLY_OPTIONS\n',
    );
    expect(apply).toContain('ConditionPathExists=/srv/policies of 100%%/here\n');
    expect(textOf(list, 'ipsec-runtime.service')).toContain(
      'ExecStart=/usr/bin/node /usr/local/bin/ipsec runtime run "/srv/policies of 100%%/here" --run-dir /run/ipsec ',
    );
    for (const { text } of list) expect(text).not.toMatch(/\/usr\/bin\/ipsec|\/etc\/ipsec/);
  });

  it('refuse paths that they cannot hold', () => {
    expect(() => make({ records: 'here' })).toThrow('no absolute path');
    expect(() => make({ records: '/a\nExecStart=/bin/false' })).toThrow('line break');
  });

  it('put the policies there before the network, and the daemon behind them', () => {
    expect(textOf(make(), 'ipsec-apply.service')).toMatch(/^Before=network-pre\.target/m);
    expect(textOf(make(), 'ipsec-runtime.service')).toMatch(/^Requires=ipsec-apply\.service$/m);
    expect(textOf(make(), 'ipsec-runtime.service')).toMatch(/^After=ipsec-apply\.service /m);
    expect(textOf(make(), 'ipsec-runtime.socket')).toMatch(/^SocketMode=0600$/m);
  });

  it('of the data path in userspace have its guard there before the network, and hold back what is protected when they stop', () => {
    const list = make({ dataPath: 'userspace', records: '/srv/ipsec' });
    expect(list.map(({ name }) => name)).toEqual([
      'ipsec-guard.service',
      'ipsec-runtime.service',
      'ipsec-runtime.socket',
    ]);
    const guard = textOf(list, 'ipsec-guard.service');
    expect(guard).toMatch(/^Before=network-pre\.target/m);
    expect(guard).toContain(
      'ExecStart=/usr/bin/node /usr/local/bin/ipsec runtime guard /srv/ipsec --else-last --quiet\n',
    );
    const daemon = textOf(list, 'ipsec-runtime.service');
    expect(daemon).toContain(
      'ExecStart=/usr/bin/node /usr/local/bin/ipsec runtime run --data-path userspace --keep-blocked /srv/ipsec --run-dir /run/ipsec ',
    );
    expect(daemon).toMatch(/^Requires=ipsec-guard\.service$/m);
    for (const { text } of list) expect(text).not.toContain('ipsec-apply');
  });

  it('know only sections and settings of systemd', () => {
    for (const { text } of [...make(), ...make({ dataPath: 'userspace' })]) {
      for (const line of text.split('\n'))
        expect(line).toMatch(/^(#.*|\[(Unit|Service|Socket|Install)\]|[A-Z]\w+=.+|)$/);
    }
  });
});

describe('installing', () => {
  it('writes what differs, for all to read, and does not replace what others wrote', () => {
    const folder = folderWith({});
    const target = path.join(folder, 'system');
    mkdirSync(target);
    expect(installUnits(make(), target, false).map((file) => path.basename(file))).toEqual([
      'ipsec-apply.service',
      'ipsec-runtime.service',
      'ipsec-runtime.socket',
    ]);
    for (const { name, text } of make()) {
      expect(readFileSync(path.join(target, name), 'utf8')).toBe(text);
      expect(statSync(path.join(target, name)).mode & 0o777).toBe(0o644);
    }
    expect(installUnits(make(), target, false)).toEqual([]);
    const file = path.join(target, 'ipsec-runtime.socket');
    writeFileSync(file, '# mine\n');
    expect(() => installUnits(make(), target, false)).toThrow('is there already and says something else');
    expect(readFileSync(file, 'utf8')).toBe('# mine\n');
    expect(installUnits(make(), target, true)).toEqual([file]);
    expect(existsSync(`${file}.tmp`)).toBe(false);
  });

  it('says where it may not write', () => {
    expect(() => installUnits(make(), '/nonexistent', false)).toThrow('cannot write /nonexistent/ipsec-apply.service');
  });
});
