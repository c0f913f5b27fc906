/** Reads OpenBSD's ipsec.conf: flows and SAs for the kernel, and rules that isakmpd negotiates by. */
import { type Address, type AddressRange, anyAddress, type Family, singleAddress } from '../../model/address.js';
import type { Origin, Sourced } from '../../model/origin.js';
import { Secret } from '../../model/secret.js';
import { anyDirection } from '../../model/selector/box.js';
import type {
  ChildProposal,
  EntrySource,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SpdAction,
  SpdEntry,
} from '../../model/system-config.js';
import {
  authentication,
  encryption,
  type KeyExchangeTransform,
  keyExchange,
  type PrfTransform,
  prf,
} from '../../model/transform.js';
import { ReadContext } from '../common/context.js';
import { kernelLists } from '../common/lists.js';
import type { Piece } from '../common/piece.js';
import type { DialectInput, DialectReading } from '../dialect.js';
import type { KernelSa, KernelTemplate } from '../xfrm/kernel.js';
import { SaIndex } from '../xfrm/sa-index.js';
import { distinct, flowPriority, flowsOf, inOrder, listsOf } from './flows.js';
import { singleOf } from './hosts.js';
import {
  type FlowRule,
  type IkeRule,
  readFlowRule,
  readIkeRule,
  readSaRule,
  type SaRule,
  serviceOf,
} from './ipsecctl-rule.js';
import { type Rule, RuleWords, readRules } from './macros.js';
import { readId } from './words.js';

/** What ipsecctl takes where nothing is written (ipsec.conf(5)). */
const defaults = {
  source: 'ipsecctl: ipsec.conf(5)',
  phase1: { hash: 'HMAC-SHA1', cipher: 'AES-CBC-128', group: 2, seconds: 3600 },
  phase2: { integrity: 'HMAC-SHA2-256-128', cipher: 'AES-CBC-128', seconds: 1200 },
} as const;

const builtin: Origin = { kind: 'builtin', what: defaults.source };

interface Rules {
  readonly ike: IkeRule[];
  readonly flows: FlowRule[];
  readonly sas: SaRule[];
}

/** Reads a configuration. */
export function readIpsecctl(input: DialectInput): DialectReading {
  const context = new ReadContext(input);
  const rules: Rules = { ike: [], flows: [], sas: [] };
  for (const rule of readRules(input.sources, context)) readRule(rule, rules, context);
  return {
    config: { name: input.name, ...build(rules, context) },
    problems: context.report.problems,
    options: context.report.options,
    sources: context.sources,
    product: 'isakmpd',
  };
}

function readRule(rule: Rule, rules: Rules, context: ReadContext): void {
  const words = new RuleWords(rule, context);
  const first = words.take()!;
  const at = words.span(first);
  const name = first.quoted ? '' : first.text;
  const service = serviceOf(name);
  if (name === 'ike') {
    const read = readIkeRule(words);
    if (read) rules.ike.push(read);
  } else if (name === 'flow') {
    const read = readFlowRule(words);
    if (read) rules.flows.push(read);
  } else if (service) {
    const read = readSaRule(words, service);
    if (read) rules.sas.push(read);
  } else if (name === 'tcpmd5') {
    context.report.partial('tcpmd5', at, 'signatures of TCP (RFC 2385) are not modelled');
    return;
  } else {
    context.report.unknown(name || 'text', at, ['ike', 'flow', 'esp', 'ah', 'ipcomp', 'ipip', 'tcpmd5', 'include']);
    return;
  }
  context.report.supported(name, at);
}

function sourceOf({ words }: { readonly words: RuleWords }, kind: string): EntrySource {
  const { line } = words.at.source.position(words.at.start);
  return { record: { kind, name: `line ${line}` }, at: words.at };
}

function build(rules: Rules, context: ReadContext) {
  const given = context.input.addresses ?? [];
  const own =
    given.length > 0
      ? given
      : distinct(
          [...rules.ike, ...rules.flows].flatMap(({ ends, pairs }) => [
            singleOf(ends.local),
            ...pairs.map(({ from }) => singleOf(from.host)),
          ]),
        );
  const index = new SaIndex(rules.sas.flatMap((rule) => kernelSas(rule, context)));
  const entries = [
    ...rules.flows.flatMap((rule) => flowEntries(rule, index, context)),
    ...rules.ike.flatMap((rule) => ikeEntries(rule, own, context)),
  ];
  const isNegotiated = rules.ike.length > 0;
  return {
    addresses: own,
    ...kernelLists(inOrder(entries), isNegotiated),
    pad: rules.ike.flatMap((rule) => padEntries(rule, own)),
    ikePolicies: rules.ike.flatMap(ikePolicies),
    padSearch: 'first-match' as const,
  };
}

/** The SAs of a rule: one for each way, with the defaults of the algorithms. */
function kernelSas(rule: SaRule, context: ReadContext): readonly KernelSa[] {
  if (rule.service === 'IPIP') {
    context.partly(rule.words.at, 'IP in IP without protection is not modelled');
    return [];
  }
  const { service } = rule;
  const cipher =
    service === 'ESP'
      ? (rule.encryption ?? encryption(rule.encryptionKeys[0]?.length === 32 ? 'AES-CBC-256' : 'AES-CBC-128'))
      : undefined;
  const integrity =
    service === 'IPCOMP' || cipher?.icvOctets !== undefined
      ? undefined
      : (rule.authentication ?? authentication(defaults.phase2.integrity));
  if (rule.bundle !== undefined)
    context.partly(rule.words.at, 'bundles of SAs with keys are not modelled: each SA stands for itself');
  return rule.pairs.flatMap(({ from, to }) => {
    const [source, destination] = [singleOf(from.host), singleOf(to.host)];
    if (!source || !destination) {
      context.badValue(rule.words.at, 'an SA is between two single addresses');
      return [];
    }
    return rule.spis.map((spi, way): KernelSa => {
      const [encryptionKey, authenticationKey] = [rule.encryptionKeys[way], rule.authenticationKeys[way]];
      return {
        at: rule.words.at,
        protocol: service,
        source: way === 0 ? source : destination,
        destination: way === 0 ? destination : source,
        spi,
        reqid: 0,
        mode: rule.mode,
        ...(cipher ? { encryption: cipher } : {}),
        ...(integrity ? { authentication: integrity } : {}),
        ...(encryptionKey && cipher ? { encryptionKey } : {}),
        ...(authenticationKey && integrity ? { authenticationKey } : {}),
        isKnown: true,
      };
    });
  });
}

const noKey = new Secret(new Uint8Array(0));

/** The entries of a flow; without a direction it counts for both. */
function flowEntries(rule: FlowRule, index: SaIndex, context: ReadContext): readonly SpdEntry[] {
  const source = sourceOf(rule, 'flow');
  const flows = flowsOf(rule.pairs, rule.protocols, undefined, { local: [], remote: [] });
  if (flows.length === 0)
    context.partly(rule.words.at, 'this flow selects nothing: its ends are of different families');
  return flows.map((flow): SpdEntry => {
    const isInbound = rule.direction === 'in';
    const way = rule.direction === undefined ? anyDirection : isInbound ? { lo: 1, hi: 1 } : { lo: 0, hi: 0 };
    // An inbound flow is written from the peer to this system.
    const region = flow.region.map((box) => ({
      ...box,
      direction: way,
      ...(isInbound ? { local: box.remote, remote: box.local, x: box.y, y: box.x } : {}),
    }));
    return {
      source,
      priority: flowPriority(flow),
      selectors: region,
      action: flowAction(rule, flow, region, source, index, context),
    };
  });
}

function flowAction(
  rule: FlowRule,
  flow: ReturnType<typeof flowsOf>[number],
  region: SpdEntry['selectors'],
  source: EntrySource,
  index: SaIndex,
  context: ReadContext,
): SpdAction {
  if (rule.type === 'bypass') return { kind: 'BYPASS' };
  if (rule.type === 'deny') return { kind: 'DISCARD' };
  if (rule.service === 'IPIP' || rule.service === 'IPCOMP') {
    context.partly(
      rule.words.at,
      `flows for ${rule.service === 'IPIP' ? 'IP in IP' : 'compression'} alone are not modelled: their packets count as passed`,
    );
    return { kind: 'BYPASS' };
  }
  const [from, to] = rule.direction === 'in' ? [rule.ends.peer, rule.ends.local] : [rule.ends.local, rule.ends.peer];
  const single = (list: readonly { readonly range: AddressRange }[]) => {
    const [one] = list;
    return one && one.range.first === one.range.last ? { family: one.range.family, value: one.range.first } : undefined;
  };
  const local = singleOf(from) ?? single(flow.locals);
  const remote = singleOf(to) ?? single(flow.remotes);
  const isTransport = sameAddress(local, single(flow.locals)) && sameAddress(remote, single(flow.remotes));
  const template: KernelTemplate = {
    protocol: rule.service,
    mode: isTransport ? 'transport' : 'tunnel',
    isOptional: false,
  };
  const out = index.find(template, local, remote) ?? index.find({ ...template, mode: 'tunnel' }, local, remote);
  const back = out && index.find({ ...template, mode: out.mode === 'tunnel' ? 'tunnel' : 'transport' }, remote, local);
  const bundle: SaTemplate = {
    source,
    mode: out ? (out.mode === 'transport' ? 'transport' : 'tunnel') : template.mode,
    ...(local ? { localEndpoint: local } : {}),
    ...(remote ? { remoteEndpoint: remote } : {}),
    selectors: region,
    proposals: out ? [manualProposal(out, rule.service, source)] : [],
    ...(out && back && rule.service
      ? { manual: { outbound: manualSa(out, rule.service), inbound: manualSa(back, rule.service) } }
      : {}),
  };
  return { kind: 'PROTECT', bundle: [bundle], populateFromPacket: false, fallbackToClear: rule.type === 'use' };
}

function sameAddress(a: Address | undefined, b: Address | undefined): boolean {
  return a !== undefined && b !== undefined && a.family === b.family && a.value === b.value;
}

function manualSa(sa: KernelSa, protocol: 'ESP' | 'AH') {
  return {
    at: sa.at,
    protocol,
    spi: sa.spi,
    authenticationKey: sa.authenticationKey ?? noKey,
    ...(sa.encryptionKey ? { encryptionKey: sa.encryptionKey } : {}),
  };
}

function manualProposal(sa: KernelSa, protocol: 'ESP' | 'AH', source: EntrySource): ChildProposal {
  const at: Origin = { kind: 'explicit', at: sa.at };
  return {
    source,
    name: [protocol, sa.encryption?.name, sa.authentication?.name].filter(Boolean).join(' '),
    at: sa.at,
    protocol,
    encryption: sa.encryption ? [sa.encryption] : [],
    authentication: sa.authentication ? [sa.authentication] : [],
    esn: ['no-esn'],
    lifetimeSeconds: { value: 0, origin: at },
    lifetimeKilobytes: { value: 0, origin: at },
  };
}

/** Every combination of ends is a tunnel of its own (client identities of Quick Mode are one pair). */
function ikeEntries(rule: IkeRule, own: readonly Address[], context: ReadContext): readonly SpdEntry[] {
  const source = sourceOf(rule, 'ike');
  const flows = flowsOf(rule.pairs, rule.protocols, undefined, { local: own.map(singleAddress), remote: [] });
  if (flows.length === 0)
    context.partly(rule.words.at, 'this rule selects nothing: its ends are of different families');
  return flows.map((flow): SpdEntry => {
    const peer = peerOf(rule);
    const local = singleOf(rule.ends.local) ?? (own.length === 1 ? own[0] : undefined);
    const groups = rule.phase2?.lists.groups ?? [];
    const at: Origin = rule.phase2 ? { kind: 'explicit', at: rule.words.span(rule.phase2.at) } : builtin;
    const template: SaTemplate = {
      source,
      connection: source.record.name,
      mode: rule.encapsulation,
      ...(local ? { localEndpoint: local } : {}),
      ...(peer ? { remoteEndpoint: peer } : {}),
      selectors: flow.region,
      lists: listsOf([flow], local ? [local] : [], peer),
      proposals: childProposals(rule, source),
      // Without `quick group` PFS is there if the peer asks for it.
      pfsGroups: { value: groups.filter((group): group is KeyExchangeTransform => group !== 'none'), origin: at },
      start: {
        value: rule.mode === 'passive' || !peer ? 'NONE' : 'START',
        origin: { kind: 'explicit', at: rule.words.at },
      },
    };
    return {
      source,
      priority: flowPriority(flow),
      selectors: flow.region,
      action: { kind: 'PROTECT', bundle: [template], populateFromPacket: false, fallbackToClear: false },
    };
  });
}

/** The peer, or the other host of a rule between two hosts. */
function peerOf({ ends, pairs }: IkeRule): Address | undefined {
  if (ends.peer) return singleOf(ends.peer);
  return pairs.length === 1 ? singleOf(pairs[0]!.to.host) : undefined;
}

function lifetime(phase: IkeRule['phase1'], rule: IkeRule, otherwise: number): Sourced<number> {
  const written = phase?.lifetimeSeconds;
  return written
    ? { value: written.value, origin: { kind: 'explicit', at: rule.words.span(written.at) } }
    : { value: otherwise, origin: builtin };
}

function childProposals(rule: IkeRule, source: EntrySource): ChildProposal[] {
  const lists = rule.phase2?.lists;
  const ciphers = lists && lists.encryption.length > 0 ? lists.encryption : [encryption(defaults.phase2.cipher)];
  const written = lists && lists.integrity.length > 0 ? lists.integrity : [authentication(defaults.phase2.integrity)];
  const seconds = lifetime(rule.phase2, rule, defaults.phase2.seconds);
  const list = rule.protocol === 'AH' ? [undefined] : ciphers;
  return list.map((cipher) => {
    const integrity = cipher?.icvOctets === undefined ? written : [];
    return {
      source,
      name: [rule.protocol, cipher?.name, ...integrity.map(({ name }) => name)].filter(Boolean).join(' '),
      ...(rule.phase2 ? { at: rule.words.span(rule.phase2.at) } : {}),
      protocol: rule.protocol,
      encryption: cipher ? [cipher] : [],
      authentication: integrity,
      esn: ['no-esn'],
      lifetimeSeconds: seconds,
      lifetimeKilobytes: { value: 0, origin: builtin },
    };
  });
}

function remoteRanges(rule: IkeRule): readonly AddressRange[] {
  const peer = peerOf(rule);
  if (peer) return [singleAddress(peer)];
  if (rule.ends.peer?.kind === 'range') return [rule.ends.peer.range];
  const families: readonly Family[] = [4, 6];
  return families.map(anyAddress);
}

function padEntries(rule: IkeRule, own: readonly Address[]): PadEntry[] {
  const source = sourceOf(rule, 'ike');
  const at = (piece: Piece | undefined): Origin => (piece ? { kind: 'explicit', at: rule.words.span(piece) } : builtin);
  const method = rule.psk ? 'PSK' : rule.method?.text === 'ecdsa' ? 'ECDSASIG' : 'RSASIG';
  const local = singleOf(rule.ends.local) ?? (own.length === 1 ? own[0] : undefined);
  const destination = rule.destinationId && readId(rule.destinationId.text);
  return remoteRanges(rule).map(
    (remote): PadEntry => ({
      source,
      connection: source.record.name,
      remote,
      ...(local ? { local: [singleAddress(local)] } : {}),
      ikeVersions: { value: [1], origin: { kind: 'builtin', what: 'isakmpd knows IKEv1 only' } },
      exchange: { value: rule.phase1?.isAggressive ? 'aggressive' : 'main', origin: at(rule.phase1?.at) },
      localMethod: { value: method, origin: at(rule.psk ?? rule.method) },
      remoteMethod: { value: method, origin: at(rule.psk ?? rule.method) },
      ...(rule.sourceId ? { localId: { value: readId(rule.sourceId.text), origin: at(rule.sourceId) } } : {}),
      ...(destination && rule.destinationId
        ? {
            remoteId: {
              value: { kind: 'exact', type: destination.type, value: destination.value ?? '' },
              origin: at(rule.destinationId),
            },
          }
        : {}),
      ...(rule.psk
        ? { presharedKey: { value: { kind: 'literal', secret: Secret.ofText(rule.psk.text) }, origin: at(rule.psk) } }
        : {}),
      respondOnly: peerOf(rule) === undefined,
      natTraversal: { value: 'ON', origin: builtin },
      dpdSeconds: { value: rule.mode === 'dynamic' ? 5 : 0, origin: builtin },
    }),
  );
}

function ikePolicies(rule: IkeRule): IkePolicy[] {
  const source = sourceOf(rule, 'ike');
  const lists = rule.phase1?.lists;
  const ciphers = lists && lists.encryption.length > 0 ? lists.encryption : [encryption(defaults.phase1.cipher)];
  const hashes: readonly PrfTransform[] =
    lists && lists.integrity.length > 0
      ? lists.integrity.map(({ name }) => prf(name.replace(/-\d+$/, '')))
      : [prf(defaults.phase1.hash)];
  const groups = lists?.groups.filter((group): group is KeyExchangeTransform => group !== 'none') ?? [];
  const usual = keyExchange(defaults.phase1.group);
  const chosen = groups.length > 0 ? groups : usual ? [usual] : [];
  return remoteRanges(rule).map((remote) => ({
    source,
    connection: source.record.name,
    version: 1,
    remote,
    proposals: ciphers.flatMap((cipher) =>
      hashes.flatMap((hash) =>
        chosen.map((group) => ({
          name: [cipher.name, hash.name, group.name].join('/'),
          encryption: [cipher],
          authentication: [],
          prf: [hash],
          keyExchange: [group],
          ...(rule.phase1 ? { at: rule.words.span(rule.phase1.at) } : {}),
        })),
      ),
    ),
    lifetimeSeconds: lifetime(rule.phase1, rule, defaults.phase1.seconds),
    pfs: { value: false, origin: builtin },
  }));
}
