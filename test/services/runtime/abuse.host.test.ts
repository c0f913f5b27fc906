/** Strangers on the network, and kill -9: what the daemon as a whole makes of them. (The engine and the data path have their own tests.) */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngine } from '../../../src/engine/engine.js';
import type { EngineOutput } from '../../../src/engine/output.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { parseAddress } from '../../../src/model/address.js';
import { systemView } from '../../../src/model/peer/system-view.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { loadLiveCredentials } from '../../../src/services/credentials/live-credentials.js';
import { daemonAnswers } from '../../../src/services/runtime/control-client.js';
import { liveEnvironment } from '../../../src/services/runtime/live-environment.js';
import { requestsTowards } from '../../../src/services/runtime/start-request.js';
import { configOf } from '../../backends/support/configs.js';
import { program } from '../../backends/userspace/lab/programs.js';
import { node } from '../../engine/crypto/support.js';
import type { Ours } from '../../interop/strongswan-run.js';
import { builtProgram } from '../../support/cli.js';
import { endProcess, ends, makeNamespaces, type Namespaces, namespacesMissing } from '../../support/netns.js';
import type { Order } from '../../support/programs/raw-sender.js';
import { pings, recordsOf, startSide, statusOf } from './two-daemons.js';

const missing = namespacesMissing();
if (missing) console.warn(`abuse of the daemon is skipped: ${missing}`);

/** A program that is built from its sources first, on a machine that does other things too. */
const startMillis = 300_000;

/** The first message of the left side, as its engine makes it. */
function firstMessage(version: 1 | 2): Uint8Array {
  const config = configOf(recordsOf('left', version));
  const given = {
    view: systemView(config),
    profile: peerProfile('ours'),
    provider: node,
    credentials: loadLiveCredentials(config, node, undefined).credentials,
  };
  const engine = createEngine(
    liveEnvironment(given, () => 0),
    ikeVersions,
  );
  const [request] = requestsTowards(config, parseAddress(ends.right.outer4)!);
  if (!request) throw new Error('nothing to protect');
  const sent = engine
    .handle({ kind: 'request', request }, 0)
    .find((output): output is Extract<EngineOutput, { kind: 'transmit' }> => output.kind === 'transmit');
  return sent!.octets;
}

/** It in UDP and IPv4, from an address of 198.18.0.0/16 and an SPI or cookie that are drawn anew for each. */
function flood(version: 1 | 2, count: number): Order {
  const message = firstMessage(version);
  const packet = new Uint8Array(28 + message.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet.set([64, 17], 8);
  packet.set([198, 18, 0, 0], 12);
  packet.set(ends.right.outer4.split('.').map(Number), 16);
  view.setUint16(20, 500);
  view.setUint16(22, 500);
  view.setUint16(24, 8 + message.length);
  packet.set(message, 28);
  return {
    packet: Buffer.from(packet).toString('hex'),
    count,
    random: [
      [14, 2],
      [28, 8],
    ],
    pace: [50, 2],
  };
}

/** Megabytes that a process has in memory. */
function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
}

describe.skipIf(missing)('the daemon', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-abuse-'));
  let namespaces: Namespaces;
  beforeAll(async () => {
    namespaces = makeNamespaces();
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  it.each([1, 2] as const)(
    'under a flood of first messages of IKEv%i from everywhere stays small, and its peer gets in',
    async (version) => {
      const place = path.join(folder, `flood${version}`);
      mkdirSync(place);
      let left: Ours | undefined;
      let right: Ours | undefined;
      try {
        const peers = '198.18.0.0/16';
        right = await startSide(namespaces, place, 'right', { version, peers, words: ['--log-level', 'info'] });
        left = await startSide(namespaces, place, 'left', { version });
        const { pid } = await statusOf(right);
        const sender = namespaces.start(
          'left',
          [process.execPath, await program('test/support/programs/raw-sender.ts')],
          {
            stdio: ['pipe', 'pipe', 'inherit'],
          },
        );
        const answers = createInterface({ input: sender.stdout! })[Symbol.asyncIterator]();
        const send = async (count: number): Promise<number> => {
          sender.stdin!.write(`${JSON.stringify([flood(version, count)])}\n`);
          return (JSON.parse((await answers.next()).value as string) as { sent: number }).sent;
        };
        // What the code itself takes once it has run is not the flood's.
        await send(3_000);
        const before = resident(pid);
        const flooding = send(30_000);
        await vi.waitFor(() => expect(pings(namespaces, 'left'), left!.log().slice(-5000)).toBeGreaterThan(0), 120_000);
        expect(await flooding).toBeGreaterThan(29_000);
        expect(resident(pid) - before).toBeLessThan(60);
        const status = await statusOf(right);
        expect([status.ikeSas, status.childSas]).toEqual([1, 1]);
        // Nobody is told of each of them.
        expect(right.log().split('\n').length).toBeLessThan(1_000);
        const asked = left.log().match(/IKE_SA_INIT to /g)?.length ?? 0;
        // The second time with the cookie.
        if (version === 2) expect(asked).toBeGreaterThan(1);
        await endProcess(sender);
      } finally {
        await left?.stop();
        await right?.stop();
      }
    },
    startMillis,
  );

  it('that is killed at any time leaves nothing that a cleanup does not take away', {
    timeout: startMillis,
  }, async () => {
    const place = path.join(folder, 'killed');
    mkdirSync(place, { mode: 0o700 });
    writeFileSync(path.join(place, 'ours.conf'), recordsOf('right'), { mode: 0o600 });
    const run = path.join(await builtProgram(), 'bin', 'run.js');
    const state = path.join(place, 'state');
    const socket = path.join(place, 'control.sock');
    const at = (...words: string[]) => {
      try {
        return namespaces.run('right', words[0]!, ...words.slice(1));
      } catch {
        return '';
      }
    };
    const isGuarded = () => at('nft', 'list', 'ruleset').includes('table');
    const isLed = () => at('ip', 'rule').includes('450');
    const hasDevice = () => at('ip', 'link').includes('ipsec0');
    const moments: readonly (readonly [string, () => boolean | Promise<boolean>])[] = [
      ['its state folder is made', () => existsSync(state)],
      ['there is a device', hasDevice],
      ['there is a guard', isGuarded],
      ['there are rules', isLed],
      ['it answers', () => daemonAnswers(socket)],
    ];
    const began: string[] = [];
    for (const isStopping of [false, true]) {
      for (const [name, hasCome] of isStopping ? moments.slice(-1) : moments) {
        const words = ['runtime', 'run', path.join(place, 'ours.conf'), '--run-dir', place, '--state-dir', state];
        const child = namespaces.start('right', [process.execPath, run, ...words, '--data-path', 'userspace'], {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        let said = '';
        child.stderr?.on('data', (text) => {
          said += String(text);
        });
        while (child.exitCode === null && !(await hasCome())) await new Promise((done) => setTimeout(done, 5));
        expect(child.exitCode, `${name}: ${said}`).toBeNull();
        if (isStopping) {
          child.kill('SIGTERM');
          await vi.waitFor(() => expect(child.exitCode !== null || !existsSync(socket) || !hasDevice()).toBe(true), {
            timeout: 60_000,
            interval: 5,
          });
        }
        child.kill('SIGKILL');
        await vi.waitFor(() => expect(child.exitCode ?? child.signalCode).not.toBeNull(), 60_000);
        began.push(name);
        at(process.execPath, run, 'runtime', 'cleanup', '--state-dir', state);
        expect([name, isGuarded(), isLed(), hasDevice()]).toEqual([name, false, false, false]);
      }
    }
    expect(began).toHaveLength(6);
    // And the next one starts, without a cleanup too.
    const first = await startSide(namespaces, place, 'right');
    process.kill((await statusOf(first)).pid, 'SIGKILL');
    await vi.waitFor(() => expect(isGuarded() && !hasDevice()).toBe(true), 60_000);
    const left = await startSide(namespaces, place, 'left');
    const second = await startSide(namespaces, place, 'right');
    try {
      await vi.waitFor(() => expect(pings(namespaces, 'left'), second.log().slice(-5000)).toBeGreaterThan(0), 60_000);
    } finally {
      await left.stop();
      await second.stop();
    }
    expect([isGuarded(), isLed(), hasDevice()]).toEqual([false, false, false]);
  });
});
