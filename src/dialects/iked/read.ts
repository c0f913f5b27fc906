/** Reads iked.conf of OpenIKED into a SystemConfig. */
import { type Address, type AddressRange, anyAddress, type Family, singleAddress } from '../../model/address.js';
import type { Origin, Sourced } from '../../model/origin.js';
import { Secret } from '../../model/secret.js';
import type {
  ChildProposal,
  EntrySource,
  Identity,
  IdentityPattern,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SecretReference,
  SpdEntry,
} from '../../model/system-config.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import { ReadContext } from '../common/context.js';
import { kernelLists } from '../common/lists.js';
import type { Piece } from '../common/piece.js';
import type { DialectInput, DialectReading } from '../dialect.js';
import { noKeyExchange } from '../strongswan/keywords.js';
import { distinct, type Flow, flowPriority, flowsOf, inOrder, listsOf } from './flows.js';
import { singleOf } from './hosts.js';
import { type IkedRule, type IkedSettings, readIkedRule, readSetting } from './iked-rule.js';
import { RuleWords, readRules } from './macros.js';
import { ikedDefaults, suitesOf } from './transforms.js';
import { readId } from './words.js';

/** Reads a configuration. */
export function readIked(input: DialectInput): DialectReading {
  const context = new ReadContext(input);
  const settings: IkedSettings = {
    isPassive: false,
    fragmentation: false,
    mobike: true,
    dpdSeconds: ikedDefaults.dpdSeconds,
  };
  const rules: IkedRule[] = [];
  for (const rule of readRules(input.sources, context)) {
    const words = new RuleWords(rule, context);
    const first = words.take()!;
    const at = words.span(first);
    switch (first.quoted ? '' : first.text) {
      case 'ikev2': {
        const read = readIkedRule(words, rules.length + 1);
        if (read) rules.push(read);
        context.report.supported('ikev2', at);
        break;
      }
      case 'set':
        readSetting(words, settings);
        break;
      case 'user':
        context.report.noted('user', at, 'names and passwords for EAP');
        break;
      case 'ike':
      case 'flow':
      case 'esp':
      case 'ah':
      case 'tcpmd5':
        context.report.noted(first.text, at, 'rules for ipsecctl are passed over by iked');
        break;
      default:
        context.report.unknown(first.text, at, ['ikev2', 'set', 'user', 'include']);
    }
  }
  return {
    config: { ...build(rules, settings, context), name: input.name },
    problems: context.report.problems,
    options: context.report.options,
    sources: context.sources,
    product: 'iked',
  };
}

/**
 * The order in which rules are found: the last one that matches counts, but one that is `quick` ends the search, and the
 * default rule is for what no other matches.
 */
function inSearchOrder(rules: readonly IkedRule[], context: ReadContext): readonly IkedRule[] {
  const skipped = rules.filter(({ match }) => match === 'skip');
  for (const { words } of skipped) context.report.noted('skip', words.at, 'the rule is passed over');
  return [
    ...rules.filter(({ match }) => match === 'quick'),
    ...rules.filter(({ match }) => match === 'last').reverse(),
    ...rules.filter(({ match }) => match === 'default').reverse(),
  ];
}

function build(rules: readonly IkedRule[], settings: IkedSettings, context: ReadContext) {
  const ordered = inSearchOrder(rules, context);
  const given = context.input.addresses ?? [];
  const own =
    given.length > 0 ? given : distinct(ordered.flatMap((rule) => [singleOf(rule.ends.local), ...hostEnds(rule)]));
  const entries: SpdEntry[] = [];
  const pad: PadEntry[] = [];
  const ikePolicies: IkePolicy[] = [];
  for (const rule of ordered) {
    const frame = frameOf(rule, own);
    const flows = flowsOf(rule.pairs, rule.protocols, rule.family, { local: frame.locals, remote: frame.peers });
    if (flows.length === 0) {
      context.partly(rule.words.at, `'${rule.name}' selects nothing: both ends of its flows are of different families`);
      continue;
    }
    const template = templateOf(rule, frame, flows, settings);
    for (const flow of flows)
      entries.push({
        source: frame.source,
        priority: flowPriority(flow),
        selectors: flow.region,
        action: { kind: 'PROTECT', bundle: [template], populateFromPacket: false, fallbackToClear: false },
      });
    for (const remote of frame.peers) {
      pad.push(padEntry(rule, frame, remote, settings, context));
      ikePolicies.push(ikePolicy(rule, frame, remote));
    }
  }
  return {
    addresses: own,
    ...kernelLists(inOrder(entries), true),
    pad,
    ikePolicies,
    padSearch: 'first-match' as const,
    peerProfile: { value: 'iked' as const, origin: { kind: 'builtin' as const, what: 'iked' } },
  };
}

interface Frame {
  readonly source: EntrySource;
  readonly locals: readonly AddressRange[];
  readonly peers: readonly AddressRange[];
  readonly local?: Address;
  readonly peer?: Address;
}

/** Between two hosts, they are the ends of the SA where no others are written. */
function hostEnds({ pairs, ends }: IkedRule): readonly (Address | undefined)[] {
  return ends.local || ends.peer || pairs.length !== 1 ? [] : [singleOf(pairs[0]!.from.host)];
}

function frameOf(rule: IkedRule, own: readonly Address[]): Frame {
  const [pair] = rule.pairs;
  const isWritten = rule.ends.local !== undefined || rule.ends.peer !== undefined;
  const localHost = rule.ends.local ?? (isWritten || rule.pairs.length !== 1 ? undefined : pair?.from.host);
  const peerHost = rule.ends.peer ?? (isWritten || rule.pairs.length !== 1 ? undefined : pair?.to.host);
  const peer = singleOf(peerHost);
  const families: readonly Family[] = rule.family ? [rule.family] : peer ? [peer.family] : [4, 6];
  const peers = peerHost?.kind === 'range' ? [peerHost.range] : families.map(anyAddress);
  const onlyOwn = own.length === 1 ? own[0] : undefined;
  const local = singleOf(localHost) ?? (peer && onlyOwn?.family === peer.family ? onlyOwn : undefined);
  return {
    source: { record: { kind: 'ikev2', name: rule.name }, at: rule.words.at },
    locals: local ? [singleAddress(local)] : localHost?.kind === 'range' ? [localHost.range] : [],
    peers,
    ...(local ? { local } : {}),
    ...(peer ? { peer } : {}),
  };
}

function origin(rule: IkedRule, at: Piece | undefined): Origin {
  return at ? { kind: 'explicit', at: rule.words.span(at) } : { kind: 'builtin', what: ikedDefaults.source };
}

function templateOf(rule: IkedRule, frame: Frame, flows: readonly Flow[], settings: IkedSettings): SaTemplate {
  const suites = suitesOf(rule.childSas, rule.protocol);
  const region = flows.flatMap((flow) => flow.region);
  const groups = [...new Set(suites.flatMap((suite) => suite.groups))];
  // `none` beside groups makes PFS a choice, and other groups in each list are those of its proposals alone.
  const isOne = suites.every((suite) => suite.groups.length === groups.length);
  const ofTemplate = isOne && (groups.length === 1 || !groups.includes('none'));
  const written: Origin = rule.childSas.length > 0 ? { kind: 'explicit', at: rule.words.at } : origin(rule, undefined);
  const proposals = suites.map(
    (suite): ChildProposal => ({
      source: frame.source,
      name: [
        rule.protocol,
        ...[suite.encryption, suite.integrity].map((list) => list.map(({ name }) => name).join('+')),
      ]
        .filter(Boolean)
        .join(' '),
      ...(rule.childSas.length > 0 ? { at: rule.words.at } : {}),
      protocol: rule.protocol,
      encryption: suite.encryption,
      authentication: suite.integrity,
      esn: suite.esn,
      ...(ofTemplate ? {} : { keyExchange: suite.groups.map((group) => (group === 'none' ? noKeyExchange : group)) }),
      lifetimeSeconds: {
        value: rule.lifetimeSeconds?.value ?? ikedDefaults.lifetimeSeconds,
        origin: origin(rule, rule.lifetimeSeconds?.at),
      },
      lifetimeKilobytes: {
        value: rule.lifetimeKilobytes?.value ?? ikedDefaults.lifetimeKilobytes,
        origin: origin(rule, rule.lifetimeKilobytes?.at),
      },
    }),
  );
  const isStarted = rule.isActive && !settings.isPassive;
  return {
    source: frame.source,
    connection: rule.name,
    mode: rule.mode,
    ...(frame.local ? { localEndpoint: frame.local } : {}),
    ...(frame.peer ? { remoteEndpoint: frame.peer } : {}),
    selectors: region,
    lists: listsOf(flows, frame.local ? [frame.local] : [], frame.peer),
    proposals,
    ...(ofTemplate
      ? {
          pfsGroups: {
            value: groups.filter((group): group is KeyExchangeTransform => group !== 'none'),
            origin: written,
          },
        }
      : {}),
    start: { value: isStarted ? 'START' : 'NONE', origin: { kind: 'explicit', at: rule.words.at } },
    ...(rule.ipComp ? { ipComp: { value: true, origin: { kind: 'explicit', at: rule.words.at } } } : {}),
  };
}

function padEntry(
  rule: IkedRule,
  frame: Frame,
  remote: AddressRange,
  settings: IkedSettings,
  context: ReadContext,
): PadEntry {
  const { auth } = rule;
  const at: Origin = auth.at ? { kind: 'explicit', at: rule.words.span(auth.at) } : origin(rule, undefined);
  const method = auth.kind === 'psk' ? 'PSK' : auth.method === 'EAP' ? 'DIGSIG' : auth.method;
  const preshared = auth.kind === 'psk' ? secretOf(auth, rule, context) : undefined;
  const source = rule.sourceId;
  const localId: Identity = source ? readId(source.text) : { type: 'FQDN' };
  return {
    source: frame.source,
    connection: rule.name,
    remote,
    ...(frame.local ? { local: [singleAddress(frame.local)] } : {}),
    ikeVersions: { value: [2], origin: { kind: 'builtin', what: 'iked knows IKEv2 only' } },
    exchange: { value: 'main', origin: { kind: 'builtin', what: 'iked knows IKEv2 only' } },
    localMethod: { value: method, origin: at },
    remoteMethod: { value: auth.kind === 'method' && auth.method === 'EAP' ? 'EAP' : method, origin: at },
    // Without srcid the host's own name is sent, which the file does not tell.
    localId: {
      value: localId,
      origin: source ? { kind: 'explicit', at: rule.words.span(source) } : { kind: 'builtin', what: 'the host’s name' },
    },
    remoteId: remoteIdOf(rule),
    ...(preshared ? { presharedKey: preshared } : {}),
    respondOnly: frame.peer === undefined,
    natTraversal: { value: rule.forcesNatTraversal ? 'FORCE' : 'ON', origin: { kind: 'builtin', what: 'natt' } },
    dpdSeconds: { value: settings.dpdSeconds, origin: { kind: 'builtin', what: 'set dpd_check_interval' } },
    fragmentation: { value: settings.fragmentation, origin: { kind: 'builtin', what: 'set fragmentation' } },
    mobike: { value: settings.mobike, origin: { kind: 'builtin', what: 'set mobike' } },
    ...(rule.pools.length > 0
      ? {
          pools: rule.pools.map(
            (pool): Sourced<string> => ({ value: pool.text, origin: { kind: 'explicit', at: rule.words.span(pool) } }),
          ),
        }
      : {}),
  };
}

function remoteIdOf({ destinationId, words }: IkedRule): Sourced<IdentityPattern> {
  if (!destinationId) return { value: { kind: 'anything' }, origin: { kind: 'builtin', what: 'no dstid' } };
  const { type, value } = readId(destinationId.text);
  return {
    value: { kind: 'exact', type, value: value ?? '' },
    origin: { kind: 'explicit', at: words.span(destinationId) },
  };
}

function secretOf(
  { key, file }: Extract<IkedRule['auth'], { kind: 'psk' }>,
  rule: IkedRule,
  context: ReadContext,
): Sourced<SecretReference> | undefined {
  if (file)
    return { value: { kind: 'file', path: file.text }, origin: { kind: 'explicit', at: rule.words.span(file) } };
  if (!key) return undefined;
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(key.text)?.[1];
  if (/^0x/i.test(key.text) && digits === undefined)
    context.badValue(rule.words.span(key), 'a key that begins with 0x is an even number of hexadecimal digits');
  const secret = digits
    ? new Secret(Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))
    : Secret.ofText(key.text);
  return { value: { kind: 'literal', secret }, origin: { kind: 'explicit', at: rule.words.span(key) } };
}

function ikePolicy(rule: IkedRule, frame: Frame, remote: AddressRange): IkePolicy {
  const rekey = rule.ikeLifetimeSeconds;
  return {
    source: frame.source,
    connection: rule.name,
    version: 2,
    remote,
    proposals: suitesOf(rule.ikeSas, 'IKE').map((suite) => ({
      name: [suite.encryption, suite.integrity, suite.prfs, suite.groups.filter((group) => group !== 'none')]
        .map((list) => (list as readonly { readonly name: string }[]).map(({ name }) => name).join('+'))
        .filter(Boolean)
        .join('/'),
      encryption: suite.encryption,
      authentication: suite.integrity,
      prf: suite.prfs,
      keyExchange: suite.groups.filter((group): group is KeyExchangeTransform => group !== 'none'),
      ...(rule.ikeSas.length > 0 ? { at: rule.words.at } : {}),
    })),
    lifetimeSeconds: { value: 0, origin: { kind: 'builtin', what: 'IKE SAs of iked have no end of their own' } },
    rekeySeconds: { value: rekey?.value ?? 0, origin: origin(rule, rekey?.at) },
    pfs: { value: false, origin: { kind: 'builtin', what: 'groups of childsa' } },
  };
}
