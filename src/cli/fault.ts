/** Turns whatever was thrown into what the user is told and the exit code: the only place that does. */
import { Errors } from '@oclif/core';
import { exitCode } from '../exit-code.js';
import { closest } from '../model/did-you-mean.js';
import type { ErrorCode } from '../model/error-catalogue.js';
import { EnvironmentError, type Errno, errno, UsageError } from '../model/tool-error.js';
import { wrapWidth } from '../report/terminal.js';
import { shownTextMax, visible } from '../report/visible.js';
import { wrapLines } from '../report/wrap.js';
import { isShim } from './shims.js';

export interface Fault {
  readonly exitCode: number;
  /** Stable word for programs; `ipsec explain` tells what it means. */
  readonly code: ErrorCode | Errno | 'EXIT';
  /** One sentence; more lines may follow it. Undefined when there is nothing to say (a command that chose its exit code). */
  readonly message?: string;
  readonly hints: readonly string[];
  /** The command line whose help says more. */
  readonly help?: string;
  /** True for a bug of ours. */
  readonly internal: boolean;
}

/** What the fault's hints may refer to. */
export interface FaultContext {
  /** The name under which the program was called. */
  readonly bin: string;
  /** Words of the command that was running, if it came so far. */
  readonly command?: string;
}

/** Where all codes are described. */
const documentation = 'ipsec-errors(7)';

/** Version of the JSON form of a fault. */
const schemaVersion = 1;

/** Says what an exception means. Takes anything, as anything can be thrown. */
export function describeFault(error: unknown, context: FaultContext): Fault {
  if (error instanceof Errors.ExitError) {
    return { exitCode: error.oclif.exit ?? exitCode.internal, code: 'EXIT', hints: [], internal: false };
  }
  if (error instanceof UsageError) {
    const { code, hints } = error;
    const message = withoutParserWords(error.message);
    return { exitCode: exitCode.usage, code, message, hints, help: helpOf(context), internal: false };
  }
  if (error instanceof EnvironmentError) {
    const { code, message, hints } = error;
    return { exitCode: exitCode.environment, code, message, hints, internal: false };
  }
  if (error instanceof Errors.CLIError) return describeOclifError(error, context);
  if (isSystemError(error)) {
    const message = `the system refused: ${error.message}`;
    return {
      exitCode: exitCode.environment,
      code: errno(error.code) ?? 'ENVIRONMENT',
      message,
      hints: [],
      internal: false,
    };
  }
  const message = `internal error: ${error instanceof Error ? error.message : String(error)}`;
  const hints = [
    `This is a fault of ${context.bin} itself, whatever the input was. Nothing that you configured should cause it.`,
    `Please report it with the output of "${context.bin} version", the command line and, free of secrets, the input.`,
    'Run it again with DEBUG=1 in the environment to see where it happened.',
  ];
  return { exitCode: exitCode.internal, code: 'INTERNAL', message, hints, internal: true };
}

/** Shows a fault: on stderr, or as JSON on stdout. The stack only follows when DEBUG is set. */
export function printFault(fault: Fault, error: unknown, options: { bin: string; json: boolean }): void {
  if (fault.message === undefined) return;
  const message = visibleLines(fault.message);
  const hints = fault.hints.map((hint) => visible(hint));
  const explanation = explanationOf(fault.code, options.bin);
  // Where the output itself is what failed, on a full disk for one, JSON would be lost.
  const outputFails = (error as NodeJS.ErrnoException | undefined)?.syscall === 'write';
  if (options.json && !outputFails) {
    const { code, exitCode: exit, help } = fault;
    const body = {
      code,
      message,
      exitCode: exit,
      hints,
      ...(help === undefined ? {} : { help }),
      explanation,
      documentation,
    };
    process.stdout.write(`${JSON.stringify({ schemaVersion, error: body }, undefined, 2)}\n`);
  } else {
    const see = `See: ${[...(fault.help === undefined ? [] : [fault.help]), explanation].join(', ')}`;
    const lines = [...`${options.bin}: ${message}`.split('\n'), ...[...hints, see].map((hint) => `  ${hint}`)];
    process.stderr.write(`${[...wrapLines(lines, wrapWidth(process.stderr, {}))].join('\n')}\n`);
  }
  if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${visibleLines(error.stack ?? '')}\n`);
}

/** What oclif's parser throws carries more than its type says. */
interface ParseFault {
  readonly flags?: readonly string[];
  readonly args?: readonly unknown[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, { readonly char?: string }>> } };
}

function describeOclifError(error: Errors.CLIError & ParseFault, context: FaultContext): Fault {
  const usage = { exitCode: error.oclif.exit ?? exitCode.usage, help: helpOf(context), internal: false };
  if (error.parse && Array.isArray(error.flags)) {
    // A value attached by `=` stays out of the message: it may be a secret.
    const names = error.flags.map((flag) => String(flag).split('=', 1)[0]!);
    const known = Object.keys(error.parse.input?.flags ?? {}).map((name) => `--${name}`);
    const meant = names
      .map((name) => closest(`--${name.replace(/^-+/, '')}`, known))
      .filter((each) => each !== undefined);
    const message = `unknown flag${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
    return { ...usage, code: 'UNKNOWN_FLAG', message, hints: didYouMean(meant) };
  }
  if (error.parse && Array.isArray(error.args)) {
    const names = error.args.map((arg) => (typeof arg === 'string' ? `"${arg}"` : String(arg.name).toUpperCase()));
    const missing = error.args.some((arg) => typeof arg !== 'string');
    const message = `${missing ? 'missing' : 'unexpected'} argument${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
    return { ...usage, code: missing ? 'MISSING_ARGUMENT' : 'UNEXPECTED_ARGUMENT', message, hints: [] };
  }
  const text = withoutParserWords(error.message);
  const notAnOption = /^Expected (?:--[^=\s]+=)?(.*) to be one of: (.*)$/s.exec(text);
  const meant = notAnOption ? closest(notAnOption[1]!, notAnOption[2]!.split(', ')) : undefined;
  const message = text.charAt(0).toLowerCase() + text.slice(1);
  const hints = [...didYouMean(meant === undefined ? [] : [meant]), ...(error.suggestions ?? [])];
  return { ...usage, code: 'USAGE', message, hints };
}

/** oclif wraps what a check of flags says in lines that say nothing. */
function withoutParserWords(message: string): string {
  return message
    .replace(/\nSee more help with --help$/, '')
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^The following errors? occurred:\n {2}/, '')
    .replaceAll(/\bMissing required flag (?!-)(\S+)/g, 'missing flag --$1');
}

/** The hint line for one or more suggestions; none without any. */
export function didYouMean(suggestions: readonly string[]): readonly string[] {
  return suggestions.length === 0 ? [] : [`Did you mean ${suggestions.join(', ')}?`];
}

function helpOf({ bin, command }: FaultContext): string {
  return [bin, command, '--help'].filter((part) => part !== undefined).join(' ');
}

/** The command that tells what a code means; the names of HP-UX's commands have none. */
function explanationOf(code: Fault['code'], bin: string): string {
  return `${isShim(bin) ? 'ipsec' : bin} explain ${code}`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string';
}

/** Messages repeat what the user typed: cut to a length and free of what could steer a terminal, line by line. */
function visibleLines(text: string): string {
  return text
    .slice(0, shownTextMax)
    .split('\n')
    .map((line) => visible(line))
    .join('\n');
}
