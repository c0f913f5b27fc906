/** From where a system is administered: the packets that must pass, or nobody could get in to mend anything. */
import type { Address, AddressRange } from './address.js';
import { protocolNumbers } from './packet.js';
import { anyPort, type Box, fullBox, type Region } from './selector/box.js';

/** Who administers a system, and through which TCP port of it. */
export interface Management {
  /** `the operators`, `CI`; for messages. */
  readonly name: string;
  readonly from: readonly AddressRange[];
  readonly port: number;
}

/** SSH and Telnet: what is looked for where nobody says how a system is administered. */
export const remoteShellPorts: readonly number[] = [22, 23];

/** The packets of connections to a TCP port of a system, in both directions; to any address where none of its own is known. */
export function managementPackets(own: readonly Address[], { from, port }: Pick<Management, 'from' | 'port'>): Region {
  return from.flatMap(({ family, first, last }) => {
    const whole = fullBox(family);
    const base: Box = {
      ...whole,
      remote: { lo: first, hi: last },
      protocol: { lo: protocolNumbers.TCP, hi: protocolNumbers.TCP },
      x: { lo: port, hi: port },
      y: anyPort,
    };
    if (own.length === 0) return [base];
    const ends = own.filter((address) => address.family === family);
    return ends.map(({ value }): Box => ({ ...base, local: { lo: value, hi: value } }));
  });
}
