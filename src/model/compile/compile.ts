/** From a PolicySet to the product-neutral SystemConfig: SPD, PAD, IKE policies and manual SAs. */
import { type Address, formatAddress } from '../address.js';
import { exact } from '../exact.js';
import type { Origin, Sourced } from '../origin.js';
import type { AuthRecord } from '../record/auth.js';
import type { IkeRecord } from '../record/ike.js';
import type { GatewayRecord, HostRecord, TransformSpec, TunnelRecord } from '../record/policy.js';
import type { CertificateRecord } from '../record/record.js';
import type { DefaultPolicy, PolicySet, Prioritised } from '../resolve.js';
import { anyDirection, anyPort, anyProtocol, type Region } from '../selector/box.js';
import type {
  ChildProposal,
  EntrySource,
  IkePolicy,
  IkeProposal,
  PadEntry,
  SaTemplate,
  SpdAction,
  SpdEntry,
  SystemConfig,
} from '../system-config.js';
import {
  type AuthenticationTransform,
  authentication,
  encryption,
  type KeyExchangeTransform,
  keyExchange,
  prf,
} from '../transform.js';
import { everyPacket, icmpv6AlwaysPassed, selectorsOf } from './selectors.js';

/** Compiles the records of one system. `addresses` are its own, where an inventory tells them. */
export function compile(policies: PolicySet, name: string, addresses: readonly Address[] = []): SystemConfig {
  const cache = new Map<TunnelRecord, SaTemplate[]>();
  const hostEntries = policies.hosts.map((record) => spdEntry(record, policies, cache));
  const gatewayEntries = policies.gateways.map((record) => spdEntry(record, policies, cache));
  return {
    name,
    addresses: addresses.length > 0 ? addresses : impliedAddresses(policies),
    spd: [
      ...policies.bypass.map(
        (record): SpdEntry => ({
          source: { record: { kind: 'bypass', name: record.name }, at: record.at },
          selectors: bypassRegion(record.address),
          action: { kind: 'BYPASS' },
        }),
      ),
      ...hostEntries,
      { source: builtinSource('icmpv6-always-passed'), selectors: icmpv6AlwaysPassed, action: { kind: 'BYPASS' } },
      defaultEntry(policies.defaultHost, 'host'),
    ],
    forwardSpd: [...gatewayEntries, defaultEntry(policies.defaultGateway, 'gateway')],
    pad: policies.auths.map((record) => padEntry(record, policies.certificates)),
    ikePolicies: [
      ...[...policies.ike, ...policies.ikev1, ...policies.ikev2].map(ikePolicy),
      ...[policies.defaultIkev1, policies.defaultIkev2].flatMap((record) => (record ? [ikePolicy(record)] : [])),
    ],
    padSearch: policies.dialect === 'A.02' ? 'longest-prefix' : 'first-match',
  };
}

function builtinSource(name: string): EntrySource {
  return { record: { kind: 'builtin', name } };
}

/** A preloaded policy as shipped stands in no file. */
function sourceOf(record: HostRecord | GatewayRecord | TunnelRecord | IkeRecord | AuthRecord): EntrySource {
  const isShipped = 'groups' in record && record.groups.origin.kind === 'builtin';
  return { record: { kind: record.kind, name: record.name }, ...(isShipped ? {} : { at: record.at }) };
}

/** Everything from or to one local address (hpux-ipsec reference 8.5). */
function bypassRegion({ family, value }: Address): Region {
  const whole = everyPacket[family === 4 ? 0 : 1]!;
  return [
    {
      family,
      direction: anyDirection,
      local: { lo: value, hi: value },
      remote: whole.remote,
      protocol: anyProtocol,
      x: anyPort,
      y: anyPort,
    },
  ];
}

function defaultEntry({ action, record }: DefaultPolicy, kind: 'host' | 'gateway'): SpdEntry {
  return {
    source: record ? { record: { kind, name: 'default' }, at: record.at } : { record: { kind, name: 'default' } },
    selectors: everyPacket,
    action: { kind: action.value.kind === 'DISCARD' ? 'DISCARD' : 'BYPASS' },
  };
}

function spdEntry(
  record: Prioritised<HostRecord> | Prioritised<GatewayRecord>,
  policies: PolicySet,
  cache: Map<TunnelRecord, SaTemplate[]>,
): SpdEntry {
  const selectors = selectorsOf(record);
  const source = sourceOf(record);
  return {
    source,
    priority: record.priority,
    selectors,
    action: spdAction(record, { source, mode: 'transport', selectors }, policies, cache),
  };
}

function spdAction(
  record: HostRecord | GatewayRecord,
  base: TemplateBase,
  policies: PolicySet,
  cache: Map<TunnelRecord, SaTemplate[]>,
): SpdAction {
  const action = record.action.value;
  if (action.kind === 'DISCARD') return { kind: 'DISCARD' };
  const bundle: SaTemplate[] = [];
  if (action.kind === 'TRANSFORMS') {
    const keys = record.kind === 'host' ? record : {};
    bundle.push(...templates(action.transforms, base, keys));
  }
  if (record.tunnel) {
    const tunnel = policies.tunnelByName.get(record.tunnel.value);
    // The product refuses a policy whose tunnel does not exist; nothing may leak because of a name.
    if (!tunnel) return { kind: 'DISCARD' };
    let outer = cache.get(tunnel);
    if (!outer) {
      outer = tunnelTemplates(tunnel);
      cache.set(tunnel, outer);
    }
    bundle.push(...outer);
  }
  if (bundle.length === 0) return { kind: 'BYPASS' };
  const flags: readonly string[] = record.flags.value;
  return {
    kind: 'PROTECT',
    bundle: exact(bundle),
    populateFromPacket: flags.includes('EXCLUSIVE'),
    fallbackToClear: flags.includes('FALLBACK_TO_CLEAR'),
  };
}

function tunnelTemplates(record: TunnelRecord): SaTemplate[] {
  if (record.action.value.kind !== 'TRANSFORMS') return [];
  const base = {
    source: sourceOf(record),
    mode: 'tunnel' as const,
    selectors: selectorsOf(record),
    ...(record.tunnelSource ? { localEndpoint: record.tunnelSource.value } : {}),
    ...(record.tunnelDestination ? { remoteEndpoint: record.tunnelDestination.value } : {}),
  };
  return templates(record.action.value.transforms, base, record);
}

type TemplateBase = Pick<SaTemplate, 'source' | 'mode' | 'selectors' | 'localEndpoint' | 'remoteEndpoint'>;
type TemplateOptions = Partial<
  Pick<HostRecord, 'pfsGroups' | 'esn' | 'replayWindow' | 'start' | 'mark' | 'ifId' | 'manualIn' | 'manualOut'>
>;

/** One SA for a list of transforms; two for a nested pair, ESP inside AH. */
function templates(specs: readonly TransformSpec[], base: TemplateBase, options: TemplateOptions): SaTemplate[] {
  const common = {
    ...base,
    ...(options.pfsGroups
      ? { pfsGroups: { value: knownGroups(options.pfsGroups.value), origin: options.pfsGroups.origin } }
      : {}),
    ...(options.replayWindow ? { antiReplayWindow: options.replayWindow } : {}),
    ...(options.start ? { start: options.start } : {}),
    ...(options.mark ? { mark: options.mark } : {}),
    ...(options.ifId ? { ifId: options.ifId } : {}),
    ...(options.manualIn && options.manualOut
      ? { manual: { inbound: options.manualIn.value, outbound: options.manualOut.value } }
      : {}),
  };
  const esn = sequenceNumbers[options.esn?.value ?? 'OFF'];
  const inner = specs.filter((spec) => spec.nested).map((spec) => childProposal(spec, spec.nested!, base.source, esn));
  const outer = specs.map((spec) => childProposal(spec, spec.transform, base.source, esn));
  const last = { ...common, proposals: outer };
  return inner.length > 0 ? [{ ...common, proposals: inner }, last] : [last];
}

const sequenceNumbers: Readonly<Record<'ON' | 'OFF' | 'BOTH', ChildProposal['esn']>> = {
  ON: ['esn'],
  OFF: ['no-esn'],
  BOTH: ['esn', 'no-esn'],
};

function knownGroups(ids: readonly number[]): KeyExchangeTransform[] {
  return ids.flatMap((id) => keyExchange(id) ?? []);
}

function childProposal(
  spec: TransformSpec,
  row: TransformSpec['transform'],
  source: EntrySource,
  esn: ChildProposal['esn'],
): ChildProposal {
  return {
    source: { record: source.record, at: spec.at },
    name: row.word,
    protocol: row.protocol,
    encryption: row.encryption ? [row.encryption] : [],
    authentication: row.authentication ? [row.authentication] : [],
    esn,
    lifetimeSeconds: lifetime(spec, spec.lifetimeSeconds, defaultSeconds),
    lifetimeKilobytes: lifetime(spec, spec.lifetimeKilobytes, defaultKilobytes),
  };
}

const defaultLifetime: Origin = { kind: 'builtin', what: 'default lifetime of transforms' };
const defaultSeconds: Sourced<number> = { value: 28800, origin: defaultLifetime };
const defaultKilobytes: Sourced<number> = { value: 0, origin: defaultLifetime };

function lifetime(spec: TransformSpec, written: number | undefined, otherwise: Sourced<number>): Sourced<number> {
  return written === undefined ? otherwise : { value: written, origin: { kind: 'explicit', at: spec.at } };
}

/** Every combination, encryption varying slowest, then hash, PRF and group (hpux-ipsec reference 7.5). */
function ikePolicy(record: IkeRecord | Prioritised<IkeRecord>): IkePolicy {
  const proposals: IkeProposal[] = [];
  const isV2 = record.kind === 'ikev2';
  for (const cipher of record.encryption.value) {
    const encryptionTransform = encryption(cipher.algorithm);
    const isAead = encryptionTransform.icvOctets !== undefined;
    // A combined-mode cipher takes no separate integrity algorithm (RFC 5282 §8).
    const hashes: readonly (AuthenticationTransform | undefined)[] =
      !isV2 || isAead ? [undefined] : record.hash.value.map((row) => authentication(row.algorithm));
    const prfs = isV2 ? (record.prf?.value ?? []) : record.hash.value;
    for (const hash of hashes) {
      for (const function_ of prfs) {
        for (const group of knownGroups(record.groups.value)) {
          proposals.push({
            name: [cipher.word, hash?.name, function_.word, group.name].filter(Boolean).join('/'),
            encryption: [encryptionTransform],
            authentication: hash ? [hash] : [],
            prf: [prf(function_.algorithm)],
            keyExchange: [group],
          });
        }
      }
    }
  }
  return {
    source: sourceOf(record),
    version: isV2 ? 2 : 1,
    remote: record.remote.value.range,
    ...(record.priority ? { priority: record.priority } : {}),
    proposals,
    lifetimeSeconds: record.lifeSeconds,
    pfs: record.pfs,
    ...(record.quickModesMax ? { quickModesMax: record.quickModesMax } : {}),
  };
}

function padEntry(record: Prioritised<AuthRecord>, certificates: readonly CertificateRecord[]): PadEntry {
  const { exchange, preshared } = record;
  return {
    source: sourceOf(record),
    remote: record.remote.value.range,
    priority: record.priority,
    ikeVersions: record.kmp,
    exchange: { value: exchange.value === 'AM' ? 'aggressive' : 'main', origin: exchange.origin },
    localMethod: record.localMethod,
    remoteMethod: record.remoteMethod,
    ...(record.localId ? { localId: record.localId } : {}),
    ...(record.remoteId ? { remoteId: record.remoteId } : {}),
    ...(preshared ? { presharedKey: { value: preshared.value.reference, origin: preshared.origin } } : {}),
    respondOnly: record.flags.value.includes('AUTOCONF'),
    ...(record.natTraversal ? { natTraversal: record.natTraversal } : {}),
    ...(record.dpdSeconds ? { dpdSeconds: record.dpdSeconds } : {}),
    ...(record.fragmentation ? { fragmentation: record.fragmentation } : {}),
    ...credentialFiles(record, certificates),
  };
}

/** The files of a record, or those that the system has for every peer. */
function credentialFiles(
  { certificate, ca, crl }: AuthRecord,
  all: readonly CertificateRecord[],
): Pick<PadEntry, 'certificates' | 'authorities' | 'revocationLists'> {
  const files = (own: Sourced<string> | undefined, kind: CertificateRecord['kind']) =>
    own ? [own] : all.flatMap((record) => (record.kind === kind && record.file ? [record.file] : []));
  const [certificates, authorities, revocationLists] = [
    files(certificate, 'mycert'),
    files(ca, 'cacert'),
    files(crl, 'crl'),
  ];
  return {
    ...(certificates.length > 0 ? { certificates } : {}),
    ...(authorities.length > 0 ? { authorities } : {}),
    ...(revocationLists.length > 0 ? { revocationLists } : {}),
  };
}

/** Addresses that the records themselves treat as the system's own: single local addresses, tunnel sources, bypassed ones. */
function impliedAddresses(policies: PolicySet): Address[] {
  const found = new Map<string, Address>();
  const note = (address: Address) => found.set(formatAddress(address.family, address.value), address);
  for (const record of policies.hosts) {
    for (const { value } of record.sources) if (value.range.first === value.range.last) note(value.address);
  }
  for (const record of policies.tunnels) if (record.tunnelSource) note(record.tunnelSource.value);
  for (const record of policies.bypass) note(record.address);
  return [...found.values()];
}
