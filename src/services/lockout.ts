/**
 * The guard against locking oneself out: the connections that this program is used through, and what a plan would do to them. ARP never
 * meets the policies, so for IPv4 the next hop of the default route is safe by itself; IPv6 finds its neighbours by
 * ICMPv6, which policies can stop.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { isOpen } from '../backends/order.js';
import { flowOf, lookUp } from '../backends/xfrm/lookup.js';
import { type Address, formatAddress, parseAddress } from '../model/address.js';
import type { HostPolicy } from '../model/host-state.js';
import { formatPacket, type Packet, protocolNumbers } from '../model/packet.js';

/** Packets without which somebody would be cut off. */
export interface Lifeline {
  /** What it is, as `the SSH session from 192.0.2.7`. */
  readonly what: string;
  readonly packets: readonly Packet[];
}

/** A lifeline that a plan would cut. */
export interface Cut {
  readonly what: string;
  readonly packet: string;
  /** What would become of the packet. */
  readonly fate: 'blocked' | 'protected';
  readonly policy: HostPolicy;
}

/** Ancestors of this process that are looked at. */
const ancestorsMax = 64;
const descriptorsMax = 4096;

/** Finds the lifelines of this process. Whatever cannot be read gives none. */
export function findLifelines(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly Lifeline[] {
  const ssh = sshSession(environment.SSH_CONNECTION);
  return [...(ssh ? [ssh] : []), ...ancestorConnections(), ...defaultNeighbours()];
}

/** `SSH_CONNECTION`: client address and port, server address and port. */
export function sshSession(value: string | undefined): Lifeline | undefined {
  const [client, clientPort, server, serverPort] = (value ?? '').split(' ');
  const remote = client && parseAddress(unmapped(client));
  const local = server && parseAddress(unmapped(server));
  if (!remote || !local || remote.family !== local.family) return undefined;
  return connection(`the SSH session from ${client}`, local, Number(serverPort), remote, Number(clientPort));
}

function connection(what: string, local: Address, localPort: number, remote: Address, remotePort: number): Lifeline {
  const base = {
    family: local.family,
    local: local.value,
    remote: remote.value,
    protocol: protocolNumbers.TCP,
    localPort,
    remotePort,
  };
  return { what, packets: (['inbound', 'outbound'] as const).map((direction) => ({ ...base, direction })) };
}

/** An IPv4 address that a socket for both families shows. */
function unmapped(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** Connections of the processes that this one was started from: the terminal's, whatever program serves it. */
function ancestorConnections(): readonly Lifeline[] {
  const sockets = new Map<string, number>();
  let pid = process.ppid;
  for (let count = 0; pid > 1 && count < ancestorsMax; count += 1) {
    for (const inode of socketsOf(pid)) if (!sockets.has(inode)) sockets.set(inode, pid);
    pid = parentOf(pid);
  }
  if (sockets.size === 0) return [];
  return [...tcpConnections('/proc/net/tcp'), ...tcpConnections('/proc/net/tcp6')].flatMap(
    ({ inode, local, localPort, remote, remotePort }) => {
      const owner = sockets.get(inode);
      if (owner === undefined) return [];
      const end = formatAddress(remote.family, remote.value);
      return [connection(`the connection with ${end} of process ${owner}`, local, localPort, remote, remotePort)];
    },
  );
}

function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .slice(0, descriptorsMax)
      .flatMap((descriptor) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
        } catch {
          return [];
        }
      });
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

interface Connection {
  readonly inode: string;
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
}

const established = '01';

/** Established connections of /proc/net/tcp or tcp6. */
export function tcpConnections(file: string): readonly Connection[] {
  return readLines(file).flatMap((line) => {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
    const from = endpoint(local);
    const to = endpoint(remote);
    if (state !== established || !from || !to || inode === undefined) return [];
    return [{ inode, local: from.address, localPort: from.port, remote: to.address, remotePort: to.port }];
  });
}

/** `0100007F:1F90`: 32-bit words in the host's byte order. */
function endpoint(text: string | undefined): { readonly address: Address; readonly port: number } | undefined {
  const [hex, port] = (text ?? '').split(':');
  const address = addressOfWords(hex ?? '');
  return address && port !== undefined ? { address, port: Number.parseInt(port, 16) } : undefined;
}

const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function addressOfWords(hex: string): Address | undefined {
  const words = hex.match(/[0-9A-Fa-f]{8}/g);
  if (!words || words.join('').length !== hex.length) return undefined;
  const octets = words.map((word) => (isLittle ? word.match(/../g)!.reverse().join('') : word)).join('');
  if (octets.length === 8) return { family: 4, value: Number.parseInt(octets, 16) };
  if (octets.length !== 32) return undefined;
  const value = BigInt(`0x${octets}`);
  return value >> 32n === 0xffffn ? { family: 4, value: Number(value & 0xffff_ffffn) } : { family: 6, value };
}

/** How IPv6 finds the next hop of a default route: solicitation to it, advertisement from it, and the other way round. */
function defaultNeighbours(): readonly Lifeline[] {
  return readLines('/proc/net/ipv6_route').flatMap((line) => {
    const [destination, prefix, , , nextHop, , , , , device] = line.trim().split(/\s+/);
    if (!/^0{32}$/.test(destination ?? '') || prefix !== '00' || !nextHop || /^0{32}$/.test(nextHop)) return [];
    const remote = BigInt(`0x${nextHop}`);
    const own = linkLocalOf(device ?? '');
    if (own === undefined) return [];
    const what = `the neighbour ${formatAddress(6, remote)} on ${device}, next hop of the default route`;
    const packets = (['outbound', 'inbound'] as const).flatMap((direction) =>
      [135, 136].map(
        (type): Packet => ({
          family: 6,
          direction,
          local: own,
          remote,
          protocol: protocolNumbers.ICMPV6,
          type,
          code: 0,
        }),
      ),
    );
    return [{ what, packets }];
  });
}

function linkLocalOf(device: string): bigint | undefined {
  const address = networkInterfaces()[device]?.find(({ address: text }) => /^fe80:/i.test(text))?.address;
  const parsed = address === undefined ? undefined : parseAddress(unmapped(address));
  return parsed ? BigInt(parsed.value) : undefined;
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/**
 * What a plan would cut: packets that pass now and would be dropped, or would need protection that they have not now and that nobody has
 * proved to work. Policies are all of the host's, whoever made them, in the order of their making.
 */
export function findCuts(
  lifelines: readonly Lifeline[],
  before: readonly HostPolicy[],
  after: readonly HostPolicy[],
): readonly Cut[] {
  return lifelines.flatMap(({ what, packets }) => {
    for (const packet of packets) {
      const flow = flowOf(packet, packet.direction === 'outbound' ? 'out' : 'in');
      const policy = lookUp(after, flow);
      if (!policy || isOpen(policy) || isTreatedAlike(lookUp(before, flow), policy)) continue;
      return [
        { what, packet: formatPacket(packet), fate: policy.action === 'block' ? 'blocked' : 'protected', policy },
      ];
    }
    return [];
  });
}

/** What does not pass now is not cut, and protection by the same SAs as now is none that is new. */
function isTreatedAlike(now: HostPolicy | undefined, then: HostPolicy): boolean {
  if (!now || isOpen(now)) return false;
  if (now.action === 'block') return true;
  const ids = ({ templates }: HostPolicy) => templates.map(({ reqid }) => reqid).join(' ');
  return then.action !== 'block' && ids(now) === ids(then);
}
