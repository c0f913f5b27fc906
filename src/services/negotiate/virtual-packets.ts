/**
 * Packets of a system that asks its peer for an address (RFC 7296 §2.19): it sends from that address and from no other of its wide
 * selectors, so that of the flows of such a child only those count that hold it.
 */

import type { Address } from '../../model/address.js';
import { walkConfiguration } from '../../model/peer/connection/configuration.js';
import { mirrorBox } from '../../model/peer/mirror.js';
import { contains } from '../../model/selector/witness.js';
import type { PadEntry, SaTemplate } from '../../model/system-config.js';
import type { PlannedRun } from './plan.js';

/** Runs whose packets come from the address that their initiator will have. */
export function withVirtualAddresses(runs: readonly PlannedRun[]): PlannedRun[] {
  const kept: PlannedRun[] = [];
  const left = new Map<SaTemplate, PlannedRun>();
  for (const run of runs) {
    const asked = askedBy(run);
    if (!asked) {
      kept.push(run);
      continue;
    }
    const address = asked.given.find((one) => one.family === run.packet.family);
    const packet = address && { ...run.packet, local: address.value };
    const region = run.walks[0]!.flow.region.map((box) => (run.initiator === 'a' ? box : mirrorBox(box)));
    if (packet && region.some((box) => contains({ ...box, direction: { lo: 0, hi: 1 } }, packet)))
      kept.push({ ...run, packet });
    else if (!left.has(asked.template)) left.set(asked.template, run);
  }
  // A child that nothing is left of is run all the same: what is wrong with it is the answer.
  const has = new Set(kept.map((run) => askedBy(run)?.template));
  return [...kept, ...[...left].flatMap(([template, run]) => (has.has(template) ? [] : [run]))];
}

/** What an initiator whose selectors follow the address that it asks for is given. */
function askedBy({
  walks,
}: PlannedRun): { readonly template: SaTemplate; readonly given: readonly Address[] } | undefined {
  const [walk] = walks;
  const pad: PadEntry | undefined = walk?.ike?.initiatorPad;
  if (!walk || !pad?.virtualAddresses?.length) return undefined;
  const { initiatorTemplate: template, flow, initiator, ike } = walk;
  if (!template.lists?.local.every(({ kind }) => kind === 'dynamic')) return undefined;
  const other = initiator === 'a' ? 'b' : 'a';
  const ends = {
    x: { view: flow[initiator].view, address: walk.initiatorAddress },
    y: { view: flow[other].view, address: walk.responderAddress },
  };
  return { template, given: walkConfiguration(ends.x, ends.y, pad, ike?.responderPad).given };
}
