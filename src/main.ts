/**
 * Where the program starts (called by bin/run.js). What must be settled before any library is loaded is settled here: some
 * look at the environment once, while they load, to decide on colour.
 */
import type { Start } from './cli/dispatch.js';
import { type ColorWhen, colorWanted } from './report/terminal.js';

/** Called by the name of one of HP-UX's commands: the command line that this means. A fault of it is dispatched as such. */
async function asShim(start: Start): Promise<Start> {
  const { isShim, policyPlace, translateShim } = await import('./cli/shims.js');
  if (!isShim(start.bin)) return start;
  const policy = process.env.IPSEC_POLICY ?? policyPlace;
  return {
    ...start,
    bin: 'ipsec',
    translate: () => translateShim(start.bin as Parameters<typeof translateShim>[0], start.argv, policy),
  };
}

/** Runs one command line; the exit code is left in `process.exitCode`. */
export async function main(start: Start): Promise<void> {
  settleColor(start.argv);
  const { dispatch } = await import('./cli/dispatch.js');
  await dispatch(start.bin.startsWith('ipsec_') ? await asShim(start) : start);
}

/** The table of commands, for the build, which makes the manifest from it. */
export async function loadCommandTable() {
  const { commands } = await import('ipsec:commands');
  return commands;
}

/**
 * Makes `--color`, NO_COLOR and FORCE_COLOR mean the same for every library: supports-color, under oclif, knows no NO_COLOR
 * and takes `--color never` for "always".
 */
function settleColor(argv: readonly string[]): void {
  const when = colorFlag(argv);
  if (when === 'auto' && process.env.FORCE_COLOR === undefined && !process.env.NO_COLOR) return;
  const wanted = colorWanted(when, {});
  if (wanted) {
    delete process.env.NO_COLOR;
    process.env.FORCE_COLOR ??= '1';
    if (when === 'always' && process.env.FORCE_COLOR === '0') process.env.FORCE_COLOR = '1';
  } else {
    process.env.FORCE_COLOR = '0';
  }
}

function colorFlag(argv: readonly string[]): ColorWhen {
  let when: ColorWhen = 'auto';
  for (const [index, arg] of argv.entries()) {
    if (arg === '--') break;
    const value =
      arg === '--color' ? argv[index + 1] : arg.startsWith('--color=') ? arg.slice('--color='.length) : undefined;
    if (value === 'auto' || value === 'always' || value === 'never') when = value;
  }
  return when;
}
