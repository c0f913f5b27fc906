/**
 * The flags that are spelled the same wherever they appear.
 *
 * `globalFlags` belong to every command (src/base-command.ts takes them in); the others are for the commands for which
 * they mean something, which name them in their own `flags`.
 */
import { Args, Flags } from '@oclif/core';
import { UsageError } from '../model/tool-error.js';

const group = 'GLOBAL';

export const colorOptions = ['auto', 'always', 'never'] as const;

export const globalFlags = {
  directory: Flags.string({ char: 'C', helpValue: 'DIR', helpGroup: group, summary: 'Run as if started in DIR.' }),
  config: Flags.string({
    helpValue: 'FILE',
    helpGroup: group,
    summary: 'Read this configuration instead of searching for ipsec.config.{json,yaml} upward.',
  }),
  json: Flags.boolean({ helpGroup: group, summary: 'Print the result, or the error, as JSON.' }),
  color: Flags.option({ options: colorOptions })({
    default: 'auto',
    helpValue: 'WHEN',
    helpGroup: group,
    summary: 'Use colour: auto, always or never. NO_COLOR and FORCE_COLOR are obeyed on auto.',
  }),
  quiet: Flags.boolean({ char: 'q', helpGroup: group, summary: 'Say nothing but results and errors.' }),
  verbose: Flags.boolean({ char: 'v', helpGroup: group, summary: 'Say more; twice (-vv), say everything.' }),
  'no-progress': Flags.boolean({ helpGroup: group, summary: 'Draw no progress bar.' }),
};

/** `--format F` with the formats that the command has; the first is the default. `json` is what `--json` prints. */
export function formatFlag<const Format extends string>(formats: readonly [Format, ...Format[]]) {
  const [first] = formats;
  return Flags.option({ options: formats })({
    helpValue: 'FORMAT',
    default: async () => first,
    summary: `Output format: ${formats.join(', ')}.`,
  });
}

/** `-o FILE`: where `writeResult` writes. */
export const outputFlag = Flags.string({
  char: 'o',
  helpValue: 'FILE',
  summary: 'Write the result to FILE instead of the standard output.',
});

/** `--profile NAME[,NAME]`: guidance profiles to judge by. */
export const profileFlag = Flags.string({
  multiple: true,
  multipleNonGreedy: true,
  delimiter: ',',
  helpValue: 'NAME[,NAME]',
  summary:
    'Judge by these guidance profiles (rfc, nist-800-77r1, cnsa1, cnsa2, bsi-tr-02102-3, stig, hpux, linux-xfrm).',
});

/** `--as-of DATE`: the moment for everything that depends on the time, as a Date. */
export const asOfFlag = Flags.custom<Date>({
  helpValue: 'DATE',
  summary: 'Judge validity as of this day or moment (ISO 8601; a day means its start in UTC) instead of now.',
  parse: async (input) => parseMoment(input),
});

/** `--jobs N`: worker threads, 1 to 256. */
export const jobsFlag = Flags.integer({
  min: 1,
  max: 256,
  helpValue: 'N',
  summary: 'Use at most N threads (default: one for each processor).',
});

/** `--seed N`: what all randomness of a simulation is derived from. */
export const seedFlag = Flags.integer({
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  helpValue: 'N',
  summary: 'Seed of the randomness; the same seed repeats the same run.',
});

const traceLevels = ['messages', 'payloads', 'bytes'] as const;
export type TraceLevel = (typeof traceLevels)[number];

/** An argument that is a whole number from 1 on. (What oclif's own says of another word looks like a fault of the program.) */
export const countArg = Args.custom<number>({
  parse: async (input) => {
    const count = /^\d{1,15}$/.test(input) ? Number(input) : 0;
    if (count < 1) throw new UsageError(`"${input}" is not a number from 1 on`);
    return count;
  },
});

/** `--trace LEVEL`: how much of each packet is shown; `summary` says it in the words of the command. */
export function traceFlag(summary: string) {
  return Flags.option({ options: traceLevels })({
    helpValue: 'messages|payloads|bytes',
    summary,
  });
}

const cryptoSummary = "Use OpenSSL's cryptography (node, the default), or the one written in JavaScript (noble)";

/** `--crypto NAME`: the cryptographic provider. */
export const cryptoFlag = Flags.option({ options: ['node', 'noble'] as const })({
  default: async () => 'node' as const,
  helpValue: 'node|noble',
  summary: `${cryptoSummary}.`,
});

/** The same for commands that can compare. */
export const cryptoChoiceFlag = Flags.option({ options: ['node', 'noble', 'both'] as const })({
  default: async () => 'node' as const,
  helpValue: 'node|noble|both',
  summary: `${cryptoSummary}, or compare what both of them send, octet by octet.`,
});

/** `--state-dir DIR`: undefined means the default, which the service that opens it knows. */
export const stateDirFlag = Flags.string({
  env: 'IPSEC_STATE_DIR',
  helpValue: 'DIR',
  summary:
    'Where plans, journals and ownership are kept (default: /var/lib/ipsec for root, else the XDG state directory).',
});

/** A day or moment of ISO 8601 as a Date; without a zone it is UTC, so that an answer does not depend on the place. */
export function parseMoment(input: string): Date {
  const form = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(input);
  const [, day, time, , , zone] = form ?? [];
  const moment = new Date(time !== undefined && zone === undefined ? `${input}Z` : input);
  // Date takes 2026-02-31 for a day in March: a day that does not exist is a slip of the user.
  const midnight = new Date(`${day}T00:00:00Z`);
  const dayExists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(`${day}T`);
  if (!dayExists || Number.isNaN(moment.getTime())) {
    throw new UsageError(`"${input}" is not a date`, { hints: ['Write it as 2027-01-31 or 2027-01-31T12:00Z.'] });
  }
  return moment;
}
