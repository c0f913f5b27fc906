/** Which files belong to which system: from the paths that were given to lists of files. */
import { readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../model/tool-error.js';
import { globMatcher } from './glob.js';
import type { ToolConfig } from './schema.js';

/** A system to be: its name and its files in the order in which they are applied. */
export interface FoundSystem {
  readonly name: string;
  /** Absolute paths; `-` is standard input. */
  readonly files: readonly string[];
}

export interface Discovered {
  readonly systems: readonly FoundSystem[];
  /** Do the systems belong together, so that pairs are compared? */
  readonly together: boolean;
  /** Files whose findings are wanted, where only some files of a host were named. */
  readonly only?: ReadonlySet<string>;
  /** Record files inside the repository that belong to no host. */
  readonly unowned: readonly string[];
}

export const recordGlobs: readonly string[] = ['**/*.conf', '**/*.ipsec'];
const configNames = /^ipsec\.config\.(?:ya?ml|json)$/;
/** More files than this in one run are taken for a mistake, as a path to the root of the file system. */
export const filesMax = 200_000;

/** Finds the systems behind the paths; none means the current folder. */
export function discover(paths: readonly string[], config: ToolConfig, root: string | undefined): Discovered {
  const hostsFolder = config.hosts ?? 'hosts';
  const targets = paths.length > 0 ? paths : ['.'];
  const systems = new Map<string, FoundSystem>();
  const unowned: string[] = [];
  const only = new Set<string>();
  let together = false;
  let partial = false;
  const add = (name: string, files: readonly string[]) => {
    let unique = name;
    for (let count = 2; systems.has(unique); count += 1) unique = `${name}#${count}`;
    systems.set(unique, { name: unique, files });
    for (const file of files) only.add(file);
  };
  for (const target of targets) {
    if (target === '-') {
      add('stdin', ['-']);
      continue;
    }
    const full = path.resolve(target);
    const status = statusOf(full);
    if (!status?.isDirectory()) {
      // A file that cannot be read is a finding, so that CI shows it; one that is not there is a mistake of the call.
      if (!status) throw new UsageError(`there is no file or folder ${target}`, { code: 'NO_SUCH_FILE' });
      const owner = hostOf(full, root, hostsFolder);
      if (owner && !systems.has(owner.name)) {
        const files = recordFiles(owner.folder, config, root);
        systems.set(owner.name, { name: owner.name, files: files.includes(full) ? files : [...files, full] });
        partial = true;
        only.add(full);
      } else if (owner) only.add(full);
      else add(systemName(full), [full]);
      continue;
    }
    const hosts = path.join(full, hostsFolder);
    const owner = hostOf(full, root, hostsFolder);
    if (statusOf(hosts)?.isDirectory()) {
      together = true;
      for (const name of readdirSync(hosts).sort()) {
        if (statusOf(path.join(hosts, name))?.isDirectory())
          add(name, recordFiles(path.join(hosts, name), config, root));
      }
      unowned.push(...recordFiles(full, config, root).filter((file) => !file.startsWith(hosts + path.sep)));
    } else if (owner) add(owner.name, recordFiles(full, config, root));
    else
      for (const file of recordFiles(full, config, root))
        add(path.relative(full, file).replace(/\.(?:conf|ipsec)$/, ''), [file]);
  }
  return { systems: [...systems.values()], together, unowned, ...(partial ? { only } : {}) };
}

/** Names that products give their files on every host; then the folder says which host it is. */
const productFiles = new Set(['swanctl', 'strongswan', 'ipsec', 'racoon', 'iked', 'setkey', 'ipsec-tools']);

function systemName(full: string): string {
  const name = path.basename(full).replace(/\.(?:conf|ipsec)$/, '');
  const folder = path.basename(path.dirname(full));
  return productFiles.has(name) && folder !== '' ? folder : name;
}

/** The host folder that a path lies in, in a repository with a hosts folder. */
function hostOf(
  full: string,
  root: string | undefined,
  hostsFolder: string,
): { name: string; folder: string } | undefined {
  if (!root) return undefined;
  const relative = path.relative(path.join(root, hostsFolder), full);
  const [name] = relative.split(path.sep);
  if (!name || name === '..' || path.isAbsolute(relative) || relative === '') return undefined;
  const folder = path.join(root, hostsFolder, name);
  return statusOf(folder)?.isDirectory() ? { name, folder } : undefined;
}

/** Record files below a folder, sorted by path; links are followed, but no folder is entered twice. */
function recordFiles(folder: string, config: ToolConfig, root: string | undefined): string[] {
  const base = root ?? folder;
  const wanted = globMatcher(config.files ?? recordGlobs);
  const unwanted = globMatcher(['**/node_modules/**', '**/.git/**', ...(config.exclude ?? [])]);
  const found: string[] = [];
  const entered = new Set<string>();
  const visit = (current: string) => {
    const real = realpath(current);
    if (!real || entered.has(real)) return;
    entered.add(real);
    for (const entry of entriesOf(current)) {
      const full = path.join(current, entry);
      const relative = path.relative(base, full).split(path.sep).join('/');
      if (unwanted(relative) || unwanted(`${relative}/`)) continue;
      const status = statusOf(full);
      if (status?.isDirectory()) visit(full);
      else if (wanted(relative) && !configNames.test(entry)) {
        found.push(full);
        if (found.length > filesMax)
          throw new UsageError(`${folder} holds more than ${filesMax} record files`, {
            code: 'TOO_MANY_FILES',
            hints: ['Name a smaller folder, or exclude some in ipsec.config.'],
          });
      }
    }
  };
  visit(folder);
  return found.sort();
}

/** Undefined for what is not there, and for links that lead nowhere or in a circle. */
function statusOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new UsageError(`cannot list the folder ${folder} (${(cause as NodeJS.ErrnoException).code})`, {
      code: 'UNREADABLE',
      cause,
    });
  }
}

function realpath(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    // A link to nowhere, or a loop of links.
    return undefined;
  }
}
