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
import { findPeerProfile, peerProfile } from '../../model/peer-profile/catalogue.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import { isError } from '../../model/problem.js';
import type { SystemConfig } from '../../model/system-config.js';
import { UsageError } from '../../model/tool-error.js';
import { loadLiveCredentials } from '../credentials/live-credentials.js';
import { type UserspaceDataPath, userspaceDataPath } from '../data-path/userspace.js';
import { hostFacts } from '../host-facts.js';
import { openSession } from '../host-session.js';
import { chooseSystem } from '../query.js';
import { type LoadOptions, loadRepository } from '../repository/load-repository.js';
import { stateDirectory } from '../state/directory.js';
import { cacheMax, cacheReport } from './cache-report.js';
import type { ControlMethod, ControlParams } from './control-protocol.js';
import { type ControlServer, startControlServer } from './control-server.js';
import { type FactLine, factLine, floodSubject, heldBackLine, isAudited, type LogLevel } from './fact-line.js';
import { openKeyLog } from './key-log.js';
import { LineLimiter } from './line-limiter.js';
import { type LiveFact, type LiveSystem, startLiveSystem } from './live-system.js';
import { createMetrics } from './metrics.js';
import { type MetricsPlace, type MetricsServer, startMetricsServer } from './metrics-server.js';
import { withPatience } from './patience.js';
import { takePidFile } from './pid-file.js';
import type { RuntimePlaces } from './places.js';
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
  /** What was said about credentials when it started. */
  readonly faults: readonly string[];
}

/** How long lines of a flood are counted before it is told how many they were. */
const heldBackMillis = 10_000;
/** Events of the past that a new follower may ask for. */
const backlogMax = 2_000;

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
  const limiter = new LineLimiter();
  let heldBackTimer: NodeJS.Timeout | undefined;
  const keyLog =
    options.keysFolder === undefined
      ? undefined
      : openKeyLog(options.keysFolder, (text) => say({ level: 'error', kind: 'keys', text }, new Date()));
  const backlog: { readonly at: string; readonly line: FactLine }[] = [];
  const followers = new Set<(event: unknown) => void>();
  const since = new Date();
  let level = options.level ?? 'info';
  let { config, files } = await loadConfig(options);
  const dataPath = await createDataPath(options, config);
  let { credentials, faults } = loadLiveCredentials(config, provider, options.credentialFolder);
  let live = await start();
  let server: ControlServer | undefined;
  let metricsServer: MetricsServer | undefined;
  let ended: () => void = () => {};
  const stopped = new Promise<void>((done) => {
    ended = done;
  });
  let stopping: Promise<void> | undefined;
  try {
    server = await startControlServer(options.places.socket, { call, follow }, options.controlSocket);
    if (options.metrics) metricsServer = await startMetricsServer(options.metrics, metricsText);
  } catch (error) {
    await server?.close();
    await live.stop();
    throw error;
  }
  for (const fault of faults) say({ level: 'warning', kind: 'credentials', text: fault }, new Date());
  return { system: config.name, addresses: config.addresses, stopped, stop };

  function start(): Promise<LiveSystem> {
    return startLiveSystem({
      config,
      profile:
        options.peerTimeoutMillis === undefined
          ? profileOf(config, options.peerProfile)
          : withPatience(profileOf(config, options.peerProfile), options.peerTimeoutMillis),
      provider,
      credentials,
      versions: ikeVersions,
      dataPath,
      starts: true,
      ...(options.ports ? { ports: options.ports } : {}),
      listener,
    });
  }

  function listener(fact: LiveFact, at: Date, from?: Endpoint): void {
    registry.note(fact, at);
    metrics.note(fact);
    keyLog?.note(fact);
    const line = factLine(fact, level, from);
    if (!line) return;
    const subject = floodSubject(fact, line, from);
    if (subject === undefined || limiter.admits(line.kind, subject, performance.now())) say(line, at);
    else heldBackTimer ??= setTimeout(tellHeldBack, heldBackMillis).unref();
  }

  function tellHeldBack(): void {
    heldBackTimer = undefined;
    const held = limiter.takeHeldBack();
    if (held) say(heldBackLine(held), new Date());
  }

  function say(line: FactLine, at: Date): void {
    const event = { at: at.toISOString(), line };
    backlog.push(event);
    if (backlog.length > backlogMax) backlog.shift();
    for (const send of followers) send({ at: event.at, ...line });
    options.onLine(line, at);
  }

  function follow(wanted: number, send: (event: unknown) => void): () => void {
    for (const { at, line } of wanted > 0 ? backlog.slice(-wanted) : []) send({ at, ...line });
    followers.add(send);
    return () => followers.delete(send);
  }

  function stop(how: { readonly keepBlocked?: boolean } = {}): Promise<void> {
    stopping ??= (async () => {
      options.onStopping?.();
      clearTimeout(heldBackTimer);
      tellHeldBack();
      await metricsServer?.close();
      await live.stop({ graceful: true, ...how });
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
        return reload();
      case 'initiate': {
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
        level = (params as ControlParams<'log.level'>).level ?? level;
        return { level };
    }
  }

  function status(): RuntimeStatus {
    return {
      system: config.name,
      pid: process.pid,
      since: since.toISOString(),
      dataPath: dataPath.name,
      level,
      ikeSas: registry.ikeSas.length,
      childSas: registry.childSas.length,
      files,
      faults,
    };
  }

  /** The new configuration is read and checked before anything of the old one goes. */
  async function reload(): Promise<object> {
    const next = await loadConfig(options);
    const nextCredentials = loadLiveCredentials(next.config, provider, options.credentialFolder);
    await live.stop({ graceful: true, keepBlocked: true });
    registry.clear();
    const before = { config, files, credentials, faults };
    ({ config, files } = next);
    ({ credentials, faults } = nextCredentials);
    try {
      live = await start();
    } catch (error) {
      // What the host does not take, a policy that is not applied yet for one, must not leave it without a daemon.
      ({ config, files, credentials, faults } = before);
      live = await start();
      throw error;
    }
    return { system: config.name, faults };
  }

  async function saList(): Promise<SaListDocument> {
    // One question for all of them where the data path takes it.
    const usage = await dataPath.usage?.();
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
        audit: backlog.filter(({ line }) => isAudited(line)).map(({ at, line }) => ({ at, ...line })),
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

async function loadConfig(
  options: DaemonOptions,
): Promise<{ readonly config: SystemConfig; readonly files: readonly string[] }> {
  const repository = await loadRepository(options);
  const system = chooseSystem(repository, options.host);
  const errors = system.problems.filter(isError);
  const [first] = errors;
  if (first) {
    throw new UsageError(`the records of ${system.name} have ${errors.length} errors: ${first.message}`, {
      code: 'RECORDS_FAULTY',
      hints: ['ipsec policy lint shows them all with their places.'],
    });
  }
  if (system.config.addresses.length === 0) {
    throw new UsageError(`no address of ${system.name} is known`, {
      code: 'CONFIG',
      hints: ['Name its addresses in inventory.yaml, or give a policy with a source address.'],
    });
  }
  return { config: system.config, files: [...repository.files.values()] };
}

/** A live system behaves as itself; an imitation must be asked for. */
function profileOf(config: SystemConfig, named: string | undefined): PeerProfile {
  if (named === undefined) return peerProfile(config.peerProfile?.value ?? 'ours');
  const found = findPeerProfile(named);
  if ('profile' in found) return found.profile;
  throw new UsageError(`there is no peer profile '${named}'`, {
    code: 'UNKNOWN_NAME',
    hints: found.guess ? [`Did you mean ${found.guess}?`] : [],
  });
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
        ...(named === undefined ? {} : { icmpErrors: icmpErrorPolicy(profileOf(config, named)) }),
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
