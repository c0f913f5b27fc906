/**
 * Every argument of every record kind: one row each, with its values, limits, default parameter, dialect and source.
 * The binder, `policy fmt`, completion, the manual page and the language server all read this table.
 */
import { type Dialect, isIn, type Lifespan } from './dialect.js';
import { abbreviationMin, type RangeName, selectorsMax } from './limits.js';
import type { ObjectName } from './objects.js';
import * as values from './values.js';

export type ValueKind =
  /** address[/prefix[/port|service]] or low-high */
  | 'addrspec'
  | 'address'
  /** address[/prefix] */
  | 'prefix'
  | 'protocol'
  /** comma list of 0-255, or ALL */
  | 'types'
  /** decimal number within `range` */
  | 'number'
  | 'record-name'
  | 'action'
  | 'manual-key'
  /** words joined by + */
  | 'flags'
  /** one word of `values` */
  | 'word'
  /** comma list of words of `values` */
  | 'words'
  | 'secret'
  | 'identity'
  | 'text'
  /** takes no value */
  | 'switch';

export interface ArgumentRow extends Lifespan {
  readonly object: ObjectName;
  /** Canonical name without the hyphen. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly kind: ValueKind;
  readonly required?: boolean;
  /** May be given this many times, from this dialect on. */
  readonly repeat?: { readonly max: number; readonly since: Dialect };
  readonly values?: values.ValueTable;
  readonly range?: RangeName;
  /** Parameter of the object's profile section, where it is not the argument's name; false: no profile parameter. */
  readonly profile?: string | false;
  /** Accepted but without meaning since this dialect; says what to write instead. */
  readonly obsolete?: { readonly since: Dialect; readonly instead: string };
  /** Only on a command line, never in a batch file. */
  readonly commandLineOnly?: boolean;
  /** The spelling is remembered, no page confirms it. */
  readonly provisional?: boolean;
  readonly summary: string;
  readonly source: string;
}

type Rest = Omit<ArgumentRow, 'object' | 'name' | 'kind' | 'summary' | 'source'>;

function row(
  object: ObjectName,
  name: string,
  kind: ValueKind,
  summary: string,
  source: string,
  rest: Rest = {},
): ArgumentRow {
  return { object, name, kind, summary, source, ...rest };
}

const repeated = { repeat: { max: selectorsMax, since: 'A.03.00' } } as const;

/** Selectors that host, tunnel and gateway policies have in common. */
function selectorRows(object: 'host' | 'tunnel' | 'gateway'): ArgumentRow[] {
  const mh = { since: 'A.03.02' as const };
  return [
    row(object, 'source', 'addrspec', 'the local side (forwarded packets: their source)', 'G0302 p.74, p.152', {
      ...repeated,
      aliases: ['src'],
    }),
    row(
      object,
      'destination',
      'addrspec',
      'the remote side (forwarded packets: their destination)',
      'G0302 p.74, p.152',
      { ...repeated, aliases: ['dst'] },
    ),
    row(object, 'protocol', 'protocol', 'upper-layer protocol by name or number', 'G0302 p.75', { aliases: ['prot'] }),
    row(object, 'src_icmp_type', 'types', 'ICMP types that the source side sends', 'G0300 p.185'),
    row(object, 'dst_icmp_type', 'types', 'ICMP types that the destination side sends', 'G0300 p.185'),
    row(object, 'src_icmpv6_type', 'types', 'ICMPv6 types that the source side sends', 'G0302 p.164'),
    row(object, 'dst_icmpv6_type', 'types', 'ICMPv6 types that the destination side sends', 'G0302 p.164'),
    row(object, 'src_mh_type', 'types', 'Mobility Header types that the source side sends', 'G0302 p.67', mh),
    row(object, 'dst_mh_type', 'types', 'Mobility Header types that the destination side sends', 'G0302 p.67', mh),
  ];
}

const manualRows = (object: 'host' | 'tunnel'): ArgumentRow[] => [
  row(object, 'in', 'manual-key', 'inbound SA with manual keys', 'G0300 p.216', { profile: false }),
  row(object, 'out', 'manual-key', 'outbound SA with manual keys', 'G0300 p.216', { profile: false }),
];

/** Words of the extended dialect that say how SAs of a policy behave. */
const childRows = (object: 'host' | 'tunnel'): ArgumentRow[] => [
  row(object, 'pfs_group', 'words', 'groups for a key exchange of its own in each SA negotiation', 'own', {
    since: 'extended',
    values: values.groupRows,
    profile: false,
  }),
  row(object, 'esn', 'word', 'extended sequence numbers', 'own; RFC 4304', {
    since: 'extended',
    values: values.esnRows,
    profile: false,
  }),
  row(object, 'replay_window', 'number', 'size of the anti-replay window in packets', 'own; RFC 4303 §3.4.3', {
    since: 'extended',
    range: 'replayWindow',
    profile: false,
  }),
  row(object, 'start', 'word', 'when the SAs are negotiated', 'own', {
    since: 'extended',
    values: values.startRows,
    profile: false,
  }),
  row(object, 'mark', 'number', 'packet mark on Linux', 'own', { since: 'extended', range: 'mark', profile: false }),
  row(object, 'if_id', 'number', 'XFRM interface on Linux', 'own', {
    since: 'extended',
    range: 'mark',
    profile: false,
  }),
];

const priority = (object: ObjectName, rest: Rest = {}): ArgumentRow =>
  row(object, 'priority', 'number', 'place in the search order: the lowest number is searched first', 'G0300 p.76', {
    range: 'priority',
    aliases: ['pri'],
    ...rest,
  });

const remote = (object: ObjectName, rest: Rest = {}): ArgumentRow =>
  row(object, 'remote', 'prefix', 'address or prefix of the peers that the record is for', 'G0300 p.91, p.95', rest);

const onCommandLine = (object: ObjectName): ArgumentRow[] => [
  row(object, 'nocommit', 'switch', 'verify only', 'M0201 p.9', {
    aliases: ['nc'],
    commandLineOnly: true,
    profile: false,
  }),
  row(object, 'profile', 'text', 'profile file with other defaults', 'G0302 p.60', {
    commandLineOnly: true,
    profile: false,
  }),
];

const ikeLife: Rest = { range: 'ikeLifetimeSeconds', aliases: ['lifetime'] };

export const argumentRows: readonly ArgumentRow[] = [
  ...selectorRows('host'),
  priority('host', { profile: false }),
  row('host', 'tunnel', 'record-name', 'tunnel policy that the packets take', 'G0300 p.76'),
  row('host', 'action', 'action', 'PASS, DISCARD or a list of transforms', 'G0200 p.79', {
    values: values.hostActionRows,
    aliases: ['act'],
  }),
  ...manualRows('host'),
  row('host', 'flags', 'flags', 'modifiers', 'G0200 p.82; G0300 p.78', { values: values.hostFlagRows }),
  ...childRows('host'),
  ...onCommandLine('host'),

  row('tunnel', 'tsource', 'address', 'local endpoint of the tunnel', 'G0302 p.74', { aliases: ['tsrc'] }),
  row('tunnel', 'tdestination', 'address', 'remote endpoint of the tunnel', 'G0302 p.74', { aliases: ['tdst'] }),
  ...selectorRows('tunnel'),
  row('tunnel', 'action', 'action', 'list of transforms', 'G0300 p.83', { aliases: ['act'] }),
  ...manualRows('tunnel'),
  ...childRows('tunnel'),
  ...onCommandLine('tunnel'),

  ...selectorRows('gateway'),
  priority('gateway', { profile: false }),
  row('gateway', 'tunnel', 'record-name', 'tunnel policy that the packets take', 'G0200 p.226'),
  row('gateway', 'action', 'action', 'FORWARD or DISCARD', 'memory', {
    values: values.gatewayActionRows,
    aliases: ['act'],
    provisional: true,
  }),
  row('gateway', 'flags', 'flags', 'modifiers', 'G0200 p.226', { values: values.hostFlagRows }),
  ...onCommandLine('gateway'),

  remote('ike'),
  priority('ike', { profile: false }),
  row('ike', 'auth', 'word', 'authentication method', 'RN0302 p.22', {
    values: values.methodRows,
    aliases: ['authentication'],
  }),
  row('ike', 'group', 'words', 'Diffie-Hellman group', 'G0200 p.93; SRP p.128', { values: values.groupRows }),
  row('ike', 'hash', 'words', 'hash', 'SRP p.128', { values: values.ikev1Hash }),
  row('ike', 'encryption', 'words', 'cipher', 'RN0302 p.22', { values: values.ikev1Encryption }),
  row('ike', 'life', 'number', 'lifetime of the ISAKMP SA in seconds', 'memory', { ...ikeLife, provisional: true }),
  row(
    'ike',
    'maxqm',
    'number',
    'Quick Modes per ISAKMP SA; 1 gives PFS of keys and identities',
    'WIN p.43; RN0302 p.22',
    { range: 'quickModesMax', aliases: ['max_qm'] },
  ),
  ...onCommandLine('ike'),

  remote('ikev1'),
  priority('ikev1', { profile: false }),
  row('ikev1', 'group', 'words', 'Diffie-Hellman groups; the first is used in Aggressive Mode', 'G0300 p.95', {
    values: values.groupRows,
  }),
  row('ikev1', 'hash', 'words', 'hashes in order of preference', 'G0300 p.95', { values: values.ikev1Hash }),
  row('ikev1', 'encryption', 'words', 'ciphers in order of preference', 'G0300 p.95', {
    values: values.ikev1Encryption,
  }),
  row('ikev1', 'life', 'number', 'lifetime of the ISAKMP SA in seconds', 'G0300 p.95, argument name from memory', {
    ...ikeLife,
    provisional: true,
  }),
  row('ikev1', 'pfs', 'word', 'a key exchange of its own in each Quick Mode', 'G0300 p.95', {
    values: values.onOffRows,
  }),
  row('ikev1', 'maxqm', 'number', 'Quick Modes per ISAKMP SA', 'RN0302 p.22', {
    range: 'quickModesMax',
    aliases: ['max_qm'],
    profile: false,
    obsolete: { since: 'A.03.00', instead: '-pfs ON or -pfs OFF' },
  }),
  ...onCommandLine('ikev1'),

  remote('ikev2'),
  priority('ikev2', { profile: false }),
  row('ikev2', 'group', 'words', 'key exchange groups; the first is offered first', 'G0302 p.159', {
    values: values.groupRows,
  }),
  row('ikev2', 'hash', 'words', 'integrity algorithms in order of preference', 'G0300 p.95', {
    values: values.ikev2Hash,
  }),
  row('ikev2', 'encryption', 'words', 'ciphers in order of preference', 'G0300 p.95', {
    values: values.ikev2Encryption,
  }),
  row('ikev2', 'prf', 'words', 'pseudo-random functions in order of preference', 'G0300 p.95', {
    values: values.ikev2Prf,
  }),
  row('ikev2', 'life', 'number', 'lifetime of the IKE SA in seconds', 'G0300 p.168, argument name from memory', {
    ...ikeLife,
    provisional: true,
  }),
  row('ikev2', 'pfs', 'word', 'a key exchange of its own in each CREATE_CHILD_SA', 'G0300 p.95', {
    values: values.onOffRows,
  }),
  ...onCommandLine('ikev2'),

  remote('auth', { required: true, profile: false }),
  priority('auth', { since: 'A.03.00', profile: false }),
  row('auth', 'kmp', 'words', 'IKE versions; the first is used to initiate', 'G0300 p.91', {
    since: 'A.03.00',
    values: values.kmpRows,
  }),
  row('auth', 'exchange', 'word', 'Main Mode or Aggressive Mode (IKEv1)', 'G0201 p.139', {
    values: values.exchangeRows,
  }),
  row('auth', 'local_method', 'word', 'how this system proves itself', 'RN0302 p.22', {
    since: 'A.03.00',
    values: values.methodRows,
    profile: false,
  }),
  row('auth', 'remote_method', 'word', 'how the peer proves itself', 'RN0302 p.22', {
    since: 'A.03.00',
    values: values.methodRows,
    profile: false,
  }),
  row(
    'auth',
    'preshared',
    'secret',
    'preshared key: text, 0x and hexadecimal digits, or (extended) file:PATH or env:NAME',
    'G0300 p.155; G0302 p.133',
    { profile: false },
  ),
  row('auth', 'ltype', 'word', 'type of the identity that is sent', 'G0302 p.155', {
    values: values.idTypeRows,
    profile: false,
  }),
  row('auth', 'lid', 'identity', 'identity that is sent', 'G0300 p.89', { profile: false }),
  row('auth', 'rtype', 'word', 'type of the identity that the peer must send', 'G0200 p.139', {
    values: values.idTypeRows,
    profile: false,
  }),
  row('auth', 'rid', 'identity', 'identity that the peer must send', 'G0302 p.83', { profile: false }),
  row('auth', 'flags', 'flags', 'modifiers', 'G0300 p.91', { values: values.authFlagRows }),
  row('auth', 'nat_traversal', 'word', 'UDP encapsulation', 'own; RFC 7296 §2.23', {
    since: 'extended',
    values: values.natTraversalRows,
    profile: false,
  }),
  row('auth', 'dpd', 'number', 'seconds of silence before the peer is probed', 'own; RFC 3706', {
    since: 'extended',
    range: 'dpdSeconds',
    profile: false,
  }),
  row('auth', 'fragmentation', 'word', 'IKE fragmentation', 'own; RFC 7383', {
    since: 'extended',
    values: values.onOffRows,
    profile: false,
  }),
  row('auth', 'certificate', 'text', 'file with the certificate of this system', 'own', {
    since: 'extended',
    profile: false,
  }),
  row('auth', 'ca', 'text', 'file with the certification authorities accepted for the peer', 'own', {
    since: 'extended',
    profile: false,
  }),
  row('auth', 'crl', 'text', 'file with the revocation lists of these authorities', 'own; RFC 5280 §5', {
    since: 'extended',
    profile: false,
  }),
  row('auth', 'ppk', 'secret', 'postquantum preshared key: file:PATH or env:NAME', 'own; RFC 8784', {
    since: 'extended',
    profile: false,
  }),
  row('auth', 'ppk_id', 'text', 'identity of the postquantum preshared key', 'own; RFC 8784', {
    since: 'extended',
    profile: false,
  }),
  row('auth', 'ppk_required', 'word', 'refuse a peer that does not use the key', 'own; RFC 8784', {
    since: 'extended',
    values: values.onOffRows,
    profile: false,
  }),
  ...onCommandLine('auth'),

  ...onCommandLine('bypass'),

  row('startup', 'autoboot', 'word', 'start the subsystem at boot', 'memory', {
    values: values.onOffRows,
    provisional: true,
  }),
  row('startup', 'auditlvl', 'word', 'audit level', 'G0300 p.148, spelling from memory', {
    values: values.auditLevelRows,
    aliases: ['al'],
    provisional: true,
  }),
  row('startup', 'auditdir', 'text', 'folder of the audit files', 'G0300 p.148, spelling from memory', {
    aliases: ['au'],
    provisional: true,
  }),
  row('startup', 'maxsize', 'number', 'size of an audit file in kilobytes', 'G0300 p.148, spelling from memory', {
    range: 'auditKilobytes',
    aliases: ['m'],
    provisional: true,
  }),
  row('startup', 'spi_min', 'number', 'lowest SPI for negotiated SAs', 'G0300 p.216, name from memory', {
    range: 'spi',
    provisional: true,
  }),
  row('startup', 'spi_max', 'number', 'highest SPI for negotiated SAs', 'G0300 p.216, name from memory', {
    range: 'spi',
    provisional: true,
  }),
  row(
    'startup',
    'spd_soft',
    'number',
    'kernel policy cache: entries that raise a warning',
    'MAN3 ipsec_admin, name from memory',
    { range: 'cacheEntries', provisional: true },
  ),
  row('startup', 'spd_hard', 'number', 'kernel policy cache: entries at most', 'MAN3 ipsec_admin, name from memory', {
    range: 'cacheEntries',
    provisional: true,
  }),
  ...onCommandLine('startup'),

  row('cacert', 'file', 'text', 'certificate file, PEM or DER', 'RN0300 p.16', { required: true, profile: false }),
  ...onCommandLine('cacert'),
  row('mycert', 'file', 'text', 'certificate file, PEM, DER or PKCS#12', 'RN0300 p.16', {
    required: true,
    profile: false,
  }),
  ...onCommandLine('mycert'),
  row('csr', 'subject', 'identity', 'distinguished name of the request', 'memory', {
    required: true,
    profile: false,
    provisional: true,
  }),
  row('csr', 'key-length', 'number', 'RSA key length', 'memory', {
    range: 'rsaBits',
    profile: false,
    provisional: true,
  }),
  row('csr', 'alt-ipv4', 'address', 'alternative name: IPv4 address', 'memory', { profile: false, provisional: true }),
  row('csr', 'alt-ipv6', 'address', 'alternative name: IPv6 address', 'memory', { profile: false, provisional: true }),
  row('csr', 'alt-fqdn', 'text', 'alternative name: host name', 'memory', { profile: false, provisional: true }),
  row('csr', 'alt-user-fqdn', 'text', 'alternative name: user@host', 'memory', { profile: false, provisional: true }),
  row('csr', 'days', 'number', 'validity in days', 'memory', { range: 'days', profile: false, provisional: true }),
  ...onCommandLine('csr'),
  row('crl', 'file', 'text', 'revocation list, X.509 version 1 or 2', 'RN0300 p.16', {
    required: true,
    profile: false,
  }),
  ...onCommandLine('crl'),
];

export interface ArgumentLookup {
  readonly row: ArgumentRow;
  /** How it was written: in full, by an alias of the table, or by an unambiguous beginning. */
  readonly written: 'full' | 'alias' | 'abbreviated';
}

const rowsByObject = new Map<ObjectName, ArgumentRow[]>();
const exact = new Map<string, ArgumentLookup>();
for (const argument of argumentRows) {
  const rows = rowsByObject.get(argument.object);
  if (rows) rows.push(argument);
  else rowsByObject.set(argument.object, [argument]);
  exact.set(`${argument.object} ${argument.name}`, { row: argument, written: 'full' });
  for (const alias of argument.aliases ?? [])
    exact.set(`${argument.object} ${alias}`, { row: argument, written: 'alias' });
}

/** The arguments of a record kind, in the order in which `policy fmt` writes them. */
export function argumentsOf(object: ObjectName): readonly ArgumentRow[] {
  return rowsByObject.get(object) ?? [];
}

/**
 * Finds an argument by its word without the hyphen, in any case: in full, by an alias, or by a beginning of at least three
 * characters that fits only one argument of the dialect. `ambiguous` lists what a too short beginning fits.
 */
export function findArgument(
  object: ObjectName,
  word: string,
  dialect: Dialect,
): ArgumentLookup | { ambiguous: readonly string[] } | undefined {
  const lower = word.toLowerCase();
  const found = exact.get(`${object} ${lower}`);
  if (found) return found;
  if (lower.length < abbreviationMin) return undefined;
  const fits = argumentsOf(object).filter((argument) => argument.name.startsWith(lower) && isIn(dialect, argument));
  // `-rem` must stay -remote although the dialect also has -remote_method, as the manual pages print it.
  const shortest = fits.find((argument) => fits.every((other) => other.name.startsWith(argument.name)));
  if (shortest) return { row: shortest, written: 'abbreviated' };
  return fits.length > 1 ? { ambiguous: fits.map((argument) => argument.name) } : undefined;
}
