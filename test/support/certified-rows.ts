/**
 * Pairs with certificates and what becomes of them: rules of charon that differ from RFC 5280, RFC 4945 or from what the options seem to
 * say. The same rows are run by the simulator and by two real daemons.
 */
import {
  authorityFile,
  certificateName,
  crlName,
  type EndKey,
  type EndVariant,
  keyName,
  publicKeyName,
  type SideName,
  subjectOf,
} from '../../scripts/fidelity/random/pki.js';
import { pairHosts } from '../../scripts/fidelity/random-pairs.js';
import type { Pair, PairVerdict } from '../../scripts/fidelity/verdict.js';

interface EndWishes {
  readonly key?: EndKey;
  readonly variant?: EndVariant;
  /** In place of `certs` with the certificate. */
  readonly local?: readonly string[];
  /** Absent: the name of the host; `false` writes none. */
  readonly id?: string | false;
  readonly auth?: string;
  readonly peerId?: string | false;
  readonly peerAuth?: string;
  readonly remote?: readonly string[];
  readonly options?: readonly string[];
  /** By their names in the PKI; absent: root alone. */
  readonly authorities?: readonly Parameters<typeof authorityFile>[0][];
  readonly files?: readonly string[];
  readonly hasKey?: boolean;
  readonly secret?: string;
  /** Connections before this one. */
  readonly before?: string;
}

const networks = { left: '10.1.0.0/16', right: '10.2.0.0/16' } as const;
const lines = (list: readonly string[]) => list.map((line) => `${line}\n`).join('');

function end(side: SideName, version: number, wishes: EndWishes): { text: string; files: string[] } {
  const other = side === 'left' ? 'right' : 'left';
  const { key = 'p256', variant = 'fqdn', hasKey = true, authorities = ['root'] } = wishes;
  const certificate = certificateName(side, key, variant);
  const {
    local = [`certs = ${certificate}`],
    remote = [],
    options = [],
    auth = 'pubkey',
    peerAuth = 'pubkey',
  } = wishes;
  const id = wishes.id ?? `${side}.example.org`;
  const peerId = wishes.peerId ?? `${other}.example.org`;
  const text = `connections { ${wishes.before ?? ''} c {
    version = ${version}
    local_addrs = ${pairHosts[side][0]}
    remote_addrs = ${pairHosts[other][0]}
    proposals = aes128-sha256-modp2048
    ${lines(options)}
    local {
      auth = ${auth}
      ${id === false ? '' : `id = ${id}`}
      ${lines(local)}
    }
    remote {
      auth = ${peerAuth}
      ${peerId === false ? '' : `id = ${peerId}`}
      ${lines(remote)}
    }
    children { net {
      local_ts = ${networks[side]}
      remote_ts = ${networks[other]}
      esp_proposals = aes128gcm16
    } } } }
  secrets { ${wishes.secret ? `ike { secret = ${wishes.secret} }` : ''} }`;
  const files = [
    `x509/${certificate}`,
    ...(hasKey ? [`private/${keyName(side, key)}`] : []),
    ...authorities.map((name) => `x509ca/${authorityFile(name)}`),
    ...(wishes.files ?? []),
  ];
  return { text, files: [...new Set(files)] };
}

/** A pair of two ends. */
function pair(id: string, left: EndWishes = {}, right: EndWishes = {}, version = 2): Pair {
  const [one, other] = [end('left', version, left), end('right', version, right)];
  return { id, left: one.text, right: other.text, files: { left: one.files, right: other.files } };
}

export interface CertifiedRow {
  readonly name: string;
  readonly pair: Pair;
  readonly expected: Partial<PairVerdict>;
  /** Part of what the side that refuses says. */
  readonly why?: RegExp;
}

const up = { ike: true, child: true } as const;
/** The responder does not believe the initiator, which is told so. */
const refusedThere = { ike: false, notifies: ['AUTHENTICATION_FAILED', 'AUTH_FAILED'] };
/** The initiator does not believe the responder, and tells it. */
const refusedHere = { ike: false, notifies: ['AUTH_FAILED'] };
const givenUp = { ike: false, notifies: [] };

const right = (variant: EndVariant, key: EndKey = 'p256') => certificateName('right', key, variant);
const pinned = { files: [`x509/${right('expired')}`], remote: [`certs = ${right('expired')}`] };

const list: readonly (readonly [string, EndWishes, EndWishes, Partial<PairVerdict>, RegExp?, number?])[] = [
  ['certificates of one authority are believed', {}, {}, up],
  ['an expired certificate is refused', {}, { variant: 'expired' }, refusedHere, /expired on 2020-06-01/],
  ['a certificate of the future is refused', { variant: 'future' }, {}, refusedThere, /not valid before 2046-01-01/],
  [
    'an expired certificate that is named for the peer is refused where its issuer is known',
    pinned,
    { variant: 'expired' },
    refusedHere,
    /expired/,
  ],
  [
    'and is believed where its issuer is not: nothing looks at its times then',
    { ...pinned, authorities: ['root2'], variant: 'second' },
    { variant: 'expired', authorities: ['root2'] },
    up,
  ],
  ['a certificate for another name is refused', {}, { variant: 'wrong' }, refusedHere, /right\.example\.org/],
  ['a name with a wildcard in a certificate is no other name', {}, { variant: 'wild' }, refusedHere],
  [
    'an own identity with a wildcard is proved by any certificate that it fits',
    { id: '*.example.org' },
    { peerId: '%any' },
    up,
  ],
  [
    'in a distinguished name as well',
    { id: '"C=CH, O=*, CN=left-p256"' },
    { peerId: '"C=CH, O=Lab, CN=*"' },
    refusedThere,
  ],
  [
    'without an identity it is the subject of the certificate',
    { id: false },
    { peerId: `"${subjectOf('left', 'p256')}"` },
    up,
  ],
  [
    'the one that is expected is then the subject of the certificate that is named',
    { peerId: false, files: [`x509/${right('fqdn')}`], remote: [`certs = ${right('fqdn')}`] },
    { id: false },
    up,
  ],
  ['key usage may be unsaid', { variant: 'unsaid' }, {}, up],
  ['but not be for encryption alone', { variant: 'encipher' }, {}, refusedThere, /key usage/],
  ['an intermediate authority is sent along', { variant: 'inter', authorities: ['root', 'inter'] }, {}, up],
  [
    'an end that does not have it cannot send it',
    { variant: 'inter' },
    {},
    refusedThere,
    /no certificate of its issuer is known/,
  ],
  [
    'an authority that is only known in between is no anchor',
    { variant: 'inter' },
    { authorities: ['inter'] },
    refusedThere,
  ],
  [
    'an outdated authority is refused',
    { variant: 'late', authorities: ['root', 'late'] },
    {},
    refusedThere,
    /CN=late expired/,
  ],
  ['the end that has no key gives up', { hasKey: false }, {}, givenUp, /no private key/],
  ['the responder without one refuses', {}, { hasKey: false }, refusedThere, /no private key/],
  ['a certificate is found by the identity', { local: [] }, { local: [] }, up],
  [
    'none is sent to who asks for none',
    {},
    { options: ['send_certreq = no'] },
    refusedThere,
    /no certificate of .* came/,
  ],
  ['unless it is always sent', { options: ['send_cert = always'] }, { options: ['send_certreq = no'] }, up],
  ['or the other end has it', {}, { options: ['send_certreq = no'], files: ['x509/left-p256-fqdn.der'] }, up],
  ['never is never', { options: ['send_cert = never'] }, {}, refusedThere],
  [
    'cacerts are authorities for everybody, and a demand for this peer',
    { remote: [`cacerts = ${authorityFile('root2')}`], authorities: ['root', 'root2'] },
    {},
    refusedHere,
    /cacerts/,
  ],
  ['auth = rsa is no constraint', { auth: 'rsa' }, { peerAuth: 'rsa' }, up],
  ['with a length it refuses other keys', {}, { peerAuth: 'rsa-2048' }, refusedThere, /ECDSA with 256 bits/],
  ['but not those of Ed25519, which have none', { key: 'ed25519' }, { peerAuth: 'rsa-2048' }, up],
  [
    'it counts for every key of the chain',
    { key: 'rsa3072' },
    { peerAuth: 'rsa-3072' },
    refusedThere,
    /RSA with 2048 bits/,
  ],
  [
    'a hash counts for the certificate and for the exchange',
    { key: 'rsa2048', variant: 'sha512' },
    { peerAuth: 'rsa-sha512' },
    refusedThere,
    /it signs by RSASSA-PKCS1-v1_5 with SHA2-256/,
  ],
  [
    'and the other end can be told to sign so',
    { key: 'rsa2048', variant: 'sha512', auth: 'rsa-sha512' },
    { peerAuth: 'rsa-sha512' },
    up,
  ],
  ['an initiator announces only the hashes that it allows', { peerAuth: 'ike:pubkey-sha512' }, { key: 'rsa2048' }, up],
  [
    'ECDSA has no hash below the strength of the curve',
    { peerAuth: 'ike:pubkey-sha256' },
    { key: 'p384' },
    refusedThere,
    /cannot sign/,
  ],
  [
    'RSASSA-PSS is used where it is asked for alone',
    { key: 'rsa2048', auth: 'ike:rsa/pss-sha256' },
    { peerAuth: 'ike:rsa/pss-sha256' },
    up,
  ],
  ['and not otherwise', { key: 'rsa2048' }, { peerAuth: 'ike:rsa/pss-sha256' }, refusedThere],
  [
    'a bare public key is believed as it is',
    { local: [`pubkeys = ${publicKeyName('left', 'p256')}`], files: [`pubkey/${publicKeyName('left', 'p256')}`] },
    { remote: [`pubkeys = ${publicKeyName('left', 'p256')}`], files: [`pubkey/${publicKeyName('left', 'p256')}`] },
    up,
  ],
  [
    'a certificate that signs itself is believed where it is at hand',
    { variant: 'self' },
    { files: ['x509/left-p256-self.der'] },
    up,
  ],
  ['and only there', { variant: 'self' }, {}, refusedThere],
  ['strict revocation needs a list', {}, { remote: ['revocation = strict'] }, refusedThere, /revoked cannot be told/],
  ['and takes one that is current', {}, { remote: ['revocation = strict'], files: [`x509crl/${crlName('root')}`] }, up],
  [
    'one that is out of date is none',
    {},
    { remote: ['revocation = ifuri'], files: [`x509crl/${crlName('stale')}`] },
    refusedThere,
  ],
  ['ifuri asks where a list is named', { variant: 'listed' }, { remote: ['revocation = ifuri'] }, refusedThere],
  ['and not where none is', {}, { remote: ['revocation = ifuri'] }, up],
  [
    'what is revoked is refused',
    { variant: 'revoked' },
    { files: [`x509crl/${crlName('root')}`] },
    refusedThere,
    /was revoked on/,
  ],
  [
    'a preshared key of one end and a certificate of the other go together',
    { auth: 'psk', secret: 'Plover-Sand-77' },
    { peerAuth: 'psk', secret: 'Plover-Sand-77' },
    up,
  ],
  [
    'a certificate where a preshared key is expected is refused',
    {},
    { peerAuth: 'psk', secret: 'Plover-Sand-77' },
    refusedThere,
  ],
  ['IKEv1: Main Mode', { key: 'rsa2048' }, { key: 'rsa3072' }, up, undefined, 1],
  [
    'IKEv1: a key is found by the identity, whatever certificate is named',
    { key: 'rsa2048', variant: 'wrong' },
    { key: 'rsa2048' },
    givenUp,
    undefined,
    1,
  ],
  [
    'IKEv1: a responder whose key is of no kind that it has a method for refuses',
    { key: 'rsa2048' },
    { key: 'ed25519' },
    refusedThere,
    undefined,
    1,
  ],
  [
    'IKEv1: an initiator that does not believe the responder only deletes the SA',
    { key: 'rsa2048' },
    { key: 'rsa2048', variant: 'expired' },
    givenUp,
    /expired/,
    1,
  ],
  [
    'IKEv1: a responder says so',
    { key: 'rsa2048', variant: 'expired' },
    { key: 'rsa2048' },
    refusedThere,
    /expired/,
    1,
  ],
  [
    'IKEv1: Aggressive Mode',
    { key: 'rsa2048', options: ['aggressive = yes'] },
    { key: 'rsa2048', options: ['aggressive = yes'] },
    up,
    undefined,
    1,
  ],
  [
    'IKEv1: a responder of it without a key says so in a way that nobody can read',
    { key: 'rsa2048', options: ['aggressive = yes'] },
    { key: 'rsa2048', options: ['aggressive = yes'], hasKey: false },
    { ike: false, notifies: [], initiatorTimedOut: true },
    undefined,
    1,
  ],
  [
    'IKEv1: its responder deletes what the initiator takes for established',
    { key: 'rsa2048', variant: 'expired', options: ['aggressive = yes'] },
    { key: 'rsa2048', options: ['aggressive = yes'] },
    givenUp,
    /expired/,
    1,
  ],
];

/** Every row, by what it shows. */
export const certifiedRows: readonly CertifiedRow[] = list.map(([name, left, other, expected, why, version]) => ({
  name,
  pair: pair(name, left, other, version),
  expected,
  ...(why ? { why } : {}),
}));
