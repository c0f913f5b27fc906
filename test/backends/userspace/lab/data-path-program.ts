/**
 * A data path in a process of its own, told what to do by lines of JSON: for tests and benchmarks that need one in a network namespace.
 * Each line in is answered by one line out, `{"answer": …}` or `{"error": …}`; events come between as `{"event": …}`.
 */
import { createInterface } from 'node:readline';
import type { KeepBlocked } from '../../../../src/backends/data-path.js';
import { cleanUpHost } from '../../../../src/backends/userspace/host/host.js';
import {
  createUserspaceDataPath,
  type UserspaceDataPath,
  type UserspaceOptions,
} from '../../../../src/backends/userspace/userspace-data-path.js';
import type { Acquire } from '../../../../src/engine/ipsec/bundle.js';
import type { SaId } from '../../../../src/engine/ipsec/sa.js';
import { address, type SaWords, type SystemWords, saOf, systemOf } from './description.js';

export type Command =
  | { readonly do: 'start'; readonly options: Omit<UserspaceOptions, 'audit'>; readonly system: SystemWords }
  | { readonly do: 'reconfigure'; readonly system: SystemWords }
  | { readonly do: 'install'; readonly sas: readonly SaWords[] }
  | { readonly do: 'remove'; readonly sas: readonly SaWords[] }
  | { readonly do: 'move'; readonly sas: readonly SaWords[]; readonly remote: string; readonly remotePort: number }
  | {
      readonly do: 'send-ike';
      readonly local: string;
      readonly remote: string;
      readonly remotePort: number;
      readonly octets: readonly number[];
    }
  | { readonly do: 'totals' }
  | { readonly do: 'usage' }
  | { readonly do: 'memory' }
  | { readonly do: 'failed'; readonly forMillis: number }
  | { readonly do: 'stop'; readonly keepBlocked?: KeepBlocked }
  | { readonly do: 'clean-up'; readonly stateDir: string }
  /** Ends the process without stopping anything first. */
  | { readonly do: 'exit' };

let dataPath: UserspaceDataPath | undefined;
let lastAcquire: Acquire | undefined;

function say(line: object): void {
  const text = JSON.stringify(line, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  process.stdout.write(`${text}\n`);
}

function current(): UserspaceDataPath {
  if (!dataPath) throw new Error('not started');
  return dataPath;
}

function idOf(words: SaWords): SaId {
  const { direction, protocol = 'ESP', spi, local, remote } = words;
  return { direction, protocol, spi, destination: address(direction === 'outbound' ? remote : local) };
}

async function carryOut(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'start': {
      dataPath = createUserspaceDataPath({
        ...command.options,
        audit: (drop) => say({ event: { kind: 'drop', ...drop } }),
      });
      await dataPath.start(systemOf(command.system), (event) => {
        if (event.kind === 'acquire') {
          lastAcquire = event.acquire;
          const { ends, template } = event.acquire;
          say({ event: { kind: 'acquire', ends, name: template.source.record.name } });
        } else if (event.kind === 'ike') say({ event: { ...event, octets: [...event.octets] } });
        else say({ event });
      });
      return true;
    }
    case 'reconfigure':
      await current().reconfigure(systemOf(command.system));
      return true;
    case 'install':
      await Promise.all(command.sas.map((sa) => current().install(saOf(sa))));
      return true;
    case 'remove': {
      const gone: boolean[] = [];
      for (const sa of command.sas) gone.push(await current().remove(idOf(sa)));
      return gone;
    }
    case 'move':
      await current().movePeer({
        sas: command.sas.map(idOf),
        remote: address(command.remote),
        remotePort: command.remotePort,
      });
      return true;
    case 'send-ike':
      return current().sendIke(
        { address: address(command.local), port: 4500 },
        { address: address(command.remote), port: command.remotePort },
        Uint8Array.from(command.octets),
      );
    case 'totals':
      return current().totals();
    case 'usage':
      return current().usage();
    case 'memory':
      return { ...process.memoryUsage(), cpu: process.cpuUsage() };
    case 'failed':
      if (lastAcquire) current().negotiationFailed(lastAcquire, Date.now() + command.forMillis);
      return lastAcquire !== undefined;
    case 'stop':
      await current().stop({ keepBlocked: command.keepBlocked ?? false });
      return true;
    case 'clean-up':
      return cleanUpHost(command.stateDir);
    case 'exit':
      process.exit(7);
  }
}

// One after the other: a command may depend on the one before it.
let turn: Promise<void> = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  turn = turn.then(async () => {
    try {
      say({ answer: (await carryOut(JSON.parse(line) as Command)) ?? null });
    } catch (error) {
      const { message, code, hints, stack } = error as Error & { code?: string; hints?: readonly string[] };
      say({ error: { message, code, hints, stack } });
    }
  });
});
