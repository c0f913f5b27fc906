/** How drift is shown: what of ours is no longer as it was applied. */
import { objectNames } from './plan.js';
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

export interface DriftEntry {
  readonly object: 'policy' | 'sa';
  /** `replaced`: somebody deleted ours and made another one like it. `stray`: marked as ours, and nobody knows of it. */
  readonly kind: 'missing' | 'replaced' | 'changed' | 'stray';
  readonly record: { readonly kind: string; readonly name: string } | null;
  readonly wanted?: string;
  readonly found?: string;
}

export interface DriftDocument {
  readonly stateDir: string;
  readonly serial: number;
  readonly system: string | null;
  readonly applied: string | null;
  /** The machine was started anew since then: nothing is installed any more. */
  readonly restarted: boolean;
  readonly entries: readonly DriftEntry[];
  readonly inPlace: number;
  /** Policies of others. */
  readonly foreign: number;
}

const shownMax = 100;
const words = {
  missing: 'is gone',
  replaced: 'was replaced by somebody',
  changed: 'was changed by somebody',
  stray: 'is marked as ours and is not known',
} as const;

/** Lines of text, without line breaks. */
export function* renderDrift(document: DriftDocument, style: Style = plainStyle): Generator<string> {
  const { entries, serial, system, restarted, inPlace, foreign } = document;
  if (serial === 0 && entries.length === 0) {
    yield `nothing was applied to this host yet; ${foreign} policies of others`;
    return;
  }
  if (restarted) yield style.yellow('this machine was started anew since the last apply: nothing of it is in place');
  for (const { object, kind, record, wanted, found } of entries.slice(0, shownMax)) {
    const owner = record ? ` of ${record.kind} '${visible(record.name)}'` : '';
    yield style.red(`${objectNames[object]}${owner} ${words[kind]}`);
    if (wanted !== undefined) yield `    applied  ${visible(wanted)}`;
    if (found !== undefined) yield `    found    ${visible(found)}`;
  }
  if (entries.length > shownMax) yield style.dim(`... ${entries.length - shownMax} more`);
  const summary = entries.length === 0 ? 'as it was applied' : `${entries.length} entries differ from what was applied`;
  yield style.bold(
    `${visible(system ?? 'this host')}, state ${serial}: ${summary}; ${inPlace} in place, ${foreign} policies of others`,
  );
}
