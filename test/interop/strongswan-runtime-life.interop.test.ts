/**
 * The life of SAs between our runtime and strongSwan, with packets all the while: rekeying by either side and by both at once, deletion,
 * peers that die or are killed and come again, narrowing, certificates that need fragments, and lifetimes of seconds under a TCP stream.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDaemon } from '../../src/services/runtime/control-client.js';
import { charonMissing, startCharon } from '../support/charon.js';
import { makeNamespaces, type Namespaces, namespacesMissing } from '../support/netns.js';
import { judgeMissing, watchWire } from '../support/wire-judge.js';
import { makePki } from './pki.js';
import { type Case, modernIke, modernRecord, replaceOnce, swanctlOf } from './strongswan-case.js';
import { established, type Run, type RunOptions, saList, startBoth, startOurs } from './strongswan-run.js';
import { innerOf, ping, type Side, stream } from './traffic.js';
import { ourSwanctl, tcpStream, wornBy } from './wear.js';

const missing = namespacesMissing() ?? charonMissing() ?? judgeMissing();
if (missing) console.warn(`the life of SAs with strongSwan is skipped: ${missing}`);

const ikev2: Case = {
  name: 'IKEv2',
  version: 2,
  ike: modernIke,
  esp: 'aes128gcm16-x25519',
  record: modernRecord,
  action: 'ESP_AES128_GCM16',
  pfs: true,
};
const ikev1: Case = {
  name: 'IKEv1',
  version: 1,
  ike: 'aes128-sha1-modp2048',
  esp: 'aes128-sha1-modp2048',
  record: '-group 14 -encryption AES128-CBC -hash SHA1',
  action: 'ESP_AES128_HMAC_SHA1',
  pfs: true,
  exchange: 'MM',
  // Otherwise what was replaced stays until its time is over.
  settings: 'delete_rekeyed = yes',
};
/** strongSwan's own ESP in userspace takes ESP in UDP only. */
const forced = (text: string): string => replaceOnce(text, '-ltype FQDN', '-nat_traversal FORCE -ltype FQDN');
const withDpd = (text: string): string => replaceOnce(forced(text), '-ltype FQDN', '-dpd 5 -ltype FQDN');
const quickDpd = (text: string): string =>
  replaceOnce(text, 'proposals =', 'dpd_delay = 2s\n dpd_timeout = 8s\n proposals =');

/** Otherwise a dead peer is believed to be alive for two minutes. */
const impatient = ['--peer-timeout', '6s'];

describe.skipIf(missing)('with strongSwan', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-life-'));
  let namespaces: Namespaces;
  beforeAll(() => {
    makePki(path.join(folder, 'pki'));
    namespaces = makeNamespaces();
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  async function withBoth(
    test: Case,
    options: Partial<RunOptions>,
    act: (run: Run, said: () => string) => Promise<void>,
  ): Promise<void> {
    const run = await startBoth(namespaces, test, { folder, changeOurs: forced, dataPath: 'userspace', ...options });
    try {
      await act(run, () => `${run.log().slice(-7000)}\n--- charon\n${run.charon.log().slice(-7000)}`);
    } finally {
      await run.stop();
    }
  }

  /** Pings all the while; gives the numbers of those that came back, and of those before the last of them that did not. */
  async function whilePinging(
    from: Side,
    act: () => Promise<void>,
  ): Promise<{ readonly came: number; readonly lost: readonly number[] }> {
    const words = ['ping', '-n', '-i', '0.02', '-I', innerOf(from), innerOf(from === 'left' ? 'right' : 'left')];
    const child = namespaces.start(from, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout?.on('data', (text) => {
      said += String(text);
    });
    await new Promise((done) => setTimeout(done, 400));
    try {
      await act();
      await new Promise((done) => setTimeout(done, 600));
    } finally {
      child.kill('SIGINT');
      await new Promise((done) => child.once('close', done));
    }
    const came = new Set([...said.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number)));
    const all = Array.from({ length: Math.max(0, ...came) }, (_, index) => index + 1);
    return { came: came.size, lost: all.filter((number) => !came.has(number)) };
  }

  /**
   * Packets come through again, soon. Not always the first: strongSwan's receiver is quicker with ESP than its other threads with the
   * message of Quick Mode before it.
   */
  async function reachable(from: Side, said: () => string, timeout = 20_000): Promise<void> {
    for (const until = Date.now() + timeout; ping(namespaces, from, ['-c', '1', '-W', '1']) === 0; ) {
      if (Date.now() > until) throw new Error(`nothing comes through: ${said()}`);
      await new Promise((done) => setTimeout(done, 100));
    }
    expect(ping(namespaces, from), said()).toBe(3);
  }

  const childIds = async ({ socket }: Run): Promise<string[]> => (await saList(socket)).childSas.map(({ id }) => id);
  const ikeIds = async ({ socket }: Run): Promise<string[]> => (await saList(socket)).ikeSas.map(({ id }) => id);

  async function replacedBy(
    ids: () => Promise<string[]>,
    before: readonly string[],
    said: () => string,
  ): Promise<void> {
    await expect.poll(async () => (await ids()).some((id) => before.includes(id)), { timeout: 20_000 }).toBe(false);
    await expect.poll(async () => (await ids()).length, { timeout: 20_000, message: said() }).toBe(1);
  }

  describe.each([ikev2, ikev1])('$name', (test) => {
    it('rekeying, by us, by strongSwan, and by both at once: no packet is lost', () =>
      withBoth(test, {}, async (run, said) => {
        const { socket, charon } = run;
        await reachable('left', said);
        const ours = (sa: string) => callDaemon(socket, 'sa.rekey', { sa });
        const theirs = () => charon.swanctlMeanwhile('--rekey', '--child', 'net');
        for (const act of [ours, theirs, (sa: string) => Promise.all([ours(sa), theirs()])] as const) {
          const before = await childIds(run);
          const { came, lost } = await whilePinging('left', async () => {
            await act(before[0]!);
            await replacedBy(() => childIds(run), before, said);
          });
          // strongSwan's own data path drops what comes by the new SA until it has been told of it: one packet at most.
          expect(lost.length, `${lost.join()} of ${came} lost\n${said()}`).toBeLessThanOrEqual(1);
          expect(came).toBeGreaterThan(20);
        }
        if (test.version === 1) return;
        const theirsIke = () => charon.swanctlMeanwhile('--rekey', '--ike', 'lab');
        for (const act of [ours, theirsIke, (sa: string) => Promise.all([ours(sa), theirsIke()])] as const) {
          const before = await ikeIds(run);
          const { came, lost } = await whilePinging('right', async () => {
            await act(before[0]!);
            await replacedBy(() => ikeIds(run), before, said);
          });
          expect(lost, said()).toEqual([]);
          expect(came).toBeGreaterThan(20);
        }
        expect((await childIds(run)).length).toBe(1);
      }));

    it('deletion by either side: the next packet brings new SAs', () =>
      withBoth(test, {}, async (run, said) => {
        const { socket, charon } = run;
        await reachable('left', said);
        const [child] = await childIds(run);
        await callDaemon(socket, 'sa.delete', { sa: child! });
        await expect.poll(() => charon.swanctl('--list-sas').text, { timeout: 10_000 }).not.toContain('INSTALLED');
        await reachable('left', said);
        charon.swanctl('--terminate', '--child', 'net');
        await expect.poll(() => childIds(run), { timeout: 10_000 }).toEqual([]);
        await reachable('left', said);
        charon.swanctl('--terminate', '--ike', 'lab');
        await expect.poll(() => ikeIds(run), { timeout: 10_000 }).toEqual([]);
        await reachable('left', said);
      }));

    it('a peer that dies is found out, by either side, and comes again', () =>
      withBoth(test, { changeOurs: withDpd, changeTheirs: quickDpd, words: impatient }, async (run, said) => {
        const { charon } = run;
        await reachable('left', said);
        process.kill(charon.pid, 'SIGSTOP');
        try {
          await expect.poll(() => ikeIds(run), { timeout: 60_000, interval: 500 }).toEqual([]);
        } finally {
          process.kill(charon.pid, 'SIGCONT');
        }
        // strongSwan still has the old ones, and takes the new ones beside them or in their place.
        await reachable('left', said, 20_000);
        run.process.kill('SIGSTOP');
        try {
          await expect.poll(() => charon.swanctl('--list-sas').text, { timeout: 60_000, interval: 500 }).toBe('');
        } finally {
          run.process.kill('SIGCONT');
        }
        await reachable('left', said, 40_000);
      }));

    it('either side is killed and starts again', () =>
      withBoth(test, { changeOurs: withDpd, changeTheirs: quickDpd, words: impatient }, async (run, said) => {
        await reachable('left', said);
        // kill -9: what the runtime has put on the host stays, and keeps the packets back.
        run.process.kill('SIGKILL');
        await new Promise((done) => run.process.once('exit', done));
        expect(ping(namespaces, 'left', ['-c', '1', '-W', '1'])).toBe(0);
        const again = await startOurs(namespaces, run.place, { folder, dataPath: 'userspace', words: impatient });
        try {
          await reachable('left', said, 20_000);
          process.kill(run.charon.pid, 'SIGKILL');
          const reborn = await startCharon(namespaces, 'right', { swanctl: quickDpd(swanctlOf(test)) });
          try {
            // It knows nothing of our SAs, and does not say so: we find out by asking whether it is there.
            await reachable('left', said, 60_000);
            expect(reborn.swanctl('--list-sas').text).toContain('INSTALLED');
          } finally {
            await reborn.stop();
          }
        } finally {
          await again.stop();
        }
      }));
  });

  it.each(['left', 'right'] as const)('selectors are narrowed, %s has the smaller policy', (side) =>
    withBoth(
      { ...ikev2, pfs: false, esp: 'aes128gcm16' },
      side === 'left'
        ? { changeOurs: (text) => forced(text.replaceAll('-source 198.18.1.0/24', '-source 198.18.1.0/28')) }
        : { changeTheirs: (text) => replaceOnce(text, 'local_ts = 198.18.2.0/24', 'local_ts = 198.18.2.0/28') },
      async (run, said) => {
        await reachable('left', said);
        expect((await saList(run.socket)).childSas[0], said()).toMatchObject(
          side === 'left' ? { localSelectors: ['198.18.1.0/28'] } : { remoteSelectors: ['198.18.2.0/28'] },
        );
        await callDaemon(run.socket, 'sa.flush', {});
        await expect.poll(() => run.charon.swanctl('--list-sas').text).toBe('');
        run.charon.swanctl('--initiate', '--child', 'net', '--timeout', '10');
        expect((await established(run.socket)).childSas[0], said()).toMatchObject(
          side === 'left' ? { localSelectors: ['198.18.1.0/28'] } : { remoteSelectors: ['198.18.2.0/28'] },
        );
        expect(ping(namespaces, 'right'), said()).toBe(3);
      },
    ),
  );

  it.each([
    { ...ikev2, pfs: false, esp: 'aes128gcm16', name: 'IKEv2', key: 'large', method: 'RSASIG' },
    { ...ikev1, name: 'IKEv1', key: 'large', method: 'RSASIG' },
  ] as const satisfies readonly Case[])('$name: certificates of several kilobytes go in fragments', (test) =>
    withBoth(test, {}, async (run, said) => {
      await reachable('left', said);
      expect(run.charon.log()).toMatch(/EF\(|FRAG|received fragment/);
      await callDaemon(run.socket, 'sa.flush', {});
      await expect.poll(() => run.charon.swanctl('--list-sas').text).toBe('');
      run.charon.swanctl('--initiate', '--child', 'net', '--timeout', '10');
      expect((await established(run.socket)).childSas.length, said()).toBe(1);
      expect(ping(namespaces, 'right'), said()).toBe(3);
    }),
  );

  it('lifetimes of seconds wear nobody out: a TCP stream goes on, and none of it is lost', async () => {
    const seconds = 45;
    const worn = wornBy({ ike: { rekey: 11, over: 6 }, child: { rekey: 5, life: 9 } });
    const keys = path.join(mkdtempSync(path.join(folder, 'keys-')), 'tables');
    const judge = await watchWire(namespaces);
    await withBoth(
      { ...ikev2, pfs: false, esp: 'aes128gcm16' },
      { changeTheirs: worn, changeOurs: () => worn(ourSwanctl), words: ['--keys', keys] },
      async (run, said) => {
        await reachable('left', said);
        // All of it is judged afterwards.
        const streamed = await tcpStream(namespaces, seconds, '6M');
        expect(streamed.error, said()).toBeUndefined();
        expect(streamed.received, said()).toBeGreaterThan(0.95 * streamed.sent);
        // Not a second without a byte.
        expect(
          streamed.seconds.filter((octets) => octets === 0),
          said(),
        ).toEqual([]);
        const count = (pattern: RegExp): number => [...run.log().matchAll(pattern)].length;
        // As many as lifetimes of half a minute make in ten, by either side.
        expect(count(/SA pair child:\d+ rekeyed/g), said()).toBeGreaterThanOrEqual(20);
        expect(count(/IKE SA ike:\d+ .*rekeyed/g), said()).toBeGreaterThanOrEqual(3);
        expect(count(/negotiat.*failed|request-failed/g), said()).toBe(0);
        await expect.poll(async () => (await saList(run.socket)).ikeSas.length, { timeout: 10_000 }).toBe(1);
        expect(await stream(namespaces, 'right', 300_000), said()).toBe(true);
      },
    ).catch(async (error: unknown) => {
      await judge.drop();
      throw error;
    });
    const verdict = await judge.verdict(keys);
    expect(verdict).toMatchObject({ clear: 0, espBad: 0, espGood: verdict.esp, openedIke: verdict.sealedIke });
    expect(verdict.esp).toBeGreaterThan(10_000);
  });
});
