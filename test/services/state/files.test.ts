/** Files of the state directory: what is written is read again, and what is broken is said. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decodePolicy } from '../../../src/backends/xfrm/netlink/policies.js';
import { decodeSa } from '../../../src/backends/xfrm/netlink/sas.js';
import { Secret } from '../../../src/model/secret.js';
import { EnvironmentError } from '../../../src/model/tool-error.js';
import { applyPlan, resume } from '../../../src/services/apply.js';
import { stateDirectory } from '../../../src/services/state/directory.js';
import { lineOf, readLines } from '../../../src/services/state/lines.js';
import { bootMillis, readPending, timeLeft, writePending } from '../../../src/services/state/pending.js';
import { policyFromJson, policyToJson, saFromJson, saToJson } from '../../../src/services/state/serialize.js';
import { historyMax, openStore } from '../../../src/services/state/store.js';
import { openVault } from '../../../src/services/state/vault.js';
import { folderWith } from '../../support/folder.js';
import { root } from '../../support/sources.js';
import { bench, picture, texts } from '../host/support.js';

const vectors: { readonly policies: readonly string[]; readonly sas: readonly string[] } = JSON.parse(
  readFileSync(path.join(root, 'test', 'vectors', 'xfrm', 'linux.json'), 'utf8'),
);
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const again = (json: unknown) => JSON.parse(JSON.stringify(json));

describe('as JSON and back', () => {
  test('policies of a kernel', () => {
    for (const body of vectors.policies) {
      const { usage: _usage, ...policy } = decodePolicy(octets(body))!;
      expect(policyFromJson(again(policyToJson(policy)))).toEqual(policy);
    }
  });

  test('SAs of a kernel, keys apart', () => {
    const vault = openVault(folderWith({}));
    for (const body of vectors.sas) {
      const { usage: _usage, ...sa } = decodeSa(octets(body))!;
      const json = JSON.stringify(saToJson(sa, vault));
      expect(json).not.toMatch(/0001020304/);
      const back = saFromJson(JSON.parse(json), vault);
      expect(picture({ policies: [], sas: [back], defaults: { in: 'accept', out: 'accept', fwd: 'accept' } })).toEqual(
        picture({ policies: [], sas: [sa], defaults: { in: 'accept', out: 'accept', fwd: 'accept' } }),
      );
    }
  });

  test('anything else is refused, not believed', () => {
    const [body] = vectors.policies;
    const json = again(policyToJson(decodePolicy(octets(body!))!));
    for (const [field, value] of [
      ['dir', 'sideways'],
      ['sel', '1.2.3.4/8'],
      ['sel', 7],
      ['prio', 'high'],
      ['tmpl', ['50 sideways 0.0.0.0 0.0.0.0 0 0 0 0']],
    ]) {
      expect(() => policyFromJson({ ...json, [field as string]: value })).toThrow(TypeError);
    }
  });
});

describe('the vault', () => {
  it('gives keys back by a reference that tells nothing of them', () => {
    const folder = folderWith({});
    const vault = openVault(folder);
    const secret = Secret.ofText('never shown');
    const reference = vault.put(secret);
    expect(vault.put(Secret.ofText('never shown'))).toBe(reference);
    vault.save();
    expect(openVault(folder).get(reference).equals(secret)).toBe(true);
    expect(openVault(folderWith({})).put(secret)).not.toBe(reference);
    expect(() => openVault(folder).get('0'.repeat(32))).toThrow(EnvironmentError);
  });

  it('says that it is damaged, without what is in it', () => {
    const folder = folderWith({ 'keys.json': '{"salt":"00","keys":{"a":"5ec8e7"}}' });
    expect(() => openVault(folder)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('5ec8e7') }),
    );
  });
});

/** A session's file of the state, read anew. */
const stored = (folder: string) => openStore(folder, openVault(folder));

describe('damaged files', () => {
  it('state: any octet changed is noticed, or what it stood in counts as not there', async () => {
    const host = bench();
    await host.apply(texts.large);
    await host.apply(texts.changed);
    const folder = path.join(host.folder, 'state');
    const file = path.join(folder, 'state.jsonl');
    const content = readFileSync(file);
    const whole = content.indexOf('\n') + 1;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: content.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const damaged = Buffer.from(content);
        damaged[at]! ^= by;
        writeFileSync(file, damaged);
        let found: ReturnType<typeof stored> | undefined;
        try {
          found = stored(folder);
        } catch (error) {
          expect(error).toBeInstanceOf(EnvironmentError);
          return;
        }
        // Only the last word, that the last change is done, can be lost: then that change waits to be brought to its end.
        expect(at).toBeGreaterThan(whole);
        expect(found.registry.serial).toBe(1);
        expect(found.journal?.changes.length).toBeGreaterThan(2);
      }),
      { numRuns: 300 },
    );
  });

  it('a journal that is not whole was never followed by a step, and counts as none', async () => {
    const host = bench();
    await host.apply(texts.small);
    const folder = path.join(host.folder, 'state');
    const file = path.join(folder, 'state.jsonl');
    const before = readFileSync(file);
    await host.apply(texts.large);
    const line = readFileSync(file).subarray(before.length);
    const journal = line.subarray(0, line.indexOf('\n'));
    for (const length of [0, 1, 8, 9, 10, 500, journal.length]) {
      for (const end of ['', '\0', '\0\n']) {
        writeFileSync(file, Buffer.concat([before, journal.subarray(0, length), Buffer.from(end)]));
        if (length === journal.length && end === '') continue;
        expect(stored(folder).journal).toBeUndefined();
        expect(stored(folder).registry.serial).toBe(1);
      }
    }
    // And the next change is written in its place.
    expect(await host.apply(texts.small)).toMatchObject({ kind: 'done' });
    expect(stored(folder).registry.serial).toBe(2);
  });

  it('a line that is whole and wrong is said', async () => {
    const host = bench();
    await host.apply(texts.small);
    const folder = path.join(host.folder, 'state');
    const file = path.join(folder, 'state.jsonl');
    const good = readFileSync(file);
    const journal = {
      id: 'x',
      serial: 1,
      numbers: { priorities: { set: {}, drop: [] }, reqids: { set: {}, drop: [] } },
    };
    for (const wrong of [
      {},
      { begin: {} },
      { begin: { ...journal, changes: [{ object: 'policy', kind: 'create' }] } },
    ]) {
      writeFileSync(file, Buffer.concat([good, lineOf(wrong)]));
      expect(() => stored(folder)).toThrow('damaged');
    }
    writeFileSync(file, lineOf({ schemaVersion: 99 }));
    expect(() => stored(folder)).toThrow('damaged');
  });
});

describe('the file of the state', () => {
  const one = (name: string, action: string) =>
    `${texts.small}add host ${name} -source 10.0.0.9 -destination 10.9.9.9 -priority 90 -action ${action}\n`;

  it('grows by what changes, and is begun anew at times without losing a state that is kept', async () => {
    const host = bench();
    const folder = path.join(host.folder, 'state');
    const size = () => statSync(path.join(folder, 'state.jsonl')).size;
    await host.apply(texts.small);
    const sizes = [size()];
    const pictures = new Map([[1, picture(stored(folder).registry.state)]]);
    for (let serial = 2; serial <= 60; serial += 1) {
      await host.apply(one('x', serial % 2 === 0 ? 'PASS' : 'DISCARD'));
      sizes.push(size());
      pictures.set(serial, picture(stored(folder).registry.state));
    }
    expect(sizes[1]! - sizes[0]!).toBeLessThan(3000);
    const begunAnew = sizes.filter((each, at) => at > 0 && each < sizes[at - 1]!).length;
    expect(begunAnew).toBe(3);
    const store = stored(folder);
    expect(
      store
        .history()
        .map(({ serial }) => serial)
        .slice(0, historyMax),
    ).toEqual(Array.from({ length: historyMax }, (_, at) => 59 - at));
    for (const { serial, state } of store.history()) expect(picture(state)).toEqual(pictures.get(serial));
    expect(store.earlier(1)).toBeUndefined();
    expect(store.history().length).toBeLessThan(3 * historyMax);
  });

  it('follows what others did to ours between two changes', async () => {
    const host = bench();
    const folder = path.join(host.folder, 'state');
    await host.apply(one('x', 'PASS'));
    const { policies, ...rest } = host.kernel.state();
    const [gone, changed] = policies;
    host.kernel.set({
      ...rest,
      policies: policies.flatMap((policy) =>
        policy === gone ? [] : policy === changed ? [{ ...policy, flags: 1 }] : policy,
      ),
    });
    // The records are such that neither of the two is touched.
    await host.with(async (session) => {
      const planned = await host.plan(one('y', 'DISCARD'), session);
      const changes = planned.plan.changes.filter(
        (change) => change.object === 'policy' && change.kind === 'replace' && change.before.record?.name === 'x',
      );
      expect(changes.length).toBeGreaterThan(0);
      await applyPlan(session, { ...planned, plan: { ...planned.plan, changes } }, '0');
    });
    expect(picture(stored(folder).registry.state)).toEqual(picture(host.kernel.state()));
  });

  it('counts a change as unfinished until its end is on the disk', async () => {
    const host = bench();
    const folder = path.join(host.folder, 'state');
    await host.apply(texts.small);
    const after = host.kernel.state();
    const file = path.join(folder, 'state.jsonl');
    const content = readFileSync(file);
    writeFileSync(file, content.subarray(0, content.lastIndexOf('\n', content.length - 2) + 1));
    expect(stored(folder).journal?.changes.length).toBe(4);
    expect(await host.with((session) => resume(session))).toMatchObject({ kind: 'done', serial: 1 });
    expect(host.kernel.state()).toEqual(after);
    expect(stored(folder).journal).toBeUndefined();
  });
});

/** The state as another run of the kernel, or another network namespace, left it. */
function rewrite(folder: string, field: 'bootId' | 'namespace', value: string): void {
  const file = path.join(folder, 'state.jsonl');
  const lines = readLines(readFileSync(file), file).map((line) =>
    JSON.parse(JSON.stringify(line.value).replaceAll(new RegExp(`"${field}":"[^"]*"`, 'g'), `"${field}":"${value}"`)),
  );
  writeFileSync(file, Buffer.concat(lines.map(lineOf)));
}

describe('a change that waits', () => {
  it('counts its time by a clock that nobody sets', () => {
    const folder = folderWith({});
    writePending(folder, {
      id: 'x',
      serial: 2,
      previous: 1,
      deadline: bootMillis() + 60_000,
      until: 'never',
      process: 1,
    });
    const pending = readPending(folder)!;
    // What `until` says is for people: a date that is set changes nothing.
    expect(timeLeft(pending)).toBeGreaterThan(50_000);
    expect(timeLeft({ ...pending, deadline: bootMillis() - 1 })).toBeLessThan(0);
  });

  it('is over when the machine was started anew', () => {
    const folder = folderWith({});
    writePending(folder, { id: 'x', serial: 2, previous: 1, deadline: 1, until: '', process: 1 });
    const file = path.join(folder, 'pending.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    expect(readPending(folder)).toBeUndefined();
  });
});

describe('after the machine was started anew', () => {
  it('nothing counts as installed, and numbers are kept', async () => {
    const host = bench();
    await host.apply(texts.small);
    rewrite(path.join(host.folder, 'state'), 'bootId', 'another');
    const priorities = host.kernel.state().policies.map(({ priority }) => priority);
    host.kernel.set({ ...host.kernel.state(), policies: [], sas: [] });
    expect(await host.apply(texts.small)).toMatchObject({ kind: 'done', steps: 4 });
    expect(host.kernel.state().policies.map(({ priority }) => priority)).toEqual(priorities);
    expect(picture(stored(path.join(host.folder, 'state')).registry.state)).toEqual(picture(host.kernel.state()));
  });
});

it('a state directory of another network namespace is refused', async () => {
  const host = bench();
  await host.apply(texts.small);
  rewrite(path.join(host.folder, 'state'), 'namespace', '1');
  await expect(host.apply(texts.large)).rejects.toThrow('another network namespace');
});

it('the state directory follows the user', () => {
  expect(stateDirectory('rel')).toBe(path.resolve('rel'));
  expect(() => stateDirectory('')).toThrow('names no folder');
  if (process.getuid?.() === 0) expect(stateDirectory(undefined)).toBe('/var/lib/ipsec');
});
