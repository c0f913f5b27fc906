/**
 * What the kernel lacks of what a state needs, found by trying it in a network namespace of its own, which nobody else sees and which is
 * gone afterwards. So a missing algorithm is known before anything on the host is touched, in the kernel's own words.
 */
import { closeSync, openSync } from 'node:fs';
import type { HostPolicy, HostSa, HostState } from '../../model/host-state.js';
import type { Unsupported } from '../backend.js';
import { type Libc, libc } from '../system/libc.js';
import { requestOf } from './netlink/requests.js';
import { createXfrmSocket, type NetlinkSocket } from './netlink/socket.js';

const cloneNewnet = 0x4000_0000;
/** Shapes that are tried at most; configurations have a handful. */
const shapesMax = 1000;

/** Tries one policy of each shape and one SA of each set of algorithms. Empty where no namespace can be made: then it is not known. */
export async function probe({ policies, sas }: HostState): Promise<readonly Unsupported[]> {
  const calls = await libc();
  const found = inNewNamespace(calls, (socket) => [
    ...firstOfEach(policies, policyShape).flatMap((policy) => tryPolicy(socket, policy)),
    ...firstOfEach(sas, saShape).flatMap((sa) => trySa(socket, sa)),
  ]);
  return found ?? [];
}

/** Only the calling thread is moved, and only until it has a socket there. Undefined where that is not allowed. */
export function inNewNamespace<T>(calls: Libc, action: (socket: NetlinkSocket) => T): T | undefined {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    if (calls.unshare(cloneNewnet) < 0) return undefined;
    const socket = attempt(() => createXfrmSocket(calls));
    if (calls.setns(home, cloneNewnet) < 0)
      throw new Error(`cannot go back to the network namespace (${calls.nameOf(calls.errno())})`);
    if ('thrown' in socket) throw socket.thrown;
    try {
      return action(socket.value);
    } finally {
      socket.value.close();
    }
  } finally {
    closeSync(home);
  }
}

function attempt<T>(make: () => T): { readonly value: T } | { readonly thrown: unknown } {
  try {
    return { value: make() };
  } catch (thrown) {
    return { thrown };
  }
}

function firstOfEach<T>(list: readonly T[], shapeOf: (each: T) => string): readonly T[] {
  const shapes = new Map<string, T>();
  for (const each of list) {
    if (shapes.size >= shapesMax) break;
    const shape = shapeOf(each);
    if (!shapes.has(shape)) shapes.set(shape, each);
  }
  return [...shapes.values()];
}

function policyShape({ direction, selector, templates, mark, ifId }: HostPolicy): string {
  const nested = templates.map(({ protocol, mode, family }) => `${protocol} ${mode} ${family}`);
  return [direction, selector.family, mark.mask !== 0, ifId !== 0, ...nested].join('|');
}

function saShape({ protocol, mode, destination, aead, encryption, authentication, ...sa }: HostSa): string {
  const algorithms = [aead?.name, aead?.icvBits, encryption?.name, encryption?.key.length].join(' ');
  const integrity = [authentication?.name, authentication?.truncatedBits].join(' ');
  return [protocol, mode, destination.family, algorithms, integrity, sa.esn, sa.replayWindow, sa.ifId !== 0].join('|');
}

function tryPolicy(socket: NetlinkSocket, policy: HostPolicy): readonly Unsupported[] {
  const [answer] = socket.request([requestOf({ object: 'policy', kind: 'create', after: policy })]);
  if (answer!.errno === 0) return [];
  const { kind, name } = policy.record ?? { kind: 'policy', name: 'without a record' };
  return [
    {
      message: `the kernel refuses the policy of ${kind} '${name}': ${wordsOf(socket, answer!)}`,
      help: 'see what the kernel was built with, or write the record without it',
      fatal: true,
    },
  ];
}

function trySa(socket: NetlinkSocket, sa: HostSa): readonly Unsupported[] {
  const [answer] = socket.request([requestOf({ object: 'sa', kind: 'create', after: sa })]);
  if (answer!.errno === 0) return [];
  const { kind, name } = sa.record ?? { kind: 'SA', name: 'without a record' };
  return [
    {
      message: `the kernel refuses the SA of ${kind} '${name}': ${wordsOf(socket, answer!)}`,
      help: 'load the module that has it, or take another transform',
      fatal: true,
    },
  ];
}

function wordsOf(socket: NetlinkSocket, { errno, text }: { readonly errno: number; readonly text?: string }): string {
  const code = socket.nameOf(errno);
  return text === undefined ? code : `${text.replace(/\.$/, '')} (${code})`;
}
