/**
 * Ten minutes of real time, or as many as WEAR_MINUTES says, with SAs of half a minute between our runtime and strongSwan, under one TCP
 * connection: it is asked for, since it takes its time.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDaemon } from '../../src/services/runtime/control-client.js';
import type { RuntimeStatus } from '../../src/services/runtime/daemon.js';
import { charonMissing } from '../support/charon.js';
import { endProcess, makeNamespaces, type Namespaces, namespacesMissing } from '../support/netns.js';
import { type Case, modernIke, modernRecord } from './strongswan-case.js';
import { saList, startBoth } from './strongswan-run.js';
import { ping } from './traffic.js';
import { ourSwanctl, tcpStream, wornBy } from './wear.js';

const minutes = Number(process.env.WEAR_MINUTES ?? 0);
const missing =
  minutes > 0 ? (namespacesMissing() ?? charonMissing()) : 'it takes minutes; WEAR_MINUTES=10 asks for them';
if (missing) console.warn(`wear in real time is skipped: ${missing}`);

const test: Case = {
  name: 'IKEv2',
  version: 2,
  ike: modernIke,
  esp: 'aes128gcm16',
  record: modernRecord,
  action: 'ESP_AES128_GCM16',
};
const worn = wornBy({ ike: { rekey: 25, over: 5 }, child: { rekey: 24, life: 30 } });

/** Megabytes that a process has in memory. */
function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

describe.skipIf(missing)('SAs of half a minute', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-wear-'));
  let namespaces: Namespaces;
  beforeAll(() => {
    namespaces = makeNamespaces();
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  it('wear nobody out: one connection lives through all of them, nothing goes in the clear, and memory stays', {
    timeout: (minutes + 3) * 60_000,
  }, async () => {
    const run = await startBoth(namespaces, test, {
      folder,
      dataPath: 'userspace',
      changeTheirs: worn,
      changeOurs: () => worn(ourSwanctl),
      words: ['--log-level', 'info'],
    });
    const said = () => `${run.log().slice(-7000)}\n--- charon\n${run.charon.log().slice(-7000)}`;
    const inClear = 'net 198.18.1.0/24 or net 198.18.2.0/24';
    const dump = namespaces.start('right', ['tcpdump', '-Z', 'root', '-l', '-n', '-i', 'wire', inClear], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let clear = '';
    dump.stdout?.on('data', (text) => {
      clear += String(text);
    });
    try {
      await expect.poll(() => ping(namespaces, 'left', ['-c', '1', '-W', '1']), { timeout: 30_000 }).toBe(1);
      const { pid } = (await callDaemon(run.socket, 'status', {})) as RuntimeStatus;
      const memory: number[] = [];
      const timer = setInterval(() => memory.push(resident(pid)), 2_000);
      const streamed = await tcpStream(namespaces, minutes * 60, '20M');
      clearInterval(timer);
      const count = (pattern: RegExp): number => [...run.log().matchAll(pattern)].length;
      const [childRekeyings, ikeRekeyings] = [count(/SA pair child:\d+ rekeyed/g), count(/IKE SA ike:\d+ .*rekeyed/g)];
      const part = Math.ceil(memory.length / 5);
      const [early, late] = [median(memory.slice(part, 2 * part)), median(memory.slice(-part))];
      const { sent, received, seconds, retransmits } = streamed;
      const still = seconds.filter((octets) => octets === 0).length;
      console.log(
        `wear: ${minutes} min, ${childRekeyings} rekeyings of the SA pair, ${ikeRekeyings} of the IKE SA; ` +
          `${Math.round(sent / 1e6)} MB sent, ${Math.round(received / 1e6)} MB received, ${retransmits} segments again, ` +
          `${still} of ${seconds.length} s without an octet; ` +
          `memory ${early.toFixed(1)} MB in the second fifth, ${late.toFixed(1)} MB in the last; ${clear.split('\n').length - 1} packets in the clear`,
      );
      expect(streamed.error, said()).toBeUndefined();
      expect(received, said()).toBeGreaterThan(0.95 * sent);
      // Of each life about four fifths pass until it is replaced, by either side.
      expect(childRekeyings, said()).toBeGreaterThanOrEqual(2 * minutes - 1);
      expect(ikeRekeyings, said()).toBeGreaterThanOrEqual(2 * minutes - 1);
      expect(count(/negotiat.*failed|request-failed/g), said()).toBe(0);
      expect(late - early, `memory: ${memory.map(Math.round).join(' ')}`).toBeLessThan(15);
      await expect.poll(async () => (await saList(run.socket)).ikeSas.length, { timeout: 10_000 }).toBe(1);
      expect(clear).toBe('');
    } finally {
      await endProcess(dump);
      await run.stop();
    }
  });
});
