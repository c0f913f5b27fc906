/** The use case behind `completion names`: names of systems and records, found fast: nothing is parsed but the first words of statements. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { logicalLines } from '../parser/statements.js';
import { findConfig } from './repository/config-file.js';
import { discover } from './repository/discover.js';

/** What names can be asked for. */
export const nameKinds = ['systems', 'records'] as const;

export interface NamesOptions {
  readonly configFile?: string;
}

/** Octets of record files that are looked at: completion must not keep anybody waiting. */
const octetsMax = 16 * 1024 * 1024;
const namesMax = 5_000;
/** `add host web`, with what may stand before it in pasted commands. */
const statement = /^(?:\S*ipsec_config\s+)?add\s+(?:-\S+\s+)*([a-z0-9]+)\s+(?:"([^"\s]+)"|([^\s"\\]+))/i;

/** The systems of the repository that the current folder belongs to; none where there is no such. */
export async function systemNames(options: NamesOptions): Promise<readonly string[]> {
  return (await systems(options)).map(({ name }) => name).slice(0, namesMax);
}

/** Names of records, of a kind where one is given. */
export async function recordNames(options: NamesOptions, kind?: string): Promise<readonly string[]> {
  const names = new Set<string>();
  let octets = 0;
  for (const { files } of await systems(options)) {
    for (const file of files) {
      const text = textOf(file);
      octets += text.length;
      if (octets > octetsMax || names.size >= namesMax) return [...names].sort();
      for (const { kind: line, start, end } of logicalLines(text)) {
        const found = line === 'statement' ? statement.exec(text.slice(start, Math.min(end, start + 300))) : null;
        if (found && (kind === undefined || found[1]!.toLowerCase() === kind)) names.add(found[2] ?? found[3]!);
      }
    }
  }
  return [...names].sort();
}

async function systems({ configFile }: NamesOptions) {
  try {
    const { config, root } = await findConfig('.', configFile);
    return discover([root ?? rootOf('.', config.hosts ?? 'hosts')], config, root).systems;
  } catch {
    // Whoever presses Tab wants no message.
    return [];
  }
}

/** The folder from here upward that has a hosts folder, else this one. */
function rootOf(start: string, hosts: string): string {
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, hosts))) return folder;
    if (existsSync(path.join(folder, '.git')) || path.dirname(folder) === folder) return start;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
