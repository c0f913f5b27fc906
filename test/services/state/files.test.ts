/** Files of the state directory: what is written is read again, and what is broken is said. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decodePolicy } from '../../../src/backends/xfrm/netlink/policies.js';
import { decodeSa } from '../../../src/backends/xfrm/netlink/sas.js';
import { Secret } from '../../../src/model/secret.js';
import { EnvironmentError } from '../../../src/model/tool-error.js';
import { stateDirectory } from '../../../src/services/state/directory.js';
import { readJournal } from '../../../src/services/state/journal.js';
import { monotonicMillis, readPending, timeLeft, writePending } from '../../../src/services/state/pending.js';
import { readRegistry } from '../../../src/services/state/registry.js';
import { policyFromJson, policyToJson, saFromJson, saToJson } from '../../../src/services/state/serialize.js';
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

describe('damaged files', () => {
  it('state: any octet changed is either noticed or harmless', async () => {
    const host = bench();
    await host.apply(texts.large);
    const file = path.join(host.folder, 'state', 'state.json');
    const text = readFileSync(file, 'utf8');
    const vault = openVault(path.join(host.folder, 'state'));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), fc.constantFrom('', '"', '0', '}', 'x'), (at, by) => {
        writeFileSync(file, text.slice(0, at) + by + text.slice(at + 1));
        try {
          readRegistry(path.join(host.folder, 'state'), vault);
        } catch (error) {
          expect(error).toBeInstanceOf(EnvironmentError);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('a journal that is not whole was never followed by a step, and counts as none', async () => {
    const host = bench({ fails: () => ({ message: 'no' }) });
    const folder = path.join(host.folder, 'state');
    expect((await host.apply(texts.large)).kind).toBe('undone');
    const vault = openVault(folder);
    for (const text of ['', '{"schemaVersion":1', '{"schemaVersion":1,"steps":3}\n{}\n', 'nonsense']) {
      writeFileSync(path.join(folder, 'journal.jsonl'), text);
      expect(readJournal(folder, vault)).toBeUndefined();
    }
  });

  it('a journal that is whole and wrong is said', () => {
    const folder = folderWith({
      'journal.jsonl':
        '{"schemaVersion":1,"steps":1,"numbers":{"priorities":{},"reqids":{}}}\n{"object":"policy","kind":"create","after":{}}\n{"ready":1}\n',
    });
    expect(() => readJournal(folder, openVault(folder))).toThrow('damaged');
  });
});

describe('a change that waits', () => {
  it('counts its time by a clock that nobody sets', () => {
    const folder = folderWith({});
    writePending(folder, { id: 'x', serial: 2, previous: 1, deadline: monotonicMillis() + 60_000, until: 'never' });
    const pending = readPending(folder)!;
    // What `until` says is for people: a date that is set changes nothing.
    expect(timeLeft(pending)).toBeGreaterThan(50_000);
    expect(timeLeft({ ...pending, deadline: monotonicMillis() - 1 })).toBeLessThan(0);
  });

  it('is over when the machine was started anew', () => {
    const folder = folderWith({});
    writePending(folder, { id: 'x', serial: 2, previous: 1, deadline: 1, until: '' });
    const file = path.join(folder, 'pending.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    expect(readPending(folder)).toBeUndefined();
  });
});

describe('after the machine was started anew', () => {
  it('nothing counts as installed, and numbers are kept', async () => {
    const host = bench();
    await host.apply(texts.small);
    const file = path.join(host.folder, 'state', 'state.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    const priorities = host.kernel.state().policies.map(({ priority }) => priority);
    host.kernel.set({ ...host.kernel.state(), policies: [], sas: [] });
    expect(await host.apply(texts.small)).toMatchObject({ kind: 'done', steps: 4 });
    expect(host.kernel.state().policies.map(({ priority }) => priority)).toEqual(priorities);
  });
});

it('a state directory of another network namespace is refused', async () => {
  const host = bench();
  await host.apply(texts.small);
  const file = path.join(host.folder, 'state', 'state.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"namespace":"[^"]*"/, '"namespace":"1"'));
  await expect(host.apply(texts.large)).rejects.toThrow('another network namespace');
  expect(existsSync(file)).toBe(true);
});

it('the state directory follows the user', () => {
  expect(stateDirectory('rel')).toBe(path.resolve('rel'));
  expect(() => stateDirectory('')).toThrow('names no folder');
  if (process.getuid?.() === 0) expect(stateDirectory(undefined)).toBe('/var/lib/ipsec');
});
