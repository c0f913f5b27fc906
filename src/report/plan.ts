/** How a plan for a host is shown. */
import { plainStyle, type Style } from './style.js';
import { visible } from './visible.js';
import { wrapLine } from './wrap.js';

export interface PlanChange {
  readonly kind: 'create' | 'replace' | 'delete';
  readonly object: 'policy' | 'sa';
  readonly record: { readonly kind: string; readonly name: string } | null;
  readonly reason: string;
  /** As ip(8) would do it, keys masked. */
  readonly command: string;
  /** Why ip(8) cannot say it. */
  readonly inexpressible?: string;
}

export interface PlanDocument {
  readonly system: string;
  readonly backend: string;
  readonly means: string;
  readonly stateDir: string;
  /** Of the state that the plan starts from. */
  readonly serial: number;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  readonly summary: {
    readonly create: number;
    readonly replace: number;
    readonly delete: number;
    readonly unchanged: number;
    readonly foreign: number;
  };
  readonly changes: readonly PlanChange[];
  readonly foreign: readonly {
    readonly object: 'policy' | 'sa';
    readonly text: string;
    readonly comesBefore?: string;
  }[];
  readonly cuts: readonly {
    readonly what: string;
    readonly packet: string;
    readonly fate: 'blocked' | 'protected';
    readonly by: string;
  }[];
  readonly notes: readonly string[];
}

export interface PlanStyle {
  readonly style?: Style;
  /** Changes that are shown in full; the others are counted. */
  readonly changesMax?: number;
  /** Columns of the terminal; without it nothing wraps. */
  readonly width?: number;
}

/** How the two kinds of entries are called in texts. */
export const objectNames = { policy: 'policy', sa: 'SA' } as const;

const signs = { create: '+', replace: '~', delete: '-' } as const;
const foreignShownMax = 10;

/** Lines of text, without line breaks. */
export function* renderPlan(document: PlanDocument, options: PlanStyle = {}): Generator<string> {
  const { style = plainStyle } = options;
  const { changes, foreign, cuts, notes } = document;
  yield* renderChanges(changes, options);
  const shown = foreign.filter(({ comesBefore }) => comesBefore !== undefined);
  for (const each of shown.slice(0, foreignShownMax)) {
    yield style.yellow(
      `  ! of others, and before ${visible(each.comesBefore!)}: ${objectNames[each.object]} ${visible(each.text)}`,
    );
  }
  if (shown.length > foreignShownMax) yield style.dim(`    ... ${shown.length - foreignShownMax} more of others`);
  for (const note of notes) yield style.dim(`  note: ${visible(note)}`);
  for (const { what, packet, fate, by } of cuts) {
    const how = fate === 'blocked' ? 'would be dropped' : 'would need an SA that is not there';
    yield style.red(`  lock-out: ${visible(what)}: ${visible(packet)} ${how} (${visible(by)})`);
  }
  yield planSummary(document, style);
}

/** The changes alone. */
export function* renderChanges(
  changes: readonly PlanChange[],
  { style = plainStyle, changesMax = 200, width }: PlanStyle = {},
): Generator<string> {
  const paint = { create: style.green, replace: style.yellow, delete: style.red };
  let heading: string | undefined;
  for (const { kind, object, record, reason, command } of changes.slice(0, changesMax)) {
    const owner = record ? `${record.kind} '${visible(record.name)}'` : 'no record';
    const next = `${signs[kind]} ${objectNames[object]} of ${owner}: ${reason}`;
    if (next !== heading) yield paint[kind](`  ${next}`);
    heading = next;
    // What goes on is told as a shell takes it: people copy these lines.
    yield* wrapLine(`      ${visible(command)}`, width, { continuation: ' \\' });
  }
  if (changes.length > changesMax) yield style.dim(`  ... ${changes.length - changesMax} more changes`);
}

/** The sentence at the end. */
export function planSummary({ system, backend, means, summary }: PlanDocument, style: Style = plainStyle): string {
  const { create, replace, delete: remove, unchanged, foreign } = summary;
  const others = foreign === 0 ? '' : `; ${foreign} of others not touched`;
  // A plan that assumes an empty host is made on one in memory, which is nobody's business.
  const where = `${visible(system)} on ${means === 'memory' ? 'a kernel that holds nothing' : `${backend} (${means})`}`;
  if (create + replace + remove === 0)
    return style.bold(`nothing to do for ${where}: ${unchanged} as they are${others}`);
  return style.bold(
    `${where}: ${create} to create, ${replace} to replace, ${remove} to remove, ${unchanged} as they are${others}`,
  );
}

/** The plan as text for others to run or to read: a batch for `ip -batch`, or a shell script around it. */
export function* emitPlan(document: PlanDocument, form: 'ip-batch' | 'shell'): Generator<string> {
  const { system, changes, summary } = document;
  if (form === 'shell') {
    yield '#!/bin/sh';
    yield 'set -e';
  }
  yield `# ${visible(system)}: ${summary.create} to create, ${summary.replace} to replace, ${summary.delete} to remove`;
  if (changes.some(({ command }) => command.includes(' secret bits]'))) {
    yield '# Keys are left out, so the lines that need them do not work as they are.';
  }
  if (form === 'shell') yield "ip -batch - <<'END'";
  let owner: string | undefined;
  for (const { record, command, inexpressible } of changes) {
    const next = record ? `${record.kind} '${visible(record.name)}'` : 'no record';
    if (next !== owner) yield `# ${next}`;
    owner = next;
    const line = command.replace(/^ip /, '');
    yield inexpressible === undefined ? line : `# ip(8) cannot say this (${inexpressible}): ${line}`;
  }
  if (form === 'shell') yield 'END';
}
