/**
 * The live world of one engine: UDP sockets, the clock of the host and a data path. The engine is the one that the simulator
 * runs; here its outputs become datagrams, SAs of the data path and facts for whoever listens.
 */
import type { DataPath, DataPathEvent, KeepBlocked } from '../../backends/data-path.js';
import type { Credentials } from '../../engine/credentials.js';
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import { createEngine } from '../../engine/engine.js';
import type { EngineEvent, IkeSaDescription } from '../../engine/event.js';
import type { IkeVersionFactory } from '../../engine/ike-version.js';
import type { ChildRequest, Endpoint, EngineInput, IkeSaName } from '../../engine/input.js';
import type { SaId, SaParameters } from '../../engine/ipsec/sa.js';
import type { EngineOutput } from '../../engine/output.js';
import { frameNatTraversal, ikePort, keepalive, natTraversalPort } from '../../engine/wire/framing.js';
import { formatAddress } from '../../model/address.js';
import { systemView } from '../../model/peer/system-view.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import type { SystemConfig } from '../../model/system-config.js';
import { liveEnvironment } from './live-environment.js';
import { bindUdpSockets, type UdpOptions, type UdpSockets } from './udp-sockets.js';

/** What happens in a live system, in order. */
export type LiveFact =
  | { readonly kind: 'sent'; readonly output: Extract<EngineOutput, { kind: 'transmit' }> }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | { readonly kind: 'request'; readonly request: ChildRequest }
  | { readonly kind: 'request-failed'; readonly request: ChildRequest; readonly retryAt: number }
  | { readonly kind: 'installed'; readonly sa: SaParameters }
  | { readonly kind: 'removed'; readonly sa: SaId; readonly why: string }
  | { readonly kind: 'data-path'; readonly event: Exclude<DataPathEvent, { kind: 'ike' }> }
  /** Something outside failed: a socket, the data path. */
  | { readonly kind: 'trouble'; readonly text: string };

export interface LiveOptions {
  readonly config: SystemConfig;
  readonly profile: PeerProfile;
  readonly provider: CryptoProvider;
  readonly credentials: Credentials;
  readonly versions: readonly IkeVersionFactory[];
  readonly dataPath: DataPath;
  /** Does it start by itself what its configuration says, and keep that up as its profile has it? */
  readonly starts?: boolean;
  /** 500 and 4500 when absent. */
  readonly ports?: UdpOptions['ports'];
  /** When it cannot start: what is to be protected stays blocked, whether it was before or not. */
  readonly staysBlocked?: boolean;
  /** `from`: whose datagram led to it. What it throws is told as trouble, and keeps nothing of the protocol from being done. */
  listener(fact: LiveFact, at: Date, from?: Endpoint): void;
}

export interface LiveSystem {
  readonly config: SystemConfig;
  ikeSas(): readonly IkeSaDescription[];
  /** Hands an operator's command, or a wish for an SA, to the engine. */
  command(input: EngineInput): void;
  /** Ends once all that was handed in so far is carried out. */
  settled(): Promise<void>;
  /** Closes IKE SAs when `graceful`, then everything else. */
  stop(options?: { readonly graceful?: boolean; readonly keepBlocked?: KeepBlocked }): Promise<void>;
}

type Install = Extract<EngineOutput, { kind: 'install' }>;

/** setTimeout cannot wait longer. */
const timeoutMax = 2 ** 31 - 1;
/** Inputs that wait: a burst beyond it is dropped as a full socket would drop it. */
const queueMax = 100_000;
/** How long peers are given to take the deletes of a graceful stop. */
const farewellMillis = 500;

/** Binds sockets, starts the data path, and lets the engine run. Throws EnvironmentError where the host refuses. */
export async function startLiveSystem(options: LiveOptions): Promise<LiveSystem> {
  const { config, provider, dataPath, ports = { ike: ikePort, natTraversal: natTraversalPort } } = options;
  // Monotonic, so that a jump of the wall clock neither ends SAs nor keeps them alive.
  const { timeOrigin } = performance;
  const now = (): number => Math.round(timeOrigin + performance.now());
  const spis = new Set<number>();
  const environment = liveEnvironment(
    { view: systemView(config), profile: options.profile, provider, credentials: options.credentials },
    now,
    spis,
  );
  const engine = createEngine(environment, options.versions);
  const queue: EngineInput[] = [];
  let isPumping = false;
  /** What the data path has not confirmed yet. */
  const unconfirmed = new Set<Promise<void>>();
  /** What installs SAs that wait until their peer has them. */
  const settling = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  /** What it waits for. */
  let timerAt = 0;
  let isStopping = false;
  /** It says farewell: what a packet asks for now would leave its peer with SAs of somebody who is gone. */
  let isLeaving = false;
  let sockets: UdpSockets | undefined;

  /** Whose datagram is being worked on. */
  let sender: Endpoint | undefined;

  const tell = (fact: LiveFact): void => {
    try {
      options.listener(fact, new Date(), sender);
    } catch (error) {
      // What it is of trouble has no further to go.
      if (fact.kind !== 'trouble') trouble(`internal error on telling ${fact.kind}: ${messageOf(error)}`);
    }
  };
  /** IKE SAs whose peers are being told that they end. */
  const leaving = new Set<string>();
  const trouble = (text: string): void => tell({ kind: 'trouble', text });

  function hand(input: EngineInput): void {
    if (queue.length >= queueMax || (isLeaving && input.kind === 'request')) return;
    queue.push(input);
    if (!isPumping) pump();
  }

  function pump(): void {
    isPumping = true;
    try {
      for (let input = queue.shift(); input; input = queue.shift()) {
        sender = input.kind === 'datagram' ? input.remote : undefined;
        for (const output of decide(input)) {
          try {
            carryOut(output);
          } catch (error) {
            trouble(`internal error on ${output.kind}: ${messageOf(error)}`);
          }
        }
      }
    } finally {
      sender = undefined;
      isPumping = false;
      schedule();
    }
  }

  function decide(input: EngineInput): readonly EngineOutput[] {
    try {
      return engine.handle(input, now());
    } catch (error) {
      // A bug of ours must not end the peers that have nothing to do with it.
      trouble(`internal error on ${input.kind}: ${messageOf(error)}`);
      return [];
    }
  }

  function schedule(): void {
    const due = isStopping ? undefined : engine.nextTimeout();
    // A timer that goes off too soon sets the next one; most times that are asked for are later than the one before.
    if (due !== undefined && timer && timerAt <= due) return;
    clearTimeout(timer);
    timer = undefined;
    if (due === undefined) return;
    timerAt = due;
    timer = setTimeout(onTime, Math.min(timeoutMax, Math.max(0, due - now())));
    timer.unref();
  }

  function onTime(): void {
    timer = undefined;
    const due = isStopping ? undefined : engine.nextTimeout();
    if (due !== undefined && due <= now()) hand({ kind: 'timeout' });
    else schedule();
  }

  /** The data path has it from the call on; what it says afterwards is for whoever listens. */
  function confirm(asked: Promise<unknown>, done: () => void, what: string): void {
    const confirmed = asked.then(done, (error: unknown) => trouble(`${what}: ${messageOf(error)}`));
    unconfirmed.add(confirmed);
    void confirmed.finally(() => unconfirmed.delete(confirmed));
  }

  function install({ sa, template }: Install): void {
    confirm(dataPath.install(sa, template), () => tell({ kind: 'installed', sa }), 'an SA could not be installed');
  }

  /** Packets that have waited for it go out when the peer has it, too. */
  function installLater(output: Install, millis: number): void {
    const installNow = (): void => {
      clearTimeout(waiting);
      settling.delete(installNow);
      install(output);
    };
    const waiting = setTimeout(installNow, millis);
    settling.add(installNow);
  }

  /** What waits is installed now. */
  function settle(): void {
    for (const installNow of settling) installNow();
  }

  function carryOut(output: EngineOutput): void {
    switch (output.kind) {
      case 'transmit':
        tell({ kind: 'sent', output });
        send(output.local, output.remote, output.octets);
        return;
      case 'keepalive':
        // From the very port that the mapping is of, which may be the data path's.
        if (!dataPath.sendIke(output.local, output.remote, keepalive()))
          sockets?.send(output.local, output.remote, keepalive());
        return;
      case 'install':
        spis.add(output.sa.spi);
        if (output.settleMillis) installLater(output, output.settleMillis);
        else install(output);
        return;
      case 'remove':
        settle();
        spis.delete(output.sa.spi);
        confirm(
          dataPath.remove(output.sa),
          () => tell({ kind: 'removed', sa: output.sa, why: output.why }),
          'an SA could not be removed',
        );
        return;
      case 'move':
        settle();
        confirm(dataPath.movePeer(output.move), () => {}, 'SAs could not follow their peer');
        return;
      case 'request-failed': {
        const { request, retryAt } = output;
        tell({ kind: 'request-failed', request, retryAt });
        if (request.packet) {
          const acquire = { ...request, kind: 'acquire' as const, packet: request.packet };
          dataPath.negotiationFailed(acquire, Date.now() + (retryAt - now()));
        }
        return;
      }
      case 'event': {
        const { event } = output;
        tell({ kind: 'event', event });
        if (event.kind === 'ike-sa' && event.change === 'closed') leaving.delete(ikeSaKey(event.name));
        return;
      }
    }
  }

  function send(local: Endpoint, remote: Endpoint, octets: Uint8Array): void {
    if (dataPath.sendIke(local, remote, octets)) return;
    dataPath.flush?.();
    const framed = local.port === ports.natTraversal ? frameNatTraversal(octets) : octets;
    if (!sockets?.send(local, remote, framed)) {
      trouble(`no socket is open on ${formatAddress(local.address.family, local.address.value)} port ${local.port}`);
    }
  }

  function fromDataPath(event: DataPathEvent): void {
    switch (event.kind) {
      case 'ike':
        hand({ kind: 'datagram', local: event.local, remote: event.remote, octets: event.octets });
        return;
      case 'acquire': {
        tell({ kind: 'data-path', event });
        const { kind: _, ...request } = event.acquire;
        tell({ kind: 'request', request });
        hand({ kind: 'request', request });
        return;
      }
      case 'sa-event':
        tell({ kind: 'data-path', event });
        hand({ kind: 'sa-event', event: event.event });
        return;
      case 'fault':
        tell({ kind: 'data-path', event });
        return;
    }
  }

  await dataPath.start(config, fromDataPath);
  try {
    const { natTraversal, ...rest } = ports;
    const isTaken = natTraversal !== undefined && dataPath.listensOn.includes(natTraversal);
    sockets = await bindUdpSockets({
      addresses: config.addresses,
      ports: isTaken || natTraversal === undefined ? rest : ports,
      listener: {
        message: (local, remote, octets) => hand({ kind: 'datagram', local, remote, octets }),
        trouble: (local, why) => trouble(`port ${local.port}: ${why}`),
      },
      prepare: (descriptor, port, family) => dataPath.prepareSocket?.(descriptor, port, family),
    });
  } catch (error) {
    await dataPath.stop({ keepBlocked: options.staysBlocked || 'as-before' });
    throw error;
  }
  if (options.starts) hand({ kind: 'start' });
  else schedule();
  try {
    for (const acquire of dataPath.waiting?.() ?? []) fromDataPath({ kind: 'acquire', acquire });
  } catch (error) {
    trouble(`what packets wait for cannot be seen: ${messageOf(error)}`);
  }

  return {
    config,
    ikeSas: () => engine.ikeSas(),
    command: hand,
    async settled() {
      settle();
      while (unconfirmed.size > 0) await Promise.all(unconfirmed);
    },
    async stop({ graceful = false, keepBlocked = false } = {}) {
      if (graceful && !isStopping) {
        isLeaving = true;
        for (const { name } of engine.ikeSas()) leaving.add(ikeSaKey(name));
        for (const { name } of engine.ikeSas()) hand({ kind: 'delete-ike', ikeSa: name });
        // Closed is what its peer has answered for, or in IKEv1, which knows no answer, what has been told.
        const until = now() + farewellMillis;
        while (leaving.size > 0 && now() < until) await new Promise((done) => setTimeout(done, 20));
      }
      isStopping = true;
      clearTimeout(timer);
      settle();
      while (unconfirmed.size > 0) await Promise.all(unconfirmed);
      await sockets?.close();
      await dataPath.stop({ keepBlocked });
    },
  };
}

function ikeSaKey({ version, serial }: IkeSaName): string {
  return `${version} ${serial}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
