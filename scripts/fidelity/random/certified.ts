/**
 * Random pairs whose ends prove themselves by certificates or bare public keys: one that would match, and then changed on either
 * side. Which files lie in the folders of each daemon is part of the pair; what is in them comes from a PKI that is made once for a run.
 */
import type { Pair } from '../verdict.js';
import { type Conf, pairHosts, print } from './conf.js';
import { type Draw, drawFrom, randomOf } from './draw.js';
import {
  type AuthorityName,
  authorityFile,
  authorityNames,
  certificateName,
  crlName,
  type EndKey,
  type EndVariant,
  endKeys,
  endVariants,
  keyName,
  publicKeyName,
  type SideName,
  subjectOf,
} from './pki.js';

/** One end: what it proves itself by, what it has in its folders, and what it demands of the other one. */
interface End {
  readonly side: SideName;
  key: EndKey;
  variant: EndVariant;
  /** Names its certificate, its bare key, or nothing and is found by its identity. */
  names: 'certs' | 'pubkeys' | 'nothing';
  /** Named before its own one. */
  moreCerts: string[];
  id: string | undefined;
  auth: string;
  hasKey: boolean;
  authorities: AuthorityName[];
  crls: ('root' | 'stale' | 'inter')[];
  /** Certificates of others in its x509. */
  others: string[];
  peerId: string | undefined;
  peerAuth: string;
  peerLines: string[];
  options: string[];
  secret: string | undefined;
  /** Another connection before its own: other demands, the same children. */
  before: { readonly lines: readonly string[]; readonly auth: string } | undefined;
}

type Change = (draw: Draw, one: End, other: End) => void;

const ownName = ({ side, key, variant }: End) => certificateName(side, key, variant);
const quoted = (name: string) => `"${name}"`;
/** The authority above a variant; those that sign themselves have none. */
const issuers: Partial<Record<EndVariant, AuthorityName>> = {
  inter: 'inter',
  late: 'late',
  second: 'root2',
  third: 'root3',
};

const constraints = [
  'pubkey-sha256',
  'pubkey-sha384',
  'pubkey-sha512',
  'pubkey-sha256-sha384',
  'pubkey-sha256-sha384-sha512-identity',
  'rsa',
  'rsa-2048',
  'rsa-2048-sha256',
  'rsa-3072-sha256',
  'rsa-2048-sha256-sha384-sha512',
  'rsa-3072',
  'rsa-sha512',
  'ecdsa',
  'ecdsa-256',
  'ecdsa-256-sha384',
  'ecdsa-384-sha384',
  'ecdsa-521',
  'rsa-2048-ecdsa-256-sha256',
  'rsa-sha256-ecdsa-sha384',
  'ike:pubkey-sha256',
  'ike:pubkey-sha512',
  'ike:rsa-sha384-sha512',
  'ike:rsa/pss-sha256',
  'ike:rsa/pss-sha384-rsa-sha256',
  'ike:ed25519-identity-pubkey-sha256',
  'rsa/pss-sha256',
  'rsa/pss-2048-sha256-rsa-sha256',
  'pubkey-identity',
  'pubkey-sha256-ike:pubkey-sha512',
  'pubkey-foo',
  'ed25519-identity',
];
const identities = [
  'left.example.org',
  'right.example.org',
  'other.example.org',
  'LEFT.example.org',
  'left@example.org',
  'right@example.org',
  pairHosts.left[0],
  pairHosts.right[0],
  '%any',
  '*.example.org',
  '*@example.org',
  '"C=CH, O=Lab, CN=*"',
  '"C=CH, O=*, CN=left-rsa2048"',
  '"C=CH, CN=left-rsa2048, O=Lab"',
  'keyid:box-7',
];

/** By their names. Most change one end. */
const changes: Readonly<Record<string, Change>> = {
  variant: (draw, one) => {
    one.variant = draw.one(endVariants);
  },
  'variant-known': (draw, one, other) => {
    one.variant = draw.one(endVariants);
    other.authorities = ['root', 'root2', 'root3', 'inter', 'late'];
    one.authorities = [...other.authorities];
  },
  key: (draw, one) => {
    one.key = draw.one(endKeys);
  },
  'keys-both': (draw, one, other) => {
    one.key = draw.one(endKeys);
    other.key = draw.one(endKeys);
  },
  'by-identity': (_draw, one) => {
    one.names = 'nothing';
  },
  'id-none': (draw, one, other) => {
    one.id = undefined;
    if (draw.chance(0.6))
      other.peerId = draw.one([quoted(subjectOf(one.side, one.key)), '%any', '"C=CH, O=Lab, CN=*"', undefined]);
  },
  'id-subject': (_draw, one, other) => {
    one.id = quoted(subjectOf(one.side, one.key));
    other.peerId = one.id;
  },
  'id-email': (draw, one, other) => {
    one.id = `${one.side}@example.org`;
    other.peerId = draw.one([one.id, '%any', '*@example.org']);
    if (draw.chance(0.7)) one.variant = draw.one(['email', 'many']);
  },
  'id-address': (draw, one, other) => {
    one.id = draw.one([pairHosts[one.side][0], '%any']);
    other.peerId = draw.one([pairHosts[one.side][0], '%any', undefined]);
    if (draw.chance(0.7)) one.variant = draw.one(['address', 'many']);
  },
  'id-any': (draw, one) => {
    one.id = draw.one(identities);
  },
  'id-both': (draw, one, other) => {
    one.id = draw.one(identities);
    other.peerId = draw.one([one.id, '%any', undefined]);
  },
  'expected-id': (draw, one) => {
    one.peerId = draw.one([...identities, undefined]);
  },
  auth: (draw, one) => {
    one.auth = draw.one(constraints);
  },
  'peer-auth': (draw, one) => {
    one.peerAuth = draw.one([...constraints, '']);
  },
  'auth-both': (draw, one, other) => {
    one.auth = draw.one(constraints);
    other.peerAuth = draw.one([one.auth, one.auth, ...constraints]);
  },
  'no-key': (_draw, one) => {
    one.hasKey = false;
  },
  authorities: (draw, one) => {
    one.authorities = draw.some(authorityNames, 0, 3);
  },
  cacerts: (draw, one) => {
    const names = draw.some(authorityNames, 1, 2);
    one.authorities = [...new Set([...one.authorities, ...names])];
    one.peerLines.push(`cacerts = ${names.map(authorityFile).join(', ')}`);
  },
  pinned: (draw, one, other) => {
    const name = draw.chance(0.8) ? ownName(other) : certificateName(other.side, other.key, draw.one(endVariants));
    one.others.push(name);
    one.peerLines.push(`certs = ${name}`);
    if (draw.chance(0.4)) one.peerId = undefined;
    if (draw.chance(0.3)) one.authorities = [];
  },
  'known-there': (_draw, one, other) => {
    one.others.push(ownName(other));
  },
  self: (draw, one, other) => {
    one.variant = 'self';
    other.others.push(ownName(one));
    if (draw.chance(0.6)) other.peerLines.push(`certs = ${ownName(one)}`);
  },
  'bare-key': (draw, one, other) => {
    one.names = draw.one(['pubkeys', 'pubkeys', 'certs']);
    other.others.push(`pubkey/${publicKeyName(one.side, one.key)}`);
    other.peerLines.push(`pubkeys = ${publicKeyName(one.side, draw.chance(0.9) ? one.key : draw.one(endKeys))}`);
    if (draw.chance(0.8)) other.peerId = one.id;
  },
  'send-cert': (draw, one) => {
    one.options.push(`send_cert = ${draw.one(['always', 'never', 'ifasked'])}`);
  },
  'send-certreq': (draw, one) => {
    one.options.push(`send_certreq = ${draw.one(['no', 'no', 'yes'])}`);
  },
  'send-never-known': (draw, one, other) => {
    one.options.push('send_cert = never');
    if (draw.chance(0.7)) other.others.push(ownName(one));
  },
  revocation: (draw, one) => {
    one.peerLines.push(`revocation = ${draw.one(['strict', 'ifuri', 'relaxed'])}`);
    if (draw.chance(0.6)) one.crls = draw.some(['root', 'stale', 'inter'] as const, 1, 2);
  },
  'revocation-listed': (draw, one, other) => {
    other.variant = draw.one(['listed', 'revoked', 'inter', 'fqdn']);
    one.peerLines.push(`revocation = ${draw.one(['strict', 'ifuri', 'relaxed'])}`);
    one.crls = draw.some(['root', 'stale', 'inter'] as const, 0, 2);
    one.authorities = ['root', 'inter'];
    other.authorities = ['root', 'inter'];
  },
  crls: (draw, one) => {
    one.crls = draw.some(['root', 'stale', 'inter'] as const, 1, 2);
  },
  inter: (draw, one, other) => {
    one.variant = 'inter';
    one.authorities = draw.one([['root', 'inter'], ['root'], ['inter']]);
    other.authorities = draw.one([['root'], ['root', 'inter'], ['inter'], ['root', 'root2']]);
  },
  'certs-several': (draw, one, other) => {
    const issued = draw.one(['second', 'third', 'plain', 'fqdn'] as const);
    const key = draw.one(endKeys);
    one.moreCerts.push(certificateName(one.side, key, issued));
    one.authorities = ['root', 'root2', 'root3'];
    other.authorities = draw.some(['root', 'root2', 'root3'] as const, 1, 3);
  },
  'psk-one': (draw, one, other) => {
    const secret = `key-${draw.number(1e9)}`;
    one.auth = 'psk';
    other.peerAuth = 'psk';
    one.names = 'nothing';
    one.secret = secret;
    other.secret = secret;
  },
  'psk-expected': (_draw, one) => {
    one.peerAuth = 'psk';
  },
  'connection-before': (draw, one) => {
    one.before = {
      auth: draw.one(['pubkey', ...constraints]),
      lines: draw.some(
        ['revocation = strict', `cacerts = ${authorityFile('root2')}`, `cacerts = ${authorityFile('root')}`],
        0,
        1,
      ),
    };
    one.authorities = [...new Set<AuthorityName>([...one.authorities, 'root', 'root2'])];
  },
};

/** Names of what these pairs are changed by. */
export const certifiedChanges = Object.keys(changes);

const proposals: Readonly<Record<1 | 2, readonly (readonly string[])[]>> = {
  1: [['aes128-sha256-modp2048'], ['aes256-sha384-ecp384', 'aes128-sha256-modp2048']],
  2: [['aes128-sha256-modp2048'], ['aes128gcm16-prfsha256-ecp256'], ['aes256-sha512-x25519', 'default']],
};

/** One pair of a seed, by its number. */
export function certifiedPair(seed: number, number: number): Pair {
  const draw = drawFrom(randomOf(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x27d4eb2f)));
  const version = draw.one(['2', '2', '2', '2', '1', '1', '0']);
  const aggressive = version === '1' && draw.chance(0.35);
  const isOld = version === '1';
  const end = (side: SideName): End => ({
    side,
    key: isOld ? draw.one(['rsa2048', 'rsa2048', 'rsa3072']) : draw.one(endKeys),
    variant: draw.one(['fqdn', 'fqdn', 'fqdn', 'many', 'sha384']),
    names: 'certs',
    moreCerts: [],
    id: `${side}.example.org`,
    auth: 'pubkey',
    hasKey: true,
    authorities: ['root'],
    crls: [],
    others: [],
    peerId: `${side === 'left' ? 'right' : 'left'}.example.org`,
    peerAuth: 'pubkey',
    peerLines: [],
    options: [],
    secret: undefined,
    before: undefined,
  });
  const [left, right] = [end('left'), end('right')];
  const applied: string[] = [];
  for (let count = draw.one([0, 1, 1, 1, 2, 2, 3]); count > 0; count -= 1) {
    const name = draw.one(certifiedChanges);
    const [one, other] = draw.chance(0.5) ? [right, left] : [left, right];
    changes[name]!(draw, one, other);
    applied.push(`${name}${one === left ? ' (left)' : ''}`);
  }
  // A responder whose own identity is a pattern that nobody asked for authenticates again and again, without an end.
  if (right.id?.includes('*') && (left.peerId === undefined || /[%*]/.test(left.peerId)))
    right.id = 'right.example.org';
  // Without an identity a bare key is called by its fingerprint, which an own `%any` is not told from here.
  for (const one of [left, right]) if (one.names === 'pubkeys' && one.id === '%any') one.id = undefined;
  if (isOld) for (const one of [left, right]) limitToIkev1(one);
  const chosen = draw.one(proposals[isOld ? 1 : 2]);
  const conf = (one: End) => confOf(one, version, aggressive, [...chosen]);
  return {
    id: `${seed}-${number}`,
    mutations: ['certified', ...applied],
    left: print(conf(left)),
    right: print(conf(right)),
    files: { left: filesOf(left), right: filesOf(right) },
  };
}

/** What is not predicted of IKEv1: keys of ECDSA and `auth = ecdsa`, several certificates, and an own `%any` that finds any key. */
function limitToIkev1(one: End): void {
  if (one.key.startsWith('p')) one.key = 'rsa2048';
  one.moreCerts = [];
  one.auth = one.auth.replace(/^ecdsa/, 'pubkey');
  one.peerAuth = one.peerAuth.replace(/^ecdsa/, 'pubkey');
  if (one.id === '%any') one.id = undefined;
}

function confOf(one: End, version: string, aggressive: boolean, ike: string[]): Conf {
  const other: SideName = one.side === 'left' ? 'right' : 'left';
  const networks = { left: '10.1.0.0/16', right: '10.2.0.0/16' };
  const named =
    one.names === 'certs'
      ? [`certs = ${[...one.moreCerts, ownName(one)].join(', ')}`]
      : one.names === 'pubkeys'
        ? [`pubkeys = ${publicKeyName(one.side, one.key)}`]
        : [];
  const base: Conf = {
    name: 'c',
    version,
    aggressive,
    local: pairHosts[one.side][0],
    remote: pairHosts[other][0],
    proposals: ike,
    localAuth: one.auth,
    remoteAuth: one.peerAuth,
    localId: one.id,
    remoteId: one.peerId,
    localLines: named,
    // A setting that is written twice counts as it is written last, and the daemons are not asked for that here.
    remoteLines: [...new Map(one.peerLines.map((line) => [line.split(' ')[0], line])).values()],
    options: [...new Map(one.options.map((line) => [line.split(' ')[0], line])).values()],
    children: [
      {
        name: 'net',
        localTs: [networks[one.side]],
        remoteTs: [networks[other]],
        esp: ['aes128gcm16'],
        ah: undefined,
        mode: 'tunnel',
        options: [],
      },
    ],
    secrets: one.secret === undefined ? [] : [{ secret: one.secret, ids: [] }],
    localRounds: [],
    remoteRounds: [],
    more: [],
    before: [],
    inherits: false,
    inheritsChild: false,
    omits: [],
    spareSecrets: [],
    layout: 0,
  };
  if (!one.before) return base;
  const before: Conf = {
    ...base,
    name: 'b0',
    remoteAuth: one.before.auth,
    remoteLines: [...one.before.lines],
    children: base.children.map((child) => ({ ...child, name: 'nb' })),
    secrets: [],
  };
  return { ...base, before: [before] };
}

/** Everything that lies in the folders of an end, by its path there. */
function filesOf(one: End): readonly string[] {
  const own = [ownName(one), ...one.moreCerts].map((name) => `x509/${name}`);
  const keys = [one.key, ...endKeys.filter((key) => one.moreCerts.some((name) => name.includes(`-${key}-`)))];
  const issuer = issuers[one.variant];
  const files = [
    ...own,
    ...(one.names === 'pubkeys' ? [`pubkey/${publicKeyName(one.side, one.key)}`] : []),
    ...(one.hasKey ? keys.map((key) => `private/${keyName(one.side, key)}`) : []),
    ...one.authorities.map((name) => `x509ca/${authorityFile(name)}`),
    ...(issuer ? [`x509ca/${authorityFile(issuer)}`] : []),
    ...one.crls.map((name) => `x509crl/${crlName(name)}`),
    ...one.others.map((name) => (name.includes('/') ? name : `x509/${name}`)),
    ...(one.peerLines.some((line) => line.startsWith('pubkeys'))
      ? endKeys.map((key) => `pubkey/${publicKeyName(one.side === 'left' ? 'right' : 'left', key)}`)
      : []),
  ];
  return [...new Set(files)];
}
