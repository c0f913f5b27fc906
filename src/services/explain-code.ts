/** The use case behind `ipsec explain`: what a code means that the program has printed, of an error or of a rule. */
import { constants } from 'node:os';
import { rules } from '../lint/registry.js';
import { closest } from '../model/did-you-mean.js';
import { type ErrorCode, errnoEntry, errorCatalogue, isErrorCode } from '../model/error-catalogue.js';
import { errno, UsageError } from '../model/tool-error.js';
import { type RuleDocument, ruleDocuments } from './rules.js';

export interface ErrorDocument {
  readonly code: string;
  /** Exit code of a command that ends with it. */
  readonly exit: number;
  readonly meaning: string;
  readonly remedy: string;
}

export type Explanation =
  | { readonly kind: 'errors'; readonly errors: readonly ErrorDocument[] }
  | { readonly kind: 'rule'; readonly rule: RuleDocument };

/** All codes of errors, in the order of the table. */
export function errorDocuments(): readonly ErrorDocument[] {
  return (Object.keys(errorCatalogue) as ErrorCode[]).map((code) => ({ code, ...errorCatalogue[code] }));
}

/** What a code means, in any case; without one, all codes of errors. Throws UsageError for a word that is none. */
export function explainCode(word?: string): Explanation {
  if (word === undefined) return { kind: 'errors', errors: errorDocuments() };
  const code = word.toUpperCase().replaceAll('-', '_');
  if (isErrorCode(code)) return { kind: 'errors', errors: [{ code, ...errorCatalogue[code] }] };
  const rule = rules.find((each) => each.code === code || each.slug === word.toLowerCase());
  if (rule) return { kind: 'rule', rule: ruleDocuments(rule.code)[0]! };
  const name = Object.hasOwn(constants.errno, code) ? errno(code) : undefined;
  if (name) return { kind: 'errors', errors: [{ code: name, ...errnoEntry }] };
  const guess = closest(code, [...Object.keys(errorCatalogue), ...rules.map((each) => each.code)]);
  throw new UsageError(`no error and no rule has the code '${word}'`, {
    code: 'UNKNOWN_NAME',
    hints: [
      ...(guess === undefined ? [] : [`Did you mean ${guess}?`]),
      'Codes of errors are listed by `ipsec explain`, rules by `ipsec policy rules`.',
    ],
  });
}
