/**
 * The IKE daemon: a live system with its control socket, until it is told to stop. One for each run folder; what it negotiates
 * goes to the data path that was chosen.
 */
import type { DataPath } from '../../backends/data-path.js';
import { createNoDataPath } from '../../backends/none/none.js';
import type { Numbers } from '../../backends/xfrm/compile.js';
import { createXfrmDataPath } from '../../backends/xfrm/data-path.js';
import { loadNodeProvider } from '../../engine/crypto/node/load.js';
import type { Endpoint } from '../../engine/input.js';
import { icmpErrorPolicy } from '../../engine/ipsec/icmp-errors.js';
import type { SaId } from '../../engine/ipsec/sa.js';
import { ikeVersions } from '../../engine/versions.js';
import { systemView } from '../../model/peer/system-view.js';
import type { SystemConfig } from '../../model/system-config.js';
import { EnvironmentError, UsageError } from '../../model/tool-error.js';
import { loadLiveCredentials } from '../credentials/live-credentials.js';
import { type UserspaceDataPath, userspaceDataPath } from '../data-path/userspace.js';
import { hostFacts } from '../host-facts.js';
import { openSession } from '../host-session.js';
import type { LoadOptions } from '../repository/load-repository.js';
import { stateDirectory } from '../state/directory.js';
import { cacheMax, cacheReport } from './cache-report.js';
import type { ControlMethod, ControlParams } from './control-protocol.js';
import { type ControlServer, startControlServer } from './control-server.js';
import { daemonProfile, loadDaemonSystem } from './daemon-system.js';
import { createEventLog } from './event-log.js';
import type { FactLine, LogLevel } from './fact-line.js';
import { openKeyLog } from './key-log.js';
import { type LiveFact, type LiveSystem, startLiveSystem } from './live-system.js';
import { createMetrics } from './metrics.js';
import { type MetricsPlace, type MetricsServer, startMetricsServer } from './metrics-server.js';
import { withPatience } from './patience.js';
import { takePidFile } from './pid-file.js';
import type { RuntimePlaces } from './places.js';
import { createRecovery, type Interruption } from './recovery.js';
import { type ReportKind, type RuntimeReport, runtimeReport } from './report-document.js';
import { childDocument, ikeDocument, type SaListDocument } from './sa-document.js';
import { createSaRegistry } from './sa-registry.js';
import { requestFor } from './start-request.js';

export const dataPathNames = ['xfrm', 'userspace', 'none'] as const;
export type DataPathName = (typeof dataPathNames)[number];

export interface DaemonOptions extends LoadOptions {
  readonly host?: string;
  readonly places: RuntimePlaces;
  readonly dataPath: DataPathName;
  /** Folder with certificates, keys and revocation lists. */
  readonly credentialFolder?: string;
  readonly peerProfile?: string;
  /** How long a peer may leave a request unanswered; by the profile when absent. */
  readonly peerTimeoutMillis?: number;
  /** Where `ipsec apply` keeps what it did, for the kernel's data path. */
  readonly stateDir?: string;
  readonly ports?: { readonly ike: number; readonly natTraversal?: number };
  readonly level?: LogLevel;
  /** Where metrics are served, if anywhere. */
  readonly metrics?: MetricsPlace;
  /** Where keys are written for Wireshark, if anywhere. */
  readonly keysFolder?: string;
  /** Of the program, for the metrics. */
  readonly version?: string;
  /** However it ends, protected traffic stays blocked, where the data path would let it go in the clear otherwise. */
  readonly keepBlocked?: boolean;
  /** A descriptor on which the control socket listens already. */
  readonly controlSocket?: number;
  /** Every line, as it happens; the daemon itself writes nowhere. */
  onLine(line: FactLine, at: Date): void;
  /** It is about to stop, whoever asked for it. */
  onStopping?(): void;
}

export interface Daemon {
  readonly system: string;
  readonly addresses: SystemConfig['addresses'];
  /** Ends when the daemon has stopped, by its control socket or by `stop`. */
  readonly stopped: Promise<void>;
  stop(options?: { readonly keepBlocked?: boolean }): Promise<void>;
}

export interface RuntimeStatus {
  readonly system: string;
  readonly pid: number;
  readonly since: string;
  readonly dataPath: DataPath['name'];
  readonly level: LogLevel;
  readonly ikeSas: number;
  readonly childSas: number;
  readonly files: readonly string[];
  /** The data path has failed and is started again; absent when it carries packets. */
  readonly interruption?: Interruption;
  /** What was said about credentials when it started. */
  readonly faults: readonly string[];
}

/** Starts the daemon in this process. Throws UsageError and EnvironmentError as the commands show them. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const release = takePidFile(options.places.pidFile);
  try {
    return await started(options, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function started(options: DaemonOptions, release: () => void): Promise<Daemon> {
  const provider = await loadNodeProvider();
  const registry = createSaRegistry();
  const metrics = createMetrics();
  const log = createEventLog(options.level ?? 'info', options.onLine);
  const { say } = log;
  const keyLog =
    options.keysFolder === undefined
      ? undefined
      : openKeyLog(options.keysFolder, (text) => say({ level: 'error', kind: 'keys', text }));
  const since = new Date();
  const recovery = createRecovery({
    restart: () => inTurn(restart),
    failed: (why, wait) =>
      say({
        level: 'error',
        kind: 'data-path',
        text: `the data path cannot be started (${why}): what is to be protected stays blocked; next try in ${wait / 1000} s`,
      }),
    recovered: () => say({ level: 'warning', kind: 'data-path', text: 'the data path was started again, without SAs' }),
  });
  /** Starts and stops of the live system go one after the other. */
  let turn: Promise<unknown> = Promise.resolve();
  let { config, files } = await loadDaemonSystem(options);
  const dataPath = await createDataPath(options, config);
  let { credentials, faults } = loadLiveCredentials(config, provider, options.credentialFolder);
  const ifDown = options.keepBlocked ? 'blocked' : 'unblocked';
  let live = await start(ifDown);
  let server: ControlServer | undefined;
  let metricsServer: MetricsServer | undefined;
  let ended: () => void = () => {};
  const stopped = new Promise<void>((done) => {
    ended = done;
  });
  let stopping: Promise<void> | undefined;
  try {
    server = await startControlServer(options.places.socket, { call, follow: log.follow }, options.controlSocket);
    if (options.metrics) metricsServer = await startMetricsServer(options.metrics, metricsText);
  } catch (error) {
    await server?.close();
    await live.stop({ keepBlocked: options.keepBlocked || 'as-before' });
    throw error;
  }
  for (const fault of faults) say({ level: 'warning', kind: 'credentials', text: fault });
  return { system: config.name, addresses: config.addresses, stopped, stop };

  /** `ifNot`: how protected traffic is to be left when it cannot start. */
  function start(ifNot: 'blocked' | 'unblocked'): Promise<LiveSystem> {
    const profile = daemonProfile(config, options.peerProfile);
    return startLiveSystem({
      config,
      profile: options.peerTimeoutMillis === undefined ? profile : withPatience(profile, options.peerTimeoutMillis),
      provider,
      credentials,
      versions: ikeVersions,
      dataPath,
      starts: true,
      staysBlocked: ifNot === 'blocked',
      ...(options.ports ? { ports: options.ports } : {}),
      listener,
    });
  }

  function listener(fact: LiveFact, at: Date, from?: Endpoint): void {
    registry.note(fact, at);
    metrics.note(fact);
    keyLog?.note(fact);
    log.note(fact, at, from);
    if (fact.kind === 'data-path' && fact.event.kind === 'fault' && fact.event.fatal) recovery.begin(fact.event.text);
  }

  function stop(how: { readonly keepBlocked?: boolean } = {}): Promise<void> {
    stopping ??= (async () => {
      options.onStopping?.();
      log.close();
      await metricsServer?.close();
      await recovery.stop();
      await live.stop({ graceful: true, keepBlocked: options.keepBlocked ?? false, ...how });
      await server?.close();
      release();
      ended();
    })();
    return stopping;
  }

  async function call(method: Exclude<ControlMethod, 'follow'>, params: unknown): Promise<unknown> {
    switch (method) {
      case 'status':
        return status();
      case 'stop':
        // The answer goes out before the socket closes.
        setTimeout(() => void stop(params as ControlParams<'stop'>), 10);
        return {};
      case 'reload':
        return inTurn(reload);
      case 'initiate': {
        if (recovery.interruption)
          throw new EnvironmentError(`the data path has failed: ${recovery.interruption.why}`, {
            code: 'INTERRUPTED',
            hints: ['It is started again; ipsec runtime status shows how that goes.'],
          });
        const request = requestFor(config, params as ControlParams<'initiate'>);
        registry.note({ kind: 'request', request }, new Date());
        live.command({ kind: 'request', request });
        return { record: request.template.source.record };
      }
      case 'report':
        return report((params as ControlParams<'report'>).kinds);
      case 'sa.list':
        return await saList();
      case 'sa.rekey':
      case 'sa.delete':
        return saCommand(method, (params as ControlParams<'sa.rekey'>).sa);
      case 'sa.flush': {
        const closing = registry.ikeSas.length;
        // In IKEv1 SA pairs outlive the ISAKMP SA that made them; in IKEv2 they end with theirs (RFC 7296 §1.4.1).
        for (const { sa } of registry.childSas) {
          if (sa.name.ikeSa.version === 1) live.command({ kind: 'delete-child', sa: sa.inbound });
        }
        for (const { sa } of registry.ikeSas) live.command({ kind: 'delete-ike', ikeSa: sa.name });
        return { closing };
      }
      case 'log.level':
        log.level = (params as ControlParams<'log.level'>).level ?? log.level;
        return { level: log.level };
    }
  }

  function status(): RuntimeStatus {
    return {
      system: config.name,
      pid: process.pid,
      since: since.toISOString(),
      dataPath: dataPath.name,
      level: log.level,
      ...(recovery.interruption ? { interruption: recovery.interruption } : {}),
      ikeSas: registry.ikeSas.length,
      childSas: registry.childSas.length,
      files,
      faults,
    };
  }

  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = turn.then(change);
    turn = done.catch(() => {});
    return done;
  }

  async function restart(): Promise<void> {
    await live.stop({ graceful: true, keepBlocked: true });
    registry.clear();
    live = await start('blocked');
  }

  /** The new configuration is read and checked before anything of the old one goes. */
  async function reload(): Promise<object> {
    const next = await loadDaemonSystem(options);
    const nextCredentials = loadLiveCredentials(next.config, provider, options.credentialFolder);
    await live.stop({ graceful: true, keepBlocked: true });
    registry.clear();
    const before = { config, files, credentials, faults };
    ({ config, files } = next);
    ({ credentials, faults } = nextCredentials);
    try {
      live = await start('blocked');
      recovery.end();
    } catch (error) {
      // What the host does not take, a policy that is not applied yet for one, must not leave it without a daemon.
      ({ config, files, credentials, faults } = before);
      try {
        live = await start('blocked');
        recovery.end();
      } catch (again) {
        recovery.begin(again instanceof Error ? again.message : String(again));
      }
      throw error;
    }
    return { system: config.name, faults };
  }

  async function saList(): Promise<SaListDocument> {
    // One question for all of them where the data path takes it.
    const usage = await dataPath.usage?.().catch(() => []);
    const known = new Map(usage?.map((report) => [saKey(report.id), report]));
    const counters = (id: SaId) => (usage ? known.get(saKey(id)) : dataPath.counters(id));
    const childSas = await Promise.all(
      registry.childSas.map(async (row) => {
        const [inbound, outbound] = await Promise.all([counters(row.sa.inbound), counters(row.sa.outbound)]);
        return childDocument(row, inbound, outbound);
      }),
    );
    return { ikeSas: registry.ikeSas.map(ikeDocument), childSas };
  }

  async function metricsText(): Promise<string> {
    const totals = dataPath.totals?.();
    return metrics.text({
      sas: await saList(),
      ...(totals ? { totals } : {}),
      startedAt: since,
      dataPath: dataPath.name,
      isDataPathUp: recovery.interruption === undefined,
      version: options.version ?? '',
    });
  }

  async function report(kinds: readonly ReportKind[]): Promise<RuntimeReport> {
    const sas = await saList();
    const flows = kinds.includes('cache') || kinds.includes('host') ? await dataPath.flows?.(cacheMax) : undefined;
    const totals = dataPath.totals?.();
    return runtimeReport(
      config,
      {
        sas,
        cache: flows
          ? cacheReport(config, flows, sas.childSas)
          : { entries: [], note: `the data path ${dataPath.name} keeps no cache that can be asked` },
        pending: registry.pending,
        audit: log.audit(),
        ...(totals ? { waitingPackets: totals.waiting } : {}),
      },
      kinds,
    );
  }

  function saCommand(method: 'sa.rekey' | 'sa.delete', id: string): object {
    const ike = registry.ikeSa(id);
    const child = registry.childSa(id);
    if (ike) live.command({ kind: method === 'sa.rekey' ? 'rekey-ike' : 'delete-ike', ikeSa: ike.sa.name });
    else if (child)
      live.command({ kind: method === 'sa.rekey' ? 'rekey-child' : 'delete-child', sa: child.sa.inbound });
    else throw new UsageError(`there is no SA ${id}`, { code: 'NO_SUCH_SA', hints: ['ipsec sa list shows them.'] });
    return { sa: id };
  }
}

/** What only our own data path can tell. */
type AskableDataPath = DataPath & Partial<Pick<UserspaceDataPath, 'flows' | 'totals' | 'usage'>>;

function saKey({ direction, protocol, spi, destination }: SaId): string {
  return `${direction} ${protocol} ${spi} ${destination.family} ${destination.value}`;
}

async function createDataPath(options: DaemonOptions, config: SystemConfig): Promise<AskableDataPath> {
  const { dataPath, stateDir, peerProfile: named } = options;
  switch (dataPath) {
    case 'none':
      return createNoDataPath();
    case 'userspace':
      return userspaceDataPath({
        stateDir: stateDirectory(stateDir),
        forwards: systemView(config).forward.protects,
        // What a product lets out in the clear, only who asks for that product gets.
        ...(named === undefined ? {} : { icmpErrors: icmpErrorPolicy(daemonProfile(config, named)) }),
      });
    case 'xfrm':
      return createXfrmDataPath({ numbers: () => appliedNumbers(stateDir), hostFacts });
  }
}

/** What was applied says which numbers the kernel's policies have. */
async function appliedNumbers(stateDir: string | undefined): Promise<Numbers> {
  const session = await openSession(stateDir === undefined ? {} : { stateDir });
  const { numbers } = session.registry;
  session.close();
  return numbers;
}
