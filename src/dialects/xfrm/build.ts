/** From kernel policies and SAs to the SystemConfig, which speaks of a local and a remote end. */
import { type Address, type AddressRange, addressScope, formatAddress, parseAddress } from '../../model/address.js';
import type { Origin } from '../../model/origin.js';
import { Secret } from '../../model/secret.js';
import { anyDirection, anyPort, type Interval, type Region } from '../../model/selector/box.js';
import type {
  ChildProposal,
  EntrySource,
  ManualSa,
  SaTemplate,
  SpdAction,
  SpdEntry,
  SystemConfig,
} from '../../model/system-config.js';
import { selectorBox } from '../../model/traffic-selector.js';
import type { ReadContext } from '../common/context.js';
import { kernelLists } from '../common/lists.js';
import { selector } from '../common/selectors.js';
import type { KernelPolicy, KernelSa, KernelSelector, KernelTemplate } from './kernel.js';
import { SaIndex } from './sa-index.js';

export interface KernelState {
  /** In the order in which they were put in. */
  readonly policies: readonly KernelPolicy[];
  readonly sas: readonly KernelSa[];
  /** An IKE daemon's sockets are exempt. */
  readonly hasDaemon: boolean;
  /** Keys were told: SAs become manual ones. */
  readonly hasKeys: boolean;
  /** What a daemon proposes for the SAs of an outbound policy; where an SA is there already, that counts. */
  readonly negotiated?: (
    protocol: 'ESP' | 'AH',
    selector: KernelSelector,
    source: EntrySource,
  ) => Pick<SaTemplate, 'proposals' | 'pfsGroups'> | undefined;
}

/** Compiles a kernel's policies and SAs. */
export function buildKernelConfig(state: KernelState, context: ReadContext): Omit<SystemConfig, 'peerProfile'> {
  const ordered = inSearchOrder(state.policies);
  const outbound = ordered.filter(({ direction }) => direction === 'out');
  const inbound = ordered.filter(({ direction }) => direction === 'in');
  const forwarded = ordered.filter(({ direction }) => direction === 'fwd');
  const entries: SpdEntry[] = [];
  const index = new SaIndex(state.sas);
  const places = placesOf(inbound);
  const entry = (policy: KernelPolicy, into?: KernelPolicy) => spdEntry(policy, into, index, state, context);
  // Directions do not meet, so each list keeps its order, and a pair that mirrors each other becomes one entry.
  let next = 0;
  for (const policy of outbound) {
    const at = places
      .get(selectorKey(policy.selector))
      ?.find((place) => place >= next && mirrors(policy, inbound[place]!));
    if (at === undefined) {
      entries.push(entry(policy));
      continue;
    }
    for (const before of inbound.slice(next, at)) entries.push(entry(before));
    next = at + 1;
    entries.push(entry(policy, inbound[at]));
  }
  for (const rest of inbound.slice(next)) entries.push(entry(rest));
  const shared = withSharedSas(entries);
  checkForwarded(forwarded, inbound, context);
  checkUnused(state, index, context);
  return {
    name: context.input.name,
    addresses: context.input.addresses?.length ? context.input.addresses : ownAddresses(outbound, inbound),
    ...kernelLists(shared, state.hasDaemon),
    pad: [],
    ikePolicies: [],
    padSearch: 'first-match',
  };
}

/** By priority; of equals the one that was put in earlier. */
function inSearchOrder(policies: readonly KernelPolicy[]): readonly KernelPolicy[] {
  return policies
    .map((policy, index) => ({ policy, index }))
    .sort((a, b) => a.policy.priority - b.policy.priority || a.index - b.index)
    .map(({ policy }) => policy);
}

/** Places of inbound policies by what they select, seen from this system. */
function placesOf(inbound: readonly KernelPolicy[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [place, policy] of inbound.entries()) {
    const key = selectorKey(reversed(policy.selector));
    const known = places.get(key);
    if (known) known.push(place);
    else places.set(key, [place]);
  }
  return places;
}

function mirrors(out: KernelPolicy, into: KernelPolicy): boolean {
  return (
    out.action === into.action &&
    out.mark === into.mark &&
    out.ifId === into.ifId &&
    selectorKey(out.selector) === selectorKey(reversed(into.selector)) &&
    out.templates.length === into.templates.length &&
    out.templates.every((template, index) => templateKey(template) === templateKey(turned(into.templates[index]!)))
  );
}

function reversed({ source, destination, sourcePorts, destinationPorts, ...rest }: KernelSelector): KernelSelector {
  return {
    ...rest,
    source: destination,
    destination: source,
    ...(destinationPorts ? { sourcePorts: destinationPorts } : {}),
    ...(sourcePorts ? { destinationPorts: sourcePorts } : {}),
  };
}

function turned({ source, destination, ...rest }: KernelTemplate): KernelTemplate {
  return { ...rest, ...(destination ? { source: destination } : {}), ...(source ? { destination: source } : {}) };
}

function rangeKey({ family, first, last }: AddressRange): string {
  return `${family} ${first}-${last}`;
}

function selectorKey({ source, destination, protocol, sourcePorts, destinationPorts, types }: KernelSelector): string {
  const ports = [sourcePorts, destinationPorts, types].map((interval) =>
    interval ? `${interval.lo}-${interval.hi}` : '',
  );
  return [rangeKey(source), rangeKey(destination), protocol, ...ports].join(' ');
}

/** SPIs differ between directions, and a reqid may: what is compared is what an SA must be like. */
function templateKey({ protocol, mode, source, destination, isOptional }: KernelTemplate): string {
  const ends = [source, destination].map((address) => (address ? formatAddress(address.family, address.value) : ''));
  return [protocol, mode, ...ends, isOptional].join(' ');
}

/** The region of a policy; `out` has its source at this system. */
function regionOf({ selector: written, direction }: KernelPolicy, both: boolean): Region {
  const local = direction === 'out' ? written : reversed(written);
  const ports = (interval: Interval | undefined) => written.types ?? interval ?? anyPort;
  const box = selectorBox(
    selector(local.source, local.protocol, ports(local.sourcePorts)),
    selector(local.destination, local.protocol, ports(local.destinationPorts)),
  );
  if (!box) return [];
  const way = direction === 'out' ? 0 : 1;
  return [{ ...box, direction: both ? anyDirection : { lo: way, hi: way } }];
}

function spdEntry(
  policy: KernelPolicy,
  into: KernelPolicy | undefined,
  index: SaIndex,
  state: KernelState,
  context: ReadContext,
): SpdEntry {
  const selectors = regionOf(policy, into !== undefined);
  const source: EntrySource = { record: { kind: 'policy', name: policy.name }, at: policy.at };
  return {
    source,
    ...(policy.priorityAt
      ? { priority: { value: policy.priority, origin: { kind: 'explicit', at: policy.priorityAt } } }
      : {}),
    selectors,
    action: action(policy, into, selectors, source, index, state, context),
  };
}

function action(
  policy: KernelPolicy,
  into: KernelPolicy | undefined,
  selectors: Region,
  source: EntrySource,
  index: SaIndex,
  state: KernelState,
  context: ReadContext,
): SpdAction {
  if (policy.action === 'discard') return { kind: 'DISCARD' };
  const protecting = policy.templates.filter(({ protocol }) => protocol !== 'IPCOMP');
  if (protecting.length === 0) {
    if (policy.templates.length > 0)
      context.partly(policy.at, 'compression alone is not modelled: the packets count as passed');
    return { kind: 'BYPASS' };
  }
  const compresses = protecting.length < policy.templates.length;
  const bundle = protecting.map((template): SaTemplate => {
    const other = into?.templates[policy.templates.indexOf(template)] ?? turned(template);
    const [outgoing, incoming] = policy.direction === 'in' ? [other, template] : [template, other];
    return saTemplate(policy, outgoing, incoming, { selectors, source, compresses }, index, state, context);
  });
  return {
    kind: 'PROTECT',
    bundle,
    populateFromPacket: policy.isUnique === true,
    fallbackToClear: protecting.every(({ isOptional }) => isOptional),
  };
}

/** Policies that lead to the same SAs with keys share them: they are one template, which carries what any of them selects. */
function withSharedSas(entries: readonly SpdEntry[]): readonly SpdEntry[] {
  const groups = new Map<string, SaTemplate[]>();
  const keyOf = ({ mode, manual, mark, ifId }: SaTemplate) =>
    manual &&
    [
      mode,
      mark?.value,
      ifId?.value,
      ...[manual.outbound, manual.inbound].map(({ at }) => `${at.source.path} ${at.start}`),
    ].join(' ');
  for (const { action } of entries) {
    for (const template of action.kind === 'PROTECT' ? action.bundle : []) {
      const key = keyOf(template);
      if (key === undefined) continue;
      const group = groups.get(key);
      if (group) group.push(template);
      else groups.set(key, [template]);
    }
  }
  const shared = new Map<SaTemplate, SaTemplate>();
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    const whole = { ...group[0]!, selectors: group.flatMap(({ selectors }) => selectors) };
    for (const template of group) shared.set(template, whole);
  }
  if (shared.size === 0) return entries;
  return entries.map((entry) => {
    const { action } = entry;
    if (action.kind !== 'PROTECT' || !action.bundle.some((template) => shared.has(template))) return entry;
    return { ...entry, action: { ...action, bundle: action.bundle.map((one) => shared.get(one) ?? one) } };
  });
}

interface TemplateFrame {
  readonly selectors: Region;
  readonly source: EntrySource;
  readonly compresses: boolean;
}

function saTemplate(
  policy: KernelPolicy,
  outgoing: KernelTemplate,
  incoming: KernelTemplate,
  { selectors, source, compresses }: TemplateFrame,
  index: SaIndex,
  state: KernelState,
  context: ReadContext,
): SaTemplate {
  const local = policy.direction === 'in' ? reversed(policy.selector) : policy.selector;
  const ends = {
    source: outgoing.source ?? single(local.source),
    destination: outgoing.destination ?? single(local.destination),
  };
  const out = index.find(outgoing, ends.source, ends.destination);
  const back = index.find(incoming, ends.destination, ends.source);
  const sa = out ?? back;
  const origin: Origin = sa
    ? { kind: 'explicit', at: sa.at }
    : { kind: 'builtin', what: 'the kernel asks a daemon for SAs' };
  const protocol = outgoing.protocol === 'AH' ? 'AH' : 'ESP';
  const proposals: ChildProposal[] = sa?.isKnown ? [proposal(sa, protocol, source, origin)] : [];
  const isSame = out?.encryption === back?.encryption && out?.authentication === back?.authentication;
  const manual = state.hasKeys && out && back && isSame ? pair(out, back, protocol) : undefined;
  if (state.hasKeys && sa && !manual)
    context.partly(
      sa.at,
      `there is ${!out || !back ? 'an SA for one direction only' : isSame ? 'a key missing' : 'another algorithm for each direction'}, so the SAs of ${source.record.name} are not taken for manual ones`,
    );
  const negotiated = sa ? undefined : state.negotiated?.(protocol, local, source);
  return {
    source,
    mode: outgoing.mode,
    ...(outgoing.source ? { localEndpoint: outgoing.source } : {}),
    ...(outgoing.destination ? { remoteEndpoint: outgoing.destination } : {}),
    selectors,
    proposals,
    ...(proposals.length === 0 && !negotiated?.proposals.length ? { protocol } : {}),
    ...negotiated,
    ...(manual ? { manual } : {}),
    ...(sa?.replayWindow === undefined ? {} : { antiReplayWindow: { value: sa.replayWindow, origin } }),
    ...(compresses ? { ipComp: { value: true, origin: { kind: 'explicit', at: policy.at } } } : {}),
    ...(policy.mark === undefined ? {} : { mark: { value: policy.mark, origin: { kind: 'explicit', at: policy.at } } }),
    ...(policy.ifId === undefined ? {} : { ifId: { value: policy.ifId, origin: { kind: 'explicit', at: policy.at } } }),
  };
}

function single({ family, first, last }: AddressRange): Address | undefined {
  return first === last ? { family, value: first } : undefined;
}

function proposal(sa: KernelSa, protocol: 'ESP' | 'AH', source: EntrySource, origin: Origin): ChildProposal {
  return {
    source,
    name: [protocol, sa.encryption?.name, sa.authentication?.name].filter(Boolean).join(' '),
    at: sa.at,
    protocol,
    encryption: protocol === 'ESP' && sa.encryption ? [sa.encryption] : [],
    authentication: sa.authentication ? [sa.authentication] : [],
    esn: [sa.isEsn ? 'esn' : 'no-esn'],
    lifetimeSeconds: { value: sa.lifetimeSeconds ?? 0, origin },
    lifetimeKilobytes: { value: 0, origin },
  };
}

const noKey = new Secret(new Uint8Array(0));

function pair(out: KernelSa, back: KernelSa, protocol: 'ESP' | 'AH'): SaTemplate['manual'] {
  if (!hasKeys(out) || !hasKeys(back)) return undefined;
  const manual = (sa: KernelSa): ManualSa => ({
    at: sa.at,
    protocol,
    spi: sa.spi,
    authenticationKey: sa.authenticationKey ?? noKey,
    ...(sa.encryptionKey ? { encryptionKey: sa.encryptionKey } : {}),
  });
  return { outbound: manual(out), inbound: manual(back) };
}

function hasKeys(sa: KernelSa): boolean {
  if (!sa.isKnown) return false;
  if (sa.authentication && !sa.authenticationKey) return false;
  return !sa.encryption || sa.encryption.keyBits === 0 || sa.encryptionKey !== undefined;
}

/** What is forwarded must pass a policy of its own when it comes out of an SA: the same as the inbound one, as a rule. */
function checkForwarded(
  forwarded: readonly KernelPolicy[],
  inbound: readonly KernelPolicy[],
  context: ReadContext,
): void {
  const known = new Set(inbound.map(({ selector: written, action: does }) => `${selectorKey(written)} ${does}`));
  for (const policy of forwarded) {
    if (known.has(`${selectorKey(policy.selector)} ${policy.action}`)) continue;
    context.partly(policy.at, 'a policy for forwarded packets that is no inbound one too is not modelled');
  }
}

/** SAs that no policy leads to carry nothing of this system. */
function checkUnused({ policies, sas }: KernelState, index: SaIndex, context: ReadContext): void {
  if (policies.length === 0) return;
  for (const sa of sas) {
    if (!index.isUsed(sa)) context.partly(sa.at, `no policy leads to the SA with SPI ${sa.spi}: it is left out`);
  }
}

/** Single addresses at this system's end of policies and tunnels. */
function ownAddresses(outbound: readonly KernelPolicy[], inbound: readonly KernelPolicy[]): readonly Address[] {
  const found = new Map<string, Address>();
  const note = (address: Address | undefined) => {
    if (address && addressScope(address) === 'unicast')
      found.set(formatAddress(address.family, address.value), address);
  };
  for (const { selector: written, templates } of outbound) {
    note(single(written.source));
    for (const template of templates) note(template.source);
  }
  for (const { selector: written, templates } of inbound) {
    note(single(written.destination));
    for (const template of templates) note(template.destination);
  }
  return [...found.values()];
}

/** An address of a template; 0.0.0.0 and :: stand for the packet's own. */
export function endpoint(text: string): Address | undefined | 'fault' {
  const address = parseAddress(text);
  if (!address) return 'fault';
  return BigInt(address.value) === 0n ? undefined : address;
}
