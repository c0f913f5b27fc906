/** What every reader of this folder carries along: the account of options, the files, and the texts that were read. */
import type { Problem } from '../../model/problem.js';
import type { SourceText, Span } from '../../model/span.js';
import type { DialectInput } from '../dialect.js';
import { importCodes, OptionReport } from '../option-report.js';
import { type Piece, spanOf } from './piece.js';

export class ReadContext {
  readonly input: DialectInput;
  readonly report = new OptionReport();
  /** All texts, in the order in which they were read. */
  readonly sources: SourceText[] = [];

  readonly #told = new Set<string>();

  constructor(input: DialectInput) {
    this.input = input;
  }

  /** Reports a problem; one that several readings of the same place find is told once. */
  problem(problem: Problem): void {
    const { source, start } = problem.at;
    const key = `${source.path}\n${start}\n${problem.code}\n${problem.message}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.report.problems.push(problem);
  }

  /** A fault of the text itself. */
  syntax(source: SourceText, at: Piece, message: string, help?: string): void {
    this.problem({
      code: importCodes.syntax,
      message,
      at: spanOf(source, at),
      ...(help === undefined ? {} : { help }),
    });
  }

  /** A value that cannot be read, or that the product refuses. */
  badValue(at: Span, message: string, help?: string): void {
    this.problem({ code: importCodes.badValue, message, at, ...(help === undefined ? {} : { help }) });
  }

  /** Something that was understood in part only, apart from the option itself. */
  partly(at: Span, message: string, help?: string): void {
    this.problem({ code: importCodes.partialOption, message, at, ...(help === undefined ? {} : { help }) });
  }
}

/** The texts that a path or pattern of a file means; faults of reading them join the report. */
export function foundFiles(context: ReadContext, pattern: string, from: SourceText): readonly SourceText[] {
  const found = context.input.files.find(pattern, from);
  for (const { problems } of found) context.report.problems.push(...problems);
  return found.map(({ source }) => source);
}
