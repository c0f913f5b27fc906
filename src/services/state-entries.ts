/** The use cases behind `ipsec state`: what is recorded as ours, taking over what is there, and letting go. */
import { part } from '../backends/plan.js';
import { compileXfrm } from '../backends/xfrm/compile.js';
import { policyLine, saLine } from '../backends/xfrm/text.js';
import { type HostPolicy, type HostSa, policyKey, saKey } from '../model/host-state.js';
import { EnvironmentError, UsageError } from '../model/tool-error.js';
import type { StateDocument, StateEntry, StateList } from '../report/state.js';
import { hostFacts } from './host-facts.js';
import type { HostSession } from './host-session.js';
import type { PlanOptions } from './plan.js';
import { chooseSystem } from './query.js';
import { loadRepository } from './repository/load-repository.js';
import { ownershipOf, type Registry, whereWeAre } from './state/registry.js';

/** The states that are kept, the newest first. */
export function listStates({ folder, registry, store }: HostSession): StateList {
  const states = registry.serial === 0 ? [] : [registry, ...store.history()];
  return {
    stateDir: folder,
    states: states.map(({ serial, applied, state }) => ({
      serial,
      applied: applied?.at ?? null,
      system: applied?.system ?? null,
      inputs: applied?.inputs ?? [],
      policies: state.policies.length,
      sas: state.sas.length,
    })),
  };
}

/** One state in full; the newest unless told. */
export function showState({ registry, store }: HostSession, serial: number | undefined): StateDocument {
  const found = serial === undefined || serial === registry.serial ? registry : store.earlier(serial);
  if (!found) {
    throw new UsageError(`state ${serial} is not kept`, {
      code: 'UNKNOWN_NAME',
      hints: ['"ipsec state list" shows which there are.'],
    });
  }
  return {
    serial: found.serial,
    applied: found.applied?.at ?? null,
    system: found.applied?.system ?? null,
    inputs: found.applied?.inputs ?? [],
    entries: [...found.state.policies.map(policyEntry), ...found.state.sas.map(saEntry)],
  };
}

function policyEntry(policy: HostPolicy): StateEntry {
  return { object: 'policy', record: policy.record ?? null, text: policyLine(policy) };
}

function saEntry(sa: HostSa): StateEntry {
  return { object: 'sa', record: sa.record ?? null, text: saLine(sa) };
}

/**
 * Takes over entries of others that stand where entries of the records should: from then on they are ours, as they are, and the next
 * apply makes of them what the records say. Nothing on the host changes.
 */
export async function adopt(session: HostSession, options: PlanOptions): Promise<readonly StateEntry[]> {
  const { backend, registry, store } = session;
  const system = chooseSystem(await loadRepository(options), options.host);
  const current = await backend.read();
  const { desired } = compileXfrm(system.config, await hostFacts(current, system.config), registry.numbers);
  const { foreign } = part(current, ownershipOf(registry));
  const wantedPolicies = new Map(desired.policies.map((policy) => [policyKey(policy), policy.record]));
  const wantedSas = new Map(desired.sas.map((sa) => [saKey(sa), sa.record]));
  const policies = foreign.policies.flatMap((policy): HostPolicy[] => {
    const key = policyKey(policy);
    return wantedPolicies.has(key) ? [{ ...withoutUsage(policy), record: wantedPolicies.get(key) }] : [];
  });
  const sas = foreign.sas.flatMap((sa): HostSa[] => {
    const key = saKey(sa);
    return wantedSas.has(key) ? [{ ...withoutUsage(sa), record: wantedSas.get(key) }] : [];
  });
  if (policies.length + sas.length === 0) return [];
  const here = whereWeAre();
  // Of a state from before the machine was started anew nothing is there any more.
  const kept = registry.bootId === here.bootId ? registry.state : { ...registry.state, policies: [], sas: [] };
  const next: Registry = {
    ...registry,
    ...here,
    serial: registry.serial + 1,
    state: { ...kept, policies: [...kept.policies, ...policies], sas: [...kept.sas, ...sas] },
  };
  store.replace(next);
  return [...policies.map(policyEntry), ...sas.map(saEntry)];
}

function withoutUsage<T extends { readonly usage?: unknown }>({ usage: _usage, ...rest }: T): Omit<T, 'usage'> {
  return rest;
}

/** Lets go of what one record made, or of all: it stays on the host, and is of others from then on. */
export function forget(
  session: HostSession,
  record: { readonly kind: string; readonly name: string } | undefined,
): readonly StateEntry[] {
  const { registry, store } = session;
  const { state } = registry;
  const isMeant = ({ record: of }: HostPolicy | HostSa) =>
    record === undefined || (of?.kind === record.kind && of.name === record.name);
  const gone = [...state.policies.filter(isMeant).map(policyEntry), ...state.sas.filter(isMeant).map(saEntry)];
  if (record !== undefined && gone.length === 0) {
    throw new EnvironmentError(`nothing of ${record.kind} '${record.name}' is recorded`, { code: 'NOT_OURS' });
  }
  // A host to which nothing was ever applied has no state, and gets none by this.
  if (registry.serial === 0) return [];
  store.replace({
    ...registry,
    ...whereWeAre(),
    serial: registry.serial + 1,
    state: {
      ...state,
      policies: state.policies.filter((policy) => !isMeant(policy)),
      sas: state.sas.filter((sa) => !isMeant(sa)),
    },
  });
  return gone;
}
