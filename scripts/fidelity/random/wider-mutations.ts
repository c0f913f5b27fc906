/** More of what people write into swanctl.conf: selectors of all shapes, several connections, rounds, times, spellings. */
import { type Child, type Conf, pairHosts } from './conf.js';
import type { Draw } from './draw.js';
import { type Mutation, shuffled } from './mutations.js';
import { espPool, groupPool, ikePool } from './pools.js';

/** Proposals as some people write them; a few of them no daemon takes. */
const oddIkeProposals = [
  'aes256gcm16-ecp384',
  'aes128gcm16-sha256-modp2048',
  'sha256-aes128-modp2048',
  'AES128-SHA256-MODP2048',
  'aes128-sha2_256-modp2048',
  'aes128-sha256-prfsha256-modp2048',
  'aes128-sha256-prfsha1-prfsha256-modp2048',
  'aes128-sha256',
  'aes128-modp2048',
  'aes128-sha256-modp2048-modpnone',
  'aes128-aes128-sha256-modp2048-modp2048',
  'aes128-aes128gcm16-sha256-modp2048',
  'aes128gcm128-prfsha256-curve25519',
  'aes128-sha256-prfmd5-modp2048',
  'aes-sha256-ecp_256',
  'aes128-sha256-modp2048!',
  'aes128-sha256-foo2048',
  'null-sha256-modp2048',
];
const oddEspProposals = [
  'aes128-sha256-sha256_96',
  'sha256-aes128',
  'AES128-SHA256',
  'aes128',
  'aes128gcm16-sha256',
  'aes128-aes128gcm16-sha256',
  'aes128gcm64',
  'aes192gcm96',
  'aes256ccm64',
  'null-md5',
  'null',
  'aes128-sha256-prfsha256',
  'aes128-sha512-sha384-sha256-sha1-md5',
  'aes128gcm16-modp2048-noesn',
  'aes128-sha256-esn-modp1536',
];
const protocols = ['tcp', 'udp', 'sctp', 'icmp', 'gre', 'esp', 'ospf', '89', '255', 'ipv6-icmp', 'any'];
const typedIdentities = [
  'rfc822:admin@example.org',
  'ipv4:10.99.0.1',
  'ipv4:10.99.0.2',
  'keyid:left',
  'xmppaddr:admin@example.org',
  'userfqdn:admin@example.org',
  'dns:left.example.org',
  'dns:right.example.org',
  'asn1dn:"C=CH, O=Lab, CN=box"',
  '"asn1dn:C=CH, O=Lab, CN=box"',
  'ipv6:fd01::5',
  'fd02::5',
  '"@#0a0b0c0d"',
  '"keyid:#6c656674"',
  '"@@admin@example.org"',
  '"fqdn:#6c6566742e6578616d706c652e6f7267"',
  'email:*@example.org',
  'fqdn:*.example.org',
  '"C=CH, O=Lab, OU=*, CN=box"',
  '"CN=box, O=Lab, C=CH"',
  'CN=box',
];
/** What only a peer's identity can be. */
const expectedRanges = ['10.99.0.0/24', '10.99.0.0-10.99.0.255', 'fd01::/64', '0.0.0.0/0', '10.99.0.1-10.99.0.2'];
const timeOptions = [
  'rekey_time = 0s',
  'rekey_time = 90m',
  'rand_time = 0',
  'over_time = 0',
  'reauth_time = 1d',
  'reauth_time = 0',
  'keyingtries = 1',
  'dpd_timeout = 600',
  'dpd_delay = 0',
];
const connectionSettings = [
  'send_certreq = yes',
  'send_cert = always',
  'send_cert = ifasked',
  'if_id_in = 42',
  'if_id_out = 42',
  'if_id_in = %unique',
  'dscp = 000000',
  'pull = yes',
  'encap = no',
  'mobike = yes',
  'fragmentation = yes',
  'unique = no',
];
const childSettings = [
  'if_id_in = 42',
  'if_id_out = 42',
  'mark_in = 5',
  'mark_out = 5/0xff',
  'set_mark_in = 7',
  'policies = no',
  'policies_fwd_out = yes',
  'hw_offload = no',
  'sha256_96 = yes',
  'copy_ecn = no',
  'copy_dscp = no',
  'start_action = none',
  'dpd_action = trap',
  'close_action = none',
  'interface = lo',
  'life_bytes = 1000000000',
  'rekey_time = 0',
  'life_time = 0',
  'rand_time = 0',
  'rand_bytes = 0',
  'replay_window = 0',
  'replay_window = 128',
  'tfc_padding = 0',
  'inactivity = 0',
  'hostaccess = yes',
];

const isLeft = ({ local }: Conf): boolean => local === pairHosts.left[0];

/** A prefix, a range or an address that has `host` in it, or now and then hardly. */
function addresses(draw: Draw, host: string): string {
  if (host.includes(':')) {
    const start = host.slice(0, 4);
    return draw.one([
      `${start}::/64`,
      `${start}::/16`,
      `${start}::/120`,
      host,
      `${start}::1-${start}::ff`,
      '::/0',
      `${start}::4/127`,
    ]);
  }
  const octets = host.split('.').map(Number) as [number, number, number, number];
  const [a, b, c, d] = octets;
  const bits = draw.one([0, 8, 12, 16, 20, 23, 24, 25, 26, 28, 30, 31, 32]);
  const value = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  const first = Math.floor(value / size) * size;
  const text = (of: number) => [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(of / unit) % 256).join('.');
  switch (draw.number(8)) {
    case 0:
      return `${text(value - draw.number(6))}-${text(value + draw.number(90))}`;
    case 1:
      return `${a}.${b}.${c}.0-${a}.${b}.${c}.255`;
    // Host bits that a prefix does not have.
    case 2:
      return `${host}/${bits}`;
    default:
      return `${text(first)}/${bits}`;
  }
}

/** Protocol and ports in brackets, or nothing; the ports of both ends meet often. */
function bracket(draw: Draw, protocol: string): string {
  if (protocol === '') return '';
  const isPorted = protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';
  if (protocol === 'icmp' || protocol === 'ipv6-icmp')
    return draw.one([
      `[${protocol}]`,
      `[${protocol}/8]`,
      `[${protocol}/0]`,
      `[${protocol}/8(0)]`,
      `[${protocol}/3-11]`,
    ]);
  if (!isPorted && protocol !== 'any') return `[${protocol}]`;
  const ports = [
    '',
    '',
    '/80',
    '/443',
    '/1000-2000',
    '/1500-3000',
    '/0-1023',
    '/1024-65535',
    '/any',
    '/opaque',
    '/53',
    '/https',
  ];
  const port = draw.one(ports);
  return protocol === 'any' ? (port === '' ? '' : `[${draw.one(['', 'any', '0'])}${port}]`) : `[${protocol}${port}]`;
}

/** Selectors of both ends as one of them has them: own ones, the other's. */
function selectors(draw: Draw): readonly [string[], string[]] {
  const count = draw.one([1, 1, 1, 2, 3]);
  const protocol = () => (draw.chance(0.5) ? '' : draw.one(protocols));
  const six = draw.chance(0.2);
  const shared = protocol();
  const one = (hosts: readonly string[]) => {
    const host = six && draw.chance(0.6) ? hosts[2]! : hosts[1]!;
    return addresses(draw, host) + bracket(draw, draw.chance(0.7) ? shared : protocol());
  };
  const list = (hosts: readonly string[]) => Array.from({ length: count }, () => one(hosts));
  return [list(pairHosts.left), list(pairHosts.right)];
}

function put(conf: Conf, child: Child, [left, right]: readonly [string[], string[]]): void {
  child.localTs = isLeft(conf) ? [...left] : [...right];
  child.remoteTs = isLeft(conf) ? [...right] : [...left];
}

/** A connection beside the one that is meant: for other identities, addresses or methods, or with another child. */
function beside(draw: Draw, one: Conf, name: string): Conf {
  return {
    ...one,
    name,
    remote: draw.one([one.remote, one.remote, '%any', '10.99.0.0/24', '10.99.0.7']),
    local: draw.one([one.local, '%any', '10.99.0.0/24']),
    proposals: draw.chance(0.5) ? [...one.proposals] : draw.some(ikePool, 1, 2),
    localId: draw.one([one.localId, one.localId, 'other.example.org', undefined]),
    remoteId: draw.one([one.remoteId, one.remoteId, '%any', '*.example.org', 'third.example.org', undefined]),
    localAuth: draw.one([one.localAuth, one.localAuth, 'pubkey']),
    remoteAuth: draw.one([one.remoteAuth, one.remoteAuth, 'pubkey']),
    version: draw.one([one.version, one.version, '0', '1', '2']),
    aggressive: one.version === '1' && draw.chance(0.3),
    options: [],
    children: one.children.map((child): Child => {
      const own: Child = { ...child, name: `n${name}`, options: [], esp: draw.some(espPool, 1, 2) };
      if (draw.chance(0.5)) put(one, own, selectors(draw));
      return own;
    }),
    secrets: [],
    more: [],
    before: [],
    inherits: false,
  };
}

/** By their names. */
export const widerMutations: Readonly<Record<string, Mutation>> = {
  'ts-shapes': (draw, one) => {
    for (const child of one.children) put(one, child, selectors(draw));
  },
  'ts-shapes-both': (draw, one, other) => {
    const both = selectors(draw);
    for (const conf of [one, other]) for (const child of conf.children) put(conf, child, both);
  },
  'ts-shape-each': (draw, one, other) => {
    for (const conf of [one, other]) for (const child of conf.children) put(conf, child, selectors(draw));
  },
  'ts-everything': (draw, one) => {
    for (const child of one.children) {
      const all = draw.one([['0.0.0.0/0'], ['0.0.0.0/0', '::/0'], ['::/0'], ['0.0.0.0/0[tcp]'], ['0.0.0.0/0[any/80]']]);
      if (draw.chance(0.6)) child.localTs = [...all];
      if (draw.chance(0.6)) child.remoteTs = [...all];
    }
  },
  'ts-dynamic-list': (draw, one) => {
    const [child] = one.children;
    if (!child) return;
    const own = isLeft(one) ? pairHosts.left : pairHosts.right;
    child.localTs = shuffled(draw, ['dynamic', draw.one([`${own[1]}/32`, 'dynamic[udp]', `${own[2]}/128`])]);
  },
  'children-alike': (draw, one) => {
    const [net] = one.children;
    if (!net) return;
    const more = Array.from({ length: draw.one([1, 2, 3]) }, (_, at): Child => {
      const child: Child = {
        ...net,
        name: `y${at}`,
        options: [],
        esp: draw.chance(0.5) ? net.esp : draw.some(espPool, 1, 3),
      };
      if (draw.chance(0.7)) put(one, child, selectors(draw));
      if (draw.chance(0.1)) child.mode = draw.one(['transport', 'pass', 'drop']);
      return child;
    });
    one.children = shuffled(draw, [net, ...more]);
  },
  'connections-before': (draw, one) => {
    one.before = Array.from({ length: draw.one([1, 1, 2]) }, (_, at) => beside(draw, one, `b${at}`));
  },
  'connections-around': (draw, one) => {
    one.before = draw.chance(0.5) ? [beside(draw, one, 'b0')] : [];
    one.more = [beside(draw, one, 'd'), ...(draw.chance(0.5) ? [beside(draw, one, 'e')] : [])];
  },
  'ids-typed': (draw, one, other) => {
    one.localId = draw.one(typedIdentities);
    if (draw.chance(0.6)) other.remoteId = draw.chance(0.6) ? one.localId : draw.one(typedIdentities);
  },
  'id-expected-typed': (draw, one) => {
    one.remoteId = draw.one([...typedIdentities, ...expectedRanges]);
  },
  'psk-typed-owners': (draw, one, other) => {
    const secret = one.secrets[0]?.secret ?? 'x';
    const owners = () =>
      draw.some([one.localId ?? '%any', one.remoteId ?? '%any', one.local, '%any', ...typedIdentities], 0, 3);
    one.secrets = shuffled(draw, [
      { secret, ids: owners() },
      { secret: `key-${draw.number(1e9)}`, ids: owners() },
      ...(draw.chance(0.4) ? [{ secret, ids: owners() }] : []),
    ]);
    if (draw.chance(0.3)) other.secrets = [...other.secrets, { secret: `key-${draw.number(1e9)}`, ids: owners() }];
  },
  // A further round with an identity of its own would be gone through (RFC 4739), which the engine does not simulate.
  rounds: (draw, one, other) => {
    one.localRounds = ['      auth = psk\n'];
    if (draw.chance(0.6)) other.remoteRounds = ['      auth = psk\n'];
  },
  'ike-odd': (draw, one, other) => {
    one.proposals = shuffled(draw, [draw.one(oddIkeProposals), ...draw.some(one.proposals, 0, 2)]);
    if (draw.chance(0.5)) other.proposals = shuffled(draw, one.proposals);
  },
  'esp-odd': (draw, one, other) => {
    const odd = draw.one(oddEspProposals);
    for (const child of one.children) child.esp = shuffled(draw, [odd, ...draw.some(child.esp ?? [], 0, 2)]);
    if (draw.chance(0.6)) for (const child of other.children) child.esp = shuffled(draw, [odd, ...(child.esp ?? [])]);
  },
  'ah-kinds': (draw, one, other) => {
    const ah = draw.some(['sha256', 'sha1', 'md5', 'sha512-sha384', 'aesxcbc', `sha256-${draw.one(groupPool)}`], 1, 2);
    for (const conf of draw.chance(0.7) ? [one, other] : [one])
      for (const child of conf.children) {
        child.ah = [...ah];
        if (draw.chance(0.8)) child.esp = undefined;
      }
  },
  times: (draw, one) => {
    one.options.push(...draw.some(timeOptions, 1, 3));
  },
  settings: (draw, one) => {
    one.options.push(...draw.some(connectionSettings, 1, 3));
  },
  'child-settings': (draw, one) => {
    for (const child of one.children) child.options.push(...draw.some(childSettings, 1, 3));
  },
  ports: (draw, one, other) => {
    one.options.push('remote_port = 4500');
    if (draw.chance(0.4)) one.options.push('local_port = 4500');
    if (draw.chance(0.3)) other.options.push('local_port = 4500');
  },
  'addresses-listed': (draw, one) => {
    one.remote = draw.one([
      `${one.remote}, 10.99.0.9`,
      `${one.remote},fd99::1`,
      `${one.remote}, %any`,
      `${one.remote}, 10.99.0.0-10.99.0.255`,
    ]);
    if (draw.chance(0.6))
      one.local = draw.one([`${one.local}, 10.98.0.1`, '10.99.0.0-10.99.0.9', '0.0.0.0/0', '%any4']);
  },
  inherits: (_draw, one) => {
    one.inherits = true;
  },
};
