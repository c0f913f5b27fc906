/** How the status of a host is shown. */
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';

export interface StatusDocument {
  readonly stateDir: string;
  readonly backend: string;
  readonly means: string;
  readonly serial: number;
  readonly system: string | null;
  readonly applied: string | null;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  readonly policies: number;
  readonly sas: number;
  readonly inPlace: number;
  readonly drift: number;
  readonly restarted: boolean;
  readonly foreign: number;
  readonly unfinished: { readonly startedAt: string; readonly steps: number } | null;
  readonly pending: {
    readonly serial: number;
    readonly until: string;
    readonly secondsLeft: number;
    readonly process: number;
    readonly isWatched: boolean;
  } | null;
}

/** Column in which the texts beside the labels begin. */
export const labelWidth = 11;

/** Lines of text, without line breaks. */
export function* renderStatus(status: StatusDocument, style: Style = plainStyle): Generator<string> {
  const { system, serial, applied, drift, inPlace, foreign, unfinished, pending } = status;
  const row = (name: string, text: string) => `${name.padEnd(labelWidth)}${text}`;
  yield row('backend', `${status.backend} (${status.means})`);
  yield row('recorded', visible(status.stateDir));
  if (serial === 0) yield row('applied', 'nothing yet');
  else {
    const what = system === null ? '' : ` of ${visible(system)}`;
    yield row('applied', `state ${serial}${what}${applied === null ? ', by no apply' : `, ${applied}`}`);
    for (const { path } of status.inputs) yield row('', style.dim(visible(path)));
    yield row('installed', `${status.policies} policies, ${status.sas} SAs; ${inPlace} in place`);
    if (status.restarted) yield style.yellow(row('', 'this machine was started anew since then: run "ipsec apply"'));
    else if (drift > 0) yield style.red(row('', `${drift} entries differ from what was applied: see "ipsec drift"`));
  }
  yield row('of others', `${foreign} policies`);
  if (unfinished) {
    yield style.red(
      row(
        'unfinished',
        `a change of ${unfinished.steps} steps, begun ${unfinished.startedAt}: "ipsec apply --resume" or "ipsec rollback"`,
      ),
    );
  }
  if (pending) {
    const end = pending.isWatched
      ? `goes back in ${pending.secondsLeft} s (${pending.until}) unless "ipsec confirm" is said`
      : `process ${pending.process}, which was to go back, is gone: say "ipsec confirm" or "ipsec rollback"`;
    yield style.yellow(row('waiting', `state ${pending.serial} ${end}`));
  }
}
