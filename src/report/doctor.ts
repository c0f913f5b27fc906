/** How an examination of the host is shown. */
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { wrapLine } from './wrap.js';

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

const statusWidth = 8;
const nameWidth = 12;
/** Column in which the texts begin. */
const textColumn = statusWidth + nameWidth;

/** Lines of text, without line breaks. */
export function* renderDoctor(
  { checks }: DoctorDocument,
  { style = plainStyle, width }: { readonly style?: Style; readonly width?: number } = {},
): Generator<string> {
  const paint = { ok: style.green, info: style.dim, warn: style.yellow, fail: style.red, unknown: style.cyan };
  for (const { name, status, text, help } of checks) {
    const line = `${paint[status](status.padEnd(statusWidth))}${name.padEnd(nameWidth)}${visible(text)}`;
    yield* wrapLine(line, width, { under: textColumn });
    if (help !== undefined)
      yield* wrapLine(`${' '.repeat(textColumn)}${style.dim(visible(help))}`, width, { under: textColumn });
  }
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  yield style.bold(
    `${count('fail')} in the way, ${count('warn')} to look at, ${count('unknown')} that could not be found out`,
  );
}
