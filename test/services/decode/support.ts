/** Dry runs whose packets and keys are decoded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { writeCapture, writeKeys } from '../../../src/services/negotiate/write-keys.js';

export const beginsAt = new Date('2026-01-01T00:00:00Z');

export interface Captured {
  /** A pcapng file. */
  readonly capture: string;
  /** A folder of tables; empty where no SA came about. */
  readonly keys: string;
  readonly packets: number;
  remove(): void;
}

/** Negotiates the two systems of a folder, and writes packets and keys into a folder of their own. */
export async function captured(
  folder: string,
  options: { readonly initiator?: 'A' | 'B' | 'both'; readonly untilMillis?: number } = {},
): Promise<Captured> {
  const place = mkdtempSync(path.join(tmpdir(), 'ipsec-decode-'));
  const { runs, document } = await negotiate({
    systems: [path.join(folder, 'a.conf'), path.join(folder, 'b.conf')],
    further: [],
    initiator: 'both',
    seed: '1',
    beginsAt,
    faults: { nat: [] },
    profiles: [],
    detail: 'messages',
    suggest: false,
    ...options,
  });
  const [capture, keys] = [path.join(place, 'capture.pcapng'), path.join(place, 'keys')];
  const hosts = document.systems.map(({ name }) => name);
  const packets = writeCapture(runs, { file: capture, application: 'test', hosts, beginsAt });
  writeKeys(runs, keys);
  return { capture, keys, packets, remove: () => rmSync(place, { recursive: true, force: true }) };
}
