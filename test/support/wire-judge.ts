/** tshark as the judge of what crossed a wire: given the keys, is every ICV right, and could every IKE message be opened? */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endProcess, type Namespaces } from './netns.js';

export interface WireJudge {
  /** Ends the capture and judges it by the tables of keys in a folder. */
  verdict(keys: string): Promise<WireVerdict>;
  /** Ends it without. */
  drop(): Promise<void>;
}

export interface WireVerdict {
  readonly esp: number;
  readonly espGood: number;
  readonly espBad: number;
  /** IKE messages with something encrypted in them, and those that could be opened. */
  readonly sealedIke: number;
  readonly openedIke: number;
  /** Packets of the inner networks in the clear. */
  readonly clear: number;
}

/** Why tshark or tcpdump cannot be had here; undefined where they can. */
export function judgeMissing(): string | undefined {
  for (const tool of ['tcpdump', 'tshark']) {
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
    } catch {
      return `${tool} is not installed`;
    }
  }
  return undefined;
}

/** Octets of the buffer of the capture: a burst of TCP must not get lost before it is written. */
const bufferKilobytes = 65_536;

/** Captures what crosses the wire, cut into the packets that a cable would carry. */
export async function watchWire(namespaces: Namespaces, where: 'left' | 'right' = 'right'): Promise<WireJudge> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-judge-'));
  const file = path.join(folder, 'wire.pcap');
  // Otherwise one captured datagram may stand for many, and has one ICV too few.
  for (const side of ['left', 'right'] as const) namespaces.run(side, 'ip', 'link', 'set', 'wire', 'gso_max_segs', '1');
  const words = ['tcpdump', '-Z', 'root', '-U', '-n', '-B', String(bufferKilobytes), '-i', 'wire', '-w', file];
  const dump: ChildProcess = namespaces.start(where, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  dump.stderr?.on('data', (text) => {
    said += String(text);
  });
  for (let tries = 0; !said.includes('listening on'); tries += 1) {
    if (dump.exitCode !== null || tries > 100) throw new Error(`tcpdump did not start: ${said}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  const drop = async (): Promise<void> => {
    await endProcess(dump);
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    drop,
    async verdict(keys) {
      // What is on its way through the kernel's buffer.
      await new Promise((done) => setTimeout(done, 300));
      await endProcess(dump);
      const lost = /(\d+) packets dropped by kernel/.exec(said)?.[1];
      if (lost !== '0') throw new Error(`the capture is not whole: ${said}`);
      const config = path.join(folder, 'wireshark');
      mkdirSync(config);
      if (existsSync(keys))
        for (const name of readdirSync(keys)) copyFileSync(path.join(keys, name), path.join(config, name));
      const fields = tshark(config, file);
      rmSync(folder, { recursive: true, force: true });
      return judged(fields);
    },
  };
}

const columns = [
  'frame.number',
  'esp.spi',
  'esp.icv_good',
  'esp.icv_bad',
  'isakmp.flag_e',
  'isakmp.nextpayload',
  'isakmp.enc.decrypted',
  'isakmp.typepayload',
  'ip.src',
  'isakmp.version',
];

function tshark(config: string, file: string): string[][] {
  const text = execFileSync(
    'tshark',
    [
      ...['-n', '-r', file, '-T', 'fields', '-E', 'separator=;', '-E', 'occurrence=a', '-E', 'aggregator=,'],
      ...['-o', 'esp.enable_encryption_decode:TRUE', '-o', 'esp.enable_authentication_check:TRUE'],
      ...columns.flatMap((column) => ['-e', column]),
    ],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, WIRESHARK_CONFIG_DIR: config },
    },
  );
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(';'));
}

function judged(rows: readonly string[][]): WireVerdict {
  let [esp, espGood, espBad, sealedIke, openedIke, clear] = [0, 0, 0, 0, 0, 0];
  for (const row of rows) {
    const at = (name: string): string => row[columns.indexOf(name)] ?? '';
    if (at('esp.spi') !== '') {
      esp += 1;
      if (/^(?:1|True)$/.test(at('esp.icv_good'))) espGood += 1;
      if (/^(?:1|True)$/.test(at('esp.icv_bad'))) espBad += 1;
    } else if (at('isakmp.version') !== '') {
      const isV1 = at('isakmp.version').startsWith('0x10');
      const isSealed = isV1
        ? /^(?:1|True)/.test(at('isakmp.flag_e'))
        : at('isakmp.typepayload')
            .split(',')
            .some((type) => type === '46' || type === '53');
      if (!isSealed) continue;
      sealedIke += 1;
      if (isV1 ? at('isakmp.typepayload') !== '' : at('isakmp.enc.decrypted') !== '') openedIke += 1;
    } else if (/^198\.18\.[12]\.|^10\./.test(at('ip.src'))) clear += 1;
  }
  return { esp, espGood, espBad, sealedIke, openedIke, clear };
}
