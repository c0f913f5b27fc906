/**
 * A progress bar for work that turns out to be long.
 *
 * It is drawn on stderr only, only on a terminal, and only after a second: most commands are done before. Much of the work
 * is synchronous, so it is `advance` that draws, not a timer; at most ten times a second.
 */
import { type Terminal, terminalWidth } from './terminal.js';
import { visible } from './visible.js';
import { cropToWidth, displayWidth } from './width.js';

export interface Progress {
  /** `count` more of the total are done; 1 unless said. */
  advance(count?: number): void;
  /** Removes the bar. Calling it again, or advancing afterwards, does nothing. */
  done(): void;
}

export interface ProgressOptions {
  /** What is being done, as `linting`. */
  readonly label: string;
  /** How many steps there are; 0 when that is not known, which shows a count instead of a bar. */
  readonly total: number;
  /** False under `--quiet` and `--no-progress`. */
  readonly enabled: boolean;
  readonly stream?: Terminal & { write(text: string): unknown };
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

const quietMillis = 1000;
const redrawMillis = 100;
const barWidthMax = 30;
const eraseLine = '\r\x1b[K';

/** Starts the clock; nothing is drawn yet. */
export function startProgress(options: ProgressOptions): Progress {
  const { label, total, enabled, stream = process.stderr, now = () => performance.now() } = options;
  if (!enabled || !stream.isTTY) return { advance() {}, done() {} };

  const startedAt = now();
  let drawnAt: number | undefined;
  let count = 0;
  let ended = false;
  return {
    advance(more = 1) {
      count += more;
      const at = now();
      if (ended || at - startedAt < quietMillis) return;
      if (drawnAt !== undefined && at - drawnAt < redrawMillis) return;
      drawnAt = at;
      stream.write(eraseLine + progressLine({ label, total, count, elapsed: at - startedAt }, terminalWidth(stream)));
    },
    done() {
      if (drawnAt !== undefined && !ended) stream.write(eraseLine);
      ended = true;
    },
  };
}

interface State {
  readonly label: string;
  readonly total: number;
  readonly count: number;
  /** Milliseconds so far. */
  readonly elapsed: number;
}

/** One line that fits the width: label, bar, share done and the time left as far as the past foretells it. */
function progressLine({ label, total, count, elapsed }: State, width: number): string {
  const name = visible(label);
  if (total <= 0) return cropToWidth(`${name} ${count}`, width - 1);
  const share = Math.min(1, count / total);
  const filled = Math.round(share * barWidthMax);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidthMax - filled)}]`;
  const secondsLeft = share > 0 ? Math.ceil((elapsed * (1 - share)) / share / 1000) : undefined;
  const left = secondsLeft === undefined ? '' : ` ${secondsLeft} s left`;
  const figures = `${Math.floor(share * 100)} % ${count}/${total}${left}`;
  const full = `${name} ${bar} ${figures}`;
  return displayWidth(full) < width ? full : cropToWidth(`${name} ${figures}`, width - 1);
}
