/** strongSwan's own names of algorithms, selectors and notifications (its enum names and printf hooks, 5.9.8). */
import { formatAddress, rangeToPrefixes } from '../../src/model/address.js';
import type { RefusalNotify } from '../../src/model/peer/connection/refusal.js';
import type { ChosenTransforms } from '../../src/model/proposal.js';
import type { TrafficSelector } from '../../src/model/traffic-selector.js';
import type { KeyExchangeTransform } from '../../src/model/transform.js';
import type { SaAlgorithms } from './verdict.js';

/** `AES_CBC`, `AES_GCM_16`, `CHACHA20_POLY1305`: without the key length. */
function cipherName(name: string): string {
  const [, base = name] = /^(.*?)(?:-(?:128|192|256))?$/.exec(name) ?? [];
  if (base === 'CHACHA20-POLY1305') return 'CHACHA20_POLY1305';
  return base === 'AES-GMAC' ? 'NULL_AES_GMAC' : base.replaceAll('-', '_');
}

function groupName({ name }: KeyExchangeTransform): string {
  if (name === 'X25519') return 'CURVE_25519';
  if (name === 'X448') return 'CURVE_448';
  if (name.startsWith('BRAINPOOL-')) return `ECP_${name.slice(10)}_BP`;
  return name.replace(/-S(?=\d+$)/, '_').replaceAll('-', '_');
}

const prfNames: Readonly<Record<string, string>> = {
  'AES128-XCBC': 'PRF_AES128_XCBC',
  'AES128-CMAC': 'PRF_AES128_CMAC',
};

/** The algorithms of an SA; `withGroup` is false for a Child SA of IKE_AUTH. */
export function algorithmNames({ encryption, integrity, keyExchange }: ChosenTransforms): SaAlgorithms {
  return {
    'encr-alg': encryption ? cipherName(encryption.name) : null,
    'encr-keysize': encryption?.keyLengthAttribute ? String(encryption.keyBits) : null,
    'integ-alg': integrity ? integrity.name.replaceAll('-', '_') : null,
    'dh-group': keyExchange ? groupName(keyExchange) : null,
  };
}

/** The integrity algorithm that charon names for the hash of IKEv1. */
const integrityOfHash: Readonly<Record<string, string>> = {
  'HMAC-MD5': 'HMAC_MD5_96',
  'HMAC-SHA1': 'HMAC_SHA1_96',
  'HMAC-SHA2-256': 'HMAC_SHA2_256_128',
  'HMAC-SHA2-384': 'HMAC_SHA2_384_192',
  'HMAC-SHA2-512': 'HMAC_SHA2_512_256',
};

/** The algorithms of an IKE SA. In IKEv1 the hash is integrity algorithm and PRF. */
export function ikeAlgorithmNames(transforms: ChosenTransforms): SaAlgorithms {
  const names = algorithmNames(transforms);
  const { encryption, integrity, prf } = transforms;
  if (integrity || !prf || encryption?.icvOctets !== undefined) return names;
  return { ...names, 'integ-alg': integrityOfHash[prf.name] ?? null };
}

/** The name of a PRF. */
export function prfName({ prf }: ChosenTransforms): string | null {
  return prf ? (prfNames[prf.name] ?? `PRF_${prf.name.replaceAll('-', '_')}`) : null;
}

/** The name of a group, null for none. */
export function groupNameOf(group: KeyExchangeTransform | undefined): string | null {
  return group ? groupName(group) : null;
}

const protocolNames: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  89: 'ospf',
  132: 'sctp',
};
const [tcp, udp] = [6, 17];
/** First names of /etc/services on the hosts of the recordings, for the ports that are used there, and the protocols that have them. */
const serviceNames: Readonly<Record<number, readonly [string, ...number[]]>> = {
  22: ['ssh', tcp],
  23: ['telnet', tcp],
  25: ['smtp', tcp],
  53: ['domain', tcp, udp],
  80: ['http', tcp],
  123: ['ntp', udp],
  179: ['bgp', tcp],
  443: ['https', tcp, udp],
  500: ['isakmp', udp],
  1701: ['l2f', udp],
  8080: ['http-alt', tcp],
};

/** As `%R` prints it, without the closing bracket, which the recordings lack. */
export function selectorName({ range, protocol, ports }: TrafficSelector): string {
  const { family, first, last } = range;
  const prefixes = rangeToPrefixes(range);
  const [only] = prefixes;
  const addresses =
    prefixes.length === 1 && only
      ? `${formatAddress(family, only.first)}/${only.prefixLength}`
      : `${formatAddress(family, first)}..${formatAddress(family, last)}`;
  const isAnyPort = ports.lo === 0 && ports.hi === 65535;
  if (protocol === 0 && isAnyPort) return addresses;
  const name = protocol === 0 ? '0' : (protocolNames[protocol] ?? String(protocol));
  return `${addresses}[${name}${isAnyPort ? '' : `/${portName(protocol, ports)}`}`;
}

/** Selectors in the order in which charon lists those of an SA (traffic_selector_cmp). */
export function sortedSelectors(list: readonly TrafficSelector[]): TrafficSelector[] {
  const order = (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0);
  return [...list].sort(
    (a, b) =>
      a.range.family - b.range.family ||
      order(a.range.first, b.range.first) ||
      order(b.range.last, a.range.last) ||
      a.protocol - b.protocol ||
      a.ports.lo - b.ports.lo ||
      b.ports.hi - a.ports.hi,
  );
}

function portName(protocol: number, { lo, hi }: TrafficSelector['ports']): string {
  if (lo > hi) return 'OPAQUE';
  const type = (value: number) => (value & 255 ? `${value >> 8}(${value & 255})` : String(value >> 8));
  if (protocol === 1 || protocol === 58) return lo === hi ? type(lo) : `${type(lo)}-${type(hi)}`;
  if (lo !== hi) return `${lo}-${hi}`;
  const named = serviceNames[lo];
  // What names no protocol takes any.
  return named && (protocol === 0 || named.includes(protocol)) ? named[0] : String(lo);
}

/** A notification as charon's log has it. */
interface NotifyWords {
  /** Its name, for `received ... notify error`. */
  readonly long: string;
  /** In the list of payloads of every message that is sent or read. */
  readonly short: string;
}

/** charon has one table for both versions, in which those of IKEv1 go by what their numbers mean in IKEv2. */
const notifyTable: ReadonlyMap<number, NotifyWords> = new Map(
  (
    [
      [1, 'UNSUPPORTED_CRITICAL_PAYLOAD', 'CRIT'],
      [4, 'INVALID_IKE_SPI', 'INVAL_IKE_SPI'],
      [5, 'INVALID_MAJOR_VERSION', 'INVAL_MAJOR'],
      [7, 'INVALID_SYNTAX', 'INVAL_SYN'],
      [9, 'INVALID_MESSAGE_ID', 'INVAL_MID'],
      [11, 'INVALID_SPI', 'INVAL_SPI'],
      [13, 'ATTRIBUTES_NOT_SUPPORTED', 'ATTR_UNSUP'],
      [14, 'NO_PROPOSAL_CHOSEN', 'NO_PROP'],
      [16, 'PAYLOAD_MALFORMED', 'PLD_MAL'],
      [17, 'INVALID_KE_PAYLOAD', 'INVAL_KE'],
      [18, 'INVALID_ID_INFORMATION', 'INVAL_ID'],
      [23, 'INVALID_HASH_INFORMATION', 'INVAL_HASH'],
      [24, 'AUTHENTICATION_FAILED', 'AUTH_FAILED'],
      [34, 'SINGLE_PAIR_REQUIRED', 'SINGLE_PAIR'],
      [35, 'NO_ADDITIONAL_SAS', 'NO_ADD_SAS'],
      [36, 'INTERNAL_ADDRESS_FAILURE', 'INT_ADDR_FAIL'],
      [37, 'FAILED_CP_REQUIRED', 'FAIL_CP_REQ'],
      [38, 'TS_UNACCEPTABLE', 'TS_UNACCEPT'],
      [39, 'INVALID_SELECTORS', 'INVAL_SEL'],
      [43, 'TEMPORARY_FAILURE', 'TEMP_FAIL'],
      [44, 'CHILD_SA_NOT_FOUND', 'NO_CHILD_SA'],
      // The request for transport mode is no error, and is recorded all the same, in its short form alone.
      [16391, '', 'USE_TRANSP'],
    ] as const
  ).map(([type, long, short]) => [type, { long, short }]),
);

/** The numbers of what refusals say (RFC 7296 §3.10.1, RFC 2408 §3.14.1). */
const refusalNumbers: Readonly<Record<RefusalNotify, number>> = {
  NO_PROPOSAL_CHOSEN: 14,
  INVALID_KE_PAYLOAD: 17,
  AUTHENTICATION_FAILED: 24,
  TS_UNACCEPTABLE: 38,
  INTERNAL_ADDRESS_FAILURE: 36,
  FAILED_CP_REQUIRED: 37,
  INVALID_SYNTAX: 7,
  INVALID_KEY_INFORMATION: 17,
  INVALID_ID_INFORMATION: 18,
  INVALID_PAYLOAD_TYPE: 1,
};

/** Every name that a log is searched for. */
export const loggedNames: ReadonlySet<string> = new Set(
  [...notifyTable.values()].flatMap(({ long, short }) => [long, short]).filter((name) => name !== ''),
);

/** charon's words for a notification by its number; undefined for those that no verdict tells of. */
export function notifyWords(type: number): NotifyWords | undefined {
  return notifyTable.get(type);
}

/** What an initiator's log says of a notification that came in: its name, and its short form in the list of payloads. */
export function receivedNames(notify: RefusalNotify): readonly string[] {
  const { long, short } = notifyTable.get(refusalNumbers[notify])!;
  return [long, short];
}

/** What it says of one that it sends itself, or reads in a message that it then rejects. */
export function shortNames(notify: RefusalNotify): readonly string[] {
  return receivedNames(notify).slice(1);
}
