/** How an examination of the host is shown. */
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

export interface Check {
  readonly name: string;
  /** `unknown`: it could not be found out. */
  readonly status: 'ok' | 'info' | 'warn' | 'fail' | 'unknown';
  readonly text: string;
  readonly help?: string;
}

export interface DoctorDocument {
  readonly checks: readonly Check[];
}

/** Lines of text, without line breaks. */
export function* renderDoctor({ checks }: DoctorDocument, style: Style = plainStyle): Generator<string> {
  const paint = { ok: style.green, info: style.dim, warn: style.yellow, fail: style.red, unknown: style.cyan };
  for (const { name, status, text, help } of checks) {
    yield `${paint[status](status.padEnd(8))}${name.padEnd(12)}${visible(text)}`;
    if (help !== undefined) yield `${' '.repeat(20)}${style.dim(visible(help))}`;
  }
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  yield style.bold(
    `${count('fail')} in the way, ${count('warn')} to look at, ${count('unknown')} that could not be found out`,
  );
}
