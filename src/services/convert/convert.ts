/** The use case behind `policy convert`: one system's configuration in another product's words, and what that cost. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Dialect, DialectWriting, Loss } from '../../dialects/dialect.js';
import { type FormatChoice, parseFormat, recordsFormat } from '../../dialects/registry.js';
import type { Problem } from '../../model/problem.js';
import { SourceText } from '../../model/span.js';
import { UsageError } from '../../model/tool-error.js';
import type { PathBases } from '../credentials/read-credentials.js';
import { writableFormats } from '../formats.js';
import { type LoadedSystem, loadSystem } from '../load-system.js';
import { makeFolder } from '../make-folder.js';
import { type LoadOptions, loadRepository } from '../repository/load-repository.js';
import { replaceFile } from '../write-file.js';

export interface ConvertOptions extends Omit<LoadOptions, 'paths'> {
  /** A file, a folder with one system, or `-`. */
  readonly input: string;
  /** As `--to` spells it: `swanctl`, `libreswan@4.10`. */
  readonly to: string;
}

export interface Conversion {
  readonly original: LoadedSystem;
  /** What was written, as it is read back. */
  readonly converted: LoadedSystem;
  /** Where the files are that the original names. */
  readonly bases: PathBases;
  readonly from: string;
  readonly to: { readonly format: string; readonly version?: string };
  readonly files: readonly ConvertedFile[];
  readonly losses: readonly Loss[];
  /** Faults of the original, for which something may be missing in the result. */
  readonly problems: readonly Problem[];
}

export interface ConvertedFile {
  /** As the product calls it. */
  readonly path: string;
  readonly text: string;
  /** With every key masked. */
  readonly masked: string;
  readonly isSecret: boolean;
}

/** Converts. Throws UsageError for formats and inputs that make no sense. */
export async function convert(options: ConvertOptions): Promise<Conversion> {
  const { input, to, ...load } = options;
  const target = await targetOf(to);
  const repository = await loadRepository({ ...load, paths: [input] });
  const { systems } = repository;
  const [original, ...others] = systems;
  if (!original || others.length > 0) {
    throw new UsageError(`${input} holds ${systems.length} systems`, {
      code: 'NO_SUCH_SYSTEM',
      hints: [
        `Name one of them: ${systems
          .slice(0, 10)
          .map(({ name }) => name)
          .join(', ')}.`,
      ],
    });
  }
  const { files: recordFiles, root, fileRoots } = repository;
  return convertSystem(original, target, { recordFiles, root, fileRoot: fileRoots.get(original.name) });
}

/** Converts a system that was loaded. */
export function convertSystem(
  original: LoadedSystem,
  { dialect, version }: FormatChoice,
  bases: PathBases = { recordFiles: new Map(), root: undefined, fileRoot: undefined },
): Conversion {
  const baseName = original.name.split('/').at(-1) ?? original.name;
  const writing = write(dialect, original, baseName, version);
  const sources = writing.files.map(({ path: file, text }) => new SourceText(file, text));
  const converted = readBack(original, { dialect, ...(version === undefined ? {} : { version }) }, sources);
  const files = writing.files.map(({ path: file, text, isSecret }, at): ConvertedFile => {
    // Reading has marked the keys; the texts of includes are those that the reader asked for.
    const source = sources[at]!;
    return { path: file, text, masked: source.masked(0, text.length), isSecret };
  });
  const known = version ?? dialect.defaultVersion;
  return {
    original,
    converted,
    bases,
    from: original.format,
    to: { format: dialect.name, ...(known === undefined ? {} : { version: known }) },
    files,
    losses: writing.losses,
    problems: original.problems.filter(({ code }) => code !== 'IMP006'),
  };
}

/** The format that is written. */
export async function targetOf(word: string): Promise<FormatChoice> {
  const choice = await parseFormat(word);
  const found =
    choice === recordsFormat ? { dialect: (await import('../../dialects/hpux/dialect.js')).records } : choice;
  if (!found?.dialect.write) {
    throw new UsageError(found ? `${word} can be read, not written` : `no format is called '${word}'`, {
      code: 'UNKNOWN_NAME',
      hints: [`Formats that can be written: ${writableFormats.join(', ')}; NAME@VERSION for a product's version.`],
    });
  }
  return found;
}

function write(
  dialect: Dialect,
  { config }: LoadedSystem,
  baseName: string,
  version: string | undefined,
): DialectWriting {
  return dialect.write!(config, { baseName, ...(version === undefined ? {} : { version }) });
}

/** What the product would read of the files; those that one includes are found by their names. */
function readBack(original: LoadedSystem, choice: FormatChoice, sources: readonly SourceText[]): LoadedSystem {
  const isRecords = choice.dialect.name === recordsFormat;
  const [first] = sources;
  const byName = new Map(sources.map((source) => [source.path, source]));
  return loadSystem({
    name: original.name,
    sources: choice.dialect.name === 'swanctl' ? (first ? [first] : []) : sources,
    format: isRecords ? recordsFormat : choice,
    addresses: original.config.addresses,
    fileAccess: {
      find: (pattern) => {
        const found = byName.get(pattern);
        return found ? [{ source: found, problems: [] }] : [];
      },
    },
  });
}

export interface WriteFilesOptions {
  /** A folder; or a file, where the conversion is one file. */
  readonly out: string;
  /** Files that are there may be replaced. */
  readonly force: boolean;
}

/** Puts the files of a conversion into place, keys for their owner's eyes only. All or none: what is there is asked first. */
export function writeConversion({ files }: Conversion, { out, force }: WriteFilesOptions): readonly string[] {
  const isFolder = statSync(out, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const [only, ...more] = files;
  const isNamed = !isFolder && !/[/\\]$/.test(out);
  if (isNamed && more.length > 0 && path.extname(out) !== '') {
    throw new UsageError(`the result is ${files.length} files (${files.map((file) => file.path).join(', ')})`, {
      hints: ['Name a folder with --out; it is made where it is not there.'],
    });
  }
  const asFile = isNamed && more.length === 0 && path.extname(out) !== '';
  const targets = files.map((file) => ({ file, target: asFile && file === only ? out : path.join(out, file.path) }));
  const there = targets.filter(({ target }) => existsSync(target));
  if (there.length > 0 && !force) {
    throw new UsageError(
      `${there.map(({ target }) => target).join(', ')} ${there.length === 1 ? 'is' : 'are'} there already`,
      { code: 'EXISTS', hints: ['Name another place, or replace them with --force.'] },
    );
  }
  return targets.map(({ file, target }) => {
    makeFolder(path.dirname(target));
    replaceFile(target, file.text, file.isSecret ? 0o600 : 0o644);
    return target;
  });
}
