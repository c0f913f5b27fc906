/**
 * Configurations as RFC 4301 has them, for properties of writers: connections with peers, identities, proposals and children
 * of every kind beside policies that pass and drop, in any order. They are made as values, not read from a text, so that no
 * product's words decide what is in them.
 */
import fc from 'fast-check';
import { type Address, parseAddress, parseRange } from '../../src/model/address.js';
import { defaultDialect } from '../../src/model/language/dialect.js';
import type { Sourced } from '../../src/model/origin.js';
import { resolve } from '../../src/model/resolve.js';
import { Secret } from '../../src/model/secret.js';
import { anyPort, type Box, everything, type Region } from '../../src/model/selector/box.js';
import { SourceText } from '../../src/model/span.js';
import type {
  EntrySource,
  Identity,
  IdentityPattern,
  IkePolicy,
  ManualSa,
  PadEntry,
  SaTemplate,
  SpdEntry,
  SystemConfig,
} from '../../src/model/system-config.js';
import { selectorBox } from '../../src/model/traffic-selector.js';
import { authentication, encryption } from '../../src/model/transform.js';
import { shippedDefaults } from '../../src/parser/profile.js';
import type { LoadedSystem } from '../../src/services/load-system.js';
import { childProposal, groups, ikeProposal, lifetimes } from './arbitrary-proposals.js';

const origin = { kind: 'builtin', what: 'a made-up configuration' } as const;
const sourced = <T>(value: T): Sourced<T> => ({ value, origin });
const source = (kind: string, name: string): EntrySource => ({ record: { kind, name } });
const address = (text: string): Address => parseAddress(text)!;

/** Which of what there is may be in a configuration. */
export interface SystemChoices {
  /** SAs with keys that are written down. */
  readonly manual?: boolean;
}

const own4 = ['192.0.2.1', '192.0.2.2'] as const;
const own6 = ['2001:db8::1'] as const;

const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 1 });
/** Fields that are there. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

const identity: fc.Arbitrary<Identity> = fc.constantFrom<Identity>(
  { type: 'FQDN', value: 'gw.example.com' },
  { type: 'USER-FQDN', value: 'someone@example.com' },
  { type: 'IPV4', value: '192.0.2.1' },
  { type: 'IPV6', value: '2001:db8::1' },
  { type: 'X500-DN', value: 'CN=gw,O=Example,C=DE' },
  { type: 'KEY-ID', value: 'some key' },
);
const pattern: fc.Arbitrary<IdentityPattern> = fc.oneof(
  { weight: 3, arbitrary: identity.map(({ type, value = '' }): IdentityPattern => ({ kind: 'exact', type, value })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<IdentityPattern>(
      { kind: 'anything' },
      { kind: 'subtree', type: 'FQDN', suffix: 'example.com' },
      { kind: 'any', type: 'FQDN' },
      { kind: 'suffix', type: 'USER-FQDN', suffix: '@example.com' },
      { kind: 'addresses', type: 'IPV4', range: parseRange('198.51.100.0/24')! },
      {
        kind: 'dn-template',
        type: 'X500-DN',
        attributes: [
          { name: 'CN', value: '*' },
          { name: 'O', value: 'Example' },
        ],
      },
    ),
  },
);

/** Where a peer is: one address each, some networks, and anywhere. */
const peers4 = ['198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4'] as const;
const peers6 = ['2001:db8:f::1', '2001:db8:f::2', '2001:db8:f::3', '2001:db8:f::4'] as const;

const nets4 = [
  '10.1.0.0/16',
  '10.2.0.0/16',
  '10.2.3.0/24',
  '10.2.3.4',
  '10.0.0.0/8',
  '10.3.0.10-10.3.0.20',
  '0.0.0.0/0',
] as const;
const nets6 = ['2001:db8:1::/48', '2001:db8:2::/48', '2001:db8:2:3::/64', '2001:db8:2:3::4', '::/0'] as const;

/** What is above the addresses of a selector: protocol, own ports, the peer's. */
const uppers = fc.constantFrom(
  ...([
    [0, anyPort, anyPort],
    [0, anyPort, anyPort],
    [0, anyPort, anyPort],
    [6, anyPort, { lo: 443, hi: 443 }],
    [6, { lo: 22, hi: 22 }, anyPort],
    [17, anyPort, anyPort],
    [17, anyPort, { lo: 5000, hi: 5003 }],
    [6, { lo: 1024, hi: 1029 }, { lo: 80, hi: 80 }],
    [47, anyPort, anyPort],
    ['icmp', anyPort, anyPort],
    ['icmp', { lo: 0x0800, hi: 0x08ff }, anyPort],
  ] as const),
);

function boxOf(local: string, remote: string, upper: readonly [number | 'icmp', Box['x'], Box['y']]): Box {
  const [ours, theirs] = [parseRange(local)!, parseRange(remote)!];
  const protocol = upper[0] === 'icmp' ? (ours.family === 4 ? 1 : 58) : upper[0];
  const box = selectorBox({ range: ours, protocol, ports: anyPort }, { range: theirs, protocol, ports: anyPort })!;
  return upper[0] === 0 ? box : { ...box, x: upper[1], y: upper[2] };
}

const plainEntry = (index: number): fc.Arbitrary<SpdEntry> =>
  fc
    .tuple(
      fc.constantFrom<4 | 6>(4, 4, 4, 6).chain((family) => {
        const nets = family === 4 ? nets4 : nets6;
        const own = family === 4 ? own4 : own6;
        const peers = family === 4 ? peers4 : peers6;
        return fc.tuple(fc.constantFrom<string>(...nets, ...own), fc.constantFrom<string>(...nets, ...peers), uppers);
      }),
      fc.constantFrom<'BYPASS' | 'DISCARD'>('BYPASS', 'DISCARD'),
    )
    .map(([[local, remote, upper], kind]) => ({
      source: source('host', `plain${index}`),
      selectors: [boxOf(local, remote, upper)],
      action: { kind },
    }));

interface Connection {
  readonly pad: PadEntry;
  readonly policies: readonly IkePolicy[];
  readonly entries: readonly SpdEntry[];
}

/** One or two children of a connection, whose peer is at an address. */
function childEntry(
  name: string,
  family: 4 | 6,
  peer: string,
  isIkev1: boolean,
  connection: string | undefined,
): fc.Arbitrary<SpdEntry> {
  const of = source('tunnel', name);
  const own = family === 4 ? own4 : own6;
  const shape = fc.constantFrom<'transport' | 'tunnel'>('transport', 'tunnel', 'tunnel').chain((mode) => {
    const nets = fc
      .constantFrom<4 | 6>(family, family, family, family === 4 ? 6 : 4)
      .map((inner) => (inner === 4 ? nets4 : nets6));
    const pairs =
      mode === 'transport'
        ? fc.tuple(fc.constantFrom<string>(...own), fc.constant(peer), uppers)
        : nets.chain((list) => fc.tuple(fc.constantFrom<string>(...list), fc.constantFrom<string>(...list), uppers));
    const count = mode === 'transport' ? 1 : 2;
    return fc.tuple(fc.constant(mode), fc.array(pairs, { minLength: 1, maxLength: count }), fc.constantFrom(...own));
  });
  const settings = fc.record({
    pfsGroups: some(fc.oneof(groups, fc.constant([]))),
    antiReplayWindow: some(fc.constantFrom(0, 32, 64, 128)),
    start: some(fc.constantFrom<'TRAP' | 'START' | 'NONE'>('TRAP', 'START', 'NONE')),
    onClose: some(fc.constantFrom<'TRAP' | 'START' | 'NONE'>('TRAP', 'START', 'NONE')),
    onDeadPeer: some(fc.constantFrom<'TRAP' | 'START' | 'NONE'>('TRAP', 'START', 'NONE')),
    mark: some(fc.constantFrom(7, 42)),
    narrowing: some(fc.boolean()),
    ipComp: some(fc.boolean()),
  });
  const rarely = fc.integer({ min: 0, max: 9 });
  return fc
    .tuple(
      shape,
      lifetimes.chain((life) => fc.array(childProposal(of, isIkev1, life), { minLength: 1, maxLength: 2 })),
      settings,
      rarely,
    )
    .map(([[mode, pairs, local], proposals, more, dice]): SpdEntry => {
      const selectors: Region = pairs.map(([ours, theirs, upper]) => boxOf(ours, theirs, upper));
      const template: SaTemplate = {
        source: of,
        ...(connection === undefined ? {} : { connection }),
        mode,
        ...(mode === 'tunnel' ? { localEndpoint: address(local), remoteEndpoint: address(peer) } : {}),
        selectors,
        proposals,
        ...Object.fromEntries(Object.entries(given(more)).map(([key, value]) => [key, sourced(value)])),
      };
      return {
        source: of,
        selectors,
        action: { kind: 'PROTECT', bundle: [template], populateFromPacket: dice === 0, fallbackToClear: dice === 1 },
      };
    });
}

function connection(index: number, isNamed: boolean): fc.Arbitrary<Connection> {
  const name = `peer${index}`;
  return fc
    .record({
      family: fc.constantFrom<4 | 6>(4, 4, 4, 6),
      versions: fc.constantFrom<readonly (1 | 2)[]>([2], [2], [1], [2, 1], [1, 2]),
      exchange: fc.constantFrom<'main' | 'aggressive'>('main', 'main', 'aggressive'),
      method: fc.constantFrom<readonly [PadEntry['localMethod']['value'], PadEntry['remoteMethod']['value']]>(
        ['PSK', 'PSK'],
        ['PSK', 'PSK'],
        ['PSK', 'PSK'],
        ['RSASIG', 'RSASIG'],
        ['ECDSASIG', 'ECDSASIG'],
      ),
      localId: some(identity),
      remoteId: some(pattern),
      natTraversal: some(fc.constantFrom<'ON' | 'OFF' | 'FORCE'>('ON', 'OFF', 'FORCE')),
      dpdSeconds: some(fc.constantFrom(0, 30, 120)),
      fragmentation: some(fc.boolean()),
      mobike: some(fc.boolean()),
      lifetimeSeconds: fc.constantFrom(3600, 28_800, 86_400),
      pfs: fc.boolean(),
      count: fc.integer({ min: 1, max: 2 }),
    })
    .chain(({ family, count, versions, lifetimeSeconds, pfs, ...rest }) => {
      const peer = (family === 4 ? peers4 : peers6)[index]!;
      const named = isNamed ? name : undefined;
      return fc
        .tuple(
          fc.tuple(...versions.map((version) => fc.array(ikeProposal(version), { minLength: 1, maxLength: 2 }))),
          fc.tuple(
            ...Array.from({ length: count }, (_, at) =>
              childEntry(`${name}-${at}`, family, peer, versions.includes(1), named),
            ),
          ),
        )
        .map(([proposals, entries]): Connection => {
          const remote = parseRange(peer)!;
          const { exchange, method, ...more } = rest;
          const key = new Secret(new TextEncoder().encode(`Plover-Sand-${index}`));
          const pad: PadEntry = {
            source: source('auth', name),
            ...(named === undefined ? {} : { connection: named }),
            remote,
            ikeVersions: sourced(versions),
            exchange: sourced(exchange),
            localMethod: sourced(method[0]),
            remoteMethod: sourced(method[1]),
            ...(method[0] === 'PSK' ? { presharedKey: sourced({ kind: 'literal', secret: key } as const) } : {}),
            respondOnly: false,
            ...Object.fromEntries(Object.entries(given(more)).map(([field, value]) => [field, sourced(value)])),
          };
          const policies = versions.map(
            (version, at): IkePolicy => ({
              source: source(`ikev${version}`, name),
              ...(named === undefined ? {} : { connection: named }),
              version,
              remote,
              proposals: proposals[at]!,
              lifetimeSeconds: sourced(lifetimeSeconds),
              pfs: sourced(pfs),
            }),
          );
          return { pad, policies, entries };
        });
    });
}

const text = new SourceText('made-up', '');
const keyOf = (octets: number, from: number) =>
  new Secret(Uint8Array.from({ length: octets }, (_, at) => (from + 7 * at) & 255));

const manualEntry = (index: number): fc.Arbitrary<SpdEntry> =>
  fc
    .tuple(
      fc.constantFrom<4 | 6>(4, 6),
      fc.boolean(),
      fc.constantFrom('AES-CBC-128', '3DES-CBC', 'NULL'),
      fc.constantFrom('HMAC-SHA1-96', 'HMAC-SHA2-256-128'),
      uppers,
    )
    .map(([family, isTunnel, cipher, mac, upper]) => {
      const of = source('host', `manual${index}`);
      const [local, remote] = family === 4 ? [own4[0], `198.51.100.${60 + index}`] : [own6[0], `2001:db8:f::6${index}`];
      const selectors = [boxOf(local, remote, upper)];
      const [enc, auth] = [encryption(cipher), authentication(mac)];
      const sa = (spi: number): ManualSa => ({
        at: { source: text, start: 0, end: 0 },
        protocol: 'ESP',
        spi,
        authenticationKey: keyOf(auth.keyBits / 8, spi),
        ...(enc.keyBits > 0 ? { encryptionKey: keyOf(enc.keyBits / 8, spi + 1) } : {}),
      });
      const template: SaTemplate = {
        source: of,
        mode: isTunnel ? 'tunnel' : 'transport',
        ...(isTunnel ? { localEndpoint: address(local), remoteEndpoint: address(remote) } : {}),
        selectors,
        proposals: [
          {
            source: of,
            name: 'made up',
            protocol: 'ESP',
            encryption: [enc],
            authentication: [auth],
            esn: ['no-esn'],
            lifetimeSeconds: sourced(0),
            lifetimeKilobytes: sourced(0),
          },
        ],
        manual: { inbound: sa(0x1000 + 2 * index), outbound: sa(0x1001 + 2 * index) },
      };
      return {
        source: of,
        selectors,
        action: { kind: 'PROTECT', bundle: [template], populateFromPacket: false, fallbackToClear: false },
      };
    });

/** Configurations of a host, or of a gateway with one SPD for all packets. */
export function systemConfig({ manual = false }: SystemChoices = {}): fc.Arbitrary<SystemConfig> {
  return fc
    .record({
      connections: fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.boolean())
        .chain(([count, isNamed]) => fc.tuple(...Array.from({ length: count }, (_, at) => connection(at, isNamed)))),
      plain: fc
        .integer({ min: 0, max: 3 })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => plainEntry(at)))),
      manual: manual
        ? fc
            .integer({ min: 0, max: 2 })
            .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => manualEntry(at))))
        : fc.constant([]),
      rest: fc.constantFrom<'BYPASS' | 'DISCARD'>('BYPASS', 'BYPASS', 'DISCARD'),
      forwardsBySpd: fc.boolean(),
    })
    .chain((parts) => {
      const all = [...parts.connections.flatMap(({ entries }) => entries), ...parts.plain, ...parts.manual];
      return fc.shuffledSubarray(all, { minLength: all.length }).map((spd): SystemConfig => {
        const last: SpdEntry = {
          source: source('builtin', 'default'),
          selectors: everything,
          action: { kind: parts.rest },
        };
        return {
          name: 't',
          addresses: [...own4, ...own6].map(address),
          spd: [...spd, last],
          forwardSpd: parts.forwardsBySpd ? [] : [{ ...last, action: { kind: 'BYPASS' } }],
          pad: parts.connections.map(({ pad }) => pad),
          ikePolicies: parts.connections.flatMap(({ policies }) => policies),
          padSearch: 'first-match',
          ...(parts.forwardsBySpd ? { forwardsBySpd: true } : {}),
        };
      });
    });
}

/** The name of a peer, by the name of one of its entries or by its address. */
export function peerOf(text: string): string | undefined {
  const at = [...peers4, ...peers6].indexOf(text as (typeof peers4)[number]);
  return at < 0 ? /^peer\d/.exec(text)?.[0] : `peer${at % peers4.length}`;
}

/** A configuration that nobody wrote, as if it had been read. */
export function loadedFrom(config: SystemConfig): LoadedSystem {
  const { policies } = resolve([], defaultDialect, shippedDefaults(defaultDialect).priorityStep);
  return {
    name: config.name,
    files: [],
    sources: [],
    format: 'made up',
    dialect: defaultDialect,
    policies,
    config,
    problems: [],
  };
}
