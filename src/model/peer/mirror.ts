/** Packets and boxes from the other end: what is local for one system is remote for the other. */
import { hasPorts, type Packet } from '../packet.js';
import type { Box } from '../selector/box.js';

/** A packet as the other end sees it. */
export function mirrorPacket(packet: Packet): Packet {
  const { local, remote, localPort, remotePort, ...rest } = packet;
  return {
    ...rest,
    direction: packet.direction === 'outbound' ? 'inbound' : 'outbound',
    local: remote,
    remote: local,
    ...(remotePort === undefined ? {} : { localPort: remotePort }),
    ...(localPort === undefined ? {} : { remotePort: localPort }),
  };
}

/** The same packets from the other end. */
export function mirrorBox(box: Box): Box {
  const { direction, local, remote, protocol, x, y } = box;
  const ports = protocol.lo === protocol.hi && hasPorts(protocol.lo);
  return {
    ...box,
    direction: { lo: 1 - direction.hi, hi: 1 - direction.lo },
    local: remote,
    remote: local,
    ...(ports ? { x: y, y: x } : { x, y }),
  };
}
