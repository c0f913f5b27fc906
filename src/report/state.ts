/** How what is recorded as ours is shown. */
import { objectNames } from './plan.js';
import { plainStyle, type Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { visible } from './visible.js';

export interface StateEntry {
  readonly object: 'policy' | 'sa';
  readonly record: { readonly kind: string; readonly name: string } | null;
  readonly text: string;
}

interface Input {
  readonly path: string;
  readonly sha256: string;
}

export interface StateDocument {
  readonly serial: number;
  readonly applied: string | null;
  readonly system: string | null;
  readonly inputs: readonly Input[];
  readonly entries: readonly StateEntry[];
}

export interface StateList {
  readonly stateDir: string;
  readonly states: readonly {
    readonly serial: number;
    readonly applied: string | null;
    readonly system: string | null;
    readonly inputs: readonly Input[];
    readonly policies: number;
    readonly sas: number;
  }[];
}

/** Lines of text, without line breaks. */
export function* renderStateList({ states, stateDir }: StateList, options: TableOptions = {}): Generator<string> {
  const { style = plainStyle } = options;
  if (states.length === 0) {
    yield `nothing was applied to this host yet (${visible(stateDir)})`;
    return;
  }
  yield* renderTable(
    [
      { header: 'state', align: 'right' },
      { header: 'applied' },
      { header: 'system' },
      { header: 'policies', align: 'right' },
      { header: 'SAs', align: 'right' },
    ],
    states.map(({ serial, applied, system, policies, sas }, at) => [
      at === 0 ? { text: `${serial}`, paint: style.bold } : `${serial}`,
      applied ?? '',
      visible(system ?? ''),
      `${policies}`,
      `${sas}`,
    ]),
    options,
  );
}

export function* renderState(document: StateDocument, style: Style = plainStyle): Generator<string> {
  const { serial, applied, system, inputs, entries } = document;
  yield style.bold(
    `state ${serial}${system === null ? '' : ` of ${visible(system)}`}${applied === null ? '' : `, applied ${applied}`}`,
  );
  for (const { path } of inputs) yield style.dim(`  from ${visible(path)}`);
  yield* renderEntries(entries, style);
}

export function* renderEntries(entries: readonly StateEntry[], style: Style = plainStyle): Generator<string> {
  let owner: string | undefined;
  for (const { object, record, text } of entries) {
    const next = record ? `${record.kind} '${visible(record.name)}'` : 'no record';
    if (next !== owner) yield style.cyan(`  ${next}`);
    owner = next;
    yield `      ${objectNames[object]} ${visible(text)}`;
  }
}
