/**
 * One negotiation with a peer that is really there: the engine that the simulator runs, on UDP sockets and the clock of the host.
 * SAs go nowhere; what happens becomes an account as the simulator's, so that everything that explains one explains the other.
 */
import type { Credentials } from '../../../engine/credentials.js';
import type { CryptoProvider } from '../../../engine/crypto/provider.js';
import { createEngine } from '../../../engine/engine.js';
import type { EngineEvent } from '../../../engine/event.js';
import type { Failure } from '../../../engine/failure.js';
import type { IkeVersionFactory } from '../../../engine/ike-version.js';
import type { ChildRequest, Endpoint, EngineInput } from '../../../engine/input.js';
import type { SaId } from '../../../engine/ipsec/sa.js';
import type { EngineOutput } from '../../../engine/output.js';
import { createTrace, type Trace, type TraceFact } from '../../../engine/sim/trace.js';
import { udpPacket } from '../../../engine/sim/udp.js';
import { frameNatTraversal, natTraversalPort } from '../../../engine/wire/framing.js';
import type { Origin } from '../../../model/origin.js';
import { systemView } from '../../../model/peer/system-view.js';
import type { PeerProfile } from '../../../model/peer-profile/peer-profile.js';
import type { SystemConfig } from '../../../model/system-config.js';
import { liveEnvironment } from '../../runtime/live-environment.js';
import { openPeerSocket, type PeerSocket } from './peer-socket.js';

export interface TryOptions {
  readonly config: SystemConfig;
  readonly profile: PeerProfile;
  readonly provider: CryptoProvider;
  readonly credentials: Credentials;
  readonly versions: readonly IkeVersionFactory[];
  readonly request: ChildRequest;
  /** The peer as it is called in the account, and the port that its IKE is on. */
  readonly peer: { readonly name: string; readonly port: number };
  /** Milliseconds without any answer after which the peer counts as silent. */
  readonly patienceMillis: number;
  /** Are the SAs replaced once, as they would be in time? */
  readonly rekey: boolean;
  /** Do the SAs stay at the peer? For load, never for a dry run. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
}

export interface TriedNegotiation {
  readonly trace: Trace;
  readonly outcome: TryOutcome;
  /** Milliseconds after the beginning when the SAs had come about, or had not; and when all was over. */
  readonly settledAt: number;
  readonly end: number;
  /** The UDP port that the peer saw, where it is not 500. */
  readonly ownPort?: number;
}

export type TryOutcome =
  | { readonly kind: 'agreed'; readonly rekeyed: 'yes' | 'not tried' }
  /** SAs came about, and could not be replaced. */
  | { readonly kind: 'until-rekey'; readonly failure: Failure; readonly at: number }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly at: number }
  | { readonly kind: 'interrupted' };

/** How long the peer is given to answer the delete. */
const farewellMillis = 2_000;
/** Inputs and outputs of one try: an endless one is a bug of ours, or a peer's trick. */
const outputsMax = 10_000;

/** Negotiates, and deletes what came about. Throws EnvironmentError where the host cannot send. */
export async function tryPeer(options: TryOptions): Promise<TriedNegotiation> {
  const { config, provider, request, peer } = options;
  const { local, remote } = request.ends;
  const trace = createTrace();
  const origin = performance.now();
  const now = (): number => Math.round(performance.now() - origin);
  let unreachable: string | undefined;
  let wake: () => void = () => {};
  const inputs: EngineInput[] = [];
  const hand = (input: EngineInput): void => {
    inputs.push(input);
    wake();
  };
  const openSocket = (framing: 'IKE' | 'NAT traversal', port: number, ownPort?: number): Promise<PeerSocket> =>
    openPeerSocket({
      local,
      remote: { address: remote, port },
      framing,
      message: (octets) =>
        hand({
          kind: 'datagram',
          local: { address: local, port: ownPort ?? ike.port },
          remote: { address: remote, port },
          octets,
        }),
      unreachable(why) {
        unreachable = why;
        wake();
      },
    });
  const ike = await openSocket('IKE', peer.port);
  let natTraversal: PeerSocket;
  try {
    natTraversal = await openSocket('NAT traversal', natTraversalPort, natTraversalPort);
  } catch (error) {
    await ike.close();
    throw error;
  }
  const environment = liveEnvironment(
    {
      view: systemView(withPorts(config, ike.port, peer.port)),
      profile: options.profile,
      provider,
      credentials: options.credentials,
    },
    now,
  );
  const engine = createEngine(environment, options.versions);
  const abort = (): void => wake();
  options.signal?.addEventListener('abort', abort);
  let packets = 0;
  let outputs = 0;
  let heard = 0;
  const failures: { readonly failure: Failure; readonly at: number }[] = [];
  /** IKE SAs that the peer has too, by their serial numbers. */
  const open = new Set<number>();
  let child: SaId | undefined;
  let replaced: 'child-sa' | 'ike-sa' | undefined;

  const record = (fact: TraceFact, host = config.name): void => trace.add({ at: now(), host, ...fact });

  function carryOut(output: EngineOutput): void {
    outputs += 1;
    if (outputs > outputsMax) throw new Error(`more than ${outputsMax} outputs of one negotiation`);
    switch (output.kind) {
      case 'transmit': {
        const isFloated = output.local.port === natTraversalPort;
        const framed = isFloated ? frameNatTraversal(output.octets) : output.octets;
        const { content } = output;
        recordPacket(config.name, output.local, output.remote, framed, content);
        (isFloated ? natTraversal : ike).send(framed);
        return;
      }
      case 'install':
        record({ kind: 'install', child: output.child, sa: output.sa });
        return;
      case 'remove':
        record({ kind: 'remove', sa: output.sa, why: output.why });
        return;
      case 'request-failed':
        record({ kind: 'request-failed', request: output.request, retryAt: output.retryAt });
        return;
      case 'event':
        record({ kind: 'event', event: output.event });
        note(output.event);
        return;
      case 'keepalive':
        return;
    }
  }

  function recordPacket(
    host: string,
    from: Endpoint,
    to: Endpoint,
    framed: Uint8Array,
    content: Extract<EngineOutput, { kind: 'transmit' }>['content'],
  ): void {
    const octets = udpPacket(from, to, framed, 0);
    packets += 1;
    if (octets)
      record({ kind: 'sent', packet: packets, octets, ike: { local: from, remote: to, content }, through: [] }, host);
  }

  function note(event: EngineEvent): void {
    switch (event.kind) {
      case 'received': {
        heard = now();
        const { local: own, remote: theirs, octets, content } = event;
        const framed = own.port === natTraversalPort ? frameNatTraversal(octets) : octets;
        recordPacket(peer.name, theirs, own, framed, content);
        return;
      }
      case 'failed':
        failures.push({ failure: event.failure, at: now() });
        return;
      case 'child-sa':
        if (event.change === 'established') child ??= event.sa.inbound;
        else if (event.change === 'rekeyed') replaced = 'child-sa';
        return;
      case 'ike-sa':
        if (event.change === 'rekeyed') replaced = 'ike-sa';
        if (event.change === 'closed') open.delete(event.name.serial);
        else open.add(event.sa.name.serial);
        return;
      default:
        return;
    }
  }

  function turn(): void {
    for (let input = inputs.shift(); input; input = inputs.shift())
      for (const output of engine.handle(input, now())) carryOut(output);
  }

  /** Lets the engine run until something holds, or nothing was heard for so long. False: it does not hold. */
  async function until(holds: () => boolean, patienceMillis: number): Promise<boolean> {
    const begun = now();
    for (;;) {
      turn();
      if (holds()) return true;
      const silentAt = Math.max(heard, begun) + patienceMillis;
      if (options.signal?.aborted || now() >= silentAt) return false;
      const due = Math.min(silentAt, engine.nextTimeout() ?? silentAt);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.max(0, due - now()));
        wake = () => {
          clearTimeout(timer);
          done();
        };
        if (inputs.length > 0 || options.signal?.aborted) wake();
      });
      const timeout = engine.nextTimeout();
      if (timeout !== undefined && timeout <= now()) inputs.push({ kind: 'timeout' });
    }
  }

  /** What keeps the SAs from coming about; where nobody says anything, that. */
  function failureNow(attempt: Failure['attempt']): { readonly failure: Failure; readonly at: number } {
    const silence = unreachable ?? `nothing came back in ${Math.round(options.patienceMillis / 1000)} seconds`;
    const { template } = request;
    return (
      failures[0] ?? {
        at: now(),
        failure: {
          code: 'timeout',
          attempt,
          foundBy: 'nobody',
          role: 'initiator',
          text: heard > 0 ? `the peer answers no longer: ${silence}` : `the peer does not answer: ${silence}`,
          records: [template.source],
        },
      }
    );
  }

  async function replace(what: 'child-sa' | 'ike-sa', input: EngineInput): Promise<TryOutcome | undefined> {
    const before = failures.length;
    replaced = undefined;
    inputs.push(input);
    const isDone = await until(() => replaced === what || failures.length > before, options.patienceMillis);
    if (options.signal?.aborted) return { kind: 'interrupted' };
    const failed = failures[before];
    if (failed) return { kind: 'until-rekey', ...failed };
    return isDone
      ? undefined
      : {
          kind: 'until-rekey',
          ...failureNow(what === 'child-sa' ? 'rekeying of the Child SA' : 'rekeying of the IKE SA'),
        };
  }

  async function negotiateAll(): Promise<TryOutcome> {
    record({ kind: 'request', request });
    inputs.push({ kind: 'request', request });
    const isReachable = (): boolean => heard > 0 || unreachable === undefined;
    await until(() => child !== undefined || failures.length > 0 || !isReachable(), options.patienceMillis);
    settledAt = now();
    if (options.signal?.aborted) return { kind: 'interrupted' };
    if (!child) {
      const failed = failureNow('IKE SA');
      // What nobody said is no event of the engine, but belongs to the account.
      if (failures.length === 0) record({ kind: 'event', event: { kind: 'failed', failure: failed.failure } });
      return { kind: 'failed', ...failed };
    }
    if (!options.rekey) return { kind: 'agreed', rekeyed: 'not tried' };
    const [ikeSa] = engine.ikeSas();
    const refused =
      (await replace('child-sa', { kind: 'rekey-child', sa: child })) ??
      // In IKEv1 a new ISAKMP SA is the same exchange once more.
      (ikeSa?.name.version === 2 ? await replace('ike-sa', { kind: 'rekey-ike', ikeSa: ikeSa.name }) : undefined);
    return refused ?? { kind: 'agreed', rekeyed: 'yes' };
  }

  let settledAt = 0;
  try {
    const outcome = await negotiateAll();
    if (!options.keep) await farewell();
    const { port } = ike;
    return { trace, outcome, settledAt, end: now(), ...(port === 500 ? {} : { ownPort: port }) };
  } finally {
    options.signal?.removeEventListener('abort', abort);
    await Promise.all([ike.close(), natTraversal.close()]);
  }

  /** Nothing stays behind at the peer, also when this is interrupted. */
  async function farewell(): Promise<void> {
    const end = now() + farewellMillis;
    for (const { name } of engine.ikeSas()) inputs.push({ kind: 'delete-ike', ikeSa: name });
    for (turn(); open.size > 0 && now() < end; turn()) {
      await new Promise((done) => setTimeout(done, 20));
      const timeout = engine.nextTimeout();
      if (timeout !== undefined && timeout <= now()) inputs.push({ kind: 'timeout' });
    }
  }
}

/** Where IKE begins; records say it where it is not port 500. */
function withPorts(config: SystemConfig, own: number, theirs: number): SystemConfig {
  const origin: Origin = { kind: 'builtin', what: '--against' };
  const ports = { localPort: { value: own, origin }, remotePort: { value: theirs, origin } };
  return { ...config, pad: config.pad.map((entry) => ({ ...entry, ...ports })) };
}
