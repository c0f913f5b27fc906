/** One connection of ipsec.conf for an SA template and its peer, or for an entry that passes or drops packets. */
import { type Address, formatAddress, formatRange, rangePrefixLength } from '../../model/address.js';
import { hasTypes, protocolNumbers } from '../../model/packet.js';
import type {
  AuthenticationMethod,
  Identity,
  IdentityPattern,
  IkePolicy,
  PadEntry,
  SaTemplate,
} from '../../model/system-config.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import type { Peer } from '../common/peers.js';
import { type EndPart, prefixesOf, type SelectorPart, singlePort, singleType } from '../common/selector-parts.js';
import { protocolWord } from '../common/selectors.js';
import { noKeyExchange } from './algorithms.js';
import { confValue, type Settings } from './conf-text.js';
import { formatId } from './identities.js';
import { isBefore, type Product } from './product.js';
import { lifetimeMax } from './values.js';
import { writeChildSuites, writeIkeSuites } from './write-suites.js';

/** What cannot be written, and so leaves the connection out. */
export interface Unwritable {
  readonly fault: string;
}

export interface WrittenConn {
  readonly settings: Settings;
  /** Pairs of networks are SAs of their own. */
  readonly isSplit: boolean;
  /** What is not said by reading it back. */
  readonly notes: readonly string[];
}

type Setting = readonly [string, string];

/** Addresses of both ends as far as they are known. */
export interface Ends {
  readonly local?: Address;
  readonly remote?: Address;
}

function addressWord({ family, value }: Address): string {
  return formatAddress(family, value);
}

/** `left=`, `right=` and what is behind them. */
function endSettings(
  side: 'left' | 'right',
  address: Address | undefined,
  part: EndPart,
  other: EndPart,
  product: Product,
  mayList: boolean,
  mayBeAny = false,
): readonly Setting[] | Unwritable {
  const host = address ? addressWord(address) : side === 'left' ? '%defaultroute' : '%any';
  const settings: Setting[] = [[side, host]];
  const [range, ...more] = part.ranges;
  const isHost =
    address !== undefined &&
    more.length === 0 &&
    range?.family === address.family &&
    range.first === address.value &&
    range.last === address.value;
  if (!isHost && !mayBeAny) {
    const networks = prefixesOf(part.ranges).map((one) => networkWord(one));
    if (networks.length === 1) settings.push([`${side}subnet`, networks[0]!]);
    else if (mayList && !isBefore(product.version, [5, 0])) settings.push([`${side}subnet`, networks.join(',')]);
    else settings.push([`${side}subnets`, `{${networks.join(' ')}}`]);
  }
  const protocol = part.protocol === 0 ? other.protocol : part.protocol;
  if (protocol === 0) return settings;
  // Other names are for /etc/protocols to know, or not.
  const word = namedProtocols.has(protocol) ? protocolWord(protocol) : String(protocol);
  const port = hasTypes(protocol) ? typeWord(part, other) : portWord(part);
  if (port === undefined) return { fault: `this choice of ${hasTypes(protocol) ? 'messages' : 'ports'}` };
  settings.push([`${side}protoport`, port === '' && namedProtocols.has(protocol) ? word : `${word}/${port || 0}`]);
  return settings;
}

/**
 * Libreswan 4.6 to 4.15 makes nothing of a list of networks where the other end has none written, and silently so; before version
 * 5 a list takes networks of the family that IKE runs over only (starterwhack.c, seen with 4.10).
 */
function withBothNetworks(
  left: readonly Setting[],
  right: readonly Setting[],
  ends: Ends,
  product: Product,
): readonly [readonly Setting[], readonly Setting[]] | Unwritable {
  const isList = ([key]: Setting) => key === 'leftsubnets' || key === 'rightsubnets';
  if (![...left, ...right].some(isList) || !isBefore(product.version, [5, 0])) return [left, right];
  const family = ends.local?.family ?? ends.remote?.family ?? 4;
  const lists = [...left, ...right].filter(isList).map(([, value]) => String(value));
  if (lists.some((list) => list.includes(':') !== (family === 6)))
    return { fault: 'lists of networks of another family than the addresses of IKE' };
  if (isBefore(product.version, [4, 6])) return [left, right];
  const complete = (settings: readonly Setting[], side: 'left' | 'right', own: Address | undefined) => {
    if (settings.some(([key]) => key.startsWith(`${side}subnet`))) return settings;
    return own
      ? [...settings, [`${side}subnet`, `${addressWord(own)}/${own.family === 4 ? 32 : 128}`] as const]
      : undefined;
  };
  const [one, other] = [complete(left, 'left', ends.local), complete(right, 'right', ends.remote)];
  return one && other ? [one, other] : { fault: 'lists of networks where the other end is anybody' };
}

const namedProtocols: ReadonlySet<number> = new Set([protocolNumbers.ICMP, protocolNumbers.TCP, protocolNumbers.UDP]);

function portWord({ protocol, ports }: EndPart): string | undefined {
  const port = protocol === 0 ? 'any' : singlePort(ports);
  return port === undefined ? undefined : port === 'any' ? '' : String(port);
}

/** The sender's port is type and code of a message, so both ends say it; type 0 cannot be said, and code 0 is any. */
function typeWord(part: EndPart, other: EndPart): string | undefined {
  const of = ({ protocol, ports }: EndPart) => (protocol === 0 ? ('any' as const) : singleType(ports));
  const [own, theirs] = [of(part), of(other)];
  const type = own === 'any' ? theirs : own;
  if (type === 'any') return '';
  return type === undefined || type.type === 0 ? undefined : String(type.type * 256 + (type.code ?? 0));
}

function networkWord(range: EndPart['ranges'][number]): string {
  const length = rangePrefixLength(range);
  return length === undefined ? formatRange(range) : `${formatAddress(range.family, range.first)}/${length}`;
}

function isUnwritable(of: readonly Setting[] | Unwritable): of is Unwritable {
  return 'fault' in of;
}

/** An entry that passes or drops. */
export function writeShunt(
  kind: 'BYPASS' | 'DISCARD',
  part: SelectorPart,
  ends: Ends,
  product: Product,
): WrittenConn | Unwritable {
  const left = endSettings('left', ends.local, part.local, part.remote, product, false);
  if (isUnwritable(left)) return left;
  const right = endSettings('right', ends.remote, part.remote, part.local, product, false);
  if (isUnwritable(right)) return right;
  const both = withBothNetworks(left, right, ends, product);
  if ('fault' in both) return both;
  const settings: Setting[] = [
    ...both[0],
    ...both[1],
    ['type', kind === 'BYPASS' ? 'passthrough' : 'drop'],
    ['authby', 'never'],
    ['auto', 'ondemand'],
  ];
  return { settings, isSplit: isSplit(settings), notes: [] };
}

function isSplit(settings: Settings): boolean {
  return settings.some(([key]) => key === 'leftsubnets' || key === 'rightsubnets');
}

/** A template with one of its peers. */
export function writeProtect(
  template: SaTemplate,
  { pad, policies }: Peer,
  part: SelectorPart,
  ends: Ends,
  fallbackToClear: boolean,
  product: Product,
): WrittenConn | Unwritable {
  const version = writtenVersion(pad);
  const policy = policies.find((one) => one.version === version);
  const child = childSettings(template, policy, version, product);
  if ('fault' in child) return child;
  const left = endSettings('left', ends.local, part.local, part.remote, product, version === 2);
  if (isUnwritable(left)) return left;
  // In transport mode whoever asks is the peer, and what it says is from it.
  const isAnybody = template.mode === 'transport' && !ends.remote;
  const right = endSettings('right', ends.remote, part.remote, part.local, product, version === 2, isAnybody);
  if (isUnwritable(right)) return right;
  if (template.mode === 'transport' && [...left, ...right].some(([key]) => key.includes('subnet')))
    return { fault: 'networks in transport mode' };
  const both = withBothNetworks(left, right, ends, product);
  if ('fault' in both) return both;
  const notes: string[] = [];
  const authentication = authenticationSettings(pad, version, product, notes);
  if ('fault' in authentication) return authentication;
  const settings: Setting[] = [
    ...both[0],
    ...identitySettings(pad, ends, notes),
    ...both[1],
    versionSetting(version, product),
    ...authentication,
    ['type', template.mode],
    ...ikeSettings(policy, version, product, notes),
    ...child,
    ...peerSettings(pad, version, product),
    ...templateSettings(template, fallbackToClear),
    ['auto', autoWord(template, ends)],
  ];
  return { settings, isSplit: isSplit(settings), notes };
}

/** Before version 5, keyexchange= only knew `ike`. */
function versionSetting(version: 1 | 2, product: Product): Setting {
  if (isBefore(product.version, [5, 0])) return ['ikev2', version === 1 ? 'no' : 'insist'];
  return ['keyexchange', version === 1 ? 'ikev1' : 'ikev2'];
}

/** The version that this system begins with. */
export function writtenVersion(pad: PadEntry): 1 | 2 {
  return pad.ikeVersions.value[0] ?? 2;
}

function autoWord({ start }: SaTemplate, { remote }: Ends): string {
  if (!remote) return 'add';
  // An SPD asks for an SA when a packet comes, unless it says otherwise (RFC 4301 §4.4.1.1).
  switch (start?.value) {
    case 'START':
      return 'start';
    case 'NONE':
      return 'add';
    default:
      return 'ondemand';
  }
}

/** Told where `ike=` is left out. */
export const noIkeSuites = 'pluto knows none of its IKE proposals, and offers its own';

function ikeSettings(
  policy: IkePolicy | undefined,
  version: 1 | 2,
  product: Product,
  notes: string[],
): readonly Setting[] {
  if (!policy) return [];
  const suites = writeIkeSuites(policy.proposals, version, product);
  if (suites === undefined) notes.push(noIkeSuites);
  return [
    ...(suites === undefined ? [] : [['ike', suites] as const]),
    ['ikelifetime', secondsWord(policy.lifetimeSeconds.value)],
    ...(policy.reauthenticationSeconds?.value ? [['reauth', 'yes'] as const] : []),
  ];
}

function secondsWord(seconds: number): string {
  return `${seconds === 0 ? lifetimeMax : Math.min(seconds, lifetimeMax)}s`;
}

function childSettings(
  template: SaTemplate,
  policy: IkePolicy | undefined,
  version: 1 | 2,
  product: Product,
): readonly Setting[] | Unwritable {
  const [first] = template.proposals;
  if (!first) return { fault: 'an SA without proposals' };
  const groups = groupsOf(template, version);
  const suites = writeChildSuites(template.proposals, version, product, groups ?? []);
  if (suites === undefined)
    return { fault: `proposals that pluto ${product.versionText} does not know (${first.name})` };
  const pfs = groups ? groups.length > 0 : (policy?.pfs.value ?? true);
  const { lifetimeSeconds, lifetimeKilobytes, lifetimePackets, rekeySeconds, esn } = first;
  const life = lifetimeSeconds.value === 0 ? lifetimeMax : Math.min(lifetimeSeconds.value, lifetimeMax);
  const countsOctets = !isBefore(product.version, [4, 10]);
  const esnWord = esn.length > 1 ? 'either' : esn[0] === 'esn' ? 'yes' : 'no';
  return [
    [first.protocol === 'AH' ? 'ah' : 'esp', suites],
    ...(first.protocol === 'AH' ? [['phase2', 'ah'] as const] : []),
    ['pfs', pfs ? 'yes' : 'no'],
    ...(version === 2 ? [['esn', esnWord] as const] : []),
    ['salifetime', `${life}s`],
    ...(countsOctets && lifetimeKilobytes.value > 0
      ? [['ipsec-max-bytes', String(lifetimeKilobytes.value * 1024)] as const]
      : []),
    ...(countsOctets && lifetimePackets?.value ? [['ipsec-max-packets', String(lifetimePackets.value)] as const] : []),
    ...rekeySettings(rekeySeconds?.value, life),
  ];
}

function rekeySettings(rekeySeconds: number | undefined, life: number): readonly Setting[] {
  if (rekeySeconds === undefined) return [];
  if (rekeySeconds === 0 || rekeySeconds >= life) return [['rekey', 'no']];
  return [['rekeymargin', `${life - rekeySeconds}s`]];
}

/** Groups of the child's own; empty: no PFS; undefined: that of the IKE SA, or as the IKE policy says. */
function groupsOf({ pfsGroups, proposals }: SaTemplate, version: 1 | 2): readonly KeyExchangeTransform[] | undefined {
  if (pfsGroups) return pfsGroups.value.length > 0 && version === 1 ? pfsGroups.value.slice(0, 1) : pfsGroups.value;
  if (proposals.every(({ keyExchange }) => keyExchange === undefined)) return undefined;
  // One list is for all proposals: what the first of them has that names any.
  const named = proposals.map(({ keyExchange = [] }) => keyExchange.filter(({ id }) => id !== noKeyExchange.id));
  const list = named.find((one) => one.length > 0) ?? [];
  return version === 1 ? list.slice(0, 1) : list;
}

function authenticationSettings(
  { localMethod, remoteMethod, localRounds, remoteRounds, certificates }: PadEntry,
  version: 1 | 2,
  product: Product,
  notes: string[],
): readonly Setting[] | Unwritable {
  const [ours, theirs] = [localMethod.value, remoteMethod.value];
  const isSame = ours === theirs;
  const settings: Setting[] = [];
  if (isSame) {
    const word = authbyWord(ours, version, product);
    if (word === undefined) return { fault: `authentication by ${ours}` };
    settings.push(['authby', word]);
  } else {
    const words = [ours, theirs].map((method) => endAuthWord(method, product));
    const missing = [ours, theirs].find((_, index) => words[index] === undefined);
    if (missing) return { fault: `authentication by ${missing}` };
    if (version === 1) return { fault: `authentication by ${ours} here and ${theirs} there in IKEv1` };
    settings.push(['leftauth', words[0]!], ['rightauth', words[1]!]);
  }
  if (usesCertificate(ours)) {
    const name = certificates?.[0]?.value;
    const nickname = name?.slice(name.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
    if (nickname && /^[\w.-]+$/.test(nickname)) settings.push(['leftcert', nickname]);
    else settings.push(['leftrsasigkey', '%cert']);
    notes.push(
      `the own certificate${nickname ? ` and key must be in the NSS database as '${nickname}'` : ' must be named with leftcert=, after it is put into the NSS database'}`,
    );
  }
  if (usesCertificate(theirs)) settings.push(['rightrsasigkey', '%cert']);
  const rounds = [...(localRounds ?? []), ...(remoteRounds ?? [])];
  if (version === 1 && localRounds?.some(({ method }) => method.value === 'XAUTH'))
    settings.push(['leftxauthclient', 'yes'], ['rightxauthserver', 'yes']);
  if (version === 1 && remoteRounds?.some(({ method }) => method.value === 'XAUTH'))
    settings.push(['leftxauthserver', 'yes'], ['rightxauthclient', 'yes']);
  if (version === 2 && rounds.length > 0) notes.push('a second round of authentication is left out');
  return settings;
}

function usesCertificate(method: AuthenticationMethod): boolean {
  return method.endsWith('SIG');
}

function authbyWord(method: AuthenticationMethod, version: 1 | 2, product: Product): string | undefined {
  switch (method) {
    case 'PSK':
      return 'secret';
    case 'RSASIG':
      return 'rsasig';
    case 'ECDSASIG':
      return version === 2 ? 'ecdsa' : undefined;
    case 'DIGSIG':
      return version === 2 ? 'rsasig,ecdsa' : undefined;
    case 'EDDSASIG':
      return version === 2 && !isBefore(product.version, [5, 0]) ? 'eddsa' : undefined;
    default:
      return undefined;
  }
}

function endAuthWord(method: AuthenticationMethod, product: Product): string | undefined {
  switch (method) {
    case 'PSK':
      return 'secret';
    case 'RSASIG':
    case 'DIGSIG':
      return 'rsasig';
    case 'ECDSASIG':
      return 'ecdsa';
    case 'EDDSASIG':
      return isBefore(product.version, [5, 0]) ? undefined : 'eddsa';
    default:
      return undefined;
  }
}

function identitySettings(
  { localId, remoteId, localMethod, remoteMethod }: PadEntry,
  { local, remote }: Ends,
  notes: string[],
): readonly Setting[] {
  const settings: Setting[] = [];
  const put = (key: string, word: string | undefined, what: string) => {
    const value = word === undefined ? undefined : confValue(word);
    if (value === undefined) notes.push(`the identity ${what} cannot be written, and is left out`);
    else settings.push([key, value]);
  };
  // With a certificate pluto takes its subject where no identity is written, and not the address.
  if (localId) put('leftid', idWord(localId.value), 'of this system');
  else if (local && usesCertificate(localMethod.value)) put('leftid', addressWord(local), 'of this system');
  if (remoteId) put('rightid', patternWord(remoteId.value), 'of the peer');
  else if (remote && usesCertificate(remoteMethod.value)) put('rightid', addressWord(remote), 'of the peer');
  return settings;
}

/** Of an identity whose value is an address or a certificate's, the product finds out. */
function idWord(identity: Identity): string | undefined {
  if (identity.value === undefined && identity.type !== 'X500-DN') return undefined;
  return formatId(identity);
}

function patternWord(pattern: IdentityPattern): string | undefined {
  switch (pattern.kind) {
    case 'exact':
      return formatId(pattern);
    case 'addresses': {
      const { family, first, last } = pattern.range;
      return first === last ? formatAddress(family, first) : undefined;
    }
    case 'anything':
      return '%any';
    case 'any':
      return pattern.type === 'X500-DN' ? '%fromcert' : undefined;
    case 'dn-template':
      return pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(', ');
    default:
      return undefined;
  }
}

function peerSettings(pad: PadEntry, version: 1 | 2, product: Product): readonly Setting[] {
  const settings: Setting[] = [];
  const put = (key: string, value: string | number | undefined) => {
    if (value !== undefined) settings.push([key, String(value)]);
  };
  if (version === 1 && pad.exchange.value === 'aggressive') put('aggressive', 'yes');
  const encapsulation = { ON: undefined, OFF: 'no', FORCE: 'yes' } as const;
  put('encapsulation', pad.natTraversal && encapsulation[pad.natTraversal.value]);
  if (pad.dpdSeconds?.value) {
    put('dpddelay', `${pad.dpdSeconds.value}s`);
    const timeout = pad.dpdTimeoutSeconds?.value || (version === 1 ? pad.dpdSeconds.value * 4 : undefined);
    put('dpdtimeout', timeout && `${timeout}s`);
  }
  if (pad.fragmentation) put('fragmentation', pad.fragmentation.value ? 'yes' : 'no');
  if (version === 2 && pad.mobike?.value) put('mobike', 'yes');
  put('leftikeport', pad.localPort?.value);
  put('rightikeport', pad.remotePort?.value);
  if (pad.ppk && version === 2) put('ppk', pad.ppk.required.value ? 'insist' : 'yes');
  if (pad.initiationTries && isBefore(product.version, [5, 0])) put('keyingtries', pad.initiationTries.value);
  return settings;
}

function templateSettings(template: SaTemplate, fallbackToClear: boolean): readonly Setting[] {
  const { antiReplayWindow, mark, ifId, ipComp, narrowing } = template;
  return [
    ...(antiReplayWindow ? [['replay-window', String(antiReplayWindow.value)] as const] : []),
    ...(mark ? [['mark', `${mark.value}/0xffffffff`] as const] : []),
    ...(ifId?.value ? [['ipsec-interface', String(ifId.value)] as const] : []),
    ...(ipComp?.value ? [['compress', 'yes'] as const] : []),
    ...(narrowing?.value ? [['narrowing', 'yes'] as const] : []),
    ...(fallbackToClear ? [['failureshunt', 'passthrough'] as const] : []),
  ];
}
