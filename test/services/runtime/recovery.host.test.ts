/** A TUN device that is deleted under the daemon: nothing goes in the clear, and it carries packets again by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { callDaemon } from '../../../src/services/runtime/control-client.js';
import type { Ours } from '../../interop/strongswan-run.js';
import { makeNamespaces, type Namespaces, namespacesMissing } from '../../support/netns.js';
import { pings, seenInTheClear, startSide, statusOf } from './two-daemons.js';

const missing = namespacesMissing();
if (missing) console.warn(`the recovery of the data path is skipped: ${missing}`);

/** Two programs that are built from the sources first, on a machine that does other things too. */
const startMillis = 300_000;

describe.skipIf(missing)('a device that is deleted under the daemon', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-recovery-'));
  let namespaces: Namespaces;
  let left: Ours;
  let right: Ours;
  beforeAll(() => {
    namespaces = makeNamespaces();
  });
  beforeEach(async () => {
    // The first one builds the program.
    left = await startSide(namespaces, folder, 'left');
    right = await startSide(namespaces, folder, 'right');
  }, startMillis);
  afterEach(async () => {
    await Promise.all([left?.stop(), right?.stop()]);
  }, startMillis);
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });
  const said = () => `${left.log().slice(-5000)}\n--- right\n${right.log().slice(-3000)}`;

  it('is made again, and packets go on under new keys', async () => {
    expect(pings(namespaces, 'left'), said()).toBeGreaterThan(0);
    const clear = await seenInTheClear(namespaces, async () => {
      namespaces.run('left', 'ip', 'link', 'del', 'ipsec0');
      await vi.waitFor(() => expect(left.log(), said()).toContain('the data path was started again'), 60_000);
      // Whatever the peer still had: the first packet asks for new SAs.
      await vi.waitFor(() => expect(pings(namespaces, 'left'), said()).toBeGreaterThan(0), 60_000);
    });
    expect(clear).toBe('');
    expect(left.log()).toMatch(/error +the device ipsec0 cannot be read/);
    expect((await statusOf(left)).interruption).toBeUndefined();
  });

  it('whose name is taken meanwhile stays away for as long as that is so, and everybody is told', async () => {
    const ip = (...words: string[]) => namespaces.run('left', 'ip', ...words);
    expect(pings(namespaces, 'left'), said()).toBeGreaterThan(0);
    const clear = await seenInTheClear(namespaces, async () => {
      ip('link', 'del', 'ipsec0');
      ip('link', 'add', 'ipsec0', 'type', 'veth', 'peer', 'name', 'other0');
      await vi.waitFor(async () => {
        const { interruption } = await statusOf(left);
        expect(interruption?.tries, said()).toBeGreaterThan(0);
        expect(interruption?.why).toContain('ipsec0');
      }, 60_000);
      await expect(callDaemon(left.socket, 'initiate', {})).rejects.toMatchObject({ code: 'INTERRUPTED' });
      expect(await callDaemon(left.socket, 'sa.list', {})).toEqual({ ikeSas: [], childSas: [] });
      expect(pings(namespaces, 'left', 1)).toBe(0);
      ip('link', 'del', 'ipsec0');
      await vi.waitFor(() => expect(left.log(), said()).toContain('the data path was started again'), 60_000);
      await vi.waitFor(() => expect(pings(namespaces, 'left'), said()).toBeGreaterThan(0), 60_000);
    });
    expect(clear).toBe('');
  });

  it('and stays away leaves nothing on the host when the daemon stops', async () => {
    const ip = (...words: string[]) => namespaces.run('left', 'ip', ...words);
    const before = () => [ip('rule'), namespaces.run('left', 'nft', 'list', 'ruleset')];
    ip('link', 'del', 'ipsec0');
    ip('link', 'add', 'ipsec0', 'type', 'veth', 'peer', 'name', 'other0');
    await vi.waitFor(async () => expect((await statusOf(left)).interruption?.tries).toBeGreaterThan(0), 60_000);
    expect(before()[1]).not.toBe('');
    await left.stop();
    expect(before()[1]).toBe('');
    expect(before()[0]).not.toContain('450');
    ip('link', 'del', 'ipsec0');
  });
});
