/**
 * Styling of text for a terminal, as a value: renderers take a `Style` and never ask whether there is a terminal, so
 * that a test needs none and the command alone decides about `NO_COLOR`, `--color` and pipes.
 */

/** Wraps a text in the codes of one style; the plain one gives it back unchanged. */
export type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
}

const same: Paint = (text) => text;

/** No codes at all: for files, pipes and tests. */
export const plainStyle: Style = {
  bold: same,
  dim: same,
  red: same,
  yellow: same,
  green: same,
  blue: same,
  cyan: same,
};

/** The sixteen basic colours through chalk, which is loaded only here because a piped run never needs it. */
export async function colourStyle(): Promise<Style> {
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    bold: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    red: (text) => chalk.red(text),
    yellow: (text) => chalk.yellow(text),
    green: (text) => chalk.green(text),
    blue: (text) => chalk.blue(text),
    cyan: (text) => chalk.cyan(text),
  };
}
