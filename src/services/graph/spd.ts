/** The order in which each system's policies are searched, with those that can never match. */

import { type Fate, forwardAnomalies, hostAnomalies } from '../../lint/anomalies.js';
import { type SystemContext, systemContext } from '../../lint/context.js';
import { formatBox } from '../../model/selector/format-box.js';
import type { SpdEntry } from '../../model/system-config.js';
import { describeAction } from '../../model/treatment.js';
import type { SpdList, SpdPicture, SpdRow } from '../../report/graph/picture.js';
import { defaultBudget } from '../lint.js';
import type { NegotiatingSystem } from '../negotiate/systems.js';
import { recordName, recordPlace } from '../negotiate/view.js';

export interface SpdPictureOptions {
  /** Rows of one list that are shown; the rest is counted. */
  readonly rowsMax: number;
}

/** Boxes of a policy that are shown. */
const selectorsMax = 3;
/** Earlier policies that are named for one that never matches. */
const byMax = 8;

/** The SPDs of systems; that of forwarded packets only where it has policies. */
export function spdPicture(systems: readonly NegotiatingSystem[], { rowsMax }: SpdPictureOptions): SpdPicture {
  const lists = systems.flatMap((system): SpdList[] => {
    const context = contextOf(system);
    return (['host', 'forward'] as const).flatMap((list): SpdList[] => {
      const anomalies = list === 'host' ? hostAnomalies(context) : forwardAnomalies(context);
      const { spd, fates } = anomalies;
      if (spd.entries.length === 0 || (list === 'forward' && spd.policies.length === 0)) return [];
      const rows = spd.entries.map((entry, index) => rowOf(system, entry, index, fates[index]));
      // The last row is what becomes of everything else, and is always shown.
      const leftOut = Math.max(0, rows.length - rowsMax);
      const shown = leftOut > 0 ? [...rows.slice(0, rowsMax - 1), rows.at(-1)!] : rows;
      return [{ system: system.name, list, rows: shown, leftOut }];
    });
  });
  const undecided = lists.flatMap(({ rows }) => rows).filter(({ reach }) => reach === 'undecided').length;
  return {
    kind: 'spd',
    lists,
    notes:
      undecided > 0 ? [`for ${undecided} policies it costs more than is allowed to tell whether they can match`] : [],
  };
}

function contextOf({ loaded, config }: NegotiatingSystem): SystemContext {
  return systemContext({
    name: config.name,
    policies: loaded.policies,
    config,
    ...(loaded.imported ? { imported: true } : {}),
    settings: { asOf: '', profiles: [], repository: false, budget: defaultBudget },
  });
}

function rowOf(system: NegotiatingSystem, entry: SpdEntry, index: number, fate: Fate | undefined): SpdRow {
  const { source, priority, selectors, action } = entry;
  return {
    number: index + 1,
    policy: recordName(source),
    place: recordPlace(system.name, source),
    ...(priority ? { priority: priority.value } : {}),
    selectors: selectors.slice(0, selectorsMax).map(formatBox),
    moreSelectors: Math.max(0, selectors.length - selectorsMax),
    action: action.kind,
    treatment: describeAction(action),
    ...reachOf(fate),
  };
}

function reachOf(fate: Fate | undefined): Pick<SpdRow, 'reach' | 'by'> {
  switch (fate?.kind) {
    case 'covered':
      return { reach: fate.same ? 'redundant' : 'shadowed', by: fate.by.slice(0, byMax).map((other) => other + 1) };
    case 'empty':
    case 'undecided':
      return { reach: fate.kind, by: [] };
    default:
      return { reach: 'reachable', by: [] };
  }
}
