/**
 * Our daemon against strongSwan's, each side as initiator: IKE for real over UDP, and what either side says of the outcome.
 * Our data path carries nothing here; that packets flow is for the tests of the data paths.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDaemon } from '../../src/services/runtime/control-client.js';
import type { RuntimeReport } from '../../src/services/runtime/report-document.js';
import { charonMissing } from '../support/charon.js';
import { ends, makeNamespaces, type Namespaces, namespacesMissing } from '../support/netns.js';
import { makePki } from './pki.js';
import { cases, psk, refusals, replaceOnce } from './strongswan-case.js';
import { established, saList, startBoth } from './strongswan-run.js';

const missing = namespacesMissing() ?? charonMissing();
if (missing) console.warn(`interop with strongSwan is skipped: ${missing}`);

/** With each of these packets really flow. */
const flowing = cases.filter(({ name }) =>
  [
    'IKEv2 PSK, AES-GCM, X25519',
    'IKEv2 PSK, AES-CBC and SHA-2, MODP-2048, PFS',
    'IKEv2 PSK, 3DES and SHA-1, MODP-1024',
    'IKEv2 PSK, ChaCha20-Poly1305, MODP-4096',
    'IKEv1 Main Mode PSK, AES-256 and SHA-2, no PFS',
  ].includes(name),
);

/** The lines of our log that say that something went wrong. */
function warnings(log: string): string {
  return log
    .split('\n')
    .filter((line) => /warning|error/.test(line))
    .join('\n');
}

/** What a unix socket serves as metrics. */
function scrape(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: '/metrics' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

describe.skipIf(missing)('strongSwan', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-interop-'));
  let namespaces: Namespaces;
  beforeAll(() => {
    makePki(path.join(folder, 'pki'));
    namespaces = makeNamespaces();
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  describe.each(cases)('$name', (test) => {
    it.each(['ours', 'theirs'] as const)('%s starts', async (initiator) => {
      const run = await startBoth(namespaces, test, { folder });
      try {
        if (initiator === 'ours') await callDaemon(run.socket, 'initiate', { record: 'net' });
        else run.charon.swanctl('--initiate', '--child', 'net', '--timeout', '10');
        const list = await established(run.socket);
        const said = (): string => `${run.log()}\n--- charon\n${run.charon.log().slice(-6000)}`;
        expect(list.childSas.length, said()).toBe(1);
        const theirs = run.charon.swanctl('--list-sas').text;
        expect(theirs, said()).toMatch(/ESTABLISHED/);
        expect(theirs, said()).toMatch(/INSTALLED/);
        const [child] = list.childSas;
        expect(theirs).toContain(child!.inboundSpi.slice(2));
        expect(theirs).toContain(child!.outboundSpi.slice(2));
        if (test.version === 1 && initiator === 'theirs') return;
        // A successor of the Child SA, then of the IKE SA, by us.
        await callDaemon(run.socket, 'sa.rekey', { sa: child!.id });
        await expect
          .poll(async () => (await saList(run.socket)).childSas.map(({ id }) => id), { timeout: 15_000 })
          .not.toEqual([child!.id]);
        await expect.poll(async () => (await saList(run.socket)).childSas.length, { timeout: 15_000 }).toBe(1);
        if (test.version === 2) {
          const [ike] = list.ikeSas;
          await callDaemon(run.socket, 'sa.rekey', { sa: ike!.id });
          await expect
            .poll(async () => (await saList(run.socket)).ikeSas.map(({ id }) => id), { timeout: 15_000 })
            .not.toContain(ike!.id);
          expect((await saList(run.socket)).ikeSas.length, said()).toBe(1);
        }
      } finally {
        await run.stop();
      }
    });
  });

  describe.each(flowing)('$name, our own ESP', (test) => {
    it('packets flow, also while SAs are rekeyed', async () => {
      // strongSwan's own ESP in userspace takes ESP in UDP only.
      const force = (text: string): string => replaceOnce(text, '-ltype FQDN', '-nat_traversal FORCE -ltype FQDN');
      const metrics = path.join(folder, 'metrics.sock');
      const run = await startBoth(namespaces, test, {
        folder,
        changeOurs: force,
        dataPath: 'userspace',
        words: ['--metrics', `unix:${metrics}`],
      });
      try {
        const ping = (...words: string[]): string =>
          namespaces.run('left', 'ping', ...words, '-W', '3', '-I', ends.left.inner4, ends.right.inner4);
        // The first packet waits for the SAs and is not lost.
        expect(ping('-c', '1')).toContain(' 0% packet loss');
        expect(ping('-c', '2', '-s', '4000')).toContain(' 0% packet loss');
        const [child] = (await saList(run.socket)).childSas;
        expect(child, run.log()).toMatchObject({ udpEncapsulation: true });
        const flood = namespaces.start(
          'left',
          ['ping', '-c', '100', '-i', '0.02', '-W', '3', '-I', ends.left.inner4, ends.right.inner4],
          { stdio: ['ignore', 'pipe', 'ignore'] },
        );
        let said = '';
        flood.stdout?.on('data', (chunk) => {
          said += String(chunk);
        });
        await new Promise((done) => setTimeout(done, 500));
        await callDaemon(run.socket, 'sa.rekey', { sa: child!.id });
        await new Promise((done) => flood.once('exit', done));
        expect(said, run.log()).toContain('100 received');
        await expect
          .poll(async () => (await saList(run.socket)).childSas.map(({ id }) => id), { timeout: 15_000 })
          .not.toContain(child!.id);
        const [now] = (await saList(run.socket)).childSas;
        expect(now?.outbound?.packets).toBeGreaterThan(0);
        // A change of SAs empties the cache.
        ping('-c', '1');
        const report = (await callDaemon(run.socket, 'report', { kinds: ['cache', 'host', 'sa'] })) as RuntimeReport;
        const about = { policy: 'net', protocol: 'ICMP', action: 'secure' } as const;
        expect(report.cache?.entries).toEqual(
          expect.arrayContaining([
            expect.objectContaining({ ...about, direction: 'outbound', type: 8 }),
            expect.objectContaining({ ...about, direction: 'inbound', type: 0 }),
          ]),
        );
        expect(report.cache?.entries.map(({ sa }) => sa?.spi)).toContain(now?.outboundSpi);
        expect(report.host?.find(({ name }) => name === 'net')).toMatchObject({ state: 'ready', saPairsNeeded: 1 });
        const scraped = await scrape(metrics);
        expect(scraped).toMatch(/^ipsec_packets_total\{direction="outbound"\} [1-9]/m);
        expect(scraped).toMatch(/^ipsec_child_sa_changes_total\{change="rekeyed"\} 1$/m);
      } finally {
        await run.stop();
      }
      expect(namespaces.run('left', 'ip', 'rule')).not.toContain('4500');
      expect(namespaces.run('left', 'ip', 'link')).not.toContain('ipsec0');
    });
  });

  describe.each(refusals)('$name', ({ change, side, code, notify }) => {
    it.each(['ours', 'theirs'] as const)('%s starts: the reason is told', async (initiator) => {
      const good = cases[0]!;
      const changed = (text: string): string => replaceOnce(text, ...change);
      const run = await startBoth(namespaces, good, {
        folder,
        ...(side === 'right' ? { changeTheirs: changed } : { changeOurs: changed }),
      });
      try {
        if (initiator === 'ours') await callDaemon(run.socket, 'initiate', { record: 'net' });
        else run.charon.swanctl('--initiate', '--child', 'net', '--timeout', '4');
        await expect
          .poll(() => run.log(), { timeout: 12_000 })
          .toMatch(/\((?:[a-z-]+), (?:found out here|said by the peer)/);
        expect((await saList(run.socket)).childSas, run.log()).toEqual([]);
        expect(warnings(run.log()), run.charon.log().slice(-4000)).toContain(`(${code[initiator]}, `);
        if (notify) expect(run.log()).toContain(notify);
        expect(run.log()).not.toContain(psk);
      } finally {
        await run.stop();
      }
    });
  });
});
