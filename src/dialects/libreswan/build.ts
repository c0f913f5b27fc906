/** From connections to the SystemConfig: SPD entries in the order of the kernel's priorities, PAD entries and IKE policies. */
import {
  type Address,
  type AddressRange,
  anyAddress,
  type Family,
  formatAddress,
  singleAddress,
} from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import type { Region } from '../../model/selector/box.js';
import type {
  ConfiguredSelector,
  ConfiguredSelectors,
  EntrySource,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SpdAction,
  SpdEntry,
  SystemConfig,
} from '../../model/system-config.js';
import type { TrafficSelector } from '../../model/traffic-selector.js';
import type { ReadContext } from '../common/context.js';
import { kernelLists, neighborDiscovery } from '../common/lists.js';
import { spanOf } from '../common/piece.js';
import { pairRegion } from '../common/selectors.js';
import { importCodes } from '../option-report.js';
import type { Conf, Conn } from './conns.js';
import { type End, hostSelectors, readEnd, settingSpan } from './ends.js';
import { childOfferOf, ikeProposalsOf, ikeVersionsOf, rekeyRandomSecondsOf, rekeySecondsOf } from './negotiation.js';
import { type BothEnds, type Oriented, orient } from './orient.js';
import { padEntriesOf } from './pad.js';
import { kernelPriority } from './priority.js';
import type { Product } from './product.js';
import type { PresharedSecret } from './secrets.js';
import { starterActions, starterChildOffer, starterIkeProposals, starterIkeTimes } from './starter.js';
import { loadedPairs, whyUnloaded } from './unloaded.js';
import { ConnValues } from './values.js';

interface Child {
  readonly name: string;
  readonly locals: readonly TrafficSelector[];
  readonly remotes: readonly TrafficSelector[];
}

/** Pairs of networks that `leftsubnets` and `rightsubnets` make together. */
const childrenMax = 4_096;

/** Compiles a configuration. */
export function buildConfig(
  conf: Conf,
  product: Product,
  secrets: readonly PresharedSecret[],
  context: ReadContext,
): SystemConfig {
  const chosen = loadedConns(conf, product, context);
  const ends = chosen.map(
    (conn): BothEnds => ({
      conn,
      left: readEnd(conn, 'left', product.flavour, context),
      right: readEnd(conn, 'right', product.flavour, context),
    }),
  );
  const takesIkev1 = conf.setup.get('ikev1-policy')?.text.toLowerCase();
  const oriented = orient(ends, context);
  const addresses = context.input.addresses?.length ? context.input.addresses : impliedAddresses(oriented);
  const entries: { readonly entry: SpdEntry; readonly order: number }[] = [];
  const pad: PadEntry[] = [];
  const ikePolicies: IkePolicy[] = [];
  for (const one of oriented) {
    const values = new ConnValues(one.conn, product, context);
    const versions = ikeVersionsOf(values);
    const isShunt = shuntOf(values) !== undefined;
    const mayIkev1 = takesIkev1 ? takesIkev1 === 'accept' : !product.defaults.ikev1Dropped;
    if (!isShunt && versions.value.every((version) => version === 1) && !mayIkev1) {
      context.badValue(
        spanOf(one.conn.source, one.conn.at),
        `'${one.conn.name}' is for IKEv1, which ikev1-policy refuses, so it is not loaded`,
        'write keyexchange=ikev2, or ikev1-policy=accept in config setup',
      );
      continue;
    }
    const unloaded = whyUnloaded(one.conn, product);
    if (unloaded !== undefined) {
      context.problem({
        code: importCodes.conflict,
        message: `'${one.conn.name}' is not loaded by ${product.title} ${product.versionText}: ${unloaded}`,
        at: spanOf(one.conn.source, one.conn.at),
        help: 'write the network of the other end too, if only its address with /32',
      });
      continue;
    }
    if (one.remote.host.kind === 'group' || one.local.host.kind === 'group') {
      context.partly(
        spanOf(one.conn.source, one.conn.at),
        `'${one.conn.name}' is for groups of networks and opportunistic encryption, which are not modelled: it is left out`,
      );
      continue;
    }
    const family = familyOf(one, values);
    const own = ownAddresses(one.local, addresses, family);
    const peers = peerRanges(one.remote, family, context);
    for (const child of childrenOf(one, own, peers, family, context, product)) {
      const entry = spdEntry(child, one, values, versions.value[0] ?? 2, own, peers);
      if (entry) entries.push(entry);
    }
    if (isShunt) continue;
    const base = { one, values, versions, own, peers, secrets };
    const found = padEntriesOf(base);
    pad.push(...found);
    for (const version of versions.value)
      for (const remote of peers) ikePolicies.push(ikePolicy(one.conn, values, version, remote));
  }
  entries.sort((a, b) => a.order - b.order);
  const lists = kernelLists(
    entries.map(({ entry }) => entry),
    true,
    product.flavour === 'libreswan' ? [neighborDiscovery] : [],
  );
  return {
    name: context.input.name,
    addresses,
    ...lists,
    pad,
    ikePolicies,
    padSearch: 'first-match',
    ...(secrets.length > 0 ? { sharedSecrets: secrets.map(({ shared }) => shared) } : {}),
    productVersion: product.versionText,
    peerProfile: {
      value: product.flavour === 'starter' ? 'strongswan' : 'libreswan',
      origin: { kind: 'builtin', what: product.title },
    },
  };
}

/**
 * The connections that the daemon would have: those with auto= other than ignore. Where no connection of the file has,
 * somebody loads them by hand, and all that are complete and no mere base of others are taken.
 */
function loadedConns(conf: Conf, product: Product, context: ReadContext): readonly Conn[] {
  const auto = (conn: Conn) => (conn.settings.get('auto')?.text ?? 'ignore').toLowerCase();
  const hasEnds = (conn: Conn) => conn.settings.has('left') || conn.settings.has('right');
  const loaded = conf.conns.filter((conn) => auto(conn) !== 'ignore' && hasEnds(conn));
  if (loaded.length > 0) return loaded;
  const complete = conf.conns.filter((conn) => !conn.isBase && hasEnds(conn));
  const [first] = complete;
  if (first)
    context.partly(
      spanOf(first.source, first.at),
      `no connection has auto=, so ${product.title} loads none at its start; all are taken as loaded by hand`,
      'write auto=add, auto=ondemand or auto=start',
    );
  return complete;
}

/** Passing, dropping: policies without SAs. */
export function shuntOf(values: ConnValues): 'BYPASS' | 'DISCARD' | undefined {
  const type = values.get('type')?.text.toLowerCase();
  if (type === 'passthrough' || type === 'pass') return 'BYPASS';
  return type === 'drop' || type === 'reject' ? 'DISCARD' : undefined;
}

function familyOf({ local, remote }: Oriented, values: ConnValues): Family {
  const written = values.get('hostaddrfamily')?.text.toLowerCase();
  if (written) return /6$/.test(written) ? 6 : 4;
  return local.family ?? remote.family ?? 4;
}

/** Addresses that the connections themselves give to this system. */
function impliedAddresses(oriented: readonly Oriented[]): readonly Address[] {
  const found = new Map<string, Address>();
  for (const { local } of oriented) {
    const all = [
      ...(local.host.kind === 'address' ? [local.host.address] : []),
      ...(local.sourceIp ? [local.sourceIp] : []),
    ];
    for (const address of all) found.set(formatAddress(address.family, address.value), address);
  }
  return [...found.values()];
}

function ownAddresses(end: End, addresses: readonly Address[], family: Family): readonly Address[] {
  if (end.host.kind === 'address') return [end.host.address];
  // The interface of the default route is not known: the first address of the family is taken.
  return addresses.filter((address) => address.family === family).slice(0, 1);
}

function peerRanges(end: End, family: Family, context: ReadContext): readonly AddressRange[] {
  switch (end.host.kind) {
    case 'address':
      return [singleAddress(end.host.address)];
    case 'ranges':
      return end.host.ranges;
    case 'name':
      context.partly(
        end.hostAt,
        `the address of '${end.host.name}' is not looked up: the peer may be anywhere`,
        'write its address',
      );
      return [anyAddress(family)];
    default:
      return [anyAddress(family)];
  }
}

function childrenOf(
  { conn, local, remote }: Oriented,
  own: readonly Address[],
  peers: readonly AddressRange[],
  family: Family,
  context: ReadContext,
  product: Product,
): readonly Child[] {
  const localLists = local.subnets ?? [hostSelectors(local, own, family)];
  const remoteHosts =
    remote.host.kind === 'address'
      ? hostSelectors(remote, [remote.host.address], family)
      : remote.sourceIp || remote.pools
        ? hostSelectors(remote, [], family)
        : peers.map((range): TrafficSelector => ({ ...hostSelectors(remote, [], range.family)[0]!, range }));
  const remoteLists = remote.subnets ?? [remoteHosts];
  const isLoaded = loadedPairs(
    { lists: localLists, end: local },
    { lists: remoteLists, end: remote },
    conn,
    family,
    context,
    product,
  );
  const isOne = localLists.length === 1 && remoteLists.length === 1;
  const children: Child[] = [];
  for (const [x, locals] of localLists.entries()) {
    for (const [y, remotes] of remoteLists.entries()) {
      if (!isLoaded(x, y)) continue;
      if (children.length >= childrenMax) {
        context.badValue(spanOf(conn.source, conn.at), `'${conn.name}' has more than ${childrenMax} pairs of networks`);
        return children;
      }
      children.push({ name: isOne ? conn.name : `${conn.name}/${x + 1}x${y + 1}`, locals, remotes });
    }
  }
  return children;
}

function spdEntry(
  child: Child,
  one: Oriented,
  values: ConnValues,
  version: 1 | 2,
  own: readonly Address[],
  peers: readonly AddressRange[],
): { readonly entry: SpdEntry; readonly order: number } | undefined {
  const { conn } = one;
  const selectors = pairRegion(child.locals, child.remotes);
  if (selectors.length === 0) {
    values.context.partly(
      spanOf(conn.source, conn.at),
      `'${child.name}' selects nothing: its networks, protocols or ports do not go together`,
    );
    return undefined;
  }
  const source: EntrySource = { record: { kind: 'conn', name: child.name }, at: spanOf(conn.source, conn.at) };
  const shunt = shuntOf(values);
  const priority = kernelPriority(child.locals, child.remotes, values);
  const action: SpdAction = shunt
    ? { kind: shunt }
    : {
        kind: 'PROTECT',
        bundle: [template(source, child, selectors, one, values, version, own, peers)],
        populateFromPacket: false,
        fallbackToClear: ['failureshunt', 'negotiationshunt'].some(
          (name) => values.get(name)?.text.toLowerCase() === 'passthrough',
        ),
      };
  return { entry: { source, priority, selectors, action }, order: priority.value };
}

function template(
  source: EntrySource,
  child: Child,
  selectors: Region,
  { conn, local, remote }: Oriented,
  values: ConnValues,
  version: 1 | 2,
  own: readonly Address[],
  peers: readonly AddressRange[],
): SaTemplate {
  const type = values.word('type', ['tunnel', 'transport'], 'tunnel');
  const isStarter = values.product.flavour === 'starter';
  const offer = isStarter ? starterChildOffer(values, source) : childOfferOf(values, version, source);
  const [localAddress] = own;
  const [peer] = peers;
  const isTunnel = type.value === 'tunnel';
  const window = values.number(isStarter ? 'replay_window' : 'replay-window', values.product.defaults.replayWindow);
  const ifId = interfaceOf(values);
  const mark = markOf(values);
  const ipComp = values.flag('compress', false);
  const truncated = values.flag(isStarter ? 'sha256_96' : 'sha2-truncbug', false);
  // strongSwan always narrows; the others only when they are told to.
  const narrowing = isStarter ? undefined : values.flag('narrowing', false);
  return {
    source,
    connection: conn.name,
    mode: type.value,
    ...(localAddress && (isTunnel || local.host.kind === 'address') ? { localEndpoint: localAddress } : {}),
    ...(peer && peer.first === peer.last && remote.host.kind === 'address'
      ? { remoteEndpoint: { family: peer.family, value: peer.first } }
      : {}),
    selectors,
    lists: configuredLists(child, own, peers),
    proposals: offer.proposals,
    ...(offer.pfsGroups ? { pfsGroups: offer.pfsGroups } : {}),
    antiReplayWindow: window,
    start: startOf(values, remote),
    ...(isStarter ? starterActions(values) : {}),
    ...(narrowing ? { narrowing } : {}),
    ...(ipComp.value ? { ipComp } : {}),
    ...(truncated.value ? { sha256Truncated: truncated } : {}),
    ...(mark ? { mark } : {}),
    ...(ifId ? { ifId } : {}),
  };
}

/** The selectors as they are sent; one that is a single address of an end stands for that end. */
function configuredLists(
  { locals, remotes }: Child,
  own: readonly Address[],
  peers: readonly AddressRange[],
): ConfiguredSelectors {
  const configured = (list: readonly TrafficSelector[], ends: readonly AddressRange[]) =>
    list.map((one): ConfiguredSelector => {
      const isEnd = ends.some(
        (end) => end.family === one.range.family && end.first === one.range.first && end.last === one.range.last,
      );
      return isEnd ? { kind: 'dynamic', protocol: one.protocol, ports: one.ports } : { kind: 'fixed', ...one };
    });
  return { local: configured(locals, own.map(singleAddress)), remote: configured(remotes, peers) };
}

function startOf(values: ConnValues, remote: End): NonNullable<SaTemplate['start']> {
  const setting = values.get('auto');
  const origin = values.origin(setting);
  if (remote.host.kind !== 'address' && remote.host.kind !== 'name') return { value: 'NONE', origin };
  switch (setting?.text.toLowerCase()) {
    case 'start':
    case 'up':
    case 'keep':
      return { value: 'START', origin };
    case 'ondemand':
    case 'route':
      return { value: 'TRAP', origin };
    case 'add':
      return { value: 'NONE', origin };
    default:
      // Loaded by hand, it is brought up by hand.
      return { value: 'START', origin };
  }
}

function interfaceOf(values: ConnValues): SaTemplate['ifId'] {
  const setting = values.get('ipsec-interface');
  if (!setting) return undefined;
  const text = setting.text.toLowerCase();
  if (/^(?:no|n|off|false)$/.test(text)) return undefined;
  const number = /^(?:yes|y|on|true)$/.test(text) ? 1 : /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && number > 0) return { value: number, origin: values.origin(setting) };
  values.context.badValue(
    settingSpan(setting),
    `'${setting.text}' is no value of ipsec-interface`,
    'write yes, no or a number',
  );
  return undefined;
}

function markOf(values: ConnValues): SaTemplate['mark'] {
  const setting = values.get('mark') ?? values.get('mark-out') ?? values.get('mark_out');
  if (!setting) return undefined;
  const [valueText = '', maskText] = setting.text.split('/', 2);
  const value = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i.test(valueText) ? Number(valueText) : undefined;
  if (value === undefined || value > 0xffff_ffff) {
    values.context.partly(settingSpan(setting), `the mark '${setting.text}' is no number, and is left out`);
    return undefined;
  }
  if (maskText !== undefined && !/^(?:0x)?f{8}$/i.test(maskText))
    values.context.partly(settingSpan(setting), 'the mask of the mark is not modelled');
  return value === 0 ? undefined : { value, origin: values.origin(setting) };
}

function ikePolicy(conn: Conn, values: ConnValues, version: 1 | 2, remote: AddressRange): IkePolicy {
  const lifetimeSeconds = values.lifetime('ikelifetime', values.product.defaults.ikeLifetimeSeconds);
  const isStarter = values.product.flavour === 'starter';
  return {
    source: { record: { kind: 'conn', name: conn.name }, at: spanOf(conn.source, conn.at) },
    connection: conn.name,
    version,
    remote,
    proposals: isStarter ? starterIkeProposals(values) : ikeProposalsOf(values, version),
    lifetimeSeconds,
    ...(isStarter ? starterIkeTimes(values, lifetimeSeconds) : ikeTimes(values, version, lifetimeSeconds)),
    pfs: isStarter ? { value: false, origin: values.origin(undefined) } : values.flag('pfs', true),
  };
}

/** Pluto rekeys, and authenticates anew only where it is told to. */
function ikeTimes(
  values: ConnValues,
  version: 1 | 2,
  lifetimeSeconds: Sourced<number>,
): Pick<IkePolicy, 'rekeySeconds' | 'rekeyRandomSeconds' | 'reauthenticationSeconds'> {
  const rekey = rekeySecondsOf(values, lifetimeSeconds.value);
  const random = rekey && rekey.value > 0 ? rekeyRandomSecondsOf(values) : undefined;
  const reauth = values.flag('reauth', false);
  if (!reauth.value) return rekey ? { rekeySeconds: rekey, ...(random ? { rekeyRandomSeconds: random } : {}) } : {};
  if (version === 1) return {};
  return { reauthenticationSeconds: rekey ?? { value: lifetimeSeconds.value, origin: reauth.origin } };
}
