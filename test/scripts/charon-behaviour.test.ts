/** What two real daemons (strongSwan 5.9.8) did with pairs that random ones led to: each row is one that was predicted wrong once. */
import { describe, expect, it } from 'vitest';
import { pairHosts } from '../../scripts/fidelity/random-pairs.js';
import { settingOf } from '../../scripts/fidelity/setting.js';
import type { Pair, PairVerdict } from '../../scripts/fidelity/verdict.js';
import { judgeNamed, judgeNames } from '../../scripts/fidelity.js';

interface End {
  readonly version?: number;
  readonly connection?: string;
  readonly local?: string;
  readonly remote?: string;
  readonly more?: string;
  readonly child?: string;
}

const side = (own: string, peer: string, { version = 2, ...end }: End): string => `connections { c {
    version = ${version}
    local_addrs = ${own}
    remote_addrs = ${peer}
    proposals = aes128-sha256-modp2048
    ${end.connection ?? ''}
    local { auth = psk
      ${end.local ?? ''}
    }
    ${end.more ?? ''}
    remote { auth = psk
      ${end.remote ?? ''}
    }
    children { net {
      ${end.child ?? ''}
    } } } }
  secrets { ike { secret = Plover-Sand-77 } }`;

const pair = (left: End, right: End): Pair => ({
  id: 'x',
  left: side(pairHosts.left[0], pairHosts.right[0], left),
  right: side(pairHosts.right[0], pairHosts.left[0], right),
});

const between = (local: string, remote: string): readonly [string, string] => [
  `local_ts = ${local}\nremote_ts = ${remote}`,
  `local_ts = ${remote}\nremote_ts = ${local}`,
];

const setting = settingOf(
  pairHosts.left,
  pairHosts.right,
  'libipsec',
  'charon { i_dont_care_about_security_and_use_aggressive_mode_psk = yes }',
);
const [portsLeft, portsRight] = between('0.0.0.0/0[sctp/0-1023]', '10.2.0.0/23[sctp/80]');
const esp = '\nesp_proposals = aes128-sha256';
const [hostsLeft, hostsRight] = between('10.1.1.5/32', '10.2.1.130/32');
const second = (end: string): string => `${end} { auth = psk\n}`;

/** The initiator calls itself so, and the responder expects that. */
const named = (own: string, expected: string): Pair =>
  pair({ local: `id = ${own}`, child: hostsLeft }, { remote: `id = ${expected}`, child: hostsRight });

const rows: readonly (readonly [string, Pair, Partial<PairVerdict>])[] = [
  [
    'from port 4500 to port 500 no marker stands before IKE',
    pair({ version: 1, connection: 'local_port = 4500', child: hostsLeft }, { version: 1, child: hostsRight }),
    { ike: true, child: true, rekey: true },
  ],
  [
    'the same in IKEv2',
    pair({ connection: 'local_port = 4500', child: hostsLeft }, { child: hostsRight }),
    { ike: true, child: true, rekey: true },
  ],
  [
    'a range of ports from 0 on is every port to a responder of Quick Mode, and the initiator keeps the range',
    pair({ version: 1, child: portsLeft + esp }, { version: 1, child: portsRight + esp }),
    {
      child: true,
      childSa: {
        mode: 'TUNNEL',
        protocol: 'ESP',
        'encr-alg': 'AES_CBC',
        'encr-keysize': '128',
        'integ-alg': 'HMAC_SHA2_256_128',
        'dh-group': null,
        'local-ts': ['0.0.0.0/0[sctp/0-1023'],
        'remote-ts': ['10.2.0.0/23[sctp/80'],
      },
    },
  ],
  [
    'an answer for other ports than those of the range ends Quick Mode at the initiator',
    pair(
      { version: 1, child: 'local_ts = 10.1.1.5/32[tcp/0-1023]\nremote_ts = 10.2.1.130/32' },
      { version: 1, child: 'local_ts = 10.2.1.130/32\nremote_ts = 10.1.1.5/32[tcp/2000-3000]' },
    ),
    { ike: true, child: false, notifies: ['CRIT'] },
  ],
  [
    'a second round that shows nothing new is not gone through, and who expects one round is content',
    pair({ more: second('local-2'), child: hostsLeft }, { child: hostsRight }),
    { ike: true, child: true, rekey: true },
  ],
  [
    'an initiator that expects two rounds is not content with one',
    pair({ more: second('remote-2'), child: hostsLeft }, { more: second('local-2'), child: hostsRight }),
    { ike: false, child: false, notifies: ['AUTH_FAILED'] },
  ],
  [
    'a responder that expects two rounds is not either',
    pair({ more: second('local-2'), child: hostsLeft }, { more: second('remote-2'), child: hostsRight }),
    { ike: false, child: false, notifies: ['AUTHENTICATION_FAILED', 'AUTH_FAILED'] },
  ],
  [
    'IKEv1 offers one protocol: what is for AH behind ESP is none of the responder’s',
    pair(
      { version: 1, child: `${hostsLeft}\nesp_proposals = aes128-sha256\nah_proposals = sha256` },
      { version: 1, child: `${hostsRight}\nah_proposals = sha256` },
    ),
    { ike: true, child: false, notifies: ['NO_PROPOSAL_CHOSEN', 'NO_PROP'] },
  ],
  [
    'behind ipv4: charon takes the text as it stands, which is no address',
    named('ipv4:10.99.0.1', '10.99.0.1'),
    { ike: false, notifies: ['AUTHENTICATION_FAILED', 'AUTH_FAILED'] },
  ],
  ['and fits what is written in the same way', named('ipv4:10.99.0.1', 'ipv4:10.99.0.1'), { ike: true, child: true }],
  [
    'behind asn1dn: too',
    named('"asn1dn:C=CH, CN=box"', '"C=CH, CN=box"'),
    { ike: false, notifies: ['AUTHENTICATION_FAILED', 'AUTH_FAILED'] },
  ],
  ['a key identifier is the same as text and as octets', named('keyid:box', '"@#626f78"'), { ike: true, child: true }],
  [
    'the order of attributes counts in a distinguished name',
    named('"C=CH, O=Lab, CN=box"', '"C=CH, CN=box, O=Lab"'),
    { ike: false, notifies: ['AUTHENTICATION_FAILED', 'AUTH_FAILED'] },
  ],
  [
    'whom the initiator asks for is looked for in order too',
    pair(
      { remote: 'id = "C=CH, CN=box, O=Lab"', child: hostsLeft },
      { local: 'id = "C=CH, O=Lab, CN=box"', child: hostsRight },
    ),
    { ike: false, notifies: ['AUTHENTICATION_FAILED', 'AUTH_FAILED'] },
  ],
  [
    'an own identity with a wildcard is whatever is asked for of it',
    pair({ remote: 'id = right.example.org', child: hostsLeft }, { local: 'id = *.example.org', child: hostsRight }),
    { ike: true, child: true },
  ],
  [
    'an own name with a part * is nobody’s: unless it is asked for, the responder is its address',
    pair(
      { remote: 'id = "C=CH, OU=*, CN=box"', child: hostsLeft },
      { local: 'id = "C=CH, OU=*, CN=box"', child: hostsRight },
    ),
    { ike: false, child: false, notifies: ['AUTH_FAILED'] },
  ],
  [
    'the same of an own host name with a wildcard',
    pair({ remote: 'id = *.example.org', child: hostsLeft }, { local: 'id = *.example.org', child: hostsRight }),
    { ike: false, child: false, notifies: ['AUTH_FAILED'] },
  ],
  [
    'an asterisk within a name is a wildcard to who asks, though it stands for nothing',
    pair({ remote: 'id = a*.example.org', child: hostsLeft }, { local: 'id = a*.example.org', child: hostsRight }),
    { ike: false, child: false, notifies: ['AUTH_FAILED'] },
  ],
  [
    'an initiator sends its name with the wildcard',
    named('"C=CH, OU=*, CN=box"', '"C=CH, OU=*, CN=box"'),
    { ike: true, child: true },
  ],
  ['octets that are no text go as they are', named('"@#0a0b"', '"keyid:#0a0b"'), { ike: true, child: true }],
  [
    'Aggressive Mode looks for a key of the addresses where none is for the identities',
    {
      ...pair(
        { version: 1, connection: 'aggressive = yes', local: 'id = left', remote: 'id = right', child: hostsLeft },
        { version: 1, connection: 'aggressive = yes', local: 'id = right', remote: 'id = left', child: hostsRight },
      ),
      right: side(pairHosts.right[0], pairHosts.left[0], {
        version: 1,
        connection: 'aggressive = yes',
        local: 'id = right',
        remote: 'id = left',
        child: hostsRight,
      }).replace('ike {', 'ike { id = 10.99.0.2\n'),
    },
    { ike: true, child: true },
  ],
  [
    'kernel-libipsec has no HMAC-SHA2-256 of 96 bits: the initiator keeps the IKE SA alone',
    pair(
      { child: `${hostsLeft}\nesp_proposals = aes128-sha256\nsha256_96 = yes` },
      { child: `${hostsRight}\nesp_proposals = aes128-sha256` },
    ),
    { ike: true, child: false, notifies: [] },
  ],
  [
    'the same of the responder is refused',
    pair(
      { child: `${hostsLeft}\nesp_proposals = aes128-sha256` },
      { child: `${hostsRight}\nesp_proposals = aes128-sha256\nsha256_96 = yes` },
    ),
    { ike: true, child: false, notifies: ['NO_PROPOSAL_CHOSEN', 'NO_PROP'] },
  ],
  [
    'ciphers and integrity algorithms that this tool lacks are agreed on all the same',
    pair(
      {
        connection: 'proposals = cast128-sha1_160-modp2048',
        child: `${hostsLeft}\nesp_proposals = blowfish192-md5_128`,
      },
      {
        connection: 'proposals = cast128-sha1_160-modp2048',
        child: `${hostsRight}\nesp_proposals = blowfish192-md5_128`,
      },
    ),
    {
      ike: true,
      ikeSa: {
        version: '2',
        'encr-alg': 'CAST_CBC',
        'encr-keysize': '128',
        'integ-alg': 'HMAC_SHA1_160',
        'prf-alg': 'PRF_HMAC_SHA1',
        'dh-group': 'MODP_2048',
      },
      child: true,
      childSa: {
        mode: 'TUNNEL',
        protocol: 'ESP',
        'encr-alg': 'BLOWFISH_CBC',
        'encr-keysize': '192',
        'integ-alg': 'HMAC_MD5_128',
        'dh-group': null,
        'local-ts': ['10.1.1.5/32'],
        'remote-ts': ['10.2.1.130/32'],
      },
      rekey: true,
    },
  ],
  [
    'algorithms with numbers of private use are offered and taken by nobody',
    pair(
      { child: `${hostsLeft}\nesp_proposals = serpent128-sha256,aes128-sha256` },
      { child: `${hostsRight}\nesp_proposals = serpent128-sha256,aes128-sha256` },
    ),
    {
      child: true,
      childSa: {
        mode: 'TUNNEL',
        protocol: 'ESP',
        'encr-alg': 'AES_CBC',
        'encr-keysize': '128',
        'integ-alg': 'HMAC_SHA2_256_128',
        'dh-group': null,
        'local-ts': ['10.1.1.5/32'],
        'remote-ts': ['10.2.1.130/32'],
      },
    },
  ],
  [
    'a child of the same name in a connection before is started towards the peer of that one',
    {
      ...pair({ child: hostsLeft }, { child: hostsRight }),
      left: `${side(pairHosts.left[0], '10.99.0.7', { child: hostsLeft }).replace('{ c {', '{ t {')}
${side(pairHosts.left[0], pairHosts.right[0], { child: hostsLeft })}`,
    },
    { ike: false, child: false, initiatorTimedOut: true },
  ],
  [
    '%any6 is no address of IPv4',
    {
      ...pair({ child: hostsLeft }, { child: hostsRight }),
      right: side('%any6', pairHosts.left[0], { child: hostsRight }),
    },
    { ike: false, child: false, notifies: ['NO_PROPOSAL_CHOSEN', 'NO_PROP'] },
  ],
  [
    'a connection with a value that 5.9 does not know is refused, and its peer finds none',
    pair({ child: hostsLeft }, { connection: 'childless = prefer', child: hostsRight }),
    { loaded: false, ike: false, child: false, notifies: ['NO_PROPOSAL_CHOSEN', 'NO_PROP'] },
  ],
  [
    'a time that is empty is none',
    pair({ connection: 'rekey_time = ""', child: hostsLeft }, { connection: 'reauth_time =', child: hostsRight }),
    { ike: true, child: true },
  ],
  [
    'a secret of three digits of Base64 is nothing',
    {
      ...pair({ child: hostsLeft }, { child: hostsRight }),
      left: side(pairHosts.left[0], pairHosts.right[0], { child: hostsLeft }).replace('Plover-Sand-77', '0sAAA'),
    },
    { loaded: false, ike: false, child: false, notifies: [] },
  ],
];

describe.each(judgeNames)('by the %s', (name) => {
  it.each(rows)('%s', async (_, each, expected) => {
    const verdict = await (await judgeNamed(name, setting))(each);
    const { notifies, ...rest } = expected;
    expect(verdict).toMatchObject(rest);
    if (notifies) expect([...verdict.notifies].sort()).toEqual([...notifies].sort());
  });
});
