/**
 * Random pairs of swanctl.conf: one that would match, and then changed on either side. A seed gives the same pairs again.
 * The selectors are such that hosts with the addresses of `pairHosts` can install them.
 */
import type { Pair } from './verdict.js';

/** The addresses that the pairs are made for: that of IKE first. */
export const pairHosts = {
  left: ['10.99.0.1', '10.1.1.5', 'fd01::5'],
  right: ['10.99.0.2', '10.2.1.130', 'fd02::5'],
} as const;

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws from lists. */
interface Draw {
  one<T>(list: readonly T[]): T;
  some<T>(list: readonly T[], min: number, max: number): T[];
  chance(share: number): boolean;
  number(below: number): number;
}

function drawFrom(random: () => number): Draw {
  const number = (below: number) => Math.floor(random() * below);
  const draw: Draw = {
    one: (list) => list[number(list.length)]!,
    some(list, min, max) {
      const rest = [...list];
      const count = min + number(max - min + 1);
      return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(number(rest.length), 1)[0]!);
    },
    chance: (share) => random() < share,
    number,
  };
  return draw;
}

/** One end of a connection and its children, from its own point of view. */
interface Conf {
  version: string;
  aggressive: boolean;
  local: string;
  remote: string;
  proposals: string[];
  localAuth: string;
  remoteAuth: string;
  localId: string | undefined;
  remoteId: string | undefined;
  options: string[];
  children: Child[];
  secrets: { secret: string; ids: string[] }[];
  /** Other connections that do not matter, or do. */
  more: Conf[];
  name: string;
}

interface Child {
  name: string;
  localTs: string[] | undefined;
  remoteTs: string[] | undefined;
  esp: string[] | undefined;
  ah: string[] | undefined;
  mode: string;
  options: string[];
}

const ikePool = [
  'aes128-sha256-modp2048',
  'aes256-sha384-ecp384',
  'aes256-sha512-modp3072',
  'aes128-sha1-modp1024',
  '3des-sha1-modp1536',
  '3des-md5-modp1024',
  'aes256-sha256-x25519',
  'aes128-aes256-sha256-sha384-modp2048-modp3072',
  'aes128-sha256-modp2048-ecp256-x25519',
  'camellia128-sha256-ecp256',
  'aes192-sha1-sha256-modp1536-modp2048',
];
const ikePoolV2 = [
  'aes128gcm16-prfsha256-ecp256',
  'aes256gcm16-aes128gcm16-prfsha384-prfsha256-ecp384-x25519',
  'chacha20poly1305-prfsha256-x25519',
  'aes128ctr-sha256-prfsha384-modp2048',
  'aes256-sha256-prfsha512-ecp521',
  'aes128-aesxcbc-modp2048',
  'aes256-sha384-x448',
  'default',
];
const espPool = [
  'aes128gcm16',
  'aes256gcm16',
  'aes128-sha256',
  'aes256-sha512',
  'aes128-sha1',
  '3des-sha1',
  '3des-md5',
  'aes128-aes256-sha1-sha256',
  'aes128gcm16-aes256gcm16',
  'aes128gcm8',
  'null-sha256',
  'chacha20poly1305',
  'camellia256-sha384',
  'aes128ctr-sha256',
  'aes128ccm16',
];
/** Algorithms that hardly anybody configures, and that both sides have. */
const rareIkePool = [
  'aes128-aescmac-modp2048',
  'aes192-sha384-ecp224',
  'aes256-sha512-modp4096',
  'aes128-sha1-modp768',
  'camellia256-sha512-ecp256bp',
  'aes128-sha256-modp2048s256',
  'aes128-sha256-sha384-modp1024s160-modp2048',
  'aes-sha-modp1024',
];
const rareIkePoolV2 = [
  'aes256ctr-sha384-modp3072',
  'aes256ccm16-prfsha384-modp3072',
  'aes192gcm12-prfsha512-ecp521',
  'aes128gcm8-aes256gcm8-prfsha256-prfaesxcbc-curve25519',
  'aes128-sha256-prfaescmac-ecp384bp',
  'aes128-sha1-prfsha256-prfsha1-modp1536',
];
const rareEspPool = [
  'aes192-sha384',
  'aes256ctr-aesxcbc',
  'aes128-aescmac',
  'aes128gmac',
  'aes256ccm12',
  'aes192gcm12-aes128gcm16',
  'camellia192-sha1-sha512',
  'des-md5',
];
const rareGroupPool = ['modp768', 'modp4096', 'ecp384', 'ecp521', 'ecp224', 'ecp256bp', 'x448', 'modp2048s256'];
const groupPool = ['modp1024', 'modp1536', 'modp2048', 'modp3072', 'ecp256', 'x25519'];

/** Mirrored selectors: left's local ones, left's remote ones. */
const selectorPool: readonly (readonly [string[], string[]])[] = [
  [['10.1.0.0/16'], ['10.2.0.0/16']],
  [['10.1.1.0/24'], ['10.2.1.0/24']],
  [['10.1.1.5/32'], ['10.2.0.0/16']],
  [['10.1.1.0/25'], ['10.2.1.128/25']],
  [['0.0.0.0/0'], ['0.0.0.0/0']],
  [['10.1.0.0/16[tcp/80]'], ['10.2.0.0/16[tcp]']],
  [['10.1.0.0/16[udp]'], ['10.2.0.0/16[udp/53]']],
  [['10.1.0.0/16[tcp/1000-2000]'], ['10.2.0.0/16']],
  [['10.1.0.0/16[icmp/8]'], ['10.2.0.0/16[icmp]']],
  [
    ['10.1.1.0/24', '10.1.0.0/16[udp]'],
    ['10.2.1.0/24', '10.2.0.0/17[tcp]'],
  ],
  [['10.1.1.1-10.1.1.9'], ['10.2.1.100-10.2.1.200']],
  [
    ['10.1.1.5/32', 'fd01::/64'],
    ['10.2.1.130/32', 'fd02::/64'],
  ],
  [['fd01::/64'], ['fd02::5/128']],
];

const identityPool = [
  'left.example.org',
  'admin@example.org',
  '10.99.0.9',
  '"C=CH, O=Lab, CN=box"',
  'keyid:box-7',
  'other.example.org',
];

/** Spellings of identities. */
const identityForms = [
  'fqdn:left.example.org',
  'fqdn:right.example.org',
  'LEFT.example.org',
  'Right.Example.Org',
  '@left.example.org',
  'email:admin@example.org',
  'ipv4:10.99.0.1',
  'ipv4:10.99.0.2',
  '10.99.0.2',
  '"C=CH, CN=box, O=Lab"',
  '"C=CH,O=Lab,CN=box"',
  'keyid:box-7',
];
/** Patterns, which only a peer's identity can have. */
const identityPatterns = [
  '"C=CH, O=*, CN=box"',
  '"C=CH, O=Lab, CN=*"',
  '*@example.org',
  '*.example.org',
  '*',
  '10.99.0.0-10.99.0.255',
];
/** Spellings of selectors of either end. */
const selectorForms: readonly (readonly [string[], string[]])[] = [
  [['10.1.1.5'], ['10.2.1.130']],
  [['10.1.0.0/16[tcp/http]'], ['10.2.0.0/16']],
  [['10.1.0.0/16[/80]'], ['10.2.0.0/16[6]']],
  [['10.1.0.0/16[17/1701]'], ['10.2.0.0/16[udp/l2f]']],
  [['10.1.0.0/16[gre]'], ['10.2.0.0/16[47]']],
  [['10.1.0.0/16[tcp/opaque]'], ['10.2.0.0/16[tcp]']],
  [['10.1.0.0/16[icmp/3(1)]'], ['10.2.0.0/16[icmp]']],
  [['10.1.0.0/16[udp/1-65535]'], ['10.2.0.0/16[udp/0-65535]']],
  [
    ['0.0.0.0/0', '::/0'],
    ['0.0.0.0/0', '::/0'],
  ],
  [['fd01::5-fd01::9'], ['fd02::/64[ipv6-icmp]']],
  [
    ['10.1.1.0/24', '10.1.1.0/25', '10.1.1.0/24'],
    ['10.2.1.0/24', '10.2.1.130'],
  ],
];
/** Settings of connections that change nothing, or little. */
const connectionOptions = [
  'fragmentation = no',
  'fragmentation = force',
  'fragmentation = accept',
  'mobike = no',
  'unique = replace',
  'unique = never',
  'unique = keep',
  'dpd_delay = 300s',
  'rekey_time = 2h',
  'rekey_time = 0',
  'reauth_time = 3h',
  'over_time = 10m',
  'send_cert = never',
  'send_certreq = no',
  'dscp = 101110',
  'pull = no',
];
const childOptions = [
  'rekey_time = 20m',
  'life_time = 2h',
  'rekey_bytes = 500000000',
  'rekey_packets = 1000000',
  'close_action = trap',
  'dpd_action = clear',
  'ipcomp = yes',
  'reqid = 7',
  'priority = 5',
  'tfc_padding = mtu',
  'replay_window = 64',
  'copy_df = no',
  'inactivity = 1h',
];

function baseConf(draw: Draw): readonly [Conf, Conf] {
  const version = draw.one(['2', '2', '2', '1', '1', '0']);
  const aggressive = version === '1' && draw.chance(0.35);
  const pool = version === '1' ? ikePool : [...ikePool, ...ikePoolV2];
  const proposals = draw.some(pool, 1, 3);
  const secret = `key-${draw.number(1e9)}`;
  const [leftTs, rightTs] = draw.one(selectorPool);
  const group = draw.chance(0.5) ? `-${draw.one(groupPool)}` : '';
  const esp = draw.some(espPool, 1, 3).map((proposal) => `${proposal}${group}`);
  const mode = 'tunnel';
  const make = (isLeft: boolean): Conf => ({
    name: 'c',
    version,
    aggressive,
    local: isLeft ? pairHosts.left[0] : pairHosts.right[0],
    remote: isLeft ? pairHosts.right[0] : pairHosts.left[0],
    proposals: [...proposals],
    localAuth: 'psk',
    remoteAuth: 'psk',
    localId: isLeft ? 'left.example.org' : 'right.example.org',
    remoteId: isLeft ? 'right.example.org' : 'left.example.org',
    options: [],
    children: [
      {
        name: 'net',
        localTs: isLeft ? [...leftTs] : [...rightTs],
        remoteTs: isLeft ? [...rightTs] : [...leftTs],
        esp: [...esp],
        ah: undefined,
        mode,
        options: [],
      },
    ],
    secrets: [{ secret, ids: [] }],
    more: [],
  });
  return [make(true), make(false)];
}

type Mutation = (draw: Draw, one: Conf, other: Conf) => void;

/** The word `default` takes nothing behind it. */
function writtenOut(esp: readonly string[] | undefined): readonly string[] {
  return esp && !esp.includes('default') ? esp : ['aes128gcm16'];
}

/** A list without repetition, in another order. */
function shuffled<T>(draw: Draw, list: readonly T[]): T[] {
  return draw.some(list, list.length, list.length);
}

const mutations: Readonly<Record<string, Mutation>> = {
  ike: (draw, one) => {
    one.proposals = draw.some(one.version === '1' ? ikePool : [...ikePool, ...ikePoolV2], 1, 3);
  },
  'ike-more': (draw, one) => {
    one.proposals = shuffled(draw, [...one.proposals, draw.one(ikePool)]);
  },
  'ike-reorder': (draw, one) => {
    one.proposals = shuffled(draw, one.proposals);
  },
  esp: (draw, one) => {
    for (const child of one.children) child.esp = draw.some(espPool, 1, 3);
  },
  'esp-more': (draw, one) => {
    for (const child of one.children)
      child.esp = shuffled(draw, [...(child.esp ?? []), `${draw.one(espPool)}-${draw.one(groupPool)}`]);
  },
  'esp-reorder': (draw, one) => {
    for (const child of one.children) child.esp = shuffled(draw, child.esp ?? []);
  },
  'esp-default': (draw, one) => {
    for (const child of one.children) child.esp = draw.chance(0.5) ? undefined : ['default'];
  },
  'esp-groups': (draw, one) => {
    const endings = [
      '',
      ...groupPool.map((group) => `-${group}`),
      `-${draw.one(groupPool)}-${draw.one(groupPool)}`,
      '-modpnone',
      `-modpnone-${draw.one(groupPool)}`,
    ];
    for (const child of one.children)
      child.esp = writtenOut(child.esp).map(
        (proposal) => proposal.replace(/(?:-(?:modp\w+|ecp\d+|x25519))+$/, '') + draw.one(endings),
      );
  },
  esn: (draw, one) => {
    const ending = draw.one(['-esn', '-noesn-esn', '-esn-noesn']);
    for (const child of one.children) child.esp = writtenOut(child.esp).map((proposal) => `${proposal}${ending}`);
  },
  ah: (_draw, one, other) => {
    for (const child of [...one.children, ...other.children]) {
      child.ah = ['sha256'];
      child.esp = undefined;
    }
  },
  psk: (draw, one) => {
    one.secrets = [{ secret: `key-${draw.number(1e9)}`, ids: [] }];
  },
  'psk-owners': (draw, one, other) => {
    const wrong = { secret: `key-${draw.number(1e9)}`, ids: draw.some([...identityPool, 'right.example.org'], 0, 2) };
    const right = {
      secret: one.secrets[0]?.secret ?? 'x',
      ids: draw.some([one.remoteId ?? '%any', one.localId ?? '%any', ...identityPool], 1, 3),
    };
    one.secrets = shuffled(draw, [wrong, right]);
    void other;
  },
  id: (draw, one) => {
    one.localId = draw.one([...identityPool, undefined]);
  },
  'expected-id': (draw, one) => {
    one.remoteId = draw.one([
      ...identityPool,
      undefined,
      '%any',
      '*.example.org',
      '10.99.0.0/24',
      '10.99.0.1',
      '10.99.0.2',
    ]);
  },
  ts: (draw, one) => {
    const [left, right] = draw.one(selectorPool);
    const isLeft = one.local === pairHosts.left[0];
    for (const child of one.children) {
      child.localTs = isLeft ? [...left] : [...right];
      child.remoteTs = isLeft ? [...right] : [...left];
    }
  },
  'ts-one-side': (draw, one) => {
    const [left, right] = draw.one(selectorPool);
    const isLeft = one.local === pairHosts.left[0];
    for (const child of one.children) {
      if (draw.chance(0.5)) child.localTs = isLeft ? [...left] : [...right];
      else child.remoteTs = isLeft ? [...right] : [...left];
    }
  },
  'ts-more': (draw, one) => {
    for (const child of one.children) {
      const [left, right] = draw.one(selectorPool);
      const isLeft = one.local === pairHosts.left[0];
      child.localTs = [...(child.localTs ?? []), ...(isLeft ? left : right)];
    }
  },
  'ts-dynamic': (draw, one) => {
    for (const child of one.children) {
      if (draw.chance(0.5)) child.localTs = draw.chance(0.5) ? undefined : ['dynamic[tcp]'];
      else child.remoteTs = draw.chance(0.5) ? undefined : ['dynamic'];
    }
  },
  version: (draw, one) => {
    one.version = draw.one(['0', '1', '2']);
    if (one.version !== '1') one.aggressive = false;
  },
  exchange: (_draw, one) => {
    one.aggressive = !one.aggressive;
  },
  mode: (draw, one) => {
    for (const child of one.children) child.mode = draw.one(['transport', 'tunnel']);
  },
  children: (draw, one) => {
    const more = draw.some(selectorPool, 1, 2);
    const isLeft = one.local === pairHosts.left[0];
    const extra = more.map(
      ([left, right], at): Child => ({
        name: `x${at}`,
        localTs: isLeft ? [...left] : [...right],
        remoteTs: isLeft ? [...right] : [...left],
        esp: draw.some(espPool, 1, 2),
        ah: undefined,
        mode: 'tunnel',
        options: [],
      }),
    );
    one.children = shuffled(draw, [...one.children, ...extra]);
  },
  addresses: (draw, one) => {
    // The first address is where an initiator goes.
    one.remote = draw.one(['%any', '10.99.0.0/24', `${one.remote}, 10.99.0.9`, '10.98.0.0/16']);
    if (draw.chance(0.5)) one.local = draw.one(['%any', '10.99.0.0/24']);
  },
  connections: (draw, one) => {
    const decoy: Conf = {
      ...one,
      name: 'd',
      remote: draw.one([one.remote, '%any', '10.99.0.0/24']),
      proposals: draw.some(one.version === '1' ? ikePool : [...ikePool, ...ikePoolV2], 1, 2),
      localId: draw.one([one.localId, ...identityPool]),
      remoteId: draw.one([one.remoteId, '%any', '*.example.org', ...identityPool]),
      version: draw.one([one.version, '0', '2']),
      aggressive: false,
      children: one.children.map((child) => ({ ...child, name: 'dn', options: [], esp: draw.some(espPool, 1, 2) })),
      secrets: [],
      more: [],
    };
    one.more = [decoy];
  },
  childless: (draw, one) => {
    one.options.push(`childless = ${draw.one(['allow', 'force', 'never'])}`);
  },
  methods: (draw, one) => {
    if (draw.chance(0.5)) one.remoteAuth = draw.one(['pubkey', '']);
    else one.localAuth = draw.one(['pubkey', '']);
  },
  'ike-rare': (draw, one) => {
    const pool = one.version === '1' ? rareIkePool : [...rareIkePool, ...rareIkePoolV2];
    one.proposals = shuffled(draw, [...draw.some(one.proposals, 0, 1), ...draw.some(pool, 1, 2)]);
  },
  'ike-rare-both': (draw, one, other) => {
    const pool = one.version === '1' ? rareIkePool : [...rareIkePool, ...rareIkePoolV2];
    one.proposals = draw.some(pool, 1, 3);
    other.proposals = shuffled(draw, one.proposals);
  },
  'esp-rare-both': (draw, one, other) => {
    const esp = draw.some(rareEspPool, 1, 2).map((name) => name + draw.one(['', `-${draw.one(rareGroupPool)}`]));
    for (const child of one.children) child.esp = [...esp];
    for (const child of other.children) child.esp = shuffled(draw, [...esp, draw.one(espPool)]);
  },
  'id-form': (draw, one) => {
    one.localId = draw.one(identityForms);
  },
  'expected-id-form': (draw, one) => {
    one.remoteId = draw.one([...identityForms, ...identityPatterns]);
  },
  'ids-both': (draw, one, other) => {
    one.localId = draw.one([...identityPool, ...identityForms]);
    other.remoteId = draw.one([one.localId, one.localId, ...identityForms, ...identityPatterns]);
  },
  'secret-form': (draw, one) => {
    const secret = one.secrets[0]?.secret ?? 'x';
    const octets = Buffer.from(secret);
    one.secrets = [{ secret: draw.one([`0x${octets.toString('hex')}`, `0s${octets.toString('base64')}`]), ids: [] }];
  },
  'ts-form': (draw, one) => {
    const [left, right] = draw.one(selectorForms);
    const isLeft = one.local === pairHosts.left[0];
    for (const child of one.children) {
      if (draw.chance(0.8)) child.localTs = isLeft ? [...left] : [...right];
      if (draw.chance(0.8)) child.remoteTs = isLeft ? [...right] : [...left];
    }
  },
  'ts-form-both': (draw, one, other) => {
    const [left, right] = draw.one(selectorForms);
    for (const conf of [one, other]) {
      const isLeft = conf.local === pairHosts.left[0];
      for (const child of conf.children) {
        child.localTs = isLeft ? [...left] : [...right];
        child.remoteTs = isLeft ? [...right] : [...left];
      }
    }
  },
  options: (draw, one) => {
    one.options.push(...draw.some(connectionOptions, 1, 3));
  },
  'child-options': (draw, one) => {
    for (const child of one.children) child.options.push(...draw.some(childOptions, 1, 3));
  },
  encap: (_draw, one) => {
    one.options.push('encap = yes');
  },
};

/** Names of what pairs are changed by. */
export const mutationNames = Object.keys(mutations);

/** Pairs number `first` and following of a seed. */
export function randomPairs(seed: number, count: number, first = 0): Pair[] {
  return Array.from({ length: count }, (_, at) => randomPair(seed, first + at));
}

/** One pair of a seed, by its number. */
export function randomPair(seed: number, number: number): Pair {
  const draw = drawFrom(randomOf(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)));
  const [left, right] = baseConf(draw);
  const applied: string[] = [];
  for (let count = draw.one([0, 1, 1, 1, 2, 2, 3, 4, 5]); count > 0; count -= 1) {
    const name = draw.one(mutationNames);
    const [one, other] = draw.chance(0.7) ? [right, left] : [left, right];
    mutations[name]!(draw, one, other);
    applied.push(`${name}${one === left ? ' (left)' : ''}`);
  }
  // Whoever starts must know where to.
  if (left.remote.startsWith('%any') || left.remote.includes('/')) left.remote = pairHosts.right[0];
  return { id: `${seed}-${number}`, mutations: applied, left: print(left), right: print(right) };
}

function print(conf: Conf): string {
  const connections = [conf, ...conf.more].map(printConnection).join('');
  const secrets = conf.secrets.map(({ secret, ids }, at) => {
    const owners = ids.map((id, place) => `    id-${place} = ${id}\n`).join('');
    return `  ike-${at} {\n    secret = "${secret}"\n${owners}  }\n`;
  });
  return `connections {\n${connections}}\nsecrets {\n${secrets.join('')}}\n`;
}

function printConnection(conf: Conf): string {
  const end = (auth: string, id: string | undefined) =>
    `${auth === '' ? '' : `      auth = ${auth}\n`}${id === undefined ? '' : `      id = ${id}\n`}`;
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined ? '' : `        ${name} = ${values.join(',')}\n`;
  const children = conf.children.map(
    ({ name, localTs, remoteTs, esp, ah, mode, options }) =>
      `      ${name} {\n${list('local_ts', localTs)}${list('remote_ts', remoteTs)}${list('esp_proposals', esp)}${list('ah_proposals', ah)}        mode = ${mode}\n${options.map((option) => `        ${option}\n`).join('')}      }\n`,
  );
  return `  ${conf.name} {
    version = ${conf.version}
    local_addrs = ${conf.local}
    remote_addrs = ${conf.remote}
    proposals = ${conf.proposals.join(',')}
${conf.aggressive ? '    aggressive = yes\n' : ''}${conf.options.map((option) => `    ${option}\n`).join('')}    local {
${end(conf.localAuth, conf.localId)}    }
    remote {
${end(conf.remoteAuth, conf.remoteId)}    }
    children {
${children.join('')}    }
  }
`;
}
