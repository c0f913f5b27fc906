/** The use case behind `ipsec drift`: what of ours on this host is no longer as it was applied. */
import { samePolicy, sameSa } from '../backends/equal.js';
import { indexFirst, indexLast } from '../backends/plan.js';
import { reqidFirst, reqidLast } from '../backends/xfrm/templates.js';
import { policyLine, saLine } from '../backends/xfrm/text.js';
import { type HostState, policyKey, saKey } from '../model/host-state.js';
import type { DriftDocument, DriftEntry } from '../report/drift.js';
import type { HostSession } from './host-session.js';
import { whereWeAre } from './state/registry.js';

/** Compares the host with what was applied. */
export async function findDrift(session: HostSession): Promise<DriftDocument> {
  const { registry, backend, folder } = session;
  const current = await backend.read();
  const restarted = registry.serial > 0 && registry.bootId !== whereWeAre().bootId;
  const entries = [...policyDrift(registry.state, current), ...saDrift(registry.state, current)];
  const known = new Set(registry.state.policies.map(policyKey));
  return {
    stateDir: folder,
    serial: registry.serial,
    system: registry.applied?.system ?? null,
    applied: registry.applied?.at ?? null,
    restarted,
    entries,
    inPlace:
      registry.state.policies.length +
      registry.state.sas.length -
      entries.filter(({ kind }) => kind !== 'stray').length,
    foreign: current.policies.filter((policy) => !known.has(policyKey(policy))).length,
  };
}

function policyDrift(applied: HostState, current: HostState): readonly DriftEntry[] {
  const found = new Map(current.policies.map((policy) => [policyKey(policy), policy]));
  const entries: DriftEntry[] = [];
  for (const policy of applied.policies) {
    const key = policyKey(policy);
    const now = found.get(key);
    found.delete(key);
    const base = { object: 'policy', record: policy.record ?? null, wanted: policyLine(policy) } as const;
    if (!now) entries.push({ ...base, kind: 'missing' });
    else if (now.index !== policy.index) entries.push({ ...base, kind: 'replaced', found: policyLine(now) });
    else if (!samePolicy(now, policy)) entries.push({ ...base, kind: 'changed', found: policyLine(now) });
  }
  for (const policy of found.values()) {
    if (policy.index < indexFirst || policy.index > indexLast) continue;
    entries.push({ object: 'policy', kind: 'stray', record: null, found: policyLine(policy) });
  }
  return entries;
}

function saDrift(applied: HostState, current: HostState): readonly DriftEntry[] {
  const found = new Map(current.sas.map((sa) => [saKey(sa), sa]));
  const reqids = new Set(applied.policies.flatMap(({ templates }) => templates.map(({ reqid }) => reqid)));
  const entries: DriftEntry[] = [];
  for (const sa of applied.sas) {
    const key = saKey(sa);
    const now = found.get(key);
    found.delete(key);
    const base = { object: 'sa', record: sa.record ?? null, wanted: saLine(sa) } as const;
    if (!now) entries.push({ ...base, kind: 'missing' });
    else if (!sameSa(now, sa)) entries.push({ ...base, kind: 'changed', found: saLine(now) });
  }
  for (const sa of found.values()) {
    // Negotiated for a policy of ours is where it belongs; with a number of ours that no policy has, it is left over.
    if (sa.reqid < reqidFirst || sa.reqid > reqidLast || reqids.has(sa.reqid)) continue;
    entries.push({ object: 'sa', kind: 'stray', record: null, found: saLine(sa) });
  }
  return entries;
}
