/** What the runtime calls its things on the host, so that nothing of others is met. */
import type { IkePorts } from '../../../engine/ipsec/inbound.js';

export interface HostNames {
  /** The TUN device. */
  readonly tun: string;
  /** One bit of SO_MARK: packets of the runtime itself, which routing and guard let pass. */
  readonly mark: number;
  /** Number of the routing table. */
  readonly routingTable: number;
  /** First of a hundred priorities of routing rules. */
  readonly rulePriority: number;
  /** Table of nf_tables. */
  readonly table: string;
  readonly ikePorts: IkePorts;
}

export const namesDefault: HostNames = {
  tun: 'ipsec0',
  mark: 0x0800_0000,
  routingTable: 4500,
  rulePriority: 4500,
  table: 'ipsec_runtime',
  ikePorts: { ike: 500, natTraversal: 4500 },
};

/** The priority behind all of ours, where packets of the runtime go on. */
export const rulePriorities = 99;
