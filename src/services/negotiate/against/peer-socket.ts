/**
 * UDP sockets for one peer: connected, so that nobody else's datagrams come in, and so that the host tells when the peer's has no
 * IKE daemon (an ICMP error). They take ports 500 and 4500 where those are free, and any others where not.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Endpoint } from '../../../engine/input.js';
import { ikePort, natTraversalPort, unframeIke, unframeNatTraversal } from '../../../engine/wire/framing.js';
import { formatAddress } from '../../../model/address.js';
import { EnvironmentError } from '../../../model/tool-error.js';

export interface PeerSocket {
  /** The port that the peer sees, unless a NAT changes it. */
  readonly port: number;
  send(datagram: Uint8Array): void;
  close(): Promise<void>;
}

export interface PeerSocketOptions {
  readonly local: Endpoint['address'];
  readonly remote: Endpoint;
  /** What is in its datagrams: IKE, or ESP and IKE behind a marker. */
  readonly framing: 'IKE' | 'NAT traversal';
  /** An IKE message, without its marker. */
  message(octets: Uint8Array): void;
  /** The host, or the peer's by an ICMP error, says why nothing arrives. */
  unreachable(why: string): void;
}

/** Opens a socket to the peer. Throws EnvironmentError where this host cannot send from there. */
export async function openPeerSocket(options: PeerSocketOptions): Promise<PeerSocket> {
  const { local, remote, framing } = options;
  const preferred = framing === 'IKE' ? ikePort : natTraversalPort;
  const socket = (await bound(local, preferred)) ?? (await bound(local, 0));
  if (!socket) throw new EnvironmentError('no UDP port is free', { code: 'PORT_IN_USE' });
  await connected(socket, remote);
  const unframe = framing === 'IKE' ? unframeIke : unframeNatTraversal;
  socket.on('message', (datagram) => {
    const content = unframe(datagram);
    if (content.kind === 'IKE') options.message(content.octets);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => options.unreachable(reason(error)));
  return {
    port: socket.address().port,
    send(datagram) {
      socket.send(datagram, (error) => {
        if (error) options.unreachable(reason(error as NodeJS.ErrnoException));
      });
    },
    close: () => new Promise((done) => socket.close(() => done())),
  };
}

/** Undefined where the port is taken, or is not for this user. */
function bound({ family, value }: Endpoint['address'], port: number): Promise<Socket | undefined> {
  const address = formatAddress(family, value);
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      socket.close();
      if (port !== 0 && (cause.code === 'EADDRINUSE' || cause.code === 'EACCES')) resolve(undefined);
      else if (cause.code === 'EADDRNOTAVAIL') {
        reject(
          new EnvironmentError(`${address} is no address of this host`, {
            code: 'ADDRESS',
            cause,
            hints: ['The peer knows the system by this address: run it there, or check the addresses of the records.'],
          }),
        );
      } else reject(new EnvironmentError(`no UDP port of ${address} can be opened (${cause.code})`, { cause }));
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function connected(socket: Socket, { address: { family, value }, port }: Endpoint): Promise<void> {
  const address = formatAddress(family, value);
  return new Promise((resolve, reject) => {
    socket.connect(port, address, (error?: Error) => {
      if (!error) resolve();
      else {
        socket.close();
        reject(
          new EnvironmentError(`nothing can be sent to ${address} (${(error as NodeJS.ErrnoException).code})`, {
            code: 'UNREACHABLE',
            cause: error,
            hints: ['See to the route: ip route get, and the address of the peer.'],
          }),
        );
      }
    });
  });
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'its host says that nobody listens there (ICMP port unreachable)';
    case 'EHOSTUNREACH':
      return 'the network says that there is no such host (ICMP host unreachable)';
    case 'ENETUNREACH':
      return 'there is no route to it';
    case 'EPERM':
      return 'a filter of this host keeps the packets back';
    default:
      return code ?? message;
  }
}
