/** A plan as a document: what is shown, what `--json` prints and what a plan file holds. No key is in it. */
import type { Change } from '../backends/backend.js';
import { diff } from '../backends/diff.js';
import type { Plan } from '../backends/plan.js';
import { changeText, policyLine, saLine } from '../backends/xfrm/text.js';
import { type HostPolicy, type HostSa, policyKey, saKey } from '../model/host-state.js';
import type { PlanChange, PlanDocument } from '../report/plan.js';
import type { HostSession } from './host-session.js';
import type { PlannedHost } from './plan.js';

/** Foreign entries that are listed. */
const foreignMax = 1000;

/** Describes what would be done. */
export function planDocument(session: HostSession, planned: PlannedHost): PlanDocument {
  const { plan, system, cuts, notes, inputs } = planned;
  return {
    system,
    backend: session.backend.name,
    means: session.backend.means,
    stateDir: session.folder,
    serial: session.registry.serial,
    inputs,
    ...changesDocument(plan),
    foreign: foreignOf(plan),
    cuts: cuts.map(({ what, packet, fate, policy }) => ({ what, packet, fate, by: policyName(policy) })),
    notes,
  };
}

/** The part that tells the changes. `backTo`: they go back to the state of that number, and not to what records say. */
export function changesDocument(plan: Plan, backTo?: number): Pick<PlanDocument, 'summary' | 'changes'> {
  const anew = madeAnew(plan.changes);
  const changes = plan.changes.map((change) => changeDocument(change, reasonOf(change, anew, backTo)));
  const count = (kind: PlanChange['kind']) => changes.filter((change) => change.kind === kind).length;
  const stay = plan.after.policies.length + plan.after.sas.length - createdOrReplaced(plan);
  return {
    summary: {
      create: count('create'),
      replace: count('replace'),
      delete: count('delete'),
      unchanged: stay,
      foreign: plan.foreign.policies.length + plan.foreign.sas.length,
    },
    changes,
  };
}

/** What differs from before, whatever the steps to it are. */
function createdOrReplaced({ before, after }: Plan): number {
  return diff(before, after).filter((change) => change.kind !== 'delete').length;
}

/** What is taken out and made again with other contents, by its name: why. */
function madeAnew(changes: readonly Change[]): ReadonlyMap<string, string> {
  const taken = new Map(
    changes.flatMap((change) => (change.kind === 'delete' ? [[nameOf(change.before), change.before] as const] : [])),
  );
  return new Map(
    changes.flatMap((change): [string, string][] => {
      if (change.kind !== 'create') return [];
      const name = nameOf(change.after);
      const before = taken.get(name);
      if (!before) return [];
      const isPolicy = change.object === 'policy' && 'direction' in before;
      return [[name, isPolicy ? differences(before, change.after).join(', ') : 'its contents change']];
    }),
  );
}

function nameOf(entry: HostPolicy | HostSa): string {
  return 'direction' in entry ? policyKey(entry) : saKey(entry);
}

function changeDocument(change: Change, reason: string): PlanChange {
  const { text, inexpressible } = changeText(change);
  const subject = change.kind === 'delete' ? change.before : change.after;
  const { record } = subject;
  return {
    kind: change.kind,
    object: change.object,
    record: record ? { kind: record.kind, name: record.name } : null,
    reason,
    command: `ip ${text}`,
    ...(inexpressible === undefined ? {} : { inexpressible }),
  };
}

function reasonOf(change: Change, anew: ReadonlyMap<string, string>, backTo: number | undefined): string {
  switch (change.kind) {
    case 'create':
      return (
        anew.get(nameOf(change.after)) ??
        (backTo === undefined ? 'is asked for and not there' : `is part of state ${backTo} and not there`)
      );
    case 'delete': {
      const why = anew.get(nameOf(change.before));
      if (why !== undefined) return `${why}: it is taken out first`;
      if (backTo !== undefined) return `is not part of state ${backTo}`;
      return change.object === 'sa' ? 'no policy asks for it any more' : 'no record asks for it any more';
    }
    case 'replace':
      return differences(change.before, change.after).join(', ');
  }
}

function differences(before: HostPolicy, after: HostPolicy): readonly string[] {
  const fates = [fateOf(before), fateOf(after)];
  return [
    ...(fates[0] === fates[1] ? [] : [`${fates[0]} becomes ${fates[1]}`]),
    ...(before.priority === after.priority ? [] : [`priority ${before.priority} becomes ${after.priority}`]),
    ...(fates[0] === fates[1] && before.priority === after.priority ? ['its details were changed'] : []),
  ];
}

function fateOf({ action, templates }: HostPolicy): string {
  if (action === 'block') return 'block';
  if (templates.length === 0) return 'allow';
  return templates
    .map(
      ({ protocol, mode, reqid }) =>
        `${protocol === 50 ? 'ESP' : protocol === 51 ? 'AH' : protocol} ${mode} (${reqid})`,
    )
    .join(' in ');
}

function foreignOf({ foreign, precedence }: Plan): PlanDocument['foreign'] {
  const before = new Map(precedence.map(({ foreign: each, ours }) => [each, ours]));
  return [
    ...foreign.policies.map((policy) => {
      const ours = before.get(policy);
      return {
        object: 'policy' as const,
        text: policyLine(policy),
        ...(ours ? { comesBefore: policyName(ours) } : {}),
      };
    }),
    ...foreign.sas.map((sa) => ({ object: 'sa' as const, text: saLine(sa) })),
  ].slice(0, foreignMax);
}

export function policyName({ record }: HostPolicy): string {
  return record ? `${record.kind} '${record.name}'` : 'a policy of others';
}
