/** How a line of the daemon's log is shown. */
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

export interface LogLine {
  readonly level: 'error' | 'warning' | 'info' | 'debug';
  readonly kind: string;
  readonly text: string;
}

/** `2026-11-29T17:20:00.000Z warning failed: …` */
export function renderFactLine({ level, text }: LogLine, at: Date, style: Style = plainStyle): string {
  const paint = { error: style.red, warning: style.yellow, info: (word: string) => word, debug: style.dim }[level];
  return `${style.dim(at.toISOString())} ${paint(level.padEnd(7))} ${visible(text)}`;
}
