/** What random pairs are changed by. */
import { type Child, type Conf, pairHosts } from './conf.js';
import type { Draw } from './draw.js';
import {
  childOptions,
  connectionOptions,
  espPool,
  groupPool,
  identityForms,
  identityPatterns,
  identityPool,
  ikePool,
  ikePoolV2,
  rareEspPool,
  rareGroupPool,
  rareIkePool,
  rareIkePoolV2,
  selectorForms,
  selectorPool,
} from './pools.js';

/** Changes one end of a pair; some need the other end too. */
export type Mutation = (draw: Draw, one: Conf, other: Conf) => void;

/** The word `default` takes nothing behind it. */
export function writtenOut(esp: readonly string[] | undefined): readonly string[] {
  return esp && !esp.includes('default') ? esp : ['aes128gcm16'];
}

/** A list without repetition, in another order. */
export function shuffled<T>(draw: Draw, list: readonly T[]): T[] {
  return draw.some(list, list.length, list.length);
}

/** By their names. */
export const mutations: Readonly<Record<string, Mutation>> = {
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
      before: [],
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
