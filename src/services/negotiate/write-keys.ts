/** Writes what a dry run leaves behind: a capture, and the keys that open it, readable for their owner alone. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { NegotiationRun } from '../../engine/sim/negotiation.js';
import { writeFault } from '../../model/tool-error.js';
import { type KeyTables, writeKeyTables } from '../../report/key-tables.js';
import { writePcapng } from '../../report/pcapng.js';
import { makeFolder } from '../make-folder.js';
import { captureOf, keysOf } from './captured.js';

export interface CaptureRequest {
  readonly file: string;
  readonly application: string;
  readonly hosts: readonly string[];
  readonly beginsAt: Date;
}

const secretMode = 0o600;
const secretFolderMode = 0o700;

/** One file with the packets of all runs, each run behind the one before. */
export function writeCapture(
  runs: readonly NegotiationRun[],
  { file, application, hosts, beginsAt }: CaptureRequest,
): number {
  let begins = beginsAt.getTime();
  const packets = runs.flatMap((run) => {
    const capture = captureOf(run.trace.entries, { hosts, beginsAt: new Date(begins), application });
    // The next run begins on the next whole minute, so that times only grow.
    begins = Math.ceil((begins + run.end) / 60_000) * 60_000;
    return capture.packets;
  });
  const octets = [...writePcapng({ application, interfaces: hosts, packets })];
  write(() => writeFileSync(file, Buffer.concat(octets)), file);
  return packets.length;
}

/** The tables of keys in a folder. Gives the names of files, and what Wireshark has no name for. */
export function writeKeys(
  runs: readonly NegotiationRun[],
  folder: string,
): { readonly files: readonly string[]; readonly leftOut: readonly string[] } {
  const tables: KeyTables[] = runs.map((run) => keysOf(run.trace.entries));
  const { files, leftOut } = writeKeyTables({
    ikev1: tables.flatMap(({ ikev1 }) => ikev1),
    ikev2: tables.flatMap(({ ikev2 }) => ikev2),
    esp: tables.flatMap(({ esp }) => esp),
  });
  write(() => makeFolder(folder, secretFolderMode), folder);
  const written: string[] = [];
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    write(() => {
      writeFileSync(file, text, { mode: secretMode });
      // A file that was there before keeps its mode otherwise.
      chmodSync(file, secretMode);
    }, file);
    written.push(file);
  }
  return { files: written, leftOut };
}

function write(action: () => void, file: string): void {
  try {
    action();
  } catch (cause) {
    throw writeFault(file, cause as NodeJS.ErrnoException);
  }
}
