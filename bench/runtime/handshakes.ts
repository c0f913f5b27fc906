/** Handshakes per second of a responder, ours and strongSwan's, under the same generator of load. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { callDaemon, daemonAnswers } from '../../src/services/runtime/control-client.js';
import type { SaListDocument } from '../../src/services/runtime/sa-document.js';
import { startCharon } from '../../test/support/charon.js';
import { endProcess, ends, makeNamespaces } from '../../test/support/netns.js';
import type { Generated } from './load-generator.js';
import { inNamespace } from './strongswan.js';

/** What the generator says when those begin that are measured. */
export const begins = 'begins';

const secret = 'bench-Maple-Quill-31';
const suite = '-group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256';

/** The records of one initiator of many. */
export function initiatorRecords(index: number, local: string, remote: string): string {
  const behind = `10.100.${index >> 8}.${index & 255}`;
  return `add tunnel load -tsource ${local} -tdestination ${remote} -source ${behind} -destination ${ends.right.inner4} -action ESP_AES128_GCM16
add host load -source ${behind} -destination ${ends.right.inner4} -priority 10 -tunnel load -action PASS
add ikev2 load -remote ${remote} -priority 10 ${suite} -life 28800
add auth load -remote ${remote} -priority 10 -kmp IKEV2 -preshared ${secret} -ltype FQDN -lid i${index}.load.example -rtype FQDN -rid responder.example
`;
}

const responderRecords = `add tunnel load -tsource ${ends.right.outer4} -tdestination ${ends.left.outer4} -source ${ends.right.inner4} -destination 10.100.0.0/16 -action ESP_AES128_GCM16
add host load -source ${ends.right.inner4} -destination 10.100.0.0/16 -priority 10 -tunnel load -action PASS
add ikev2 load -remote ${ends.left.outer4} -priority 10 ${suite} -life 28800
add auth load -remote ${ends.left.outer4} -priority 10 -kmp IKEV2 -preshared ${secret} -ltype FQDN -lid responder.example -rtype FQDN -rid .load.example
`;

const responderSwanctl = `connections {
  load {
    version = 2
    local_addrs = ${ends.right.outer4}
    proposals = aes128gcm16-prfsha256-x25519
    unique = never
    local { auth = psk
      id = responder.example
    }
    remote { auth = psk
      id = *.load.example
    }
    children {
      load {
        local_ts = ${ends.right.inner4}/32
        remote_ts = 10.100.0.0/16
        esp_proposals = aes128gcm16
      }
    }
  }
}
secrets {
  ike-load { secret = "${secret}"
  }
}
`;

export interface Handshakes extends Generated {
  readonly perSecond: number;
  /** Seconds of CPU of the responder for a handshake. */
  readonly cpu: number;
  /** The same of those before, in which a program may still be compiling itself. */
  readonly warmCpu: number;
  /** Megabytes of the responder at the end, with all SAs. */
  readonly megabytes: number;
}

export interface LoadOptions {
  readonly count: number;
  /** So many before anything is measured, which leave no SAs. */
  readonly warm: number;
  readonly parallel: number;
}

/** Our daemon, with its data path in userspace. */
export async function ourHandshakes(options: LoadOptions): Promise<Handshakes> {
  const namespaces = makeNamespaces();
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-bench-'));
  try {
    writeFileSync(path.join(folder, 'r.conf'), responderRecords, { mode: 0o600 });
    const program = path.resolve('bin/run.js');
    const words = ['runtime', 'run', path.join(folder, 'r.conf'), '--run-dir', folder, '--data-path', 'userspace'];
    const child = namespaces.start('right', [
      process.execPath,
      program,
      ...words,
      ...['--state-dir', path.join(folder, 'state'), '--log-level', 'warning'],
    ]);
    const socket = path.join(folder, 'control.sock');
    for (let tries = 0; !(await daemonAnswers(socket)); tries += 1) {
      if (child.exitCode !== null || tries > 200) throw new Error('our daemon did not start');
      await new Promise((done) => setTimeout(done, 50));
    }
    const measured = await generate(namespaces.left, child.pid!, options);
    const list = (await callDaemon(socket, 'sa.list', {})) as SaListDocument;
    if (list.childSas.length < measured.established) throw new Error(`${list.childSas.length} SA pairs are there`);
    await endProcess(child);
    return measured;
  } finally {
    await namespaces.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** strongSwan's charon, with its data path in userspace. */
export async function charonHandshakes(options: LoadOptions): Promise<Handshakes> {
  const namespaces = makeNamespaces();
  try {
    const charon = await startCharon(namespaces, 'right', {
      swanctl: responderSwanctl,
      quiet: true,
      // What it would do against floods is not what is measured.
      settings: '  dos_protection = no\n  half_open_timeout = 60',
    });
    const measured = await generate(namespaces.left, charon.pid, options);
    await charon.stop();
    return measured;
  } finally {
    await namespaces.remove();
  }
}

async function generate(namespace: string, pid: number, { count, parallel, warm }: LoadOptions): Promise<Handshakes> {
  const before = cpuSeconds(pid);
  let warmed = before;
  const generator = path.resolve('bench/runtime/load-generator.ts');
  const words = [process.execPath, path.resolve('scripts/run-ts.mjs'), generator];
  const said = await inNamespace(
    namespace,
    [...words, ends.right.outer4, ends.left.outer4, String(count), String(parallel), String(warm)],
    (text) => {
      if (text.includes(begins)) warmed = cpuSeconds(pid);
    },
  );
  const generated = JSON.parse(said.slice(said.indexOf('{'))) as Generated;
  return {
    ...generated,
    perSecond: generated.established / generated.seconds,
    cpu: (cpuSeconds(pid) - warmed) / Math.max(1, generated.established),
    warmCpu: (warmed - before) / Math.max(1, warm),
    megabytes: residentMegabytes(pid),
  };
}

/** Of all threads of a process. */
function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
}

/** Why this cannot be measured here, or undefined. */
export function handshakesMissing(): string | undefined {
  try {
    execFileSync(process.execPath, ['bin/run.js', '--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'the program is not built: npm run build';
  }
}
