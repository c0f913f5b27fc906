/** Somebody else works on the same stack while a plan is carried out, with entries that stand where ours should: nothing of theirs is lost. */
import { describe, expect, it } from 'vitest';
import { type HostPolicy, type HostSa, type HostState, policyKey, saKey } from '../../../src/model/host-state.js';
import { Secret } from '../../../src/model/secret.js';
import { applyPlan, resume, undoUnfinished } from '../../../src/services/apply.js';
import { findDrift } from '../../../src/services/drift.js';
import type { Outcome } from '../../../src/services/transaction.js';
import { type Bench, bench, dyingBefore, picture, texts } from './support.js';

/** The SAs of `texts.large` as others would make them: the same names, other keys. */
async function foreignSas(): Promise<readonly HostSa[]> {
  const other = bench();
  await other.apply(texts.large);
  const key = { name: 'cbc(aes)', key: new Secret(new Uint8Array(16).fill(0xee)) };
  return other.kernel.state().sas.map(({ record: _record, ...sa }) => ({ ...sa, reqid: 5, encryption: key }));
}

/** The policies of `texts.large` with numbers that the kernel gave. */
async function foreignPolicies(): Promise<readonly HostPolicy[]> {
  const other = bench();
  await other.apply(texts.large);
  return other.kernel
    .state()
    .policies.map(({ record: _record, ...policy }, at) => ({ ...policy, index: 8 * at + 8, priority: 7 }));
}

function withMore(state: HostState, { policies = [], sas = [] }: Partial<HostState>): HostState {
  return { ...state, policies: [...state.policies, ...policies], sas: [...state.sas, ...sas] };
}

/** Applies `texts.large` on a host that holds `from`, where `others` appear before the first step. */
async function disturbed(from: string, others: Partial<HostState>): Promise<{ host: Bench; outcome: Outcome }> {
  let armed = false;
  const host: Bench = bench({
    fails() {
      if (armed) host.kernel.set(withMore(host.kernel.state(), others));
      armed = false;
      return undefined;
    },
  });
  if (from !== '') await host.apply(from);
  armed = true;
  return { host, outcome: await host.apply(texts.large) };
}

describe('what others put in the way of a plan that is under way', () => {
  it.each(['', texts.small])('an SA: the change is undone, and theirs stays with its keys', async (from) => {
    const sas = await foreignSas();
    for (const each of sas) {
      const before = bench();
      if (from !== '') await before.apply(from);
      const { host, outcome } = await disturbed(from, { sas: [each] });
      expect(outcome).toMatchObject({ kind: 'undone', why: expect.stringContaining('File exists') });
      expect(picture(host.kernel.state())).toEqual(picture(withMore(before.kernel.state(), { sas: [each] })));
      expect((await host.with(findDrift)).entries).toEqual([]);
    }
  });

  it.each(['', texts.small])('a policy: the change is undone, and theirs stays as it is', async (from) => {
    const held = new Set<string>();
    const before = bench();
    if (from !== '') await before.apply(from);
    for (const policy of before.kernel.state().policies) held.add(policyKey(policy));
    for (const each of await foreignPolicies()) {
      if (held.has(policyKey(each))) continue;
      const { host, outcome } = await disturbed(from, { policies: [each] });
      expect(outcome).toMatchObject({ kind: 'undone', why: expect.stringContaining('File exists') });
      expect(picture(host.kernel.state())).toEqual(picture(withMore(before.kernel.state(), { policies: [each] })));
    }
  });

  /** Somebody takes out each of our policies in turn and puts one of theirs there, before the first step of a change to `to`. */
  async function replaced(to: string, fails = false) {
    const count = 16;
    const runs: { readonly host: Bench; readonly outcome: Outcome; readonly theirs: HostPolicy }[] = [];
    for (let at = 0; at < count; at += 1) {
      let operation = -1;
      let theirs: HostPolicy | undefined;
      const host: Bench = bench({
        fails() {
          if (operation < 0) return undefined;
          operation += 1;
          if (operation > 1)
            return fails && operation > 8 && operation < 10 ? { code: 'ENOMEM', message: 'no' } : undefined;
          const { policies, ...rest } = host.kernel.state();
          const { record: _record, ...mine } = policies[at]!;
          theirs = { ...mine, index: 8, priority: 7, action: 'block' };
          host.kernel.set({ ...rest, policies: [...policies.slice(0, at), theirs, ...policies.slice(at + 1)] });
          return undefined;
        },
      });
      await host.apply(texts.large);
      expect(host.kernel.state().policies.length).toBe(count);
      operation = 0;
      const outcome = await host.apply(to);
      runs.push({ host, outcome, theirs: theirs! });
    }
    return runs;
  }

  it('a policy where one of ours is to go: theirs stays, and the change comes to its end', async () => {
    for (const { host, outcome, theirs } of await replaced('')) {
      expect(outcome).toMatchObject({ kind: 'done' });
      expect(picture(host.kernel.state())).toEqual(
        picture(withMore({ ...host.kernel.state(), policies: [], sas: [] }, { policies: [theirs] })),
      );
    }
  });

  it('a policy where one of ours was, in a change that fails: all of ours but that one come back', async () => {
    for (const { host, outcome, theirs } of await replaced('', true)) {
      expect(outcome).toMatchObject({ kind: 'undone' });
      const { policies, sas } = host.kernel.state();
      expect(policies.filter(({ index }) => index === 8)).toEqual([theirs]);
      expect([policies.length, sas.length]).toEqual([16, 2]);
      const { entries } = await host.with(findDrift);
      expect(entries.map(({ kind }) => kind)).toEqual(['replaced']);
    }
  });

  it('a policy where one of ours is to be replaced: the change is undone, and theirs is there as they made it', async () => {
    let met = 0;
    for (const { host, outcome, theirs } of await replaced(texts.changed)) {
      const { policies, sas } = host.kernel.state();
      // Of those that the change leaves or takes out, nothing of theirs is overwritten.
      if (outcome.kind === 'done') continue;
      met += 1;
      expect(outcome).toMatchObject({ kind: 'undone', why: 'somebody else changed a policy that was to be replaced' });
      expect(policies.filter(({ index }) => index === theirs.index)).toEqual([theirs]);
      expect([policies.length, sas.length]).toEqual([16, 2]);
      expect((await host.with(findDrift)).entries.map(({ kind }) => kind)).toEqual(['replaced']);
    }
    expect(met).toBeGreaterThan(1);
  });

  it('a policy that is to be replaced, after the look at the host: nothing is touched', async () => {
    const host = bench();
    await host.apply(texts.large);
    const outcome = host.with(async (session) => {
      const planned = await host.plan(texts.changed, session);
      const replaced = planned.plan.changes.flatMap((change) =>
        change.kind === 'replace' ? [change.before.index] : [],
      );
      const { policies, ...rest } = host.kernel.state();
      const touched = policies.map((policy) => (policy.index === replaced[0] ? { ...policy, priority: 7 } : policy));
      host.kernel.set({ ...rest, policies: touched });
      return applyPlan(session, planned, '0');
    });
    await expect(outcome).rejects.toMatchObject({ code: 'OVERTAKEN' });
    expect(host.kernel.state().policies.filter(({ priority }) => priority === 7)).toHaveLength(1);
  });

  it.each(['forward', 'back'] as const)('an SA after a crash, going %s', async (direction) => {
    const [theirs] = await foreignSas();
    for (let step = 0; step < 3; step += 1) {
      const host = bench();
      await host.apply(texts.small);
      const before = host.kernel.state();
      await expect(host.applyOn(dyingBefore(host.kernel, step), texts.large)).rejects.toThrow('died');
      // Ours is not there yet at the first steps; where it is, theirs finds no room.
      if (host.kernel.state().sas.some((sa) => saKey(sa) === saKey(theirs!))) continue;
      host.kernel.set(withMore(host.kernel.state(), { sas: [theirs!] }));
      const outcome = await host.with((session) =>
        direction === 'forward' ? resume(session) : undoUnfinished(session),
      );
      expect(outcome.kind).toBe('undone');
      expect(picture(host.kernel.state())).toEqual(picture(withMore(before, { sas: [theirs!] })));
    }
  });
});
