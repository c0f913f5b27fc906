/** The sockets that both workers share. */
import { ipProtocols } from '../../engine/ipsec/packet.js';
import type { Family } from '../../model/address.js';
import { EnvironmentError } from '../../model/tool-error.js';
import type { HostNames } from './host/names.js';
import type { Native } from './system/native.js';
import { openSocket, type Socket, type SocketPurpose } from './system/socket.js';

/** For both IP versions: ESP in UDP, ESP and AH right on IP, whole packets. IPv6 is left out where the host has none. */
export function openSockets(native: Native, { mark, ikePorts }: HostNames): readonly Socket[] {
  const purposes: readonly SocketPurpose[] = [
    { kind: 'UDP', port: ikePorts.natTraversal },
    { kind: 'raw', protocol: ipProtocols.ESP },
    { kind: 'raw', protocol: ipProtocols.AH },
    { kind: 'whole' },
  ];
  const opened: Socket[] = [];
  const open = (family: Family) => {
    for (const purpose of purposes) opened.push(openSocket(native, { family, purpose, mark, receiveOffload: true }));
  };
  try {
    open(4);
    try {
      open(6);
    } catch (error) {
      if (!(error instanceof EnvironmentError) || error.code !== 'EAFNOSUPPORT') throw error;
    }
    return opened;
  } catch (error) {
    for (const { close } of opened) close();
    throw error;
  }
}
