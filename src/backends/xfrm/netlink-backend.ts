/** Linux XFRM by netlink: reads, tries and changes the state of the network namespace that the program is in. */
import { emptyHostState, type HostPolicy, type HostState } from '../../model/host-state.js';
import { EnvironmentError, errno } from '../../model/tool-error.js';
import { type Backend, type Change, type Execution, type Failure, overtakenFailure } from '../backend.js';
import { isNamedAlike } from '../equal.js';
import type { Entries } from '../plan.js';
import { libc } from '../system/libc.js';
import { kernelAlgorithms } from './algorithms.js';
import { messageFlags, messageTypes } from './netlink/constants.js';
import type { Answer } from './netlink/frames.js';
import { decodeDefaults, decodePolicy, encodeDefaults, encodePolicyId } from './netlink/policies.js';
import { watchPolicies } from './netlink/policy-watch.js';
import { requestOf } from './netlink/requests.js';
import { decodeSa, encodeSaId } from './netlink/sas.js';
import { createXfrmSocket, type NetlinkSocket } from './netlink/socket.js';
import { probe } from './probe.js';

/** Opens it. Throws EnvironmentError where the kernel has no XFRM. */
export async function openNetlinkBackend(): Promise<Backend> {
  const calls = await libc();
  const socket = createXfrmSocket(calls);
  const watch = watchPolicies(calls, socket.port);
  let heard: HostPolicy[] = [];
  const hear = () => {
    const more = watch?.foreign() ?? [];
    if (more.length > 0) heard.push(...more);
  };
  const take = () => {
    hear();
    const taken = heard;
    heard = [];
    return taken;
  };
  /** Has somebody put another policy in the place of the one that is to be replaced? Asked directly before it would be. */
  const isOvertaken = (change: Change): boolean => {
    if (change.object !== 'policy' || change.kind !== 'replace') return false;
    hear();
    return heard.some((policy) => isNamedAlike(policy, change.before));
  };
  return {
    name: 'xfrm',
    means: 'netlink',
    async read() {
      // What has happened until here is in what is read now.
      take();
      return readState(socket);
    },
    find: async (entries) => find(socket, entries),
    unsupported: async (desired) => probe(desired),
    algorithms: kernelAlgorithms,
    execute: async (changes, { atOnce = false } = {}) =>
      atOnce ? executeAtOnce(socket, changes) : execute(socket, changes, isOvertaken),
    ...(watch ? { meanwhile: take } : {}),
    close() {
      watch?.close();
      socket.close();
    },
  };
}

/** Everything that the kernel holds. Throws EnvironmentError when it does not tell. */
export function readState(socket: NetlinkSocket): HostState {
  const policies = readPolicies(socket);
  const sas = dump(socket, messageTypes.getSa, 'SAs').flatMap((body) => decodeSa(body) ?? []);
  return { policies, sas, defaults: readDefaults(socket) };
}

/** Its policies alone. Throws as `readState` does. */
export function readPolicies(socket: NetlinkSocket): HostPolicy[] {
  const policies = dump(socket, messageTypes.getPolicy, 'policies').flatMap((body) => decodePolicy(body) ?? []);
  // The kernel gives the youngest policy first; of two with one priority the older one wins, so it must come first here.
  return policies.reverse();
}

function dump(socket: NetlinkSocket, type: number, what: string): readonly Uint8Array[] {
  const { messages, answer } = socket.query({ type, flags: messageFlags.dump, body: new Uint8Array(0) });
  if (answer.errno !== 0) throw refused(socket, answer, `does not tell its ${what}`);
  return messages.map(({ body }) => body);
}

/** Entries that are asked for one by one; beyond that a dump is faster. */
const singleMax = 256;

function find(socket: NetlinkSocket, { policies, sas }: Entries): Entries {
  if (policies.length + sas.length > singleMax) return readState(socket);
  const get = (type: number, body: Uint8Array) => {
    const { messages, answer } = socket.query({ type, body });
    // What is not there is no failure.
    if (answer.errno !== 0 && !['ENOENT', 'ESRCH'].includes(socket.nameOf(answer.errno)))
      throw refused(socket, answer, 'does not tell what it holds');
    return messages.map((message) => message.body);
  };
  return {
    policies: policies.flatMap((each) =>
      get(messageTypes.getPolicy, encodePolicyId(each)).flatMap((body) => decodePolicy(body) ?? []),
    ),
    sas: sas.flatMap((each) => get(messageTypes.getSa, encodeSaId(each)).flatMap((body) => decodeSa(body) ?? [])),
  };
}

/** Kernels before 5.14 have no defaults to set, and let everything pass. */
function readDefaults(socket: NetlinkSocket): HostState['defaults'] {
  const { messages, answer } = socket.query({ type: messageTypes.getDefault, body: encodeDefaults({}) });
  const [first] = messages;
  if (answer.errno !== 0 || !first) return emptyHostState.defaults;
  return decodeDefaults(first.body) ?? emptyHostState.defaults;
}

function execute(
  socket: NetlinkSocket,
  changes: readonly Change[],
  isOvertaken: (change: Change) => boolean,
): Execution {
  // One by one: what comes behind a change that fails must not be done. The kernel answers at once, so this costs little.
  for (const [done, change] of changes.entries()) {
    if (isOvertaken(change)) return { done, failure: overtakenFailure };
    const [answer] = socket.request([requestOf(change)]);
    if (answer!.errno !== 0) return { done, failure: failureOf(socket, answer!) };
  }
  return { done: changes.length };
}

function executeAtOnce(socket: NetlinkSocket, changes: readonly Change[]): Execution {
  const answers = socket.request(changes.map(requestOf));
  const done = answers.findIndex(({ errno }) => errno !== 0);
  return done < 0 ? { done: changes.length } : { done, failure: failureOf(socket, answers[done]!) };
}

export function failureOf(socket: NetlinkSocket, { errno, text }: Answer): Failure {
  const code = socket.nameOf(errno);
  return { code, message: text === undefined ? code : `${text.replace(/\.$/, '')} (${code})` };
}

function refused(socket: NetlinkSocket, answer: Answer, what: string): EnvironmentError {
  const { code, message } = failureOf(socket, answer);
  if (code === 'EPERM') {
    return new EnvironmentError(`the kernel ${what} to this user`, {
      code: 'PRIVILEGE',
      hints: ['Run it as root, or with the capability CAP_NET_ADMIN.'],
    });
  }
  return new EnvironmentError(`the kernel ${what}: ${message}`, { code: errno(code) ?? 'NETLINK' });
}
