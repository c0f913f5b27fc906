/** The record kinds of the language. */
import type { Lifespan } from './dialect.js';

export type ObjectName =
  | 'host'
  | 'tunnel'
  | 'gateway'
  | 'ike'
  | 'ikev1'
  | 'ikev2'
  | 'auth'
  | 'bypass'
  | 'startup'
  | 'cacert'
  | 'mycert'
  | 'csr'
  | 'crl';

export interface ObjectRow extends Lifespan {
  readonly name: ObjectName;
  /** What follows the object word: a record name, a local address, or nothing. */
  readonly subject: 'name' | 'address' | 'none';
  /** May it stand in a batch file? */
  readonly batch: boolean;
  readonly deletable: boolean;
  /** A preloaded record named `default` exists and may be changed by `add`. */
  readonly preloaded?: boolean;
  /** Section of the profile file that holds its defaults. */
  readonly profileSection?: string;
  /** What replaces it in later dialects. */
  readonly replacement?: string;
  readonly summary: string;
  readonly source: string;
}

export const objectRows: readonly ObjectRow[] = [
  {
    name: 'host',
    subject: 'name',
    batch: true,
    deletable: true,
    preloaded: true,
    profileSection: 'HostPolicy-Defaults',
    summary: 'what happens to packets that this system sends or receives as an end host',
    source: 'G0200 p.73; G0300 p.72',
  },
  {
    name: 'tunnel',
    subject: 'name',
    batch: true,
    deletable: true,
    profileSection: 'TunnelPolicy-Defaults',
    summary: 'a tunnel that host or gateway policies send packets through',
    source: 'G0302 p.74',
  },
  {
    name: 'gateway',
    subject: 'name',
    batch: true,
    deletable: true,
    preloaded: true,
    profileSection: 'GatewayPolicy-Defaults',
    summary: 'what happens to packets that this system forwards as a Mobile IPv6 home agent',
    source: 'G0200 p.226; G0302 p.152; absent from A.03.00',
  },
  {
    name: 'ike',
    subject: 'name',
    batch: true,
    deletable: true,
    until: 'A.02',
    profileSection: 'IKEPolicy-Defaults',
    replacement: 'ikev1',
    summary: 'IKE parameters for a peer, before the versions were told apart',
    source: 'G0200 p.93; RN0302 p.22',
  },
  {
    name: 'ikev1',
    subject: 'name',
    batch: true,
    deletable: true,
    preloaded: true,
    since: 'A.03.00',
    profileSection: 'IKEV1Policy-Defaults',
    summary: 'parameters of IKE version 1 for a peer',
    source: 'G0300 p.95; RN0302 p.22',
  },
  {
    name: 'ikev2',
    subject: 'name',
    batch: true,
    deletable: true,
    preloaded: true,
    since: 'A.03.00',
    profileSection: 'IKEV2Policy-Defaults',
    summary: 'parameters of IKE version 2 for a peer',
    source: 'G0300 p.95; RN0302 p.22',
  },
  {
    name: 'auth',
    subject: 'name',
    batch: true,
    deletable: true,
    profileSection: 'AuthPolicy-Defaults',
    summary: 'how a peer is found, identified and authenticated',
    source: 'G0300 p.91',
  },
  {
    name: 'bypass',
    subject: 'address',
    batch: true,
    deletable: true,
    summary: 'a local address for which IPsec is off',
    source: 'G0302 p.95',
  },
  {
    name: 'startup',
    subject: 'none',
    batch: true,
    deletable: false,
    profileSection: 'Startup-Defaults',
    summary: 'options that take effect when the subsystem starts',
    source: 'MAN3 show',
  },
  {
    name: 'cacert',
    subject: 'none',
    batch: false,
    deletable: false,
    summary: "a certification authority's certificate",
    source: 'RN0300 p.16',
  },
  {
    name: 'mycert',
    subject: 'none',
    batch: false,
    deletable: true,
    summary: "this system's certificate",
    source: 'RN0300 p.16',
  },
  {
    name: 'csr',
    subject: 'none',
    batch: false,
    deletable: false,
    summary: 'a certificate signing request',
    source: 'RN0300 p.16',
  },
  {
    name: 'crl',
    subject: 'none',
    batch: false,
    deletable: false,
    summary: 'a certificate revocation list',
    source: 'RN0300 p.16',
  },
];

const byName = new Map<string, ObjectRow>(objectRows.map((row) => [row.name, row]));

/** The row of an object word in lower case. */
export function objectRow(name: string): ObjectRow | undefined {
  return byName.get(name);
}
