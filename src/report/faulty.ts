/** Records that are too faulty to be put on a host: the faults, one a line. `policy lint` tells more. */
import { count } from '../model/count.js';
import type { Problem } from '../model/problem.js';
import { formatPlace } from '../model/span.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

export interface FaultyDocument {
  readonly problems: readonly { readonly place: string; readonly code: string; readonly message: string }[];
}

const shownMax = 50;

export function* renderFaulty(problems: readonly Problem[], style: Style = plainStyle): Generator<string> {
  for (const { at, code, message } of problems.slice(0, shownMax)) {
    yield `${visible(formatPlace(at))} ${style.red('error')} ${code}: ${visible(message)}`;
  }
  if (problems.length > shownMax) yield style.dim(`... ${problems.length - shownMax} more`);
  yield style.bold(`${count(problems.length, 'error')} in the records: nothing was done. See ipsec policy lint`);
}

export function faultyDocument(problems: readonly Problem[]): FaultyDocument {
  return { problems: problems.map(({ at, code, message }) => ({ place: formatPlace(at), code, message })) };
}
