/** What a command asks the terminal: its width, and whether colour is wanted on it. */

/** The part of a stream that is looked at. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type ColorWhen = 'auto' | 'always' | 'never';

const widthDefault = 80;
const widthMin = 40;

/** Columns to lay text out for: those of the terminal, else `COLUMNS`, else 80; never fewer than 40. */
export function terminalWidth(stream: Terminal = process.stdout, env: NodeJS.ProcessEnv = process.env): number {
  const columns = stream.isTTY && stream.columns ? stream.columns : Number.parseInt(env.COLUMNS ?? '', 10);
  return Math.max(widthMin, columns > 0 ? columns : widthDefault);
}

/**
 * Columns to break finished lines to: those of the terminal, else `COLUMNS`. Undefined where neither is, as in a pipe: what
 * reads there wants each line whole.
 */
export function wrapWidth(stream: Terminal = process.stdout, env: NodeJS.ProcessEnv = process.env): number | undefined {
  const isKnown = (stream.isTTY && stream.columns) || Number.parseInt(env.COLUMNS ?? '', 10) > 0;
  return isKnown ? terminalWidth(stream, env) : undefined;
}

/**
 * Is colour wanted on this stream? `--color always|never` decides; on `auto` FORCE_COLOR and then NO_COLOR (any value that
 * is not empty, https://no-color.org) decide, as Node itself ranks them, and then whether it is a terminal that can.
 */
export function colorWanted(when: ColorWhen, stream: Terminal, env: NodeJS.ProcessEnv = process.env): boolean {
  if (when !== 'auto') return when === 'always';
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}
