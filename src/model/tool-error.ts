/**
 * The two faults that are thrown on purpose because no result could carry them: the tool was called or configured wrongly,
 * or the host refuses. Whatever else is thrown is a bug of ours. What a policy or a peer says is never an exception.
 */

import type { CodesOf, ErrorCode } from './error-catalogue.js';

/** The operating system's own name of an error, as `EACCES`: see `errno`. */
export type Errno = string & { readonly isErrno: true };

/** The name of an error as a code; undefined for what is no such name. */
export function errno(name: string | undefined): Errno | undefined {
  return name !== undefined && /^E[A-Z0-9]+$/.test(name) ? (name as Errno) : undefined;
}

export interface ToolErrorOptions<Code extends ErrorCode = ErrorCode> {
  /** Stable word for programs, as `PRIVILEGE`; `ipsec explain` tells what it means. */
  readonly code?: Code | Errno | undefined;
  /** What the user can do about it, one sentence each. */
  readonly hints?: readonly string[];
  readonly cause?: unknown;
}

/** What both have; only the two kinds below are thrown. The message is one sentence without a full stop, never a secret. */
abstract class ToolError extends Error {
  readonly code: ErrorCode | Errno;
  readonly hints: readonly string[];

  constructor(message: string, codeDefault: ErrorCode, options: ToolErrorOptions) {
    super(message, { cause: options.cause });
    this.code = options.code ?? codeDefault;
    this.hints = options.hints ?? [];
  }
}

/** The command line or the tool's own configuration is wrong. Ends the command with exit code 2. */
export class UsageError extends ToolError {
  override readonly name = 'UsageError';

  constructor(message: string, options: ToolErrorOptions<CodesOf<2>> = {}) {
    super(message, 'USAGE', options);
  }
}

/** A privilege, kernel feature or tool is missing, or the host refused. Ends the command with exit code 4. */
export class EnvironmentError extends ToolError {
  override readonly name = 'EnvironmentError';

  constructor(message: string, options: ToolErrorOptions<CodesOf<4>> = {}) {
    super(message, 'ENVIRONMENT', options);
  }
}

/** Why a file could not be written, by the system's word for it: a fault of the call where the place is none, else of the host. */
export function writeFault(file: string, cause: { readonly code?: string }): UsageError | EnvironmentError {
  const { code = 'unknown' } = cause;
  const message = `cannot write ${file} (${code})`;
  const hint = writeHints[code];
  const options = { cause, hints: hint === undefined ? [] : [hint] };
  return placesThatAreNone.has(code)
    ? new UsageError(message, { ...options, code: 'CANNOT_WRITE' })
    : new EnvironmentError(message, { ...options, code: errno(code) });
}

const placesThatAreNone: ReadonlySet<string> = new Set(['ENOENT', 'EISDIR', 'ENOTDIR', 'EEXIST']);

const writeHints: Readonly<Record<string, string>> = {
  ENOENT: 'The folder is not there.',
  EISDIR: 'It is a folder: name a file.',
  ENOTDIR: 'A part of the path is a file where a folder is needed.',
  EACCES: 'The permissions do not let this user write there.',
  EROFS: 'That file system is mounted read-only.',
  ENOSPC: 'There is no space left.',
};
