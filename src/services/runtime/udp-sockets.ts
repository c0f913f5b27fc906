/**
 * UDP sockets for IKE: one for each own address and port, so that the address a message came to is known and answers leave
 * from it (RFC 7296 §2.11).
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Endpoint } from '../../engine/input.js';
import { unframeIke, unframeNatTraversal } from '../../engine/wire/framing.js';
import { type Address, type Family, formatAddress, parseAddress } from '../../model/address.js';
import { EnvironmentError } from '../../model/tool-error.js';

export interface UdpListener {
  /** An IKE message, its non-ESP marker taken off. */
  message(local: Endpoint, remote: Endpoint, octets: Uint8Array): void;
  /** A socket reports an error; it goes on. */
  trouble(local: Endpoint, why: string): void;
}

export interface UdpSockets {
  /** Sends a datagram as it is. False where there is no socket for `local`. */
  send(local: Endpoint, remote: Endpoint, datagram: Uint8Array): boolean;
  /** Ends once everything that was handed in is on its way. */
  close(): Promise<void>;
}

export interface UdpOptions {
  readonly addresses: readonly Address[];
  /** Ports without and with the non-ESP marker; 0 lets the system choose, for tests. */
  readonly ports: { readonly ike: number; readonly natTraversal?: number };
  readonly listener: UdpListener;
  /** Is called with the descriptor of each socket that is bound, to set options that Node has no name for. */
  readonly prepare?: (descriptor: number, port: number, family: Family) => void;
}

/** Octets that may wait in a socket: a burst of large messages of many peers. */
const receiveBufferOctets = 1_048_576;

/** Binds all sockets or none. Throws EnvironmentError with what is in the way. */
export async function bindUdpSockets(options: UdpOptions): Promise<UdpSockets> {
  const { addresses, ports, listener } = options;
  const sockets = new Map<string, Socket>();
  /** Datagrams that Node has taken and not sent yet: it looks up each address first, and forgets them when a socket is closed. */
  const leaving = new Set<Promise<void>>();
  const close = async (): Promise<void> => {
    await Promise.all(leaving);
    await Promise.all([...sockets.values()].map((socket) => new Promise<void>((done) => socket.close(() => done()))));
    sockets.clear();
  };
  try {
    for (const address of addresses) {
      for (const [kind, port] of Object.entries(ports)) {
        const socket = await bind(address, port);
        const local: Endpoint = { address, port: socket.address().port };
        sockets.set(socketKey(local), socket);
        const descriptor = descriptorOf(socket);
        if (descriptor !== undefined) options.prepare?.(descriptor, local.port, address.family);
        else if (options.prepare)
          listener.trouble(local, 'this Node does not tell its descriptor: no ESP in UDP, and no bypass of its own');
        const unframe = kind === 'natTraversal' ? unframeNatTraversal : unframeIke;
        socket.on('message', (datagram, from) => {
          const remote = endpointOf(from);
          const content = unframe(datagram);
          if (remote && content.kind === 'IKE') listener.message(local, remote, content.octets);
        });
        socket.on('error', (error) => listener.trouble(local, error.message));
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    send(local, remote, datagram) {
      const socket = sockets.get(socketKey(local));
      if (!socket) return false;
      const { family, value } = remote.address;
      // An unreachable peer is a matter for retransmission, not for an exception.
      const sent = new Promise<void>((done) => {
        socket.send(datagram, remote.port, formatAddress(family, value), (error) => {
          if (error) listener.trouble(local, error.message);
          done();
        });
      });
      leaving.add(sent);
      void sent.finally(() => leaving.delete(sent));
      return true;
    },
    close,
  };
}

function socketKey({ address, port }: Endpoint): string {
  return `${formatAddress(address.family, address.value)} ${port}`;
}

/** Node keeps it in a state behind a symbol, and has no public name for it; undefined where a later one keeps it elsewhere. */
function descriptorOf(socket: Socket): number | undefined {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const { handle } = (Reflect.get(socket, symbol) ?? {}) as { readonly handle?: { readonly fd?: number } };
    if (typeof handle?.fd === 'number' && handle.fd >= 0) return handle.fd;
  }
  return undefined;
}

function endpointOf({ address, port }: RemoteInfo): Endpoint | undefined {
  const parsed = parseAddress(address.replace(/%.*$/, ''));
  return parsed && { address: parsed, port };
}

function bind({ family, value }: Address, port: number): Promise<Socket> {
  const text = formatAddress(family, value);
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      // All are addresses already; Node would have each go round by its resolver, and the datagram with it.
      lookup: (address, _, callback) => callback(null, address, family),
    });
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      socket.close();
      reject(bindError(text, port, cause));
    });
    socket.bind({ address: text, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      try {
        socket.setRecvBufferSize(receiveBufferOctets);
      } catch {
        // The kernel's own bound is good enough.
      }
      resolve(socket);
    });
  });
}

function bindError(address: string, port: number, cause: NodeJS.ErrnoException): EnvironmentError {
  const where = `UDP port ${port} of ${address}`;
  switch (cause.code) {
    case 'EADDRINUSE':
      return new EnvironmentError(`${where} is in use`, {
        code: 'PORT_IN_USE',
        cause,
        hints: ['Another IKE daemon is running (charon, pluto, iked or this one): stop it first.'],
      });
    case 'EACCES':
      return new EnvironmentError(`no permission to open ${where}`, {
        code: 'PRIVILEGE',
        cause,
        hints: ['Run it as root, or with the capability CAP_NET_BIND_SERVICE.'],
      });
    case 'EADDRNOTAVAIL':
      return new EnvironmentError(`${address} is no address of this host`, {
        code: 'ADDRESS',
        cause,
        hints: ['Check the addresses of the inventory, or -tsource and -source of the records.'],
      });
    default:
      return new EnvironmentError(`${where} cannot be opened (${cause.code ?? cause.message})`, { cause });
  }
}
