/**
 * Our own data path behind the border that IKE knows (../data-path.ts): a TUN device, sockets, one worker for each direction, and what
 * brings the host's packets to them. The main thread only controls; packets never come by it.
 */
import type { Acquire } from '../../engine/ipsec/bundle.js';
import type { IcmpErrorPolicy } from '../../engine/ipsec/icmp-errors.js';
import type { PeerMove } from '../../engine/ipsec/peer-move.js';
import type { SaId, SaParameters } from '../../engine/ipsec/sa.js';
import type { SystemConfig } from '../../model/system-config.js';
import type { DataPath, DataPathEvent, KeepBlocked, SaCounters, UdpEnd } from '../data-path.js';
import { Counters, countersBlock, sumCounters } from './counters.js';
import { type HostOptions, putOnHost, renewGuard, takeOffHost } from './host/host.js';
import { type HostNames, namesDefault } from './host/names.js';
import { manualChanges } from './manual-sas.js';
import { acquireMessage, acquireOf, type FromWorker, saMessage, workerConfig } from './messages.js';
import type { AuditedDrop, CachedFlow, DataPathTotals, SaUsageReport } from './report.js';
import { openSockets } from './sockets.js';
import { loadNative, type Native } from './system/native.js';
import { markSocket, type Socket } from './system/socket.js';
import { openTun, type TunDevice, type TunOffloads } from './system/tun.js';
import { type Wake, wake } from './system/wake.js';
import { stopBlock } from './worker/ended.js';
import { backlogBlock } from './worker/events.js';
import type { WorkerSetup } from './worker/setup.js';
import { startWorker, type WorkerHandle } from './worker-handle.js';

export interface UserspaceOptions {
  /** The program of the workers (src/services/data-path/worker.ts), as one file. */
  readonly workerFile: string | URL;
  /** Where what was put on the host is written down. */
  readonly stateDir: string;
  readonly names?: Partial<HostNames>;
  /** A gateway: packets that the host forwards are looked up in `forwardSpd`. */
  readonly forwards?: boolean;
  /** What is made of ICMP errors (RFC 4301 §6); `icmpErrorDefaults` when absent. */
  readonly icmpErrors?: IcmpErrorPolicy;
  /** `none` for hosts without nf_tables: then nobody refuses packets that come in the clear. */
  readonly guard?: HostOptions['guard'];
  /** How often it is looked whether the guard is still there; a minute when absent. */
  readonly guardCheckMillis?: number;
  /** Octets of a packet in the TUN device; 1400 when absent, which fits any path of 1500 with any suite. */
  readonly mtu?: number;
  /** All that the kernel has when absent. */
  readonly offloads?: TunOffloads;
  /** `node`: without OpenSSL's EVP functions. */
  readonly engine?: WorkerSetup['engine'];
  /** Called for packets that go no further. */
  audit?(drop: AuditedDrop): void;
}

/** The border, and what only this data path has. */
export interface UserspaceDataPath extends DataPath {
  readonly listensOn: readonly number[];
  /** What SAs have carried: all of them, or those that are named. */
  usage(ids?: readonly SaId[]): Promise<readonly SaUsageReport[]>;
  /** Flows whose verdict is remembered, of both directions, at most so many of each. */
  flows(max: number): Promise<readonly CachedFlow[]>;
  /** What has happened since the start. Costs nothing. */
  totals(): DataPathTotals;
  /** Gives a socket the runtime's mark, so that what it sends is not led to the TUN device: for IKE's own sockets. */
  prepareSocket(descriptor: number): void;
}

const mtuDefault = 1400;
const guardCheckDefault = 60_000;

/** Everything that a started data path holds. */
interface Running {
  readonly native: Native;
  readonly tun: TunDevice;
  readonly sockets: readonly Socket[];
  readonly wakes: readonly Wake[];
  readonly inbound: WorkerHandle;
  readonly outbound: WorkerHandle;
  readonly listener: (event: DataPathEvent) => void;
  readonly onExit: () => void;
  readonly guardCheck: NodeJS.Timeout;
}

/** A data path that is not started yet. One process has one at most on each device name. */
export function createUserspaceDataPath(options: UserspaceOptions): UserspaceDataPath {
  return new OwnDataPath(options);
}

class OwnDataPath implements UserspaceDataPath {
  readonly name = 'userspace';
  readonly listensOn: readonly number[];
  readonly #options: UserspaceOptions;
  readonly #host: HostOptions;
  #running: Running | undefined;
  #config: SystemConfig | undefined;
  /** Numbers the policies, so that what a worker says of older ones is known for it. */
  #generation = 0;
  #manual: readonly SaParameters[] = [];
  /** What blocks protected packets may be on the host. */
  #isOnHost = false;
  /** Something did before the start. */
  #wasBlocked = false;
  #hostTurn: Promise<void> = Promise.resolve();
  /** Totals of the workers that are gone, for who asks after the end. */
  #last: DataPathTotals = sumCounters([]);

  constructor(options: UserspaceOptions) {
    this.#options = options;
    const names = { ...namesDefault, ...options.names };
    this.#host = {
      names,
      stateDir: options.stateDir,
      forwards: options.forwards ?? false,
      guard: options.guard ?? 'nft',
      mtu: options.mtu ?? mtuDefault,
    };
    this.listensOn = [names.ikePorts.natTraversal];
  }

  async start(config: SystemConfig, listener: (event: DataPathEvent) => void): Promise<void> {
    if (this.#running) throw new Error('the data path is started already');
    const undo: (() => void | Promise<void>)[] = [];
    try {
      const native = await loadNative();
      const { names } = this.#host;
      const tun = openTun(native, names.tun, this.#options.offloads);
      undo.push(tun.close);
      const sockets = openSockets(native, names);
      undo.push(...sockets.map(({ close }) => close));
      const wakes = [wake(native), wake(native)];
      undo.push(...wakes.map(({ close }) => close));
      const about = { native, tun, sockets, listener };
      const inbound = await this.#startWorker('inbound', wakes[0]!, about);
      undo.push(() => inbound.stop());
      const outbound = await this.#startWorker('outbound', wakes[1]!, about);
      undo.push(() => outbound.stop());
      const onExit = () => {
        outbound.stopNow();
        inbound.stopNow();
      };
      process.on('exit', onExit);
      undo.push(() => void process.off('exit', onExit));
      const guardCheck = setInterval(
        () => void this.#checkGuard(),
        this.#options.guardCheckMillis ?? guardCheckDefault,
      );
      guardCheck.unref();
      undo.push(() => clearInterval(guardCheck));
      this.#running = { native, tun, sockets, wakes, inbound, outbound, listener, onExit, guardCheck };
      await this.#setPolicies(config);
      this.#wasBlocked = await this.#inTurn(() => this.#putOn(config));
    } catch (error) {
      this.#running = undefined;
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  #startWorker(
    direction: 'inbound' | 'outbound',
    signal: Wake,
    { native, tun, sockets, listener }: Pick<Running, 'native' | 'tun' | 'sockets' | 'listener'>,
  ): Promise<WorkerHandle> {
    const { names, forwards } = this.#host;
    const block = countersBlock();
    const setup: WorkerSetup = {
      direction,
      tun: { name: tun.name, descriptor: tun.descriptor, gathers: tun.offloads.tso },
      sockets: sockets.map(({ descriptor, family, purpose }) => ({ descriptor, family, purpose })),
      wake: signal.descriptor,
      mark: names.mark,
      ikePorts: names.ikePorts,
      forwards,
      icmpErrors: this.#options.icmpErrors,
      engine: this.#options.engine ?? 'fastest',
      counters: block,
      backlog: backlogBlock(),
      stop: stopBlock(),
    };
    return startWorker(native, this.#options.workerFile, setup, new Counters(block), {
      message: (message) => this.#hear(direction, message, listener),
      failed: (why) => this.#fail(why, listener),
    });
  }

  #hear(
    direction: 'inbound' | 'outbound',
    message: Exclude<FromWorker, { kind: 'ready' | 'answers' }>,
    listener: Running['listener'],
  ): void {
    switch (message.kind) {
      case 'sa':
        listener({ kind: 'sa-event', event: message.event });
        return;
      case 'drop':
        this.#options.audit?.({ direction, reason: message.reason, why: message.why, more: message.more });
        return;
      case 'acquire': {
        const acquire = this.#config && acquireOf(message.acquire, this.#config, this.#generation);
        if (acquire) listener({ kind: 'acquire', acquire });
        return;
      }
      case 'ike': {
        const { local, localPort, remote, remotePort, octets } = message.message;
        const ends = { local: { address: local, port: localPort }, remote: { address: remote, port: remotePort } };
        listener({ kind: 'ike', ...ends, octets });
        return;
      }
      case 'fault':
        if (message.isFatal) this.#fail(message.why, listener);
        else listener({ kind: 'fault', fatal: false, text: message.why });
        return;
    }
  }

  /** Nothing is carried from here on; guard and fallback routes stay, so that nothing goes in the clear either. */
  #fail(why: string, listener: Running['listener']): void {
    listener({ kind: 'fault', fatal: true, text: why });
    const running = this.#running;
    if (!running) return;
    for (const worker of [running.inbound, running.outbound]) void worker.stop();
  }

  /** Changes of the host go one after the other. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#hostTurn.then(change);
    this.#hostTurn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  #checkGuard(): Promise<void> {
    return this.#inTurn(async () => {
      const listener = this.#running?.listener;
      if (!listener || !this.#config) return;
      try {
        if (!(await renewGuard(this.#config, this.#host))) return;
        listener({
          kind: 'fault',
          fatal: false,
          text: 'somebody had removed the guard (nf_tables) or rules of it; it is back',
        });
      } catch (error) {
        listener({ kind: 'fault', fatal: false, text: `the guard is gone: ${(error as Error).message}` });
      }
    });
  }

  async reconfigure(config: SystemConfig): Promise<void> {
    this.#now();
    await this.#inTurn(async () => {
      // What is to be protected from now on must not slip by: the host first, then the workers.
      await this.#putOn(config);
      await this.#setPolicies(config);
    });
  }

  async #setPolicies(config: SystemConfig): Promise<void> {
    const { inbound, outbound, listener } = this.#now();
    this.#generation += 1;
    this.#config = config;
    const about = { kind: 'config', generation: this.#generation, config: workerConfig(config) } as const;
    await Promise.all([inbound.ask(about), outbound.ask(about)]);
    const { gone, come, kept, faults } = manualChanges(this.#manual, config);
    for (const { why } of faults) listener({ kind: 'fault', fatal: false, text: why });
    await Promise.all(gone.map((sa) => this.remove(idOf(sa))));
    await Promise.all(come.map((sa) => this.install(sa)));
    this.#manual = [...kept, ...come];
  }

  async install(parameters: SaParameters): Promise<void> {
    const { inbound, outbound } = this.#now();
    const sa = saMessage(parameters);
    // The way in knows outbound SAs too: where one could answer, clear text is no fallback.
    const workers = parameters.direction === 'outbound' ? [outbound, inbound] : [inbound];
    const answers = await Promise.all(workers.map((worker) => worker.ask({ kind: 'add', sa })));
    const refused = answers.find((answer) => answer.kind === 'fault');
    if (refused?.kind !== 'fault') return;
    const taken = workers.filter((_, index) => answers[index]!.kind !== 'fault');
    await Promise.all(taken.map((worker) => worker.ask({ kind: 'remove', id: idOf(parameters) })));
    throw new Error(refused.fault.why);
  }

  async remove(id: SaId): Promise<boolean> {
    const { inbound, outbound } = this.#now();
    const own = id.direction === 'outbound' ? outbound : inbound;
    const [answer] = await Promise.all([
      own.ask({ kind: 'remove', id }),
      ...(id.direction === 'outbound' ? [inbound.ask({ kind: 'remove', id })] : []),
    ]);
    return answer.kind === 'removed' && answer.wasThere;
  }

  async movePeer(move: PeerMove): Promise<void> {
    const { inbound, outbound } = this.#now();
    await Promise.all([outbound.ask({ kind: 'move', move }), inbound.ask({ kind: 'move', move })]);
  }

  negotiationFailed(acquire: Acquire, until: number): void {
    const { outbound } = this.#now();
    const message = this.#config && acquireMessage(acquire, this.#config, this.#generation);
    if (message) outbound.tell({ kind: 'failed', acquire: message, forMillis: until - Date.now() });
  }

  async usage(ids?: readonly SaId[]): Promise<readonly SaUsageReport[]> {
    const { inbound, outbound } = this.#now();
    const about = { kind: 'usage', ...(ids ? { ids } : {}) } as const;
    const answers = await Promise.all([outbound.ask(about), inbound.ask(about)]);
    return answers.flatMap((answer) => (answer.kind === 'usage' ? answer.reports : []));
  }

  async flows(max: number): Promise<readonly CachedFlow[]> {
    const { inbound, outbound } = this.#now();
    const about = { kind: 'flows', max } as const;
    const answers = await Promise.all([outbound.ask(about), inbound.ask(about)]);
    return answers.flatMap((answer) => (answer.kind === 'flows' ? answer.flows : []));
  }

  async counters(id: SaId): Promise<SaCounters | undefined> {
    const [report] = await this.usage([id]);
    if (!report) return undefined;
    const { packets, octets, sequence, replays, icvFailures, lastUsedAt } = report;
    return { packets, octets, sequence, replays, icvFailures, ...(lastUsedAt === undefined ? {} : { lastUsedAt }) };
  }

  totals(): DataPathTotals {
    const running = this.#running;
    return running ? sumCounters([running.inbound.counters, running.outbound.counters]) : this.#last;
  }

  sendIke(local: UdpEnd, remote: UdpEnd, octets: Uint8Array): boolean {
    if (!this.#running || !this.listensOn.includes(local.port)) return false;
    const ends = { local: local.address, localPort: local.port, remote: remote.address, remotePort: remote.port };
    this.#running.outbound.tell({ kind: 'send-ike', message: { ...ends, octets } });
    this.flush();
    return true;
  }

  flush(): void {
    // The way in first: what goes out may be answered at once.
    this.#running?.inbound.flush();
    this.#running?.outbound.flush();
  }

  prepareSocket(descriptor: number): void {
    markSocket(this.#now().native, descriptor, this.#host.names.mark);
  }

  async stop({ keepBlocked = false }: { readonly keepBlocked?: KeepBlocked } = {}): Promise<void> {
    const staysBlocked = keepBlocked === 'as-before' ? this.#wasBlocked : keepBlocked;
    const running = this.#running;
    if (!running) {
      // A start that failed, or an earlier stop, left protected packets blocked.
      if (this.#isOnHost && !staysBlocked) await this.#takeOff(false);
      return;
    }
    clearInterval(running.guardCheck);
    await Promise.all([running.outbound.stop(), running.inbound.stop()]);
    this.#last = this.totals();
    this.#running = undefined;
    this.#manual = [];
    process.off('exit', running.onExit);
    for (const { close } of [...running.sockets, running.tun, ...running.wakes]) close();
    await this.#takeOff(staysBlocked);
  }

  #putOn(config: SystemConfig): Promise<boolean> {
    this.#isOnHost = true;
    return putOnHost(config, this.#host);
  }

  #takeOff(keepBlocked: boolean): Promise<void> {
    return this.#inTurn(async () => {
      await takeOffHost(this.#host, keepBlocked);
      this.#isOnHost = keepBlocked;
    });
  }

  #now(): Running {
    if (this.#running) return this.#running;
    throw new Error('the data path is not started');
  }
}

/** The name of the SA that parameters describe. */
function idOf({ direction, protocol, spi, local, remote }: SaParameters): SaId {
  return { direction, protocol, spi, destination: direction === 'outbound' ? remote : local };
}
