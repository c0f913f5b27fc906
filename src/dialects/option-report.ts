/** Keeps account of every option of a configuration, so that none is dropped silently, and makes the problems of them. */
import { closest } from '../model/did-you-mean.js';
import type { Problem } from '../model/problem.js';
import type { Span } from '../model/span.js';
import type { ReportedOption } from './dialect.js';

/** Codes of the lint rules that stand for faults of other products' configurations. */
export const importCodes = {
  syntax: 'IMP001',
  unknownOption: 'IMP002',
  partialOption: 'IMP003',
  badValue: 'IMP004',
  conflict: 'IMP005',
  notedOption: 'IMP006',
  otherwise: 'IMP007',
} as const;

/** Options and problems of one reading, in the order in which they were met. */
export class OptionReport {
  readonly options: ReportedOption[] = [];
  readonly problems: Problem[] = [];

  /** Its meaning is in the SystemConfig. */
  supported(name: string, at: Span): void {
    this.options.push({ name, at, support: 'supported' });
  }

  /** It has no effect on the question; `why` says so: "logging". */
  noted(name: string, at: Span, why: string): void {
    this.options.push({ name, at, support: 'noted', why });
    this.problems.push({
      code: importCodes.notedOption,
      severity: 'info',
      message: `'${name}' has no effect here: ${why}`,
      at,
    });
  }

  /** Something of it is left out; `why` is a sentence about what. */
  partial(name: string, at: Span, why: string, help?: string): void {
    this.options.push({ name, at, support: 'partial', why });
    this.problems.push({
      code: importCodes.partialOption,
      severity: 'warning',
      message: `'${name}' is understood in part: ${why}`,
      at,
      ...(help === undefined ? {} : { help }),
    });
  }

  /** Neither the product's documentation nor this tool knows it. `known` are the options of its place, for a guess. */
  unknown(name: string, at: Span, known: Iterable<string> = [], help?: string): void {
    this.options.push({ name, at, support: 'unknown' });
    const last = name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf(' ')) + 1);
    const guess = closest(last, known);
    this.problems.push({
      code: importCodes.unknownOption,
      message: `'${name}' is no option that is known here`,
      at,
      help: help ?? (guess === undefined ? 'correct its name, or take it out' : `did you mean '${guess}'?`),
    });
  }

  /** What is written is understood, and the product makes something else of it. */
  otherwise(message: string, at: Span, help?: string): void {
    this.problems.push({
      code: importCodes.otherwise,
      severity: 'warning',
      message,
      at,
      ...(help === undefined ? {} : { help }),
    });
  }

  /** A value that cannot be read. */
  badValue(message: string, at: Span, help?: string): void {
    this.problems.push({ code: importCodes.badValue, message, at, ...(help === undefined ? {} : { help }) });
  }
}
