/** The use case behind `policy fmt`. */
import type { Dialect } from '../model/language/dialect.js';
import { SourceText } from '../model/span.js';
import { UsageError } from '../model/tool-error.js';
import { parseText } from '../parser/parse.js';
import { printFile } from '../parser/print.js';
import { type LoadOptions, loadRepository } from './repository/load-repository.js';

export interface FormattedFile {
  /** As findings show it. */
  readonly path: string;
  /** Absolute path; `-` for standard input. */
  readonly file: string;
  readonly before: SourceText;
  /** The canonical text, to be written. */
  readonly text: string;
  /** The same as a source whose secrets are marked, to be shown. */
  readonly after: SourceText;
  readonly changed: boolean;
  /** Statements that could not be read and stay as they are. */
  readonly problems: number;
  /** Not a text at all. */
  readonly unreadable: boolean;
}

/**
 * Formats every record file behind the paths; nothing is written. Files of other products are left out; throws UsageError
 * where there are no others, so that an editor that pipes its text through does not get back an empty one.
 */
export async function formatFiles(options: LoadOptions): Promise<readonly FormattedFile[]> {
  const repository = await loadRepository(options);
  const formatted: FormattedFile[] = [];
  const foreign = repository.systems.find(({ imported }) => imported);
  if (foreign && repository.systems.every(({ imported }) => imported))
    throw new UsageError(`${foreign.sources[0]?.path ?? foreign.name} is in the format ${foreign.format}`, {
      hints: ['Only the record language has a canonical form here.'],
    });
  for (const system of repository.systems) {
    for (const { source } of system.files) {
      if (repository.only && !repository.only.has(source.path)) continue;
      const unreadable = system.problems.some((problem) => problem.code === 'SYN024' && problem.at.source === source);
      // A text of its own, because reading marks its secrets and has done so once already.
      const syntax = parseText(new SourceText(source.path, source.text));
      const text = unreadable ? source.text : printFile(syntax, { dialect: system.dialect });
      formatted.push({
        path: source.path,
        file: repository.files.get(source.path) ?? source.path,
        before: source,
        text,
        after: marked(source.path, text),
        changed: text !== source.text,
        problems: syntax.problems.length,
        unreadable,
      });
    }
  }
  return formatted;
}

/** A text as a source with its secrets marked, which reading it does. */
function marked(path: string, text: string): SourceText {
  const source = new SourceText(path, text);
  parseText(source);
  return source;
}

/** New record files in canonical form; other files as they are. */
export function printFormatted<F extends { readonly path: string; readonly text: string }>(
  files: readonly F[],
  dialect: Dialect,
): F[] {
  return files.map((file) => {
    if (!file.path.endsWith('.conf')) return file;
    return { ...file, text: printFile(parseText(new SourceText(file.path, file.text)), { dialect }) };
  });
}
