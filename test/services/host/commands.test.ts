/** Plans, saved plans, drift, adopting, forgetting, rolling back: the use cases, with a kernel in memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { indexFirst } from '../../../src/backends/plan.js';
import { emptyHostState, policyKey } from '../../../src/model/host-state.js';
import { renderDrift } from '../../../src/report/drift.js';
import { emitPlan, renderPlan } from '../../../src/report/plan.js';
import { renderState, renderStateList } from '../../../src/report/state.js';
import { renderStatus } from '../../../src/report/status.js';
import {
  applyPlan,
  applyRollback,
  planRollback,
  planRollbackToOther,
  putBackLast,
} from '../../../src/services/apply.js';
import { findDrift } from '../../../src/services/drift.js';
import { openSession } from '../../../src/services/host-session.js';
import { planHost } from '../../../src/services/plan.js';
import { changesDocument, planDocument } from '../../../src/services/plan-document.js';
import { planOptionsOf, readPlanFile, refuseStale, writePlanFile } from '../../../src/services/plan-file.js';
import { adopt, forget, listStates, showState } from '../../../src/services/state-entries.js';
import { status } from '../../../src/services/status.js';
import { folderWith } from '../../support/folder.js';
import { bench, key16, key32, picture, texts, withoutIndex } from './support.js';

const text = (lines: Iterable<string>) => [...lines].join('\n');

describe('a plan', () => {
  it('tells steps with reasons and records, and never a key', async () => {
    const host = bench();
    await host.apply(texts.large);
    const shown = await host.with(async (session) => {
      const document = planDocument(session, await host.plan(texts.changed, session));
      expect(document.summary).toEqual({ create: 4, replace: 6, delete: 10, unchanged: 2, foreign: 0 });
      return `${text(renderPlan(document))}\n${text(emitPlan(document, 'shell'))}\n${JSON.stringify(document)}`;
    });
    expect(shown).toContain("~ policy of host 'web': block becomes allow");
    expect(shown).toContain("- policy of host 'v6': no record asks for it any more");
    expect(shown).toContain('[128 secret bits]');
    // An SA cannot be changed while it lives.
    expect(shown).toContain("- SA of host 'manual': its contents change: it is taken out first");
    expect(shown).toContain("+ SA of host 'manual': its contents change");
    for (const key of [key16, key32]) expect(shown).not.toContain(key.slice(2));
  });

  it('is refused for records with errors', async () => {
    const host = bench();
    const folder = folderWith({ 'a.conf': 'add host a -source 300.1.1.1 -priority 1 -action PASS\n' });
    const outcome = await host.with((session) => planHost(session, { paths: [path.join(folder, 'a.conf')] }));
    expect(outcome.kind).toBe('faulty');
  });

  it('names the records that the kernel cannot do', async () => {
    const host = bench();
    const clear =
      'add host f -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -flags FALLBACK_TO_CLEAR -action ESP_AES128_HMAC_SHA1\n';
    await expect(host.apply(clear)).rejects.toMatchObject({
      code: 'INEXPRESSIBLE',
      message: expect.stringContaining("host 'f'"),
    });
    expect(host.kernel.state().policies).toEqual([]);
  });

  it('names the algorithms that the kernel lacks', async () => {
    const host = bench({
      algorithms: {
        protocols: new Map([['ESP, IPv4', true]]),
        encryption: new Map([
          ['AES-CBC-128', true],
          ['3DES-CBC', false],
        ]),
        authentication: new Map([['HMAC-SHA1-96', true]]),
      },
    });
    const record = (action: string) =>
      `add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action ${action}\n`;
    await expect(host.apply(record('ESP_3DES_HMAC_SHA1'))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: "host 'a' names what this kernel has not: ESP_3DES_HMAC_SHA1",
    });
    const planned = await host.with((session) => host.plan(record('ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1'), session));
    expect(planned.notes).toEqual([expect.stringContaining('ESP_3DES_HMAC_SHA1; the others will do')]);
  });

  it('stops where others have something in the way', async () => {
    const host = bench();
    await host.apply(texts.small);
    const others = host.kernel.state().policies.map((policy) => ({ ...policy, index: policy.index - indexFirst + 8 }));
    const other = bench({ state: { ...host.kernel.state(), policies: others } });
    await expect(other.apply(texts.small)).rejects.toMatchObject({ code: 'FOREIGN' });
    expect(other.kernel.state().policies).toEqual(others);
  });
});

describe('a saved plan', () => {
  async function saved() {
    const host = bench();
    await host.apply(texts.small);
    const folder = folderWith({ 'host.conf': texts.large, 'other.conf': '' });
    const records = path.join(folder, 'host.conf');
    const file = path.join(folder, 'host.plan.json');
    await host.with(async (session) => {
      const options = { paths: [records] };
      const planned = await planHost(session, options);
      if (planned.kind === 'planned') writePlanFile(file, session, planned, options, '0');
    });
    const carryOut = () =>
      host.with(async (session) => {
        const plan = readPlanFile(file)!;
        const planned = await planHost(session, planOptionsOf(plan));
        if (planned.kind !== 'planned') throw new Error('faulty');
        refuseStale(plan, session, planned);
        return applyPlan(session, planned, '0');
      });
    return { host, records, file, carryOut };
  }

  it('does what it says', async () => {
    const { carryOut, file } = await saved();
    expect(readFileSync(file, 'utf8')).not.toContain(key16.slice(2));
    expect((await carryOut()).kind).toBe('done');
  });

  it('is refused when it was carried out before', async () => {
    const { carryOut } = await saved();
    await carryOut();
    await expect(carryOut()).rejects.toThrow('the host is at state 2, not 1');
  });

  it('is refused when the records changed', async () => {
    const { carryOut, records } = await saved();
    writeFileSync(records, `${texts.large}# changed\n`);
    await expect(carryOut()).rejects.toThrow('host.conf has changed');
  });

  it('is refused when somebody changed what is ours', async () => {
    const { carryOut, host } = await saved();
    const { policies, ...rest } = host.kernel.state();
    host.kernel.set({ ...rest, policies: policies.slice(1) });
    await expect(carryOut()).rejects.toThrow('somebody changed what is ours');
  });

  it('is none when it is a record file', () => {
    const folder = folderWith({ 'a.conf': texts.small, 'b.json': '{"kind":"ipsec-plan"}', 'c.json': '{"ipsec-plan"' });
    expect(readPlanFile(path.join(folder, 'a.conf'))).toBeUndefined();
    expect(() => readPlanFile(path.join(folder, 'b.json'))).toThrow('not a plan that this version can read');
    expect(() => readPlanFile(path.join(folder, 'c.json'))).toThrow('no JSON');
  });
});

describe('drift', () => {
  async function drifted(change: (host: ReturnType<typeof bench>) => void) {
    const host = bench();
    await host.apply(texts.large);
    change(host);
    return host.with(findDrift);
  }

  it('is none right after an apply', async () => {
    const document = await drifted(() => {});
    expect(document.entries).toEqual([]);
    expect(text(renderDrift(document))).toContain('as it was applied; 18 in place');
  });

  it.each([
    [
      'missing',
      (host: ReturnType<typeof bench>) => {
        const { policies, ...rest } = host.kernel.state();
        host.kernel.set({ ...rest, policies: policies.slice(1) });
      },
    ],
    [
      'changed',
      (host: ReturnType<typeof bench>) => {
        const { policies, ...rest } = host.kernel.state();
        host.kernel.set({
          ...rest,
          policies: policies.map((policy, at) => (at === 0 ? { ...policy, priority: 1 } : policy)),
        });
      },
    ],
    [
      'replaced',
      (host: ReturnType<typeof bench>) => {
        const { policies, ...rest } = host.kernel.state();
        host.kernel.set({
          ...rest,
          policies: policies.map((policy, at) => (at === 0 ? { ...policy, index: 8 } : policy)),
        });
      },
    ],
    [
      'stray',
      (host: ReturnType<typeof bench>) => {
        const { policies, ...rest } = host.kernel.state();
        const stray = {
          ...policies[0]!,
          index: indexFirst + 8000,
          selector: { ...policies[0]!.selector, protocol: 99 },
        };
        host.kernel.set({ ...rest, policies: [...policies, stray] });
      },
    ],
  ] as const)('of a policy: %s', async (kind, change) => {
    const document = await drifted(change);
    expect(document.entries.map((entry) => entry.kind)).toEqual([kind]);
  });

  it('of an SA, without its key', async () => {
    const document = await drifted((host) => {
      const { sas, ...rest } = host.kernel.state();
      host.kernel.set({ ...rest, sas: sas.slice(1).map((sa) => ({ ...sa, replayWindow: 7 })) });
    });
    expect(document.entries.map(({ kind, object }) => `${object} ${kind}`)).toEqual(['sa missing', 'sa changed']);
    expect(text(renderDrift(document))).not.toContain(key16.slice(2));
  });

  it('is mended by applying again', async () => {
    const host = bench();
    await host.apply(texts.large);
    const { policies, ...rest } = host.kernel.state();
    host.kernel.set({ ...rest, policies: policies.slice(2) });
    expect(await host.apply(texts.large)).toMatchObject({ kind: 'done', steps: 2 });
    expect((await host.with(findDrift)).entries).toEqual([]);
  });
});

describe('taking over and letting go', () => {
  it('what was forgotten is of others, and can be taken over again', async () => {
    const host = bench();
    await host.apply(texts.small);
    const before = host.kernel.state();
    const gone = await host.with(async (session) => forget(session, { kind: 'host', name: 'ssh' }));
    expect(gone.map(({ record }) => record?.name)).toEqual(['ssh', 'ssh']);
    expect(host.kernel.state()).toBe(before);
    await expect(host.apply(texts.small)).rejects.toMatchObject({ code: 'FOREIGN' });
    const folder = folderWith({ 'host.conf': texts.small });
    const adopted = await host.with((session) => adopt(session, { paths: [path.join(folder, 'host.conf')] }));
    expect(adopted.map(({ record }) => record?.name)).toEqual(['ssh', 'ssh']);
    expect(await host.apply(texts.small)).toMatchObject({ kind: 'done', steps: 0 });
    expect(host.kernel.state()).toBe(before);
  });

  it('only what stands where the records have something is taken over', async () => {
    const host = bench();
    await host.apply(texts.large);
    await host.with(async (session) => forget(session, undefined));
    const folder = folderWith({ 'host.conf': texts.small });
    const adopted = await host.with((session) => adopt(session, { paths: [path.join(folder, 'host.conf')] }));
    expect(new Set(adopted.map(({ record }) => record?.name))).toEqual(new Set(['ssh']));
  });

  it('where nothing was applied, letting go of everything leaves no state', async () => {
    const host = bench();
    expect(await host.with(async (session) => forget(session, undefined))).toEqual([]);
    expect((await host.with(async (session) => listStates(session))).states).toEqual([]);
  });

  it('a record that nothing is known of is said', async () => {
    const host = bench();
    await host.apply(texts.small);
    await expect(host.with(async (session) => forget(session, { kind: 'host', name: 'no' }))).rejects.toMatchObject({
      code: 'NOT_OURS',
    });
  });
});

describe('states', () => {
  it('are listed, shown and gone back to', async () => {
    const host = bench();
    for (const each of [texts.small, texts.large, texts.changed]) await host.apply(each);
    const list = await host.with(async (session) => listStates(session));
    expect(list.states.map(({ serial }) => serial)).toEqual([3, 2, 1]);
    expect(text(renderStateList(list))).toMatch(/3 .*host/);
    const shown = await host.with(async (session) => showState(session, 1));
    expect(text(renderState(shown))).toContain("host 'ssh'");
    await expect(host.with(async (session) => showState(session, 9))).rejects.toThrow('state 9 is not kept');
    const outcome = await host.with(async (session) => {
      const rollback = await planRollback(session, 2);
      const reasons = new Set(changesDocument(rollback.plan, rollback.serial).changes.map(({ reason }) => reason));
      expect(reasons).toContain('is not part of state 1');
      expect([...reasons].filter((reason) => reason.includes('record'))).toEqual([]);
      return applyRollback(session, rollback, '0');
    });
    expect(outcome.kind).toBe('done');
    expect(await host.apply(texts.small)).toMatchObject({ steps: 0 });
    await expect(host.with((session) => planRollback(session, 9))).rejects.toMatchObject({
      code: 'NO_HISTORY',
      message: 'the host cannot go back 9 from state 4: there were never so many',
    });
    await expect(bench().with((session) => planRollback(session, 1))).rejects.toMatchObject({
      code: 'NO_HISTORY',
      message: 'nothing was applied to this host yet: there is nothing to go back to',
    });
  });

  it('are put back when the machine was started anew', async () => {
    const host = bench();
    const putBack = () => host.with((session) => putBackLast(session, '0', { allowLockout: false }));
    expect(await putBack()).toBeUndefined();
    await host.apply(texts.large);
    expect(await putBack()).toBeUndefined();
    const before = withoutIndex(picture(host.kernel.state()));
    const { policies, sas } = host.kernel.state();
    // A host that starts has none.
    host.kernel.set(emptyHostState);
    expect(await putBack()).toMatchObject({ kind: 'done', steps: policies.length + sas.length });
    expect(withoutIndex(picture(host.kernel.state()))).toEqual(before);
    // The way back passes over the state that this made.
    const goBack = () =>
      host.with(async (session) => {
        const rollback = await planRollbackToOther(session);
        await applyRollback(session, rollback, '0');
        return rollback.serial;
      });
    expect(await goBack()).toBe(0);
    expect(host.kernel.state().policies).toEqual([]);
    // And that can be taken back.
    expect(await goBack()).toBe(2);
    expect(withoutIndex(picture(host.kernel.state()))).toEqual(before);
  });

  test('status tells what is in place', async () => {
    const host = bench();
    expect(text(renderStatus(await host.with(status)))).toContain('nothing yet');
    await host.apply(texts.large);
    expect(text(renderStatus(await host.with(status)))).toContain('16 policies, 2 SAs; 18 in place');
  });
});

test('two at a time: the second waits, and says so when it waited in vain', async () => {
  const host = bench();
  await host.with(async () => {
    await expect(
      openSession({ stateDir: `${host.folder}/state`, backend: host.kernel, lockMillis: 300 }),
    ).rejects.toMatchObject({ code: 'LOCKED', message: expect.stringContaining(`process ${process.pid}`) });
    // Looking needs no lock.
    (await openSession({ stateDir: `${host.folder}/state`, backend: host.kernel })).close();
  });
  await host.with(async () => {});
});

test('a policy whose key is another record’s from now on is replaced, not doubled', async () => {
  const host = bench();
  await host.apply('add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action PASS\n');
  await host.apply('add host b -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action DISCARD\n');
  const { policies } = host.kernel.state();
  expect(new Set(policies.map(policyKey)).size).toBe(policies.length);
  expect(policies.map(({ action }) => action)).toEqual(['block', 'block']);
});
