/** The units of systemd that come with the program, made to fit where it is installed and where the records are. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../model/tool-error.js';
import { readIfThere, writeDurably } from '../state/durable.js';

export const unitNames = [
  'ipsec-apply.service',
  'ipsec-guard.service',
  'ipsec-runtime.service',
  'ipsec-runtime.socket',
] as const;
export type UnitName = (typeof unitNames)[number];

/** What carries the packets: the kernel, whose policies are put there at boot, or the daemon itself, with its guard before it. */
export const unitDataPaths = ['xfrm', 'userspace'] as const;
export type UnitDataPath = (typeof unitDataPaths)[number];

const earlyUnits = { xfrm: 'ipsec-apply.service', userspace: 'ipsec-guard.service' } as const satisfies Record<
  UnitDataPath,
  UnitName
>;

export interface Unit {
  readonly name: UnitName;
  readonly text: string;
}

export interface UnitOptions {
  /** Folder with the units as they are shipped. */
  readonly folder: string;
  /** What starts the program: absolute paths. */
  readonly program: readonly string[];
  /** Folder with the records; absolute. */
  readonly records: string;
  /** The kernel when absent. */
  readonly dataPath?: UnitDataPath;
}

const shippedProgram = '/usr/bin/ipsec';
const shippedRecords = '/etc/ipsec';

/** The units for a data path. Throws UsageError for paths that a unit cannot hold. */
export function units({ folder, program, records, dataPath = 'xfrm' }: UnitOptions): readonly Unit[] {
  if (!path.isAbsolute(records)) throw new UsageError(`${records} is no absolute path`);
  const start = program.map(quoted).join(' ');
  const names: readonly UnitName[] = [earlyUnits[dataPath], 'ipsec-runtime.service', 'ipsec-runtime.socket'];
  return names.map((name) => ({
    name,
    text: readFileSync(path.join(folder, name), 'utf8')
      .split('\n')
      .map((shipped) => {
        const line = dataPath === 'userspace' ? inUserspace(shipped) : shipped;
        if (line.startsWith('#')) return line;
        if (line.startsWith('ConditionPathExists=')) return `ConditionPathExists=${escaped(records)}`;
        return line.replace(
          /^(Exec\w+=)(.*)$/,
          (_, key, command: string) =>
            `${key}${command.replace(shippedProgram, () => start).replace(` ${shippedRecords} `, () => ` ${quoted(records)} `)}`,
        );
      })
      .join('\n'),
  }));
}

/** The daemon behind the guard instead of the kernel's policies; when it stops, what it protects is held back as there. */
function inUserspace(line: string): string {
  return line
    .replaceAll(earlyUnits.xfrm, earlyUnits.userspace)
    .replace(' runtime run ', ' runtime run --data-path userspace --keep-blocked ')
    .replace('the policies of ipsec-guard.service stay', 'the guard of ipsec-guard.service stays');
}

/** A percent sign begins a specifier (systemd.unit(5)). */
function escaped(word: string): string {
  if (/[\n\r\0]/.test(word)) throw new UsageError('a path with a line break has no place in a unit');
  return word.replaceAll('%', '%%');
}

/** A word of a command line (systemd.service(5)). */
function quoted(word: string): string {
  const text = escaped(word).replaceAll('$', '$$$$');
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Writes units to a folder and gives the paths that changed. Throws UsageError where somebody else's unit has one of the names. */
export function installUnits(list: readonly Unit[], folder: string, force: boolean): readonly string[] {
  const changed = list
    .map((unit) => ({ file: path.join(folder, unit.name), unit, there: readIfThere(path.join(folder, unit.name)) }))
    .filter(({ unit, there }) => there?.toString('utf8') !== unit.text);
  const other = changed.find(({ there }) => there !== undefined);
  if (other && !force) {
    throw new UsageError(`${other.file} is there already and says something else`, {
      code: 'EXISTS',
      hints: ['Put what differs into a drop-in (systemctl edit), or say --force.'],
    });
  }
  for (const { file, unit } of changed) writeDurably(file, unit.text, 0o644);
  return changed.map(({ file }) => file);
}
