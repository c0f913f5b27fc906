/**
 * Our runtime against strongSwan with packets: for each combination of methods and algorithms, each side as initiator, pings, streams
 * and datagrams in fragments go both ways, and tshark, given the keys that we write, finds every ICV right and nothing in the clear.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDaemon } from '../../src/services/runtime/control-client.js';
import { charonMissing } from '../support/charon.js';
import { makeNamespaces, type Namespaces, namespacesMissing } from '../support/netns.js';
import { judgeMissing, watchWire } from '../support/wire-judge.js';
import { makePki } from './pki.js';
import { type Case, cases, packetCases, replaceOnce } from './strongswan-case.js';
import { established, type Run, saList, startBoth } from './strongswan-run.js';
import { ping, type Side, stream } from './traffic.js';

const missing = namespacesMissing() ?? charonMissing() ?? judgeMissing();
if (missing) console.warn(`packets with strongSwan are skipped: ${missing}`);

/** strongSwan's own ESP in userspace takes ESP in UDP only. */
export const forced = (text: string): string => replaceOnce(text, '-ltype FQDN', '-nat_traversal FORCE -ltype FQDN');

/** What tshark 4.0 has no name for: pings and streams alone show it. */
const cannotJudge = (test: Case): boolean => test.esp.startsWith('chacha');

describe.skipIf(missing)('packets with strongSwan', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-data-'));
  let namespaces: Namespaces;
  beforeAll(() => {
    makePki(path.join(folder, 'pki'));
    namespaces = makeNamespaces();
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  it.each([...cases, ...packetCases])('$name', async (test) => {
    const keys = path.join(mkdtempSync(path.join(folder, 'keys-')), 'tables');
    const judge = await watchWire(namespaces);
    let run: Run | undefined;
    try {
      run = await startBoth(namespaces, test, {
        folder,
        changeOurs: forced,
        dataPath: 'userspace',
        words: ['--keys', keys],
      });
      const { socket, charon } = run;
      const said = (): string => `${run!.log().slice(-6000)}\n--- charon\n${charon.log().slice(-6000)}`;
      // We start, and the first packet waits for its SA; in IKEv1 also until the responder has had time to install its own after the third
      // message of Quick Mode (RFC 2409 section 5.5), in another of charon's threads.
      expect(ping(namespaces, 'left', ['-c', '2'], test.family), said()).toBe(2);
      await flowsBothWays(test, said);
      await callDaemon(socket, 'sa.flush', {});
      await expect.poll(async () => (await saList(socket)).ikeSas.length, { timeout: 15_000 }).toBe(0);
      await expect.poll(() => charon.swanctl('--list-sas').text, { timeout: 15_000 }).toBe('');
      // They start.
      charon.swanctl('--initiate', '--child', 'net', '--timeout', '10');
      expect((await established(socket)).childSas.length, said()).toBe(1);
      await flowsBothWays(test, said);
      const [child] = (await saList(socket)).childSas;
      expect(child).toMatchObject({ udpEncapsulation: true, state: 'mature' });
      expect(child?.inbound).toMatchObject({ replays: 0, icvFailures: 0 });
    } catch (error) {
      await judge.drop();
      throw error;
    } finally {
      await run?.stop();
    }
    const verdict = await judge.verdict(keys);
    expect(verdict.clear, JSON.stringify(verdict)).toBe(0);
    expect(verdict.esp).toBeGreaterThan(100);
    expect(verdict.espBad, JSON.stringify(verdict)).toBe(0);
    if (!cannotJudge(test)) {
      expect(verdict.espGood, JSON.stringify(verdict)).toBe(verdict.esp);
      expect(verdict.openedIke, JSON.stringify(verdict)).toBe(verdict.sealedIke);
    }
    expect(namespaces.run('left', 'ip', 'rule')).not.toContain('4500');
    expect(namespaces.run('left', 'ip', 'link')).not.toContain('ipsec0');
  });

  async function flowsBothWays(test: Case, said: () => string): Promise<void> {
    for (const from of ['left', 'right'] as const satisfies readonly Side[]) {
      expect(ping(namespaces, from, ['-c', '2'], test.family), said()).toBe(2);
      // In three fragments, before and after protection.
      expect(ping(namespaces, from, ['-c', '2', '-s', '4000'], test.family), said()).toBe(2);
      expect(await stream(namespaces, from, 300_000, test.family), said()).toBe(true);
    }
  }
});
