/**
 * The kernel's ESP and AH under our IKE engine. Policies are those that `ipsec apply` put there; this file puts the SAs that
 * were negotiated to them, and tells the engine what the kernel asks for (ACQUIRE), what expires and where peers have moved.
 * When the daemon goes, the policies stay, so that what they protect is blocked and not in the clear.
 */
import type { Acquire } from '../../engine/ipsec/bundle.js';
import type { SaEvent, SaId, SaLimit } from '../../engine/ipsec/sa.js';
import { type Address, formatAddress } from '../../model/address.js';
import {
  type HostPolicy,
  type HostSa,
  type HostSelector,
  type HostState,
  noMark,
  policyKey,
  saKey,
} from '../../model/host-state.js';
import { hasPorts, hasTypes, type Packet, protocolNumbers } from '../../model/packet.js';
import type { SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { EnvironmentError } from '../../model/tool-error.js';
import type { DataPath, DataPathEvent, SaCounters } from '../data-path.js';
import { libc } from '../system/libc.js';
import { type Compiled, compileXfrm, type Numbers } from './compile.js';
import { hostSaOf, movedSa } from './host-sa.js';
import { bypassPolicies, takeEspInUdp } from './ike-socket.js';
import { messageTypes } from './netlink/constants.js';
import { fromOctets } from './netlink/fields.js';
import { listenForNotices, type NoticeListener } from './netlink/listener.js';
import { moveSa } from './netlink/move-sa.js';
import type { Notice } from './netlink/notices.js';
import { requestOf } from './netlink/requests.js';
import { decodeSa, encodeSaId } from './netlink/sas.js';
import { createXfrmSocket, type NetlinkSocket } from './netlink/socket.js';
import { saInfo } from './netlink/structures.js';
import { failureOf, readPolicies, readState } from './netlink-backend.js';
import type { HostFacts } from './rules.js';
import { reqidFirst, reqidLast, requestIds } from './templates.js';

export interface XfrmDataPathOptions {
  /** Priorities and request ids of what was applied, as they are now. */
  readonly numbers: () => Promise<Numbers>;
  /** What else compiling went by. */
  readonly hostFacts: (state: HostState, config: SystemConfig) => Promise<HostFacts>;
  /** How often it is looked whether the policies are still there; a minute when absent. */
  readonly policyCheckMillis?: number;
}

const natTraversalPort = 4500;
const policyCheckDefault = 60_000;

/** Who asked for a request id. */
interface Asking {
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
}

/** Opens netlink. Throws EnvironmentError where there is no XFRM or no privilege. */
export async function createXfrmDataPath(options: XfrmDataPathOptions): Promise<DataPath> {
  const calls = await libc();
  // From here on, so that what is missing shows at once; after a stop it is opened again.
  let opened: NetlinkSocket | undefined = createXfrmSocket(calls);
  const socket = (): NetlinkSocket => {
    opened ??= createXfrmSocket(calls);
    return opened;
  };
  const installed = new Map<string, HostSa>();
  let listener: NoticeListener | undefined;
  let asking = new Map<number, Asking>();
  let reqidOf: (template: SaTemplate) => number | undefined = () => undefined;
  let own = new Set<string>();
  let wanted: readonly HostPolicy[] = [];
  let missing = 0;
  let policyCheck: NodeJS.Timeout | undefined;
  let tell: (event: DataPathEvent) => void = () => {};

  /** Takes over a configuration, and gives the SAs with manual keys that belong to it. */
  async function adopt(config: SystemConfig): Promise<ReadonlySet<string>> {
    const state = readState(socket());
    const compiled = compileXfrm(config, await options.hostFacts(state, config), await options.numbers());
    requireApplied(compiled, state.policies);
    wanted = compiled.desired.policies;
    ({ asking, reqidOf } = requestIdsOf(config, compiled.numbers.reqids));
    own = new Set(config.addresses.map(({ family, value }) => formatAddress(family, value)));
    return new Set(compiled.desired.sas.map(saKey));
  }

  /**
   * Without its policies the kernel lets everything pass. Somebody may flush them, as Libreswan does when it starts; they belong to whoever
   * applied them, so it is only told.
   */
  function checkPolicies(): void {
    const tellOf = (text: string) => tell({ kind: 'fault', fatal: false, text });
    try {
      const count = missingOf(wanted, readPolicies(socket())).length;
      if (count > missing)
        tellOf(
          `somebody has taken ${count} of ${wanted.length} policies out of the kernel, and what they protect or block may go in the clear: put them back with "ipsec apply"`,
        );
      if (count === 0 && missing > 0) tellOf('all policies are in the kernel again');
      missing = count;
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      tellOf(`it cannot be seen whether the policies are still in the kernel: ${error.message}`);
    }
  }

  function onNotice(notice: Notice): void {
    switch (notice.kind) {
      case 'acquire': {
        const acquire = acquireOf(askingFor(notice, asking), notice);
        if (acquire) tell({ kind: 'acquire', acquire });
        return;
      }
      case 'expire': {
        const { sa, hard } = notice;
        if (!isOurs(sa)) return;
        tell({
          kind: 'sa-event',
          event: { kind: hard ? 'hard-expire' : 'soft-expire', sa: idOf(sa), limit: reachedLimit(sa, hard) },
        });
        return;
      }
      case 'mapping': {
        const known = [...installed.values()].find(({ spi, reqid }) => spi === notice.spi && reqid === notice.reqid);
        if (!known) return;
        const event: SaEvent = {
          kind: 'mapping-changed',
          sa: idOf(known),
          remote: notice.newSource,
          remotePort: notice.newPort,
        };
        tell({ kind: 'sa-event', event });
        return;
      }
    }
  }

  function idOf({ destination, spi, protocol }: HostSa): SaId {
    const direction = own.has(formatAddress(destination.family, destination.value)) ? 'inbound' : 'outbound';
    return { direction, protocol: protocol === protocolNumbers.AH ? 'AH' : 'ESP', spi, destination };
  }

  return {
    name: 'xfrm',
    listensOn: [],
    async start(config, listen) {
      tell = listen;
      forgetStale(socket(), await adopt(config));
      listener = listenForNotices(calls, onNotice, (text) => tell({ kind: 'fault', fatal: false, text }));
      policyCheck = setInterval(checkPolicies, options.policyCheckMillis ?? policyCheckDefault);
      policyCheck.unref();
    },
    async reconfigure(config) {
      await adopt(config);
    },
    waiting() {
      return readState(socket()).sas.flatMap((sa) => {
        const { selector, reqid, spi } = sa;
        // A larval SA stands for a packet, and as long as it does the kernel asks for no other.
        if (spi !== 0 || !isOurs(sa) || !selector) return [];
        return acquireOf(asking.get(reqid), { ...sa, selector }) ?? [];
      });
    },
    async install(sa, template) {
      const reqid = template && reqidOf(template);
      if (reqid === undefined) throw new EnvironmentError('no policy of the kernel asks for this SA');
      const made = hostSaOf(sa, reqid, template?.ifId?.value);
      if ('fault' in made) throw new EnvironmentError(made.fault);
      const [answer] = socket().request([requestOf({ object: 'sa', kind: 'create', after: made })]);
      if (answer!.errno !== 0)
        throw new EnvironmentError(`the kernel refuses it: ${failureOf(socket(), answer!).message}`);
      installed.set(idKey(idOf(made)), made);
    },
    async remove(id) {
      const known = installed.get(idKey(id));
      if (!known) return false;
      installed.delete(idKey(id));
      const [answer] = socket().request([requestOf({ object: 'sa', kind: 'delete', before: known })]);
      return answer!.errno === 0;
    },
    async movePeer(move) {
      const faults: string[] = [];
      for (const id of move.sas) {
        const before = installed.get(idKey(id));
        if (!before) continue;
        const after = movedSa(before, id.direction, move);
        const answer = moveSa(socket(), before, after);
        if (answer.errno !== 0) {
          faults.push(failureOf(socket(), answer).message);
          continue;
        }
        installed.delete(idKey(id));
        installed.set(idKey(idOf(after)), after);
      }
      if (faults.length > 0) throw new EnvironmentError(`the kernel does not move it: ${faults[0]}`);
    },
    // Policies of the kernel either ask for an SA or do not; a change of them is for apply.
    negotiationFailed() {},
    async counters(id) {
      const known = installed.get(idKey(id));
      return known && countersOf(socket(), known);
    },
    sendIke: () => false,
    prepareSocket(descriptor, port, family) {
      const fault = (text: string) => tell({ kind: 'fault', fatal: false, text });
      const refused = bypassPolicies(calls, descriptor, family);
      if (refused)
        fault(`the sockets of IKE have no bypass of their own (${refused}): only the policies let them pass`);
      const encapsulation = port === natTraversalPort ? takeEspInUdp(calls, descriptor) : undefined;
      if (encapsulation) fault(`ESP in UDP is not to be had from the kernel (${encapsulation})`);
    },
    async stop() {
      clearInterval(policyCheck);
      await listener?.close();
      for (const sa of installed.values()) socket().request([requestOf({ object: 'sa', kind: 'delete', before: sa })]);
      installed.clear();
      opened?.close();
      opened = undefined;
    },
  };
}

function idKey({ direction, protocol, spi, destination }: SaId): string {
  return `${direction} ${protocol} ${spi} ${formatAddress(destination.family, destination.value)}`;
}

/** What is asked for by a packet of `selector`, for an SA between these ends. */
function acquireOf(
  wanted: Asking | undefined,
  { source, destination, selector }: { source: Address; destination: Address; selector: HostSelector },
): Acquire | undefined {
  if (wanted?.entry.action.kind !== 'PROTECT') return undefined;
  return {
    kind: 'acquire',
    ...wanted,
    ends: { local: source, remote: destination },
    packet: packetOf(selector),
    populateFromPacket: wanted.entry.action.populateFromPacket,
  };
}

function isOurs({ reqid }: HostSa): boolean {
  return reqid >= reqidFirst && reqid <= reqidLast;
}

/** Without its policies the kernel would ask for nothing, and let everything pass. */
function requireApplied({ desired, refusals }: Compiled, policies: readonly HostPolicy[]): void {
  const [refusal] = refusals;
  if (refusal) throw new EnvironmentError(refusal.message, { code: 'UNSUPPORTED', hints: [refusal.help] });
  const missing = missingOf(desired.policies, policies);
  if (missing.length === 0) return;
  throw new EnvironmentError(`the kernel lacks ${missing.length} of ${desired.policies.length} policies`, {
    code: 'NOT_APPLIED',
    hints: ['Put them there first: ipsec apply.'],
  });
}

/** Those that are not there, or are another one by now. */
function missingOf(wanted: readonly HostPolicy[], there: readonly HostPolicy[]): readonly HostPolicy[] {
  const byKey = new Map(there.map((policy) => [policyKey(policy), policy]));
  return wanted.filter((policy) => {
    const found = byKey.get(policyKey(policy));
    return !found || found.action !== policy.action || !sameRequests(found, policy);
  });
}

function sameRequests(a: HostPolicy, b: HostPolicy): boolean {
  return (
    a.templates.length === b.templates.length && a.templates.every((each, at) => each.reqid === b.templates[at]?.reqid)
  );
}

/** The same walk through the templates that compiling makes, so that each has the id that it was given there. */
function requestIdsOf(
  config: SystemConfig,
  table: ReadonlyMap<string, number>,
): { readonly asking: Map<number, Asking>; readonly reqidOf: (template: SaTemplate) => number | undefined } {
  const ids = requestIds(table);
  const asking = new Map<number, Asking>();
  const byTemplate = new Map<SaTemplate, number>();
  for (const entry of [...config.spd, ...config.forwardSpd]) {
    if (entry.action.kind !== 'PROTECT') continue;
    for (const template of entry.action.bundle) {
      const reqid = ids.of(template);
      byTemplate.set(template, reqid);
      if (!template.manual && !asking.has(reqid)) asking.set(reqid, { entry, template });
    }
  }
  return { asking, reqidOf: (template) => byTemplate.get(template) };
}

/** SAs of an earlier daemon: nobody rekeys them, and the peer is told by INITIAL_CONTACT. */
function forgetStale(socket: NetlinkSocket, manual: ReadonlySet<string>): void {
  for (const sa of readState(socket).sas) {
    // A larval one, without SPI, is the kernel's own and ends by itself.
    if (!isOurs(sa) || sa.spi === 0 || manual.has(saKey(sa))) continue;
    socket.request([requestOf({ object: 'sa', kind: 'delete', before: sa })]);
  }
}

/** The template whose SA is missing: of the policy's requests the one for these ends and this protocol. */
function askingFor(
  { policy, protocol, destination }: Extract<Notice, { kind: 'acquire' }>,
  asking: ReadonlyMap<number, Asking>,
): Asking | undefined {
  const request =
    policy.templates.find(
      (each) =>
        each.protocol === protocol &&
        each.mode === 'tunnel' &&
        each.family === destination.family &&
        each.destination === destination.value,
    ) ?? policy.templates.find((each) => each.protocol === protocol);
  return request && asking.get(request.reqid);
}

/** The packet of an acquire, in local/remote terms. */
function packetOf(selector: HostSelector): Packet {
  const { family, source, destination, protocol, sourcePort, destinationPort } = selector;
  const base = { family, direction: 'outbound' as const, local: source, remote: destination, protocol };
  if (hasPorts(protocol)) return { ...base, localPort: sourcePort, remotePort: destinationPort };
  if (hasTypes(protocol)) return { ...base, type: sourcePort & 0xff, code: destinationPort & 0xff };
  return base;
}

function reachedLimit({ limits, usage }: HostSa, hard: boolean): SaLimit {
  const [bytes, packets] = hard ? [limits.hardBytes, limits.hardPackets] : [limits.softBytes, limits.softPackets];
  if (usage && bytes !== undefined && usage.bytes >= bytes) return 'kilobytes';
  if (usage && packets !== undefined && usage.packets >= packets) return 'packets';
  return 'seconds';
}

function countersOf(socket: NetlinkSocket, sa: HostSa): SaCounters | undefined {
  const { messages } = socket.query({ type: messageTypes.getSa, body: encodeSaId({ ...sa, mark: noMark }) });
  const [message] = messages;
  const decoded = message && decodeSa(message.body);
  const raw = message && fromOctets(saInfo, message.body);
  if (!decoded?.usage || !raw) return undefined;
  const { bytes, packets, usedAt } = decoded.usage;
  return {
    packets: Number(packets),
    octets: Number(bytes),
    replays: raw.statistics.replay,
    icvFailures: raw.statistics.integrityFailed,
    ...(usedAt === 0n ? {} : { lastUsedAt: Number(usedAt) * 1000 }),
  };
}
