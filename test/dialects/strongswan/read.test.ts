import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/model/address.js';
import { describeOrigin } from '../../../src/model/origin.js';
import { parsePacket } from '../../../src/model/parse-packet.js';
import { formatPattern } from '../../../src/model/peer/identity.js';
import { explainPacket } from '../../../src/model/query.js';
import { formatBox } from '../../../src/model/selector/format-box.js';
import type { SaTemplate, SystemConfig } from '../../../src/model/system-config.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import { filesOf, readSwanctl, saidOf } from '../support.js';

const around = (inside: string, more = '') => `connections {\n c {\n${inside}\n }\n}\n${more}`;
const child = (inside: string) =>
  around(`remote_addrs = 192.0.2.2\nlocal_addrs = 192.0.2.1\nchildren { n {\n${inside}\n} }`);

function templates({ spd }: SystemConfig): SaTemplate[] {
  return [...new Set(spd.flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : [])))];
}

function onlyTemplate(text: string, version?: string): SaTemplate {
  const { config } = readSwanctl(text, undefined, version);
  const found = templates(config);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** The SPD without what the product has by itself: name, what it does, what it selects. */
function spdOf({ spd }: SystemConfig): string[] {
  return spd
    .filter(({ source }) => source.record.kind !== 'builtin')
    .map(
      ({ source, action, selectors }) => `${source.record.name} ${action.kind} ${selectors.map(formatBox).join(' | ')}`,
    );
}

describe('lifetimes', () => {
  it.each([
    ['', 3960, 3600, 360],
    ['rekey_time = 2h', 7920, 7200, 720],
    ['life_time = 1h', 3600, 3600, 0],
    ['life_time = 2h', 7200, 3600, 3600],
    ['rekey_time = 50m\nlife_time = 1h', 3600, 3000, 600],
    ['rekey_time = 0', 0, 0, 0],
    ['rekey_time = 0x10\nrand_time = 3', 17, 16, 3],
    ['rekey_time = 1 d', 95_040, 86_400, 8640],
  ])('of a child with %j in 5.9', (options, life, rekey, random) => {
    const [proposal] = onlyTemplate(child(options)).proposals;
    expect(
      [proposal!.lifetimeSeconds, proposal!.rekeySeconds!, proposal!.rekeyRandomSeconds!].map(({ value }) => value),
    ).toEqual([life, rekey, random]);
  });

  it('6.0 works the soft limit out of the hard one', () => {
    const [proposal] = onlyTemplate(child('life_time = 1h'), '6.0.0').proposals;
    expect(proposal!.rekeySeconds!.value).toBe(3272);
  });

  it.each([
    ['', 15_840, 14_400, 0, 1440],
    ['reauth_time = 3h', 11_880, 0, 10_800, 1080],
    ['rekey_time = 1h\nreauth_time = 3h', 11_880, 3600, 10_800, 1080],
    ['rekey_time = 1h\nover_time = 1h', 7200, 3600, 0, 1800],
    ['rekey_time = 0', 0, 0, 0, 0],
  ])('of a connection with %j', (options, life, rekey, reauth, random) => {
    const [policy] = readSwanctl(around(`version = 2\n${options}`)).config.ikePolicies;
    expect([
      policy!.lifetimeSeconds.value,
      policy!.rekeySeconds?.value,
      policy!.reauthenticationSeconds?.value,
      policy!.rekeyRandomSeconds?.value,
    ]).toEqual([life, rekey, reauth, random]);
  });
});

describe('selectors', () => {
  it.each([
    ['local_ts = 10.1.0.0/16\nremote_ts = 10.2.0.0/16', '10.1.0.0/16 <-> 10.2.0.0/16'],
    ['local_ts = 10.1.0.0-10.1.0.7[tcp/80]\nremote_ts = 10.2.0.0/16', 'TCP 10.1.0.0/29 port 80 <-> 10.2.0.0/16'],
    ['', '192.0.2.1 <-> 192.0.2.2'],
    ['local_ts = dynamic[icmp/769]\nremote_ts=dynamic[icmp/769]', 'ICMP type 3 code 1 192.0.2.1 <-> 192.0.2.2'],
    ['local_ts = 10.1.0.0/16[udp/domain]\nremote_ts = 10.2.0.0/16[any/any]', 'UDP 10.1.0.0/16 port 53 <-> 10.2.0.0/16'],
    ['local_ts = 10.1.0.0/16[tcp]\nremote_ts = 10.2.0.0/16[udp]', ''],
    ['local_ts = 10.1.0.0/16\nremote_ts = 2001:db8::/32', ''],
    ['mode = transport\nremote_ts = 192.0.2.0/24[tcp/22]', 'TCP 192.0.2.1 <-> 192.0.2.2 port 22'],
  ])('%j', (options, wanted) => {
    expect(onlyTemplateOrNone(child(options))).toBe(wanted);
  });

  it.each([
    '10.1.0.0/33',
    '10.1.0.0/16[tcp',
    '10.1.0.0/16[nosuch]',
    '10.1.0.0/16[tcp/nosuch]',
    '10.1.0.9-10.1.0.1',
    'x',
  ])('%s is none, and strongSwan refuses the connection', (text) => {
    const said = saidOf(readSwanctl(child(`local_ts = ${text}`)));
    expect(said[0]).toMatch(/IMP004 .*is no traffic selector$/);
    expect(said[1]).toMatch(/IMP004 strongSwan refuses the connection 'c' as a whole$/);
  });
});

function onlyTemplateOrNone(text: string): string {
  const reading = readSwanctl(text);
  expect(saidOf(reading)).toEqual([]);
  return reading.config.spd
    .filter(({ source }) => source.record.kind !== 'builtin')
    .flatMap(({ selectors }) => selectors.map(formatBox))
    .join(' | ');
}

describe('what the kernel makes of selectors', () => {
  it.each([
    [
      'local_ts = 10.1.0.1-10.1.0.9\nremote_ts = 10.2.0.0/16',
      '10.1.0.0/28 <-> 10.2.0.0/16',
      'takes the local addresses 10.1.0.0/28 for 10.1.0.1-10.1.0.9',
    ],
    [
      'remote_ts = dynamic[tcp/1000-2000]',
      'TCP 192.0.2.1 <-> 192.0.2.2 port 0-2047',
      'takes the remote ports 0-2047 for 1000-2000',
    ],
    [
      'local_ts = dynamic[icmp/8]\nremote_ts = dynamic[icmp/8]',
      'ICMP type 8 192.0.2.1 <-> 192.0.2.2',
      'takes ICMP type 8 for type 8 code 0',
    ],
  ])('%j', (options, wanted, note) => {
    const reading = readSwanctl(child(options));
    expect(spdOf(reading.config)).toEqual([`c.n PROTECT ${wanted}`]);
    expect(saidOf(reading)).toEqual([`5:12 IMP007 'c.n': the kernel’s policy ${note}`]);
    // What is negotiated is what is written.
    expect(templates(reading.config)[0]!.selectors.map(formatBox)).not.toEqual([wanted]);
  });

  it('is told of a packet that is taken by it only', () => {
    const { config } = readSwanctl(child('remote_ts = dynamic[tcp/1000-2000]'));
    const packet = parsePacket('tcp 192.0.2.1:4000 > 192.0.2.2:80', 'outbound');
    if ('error' in packet) throw new Error(packet.error);
    const { verdict, remark } = explainPacket(config, packet);
    expect([verdict, remark]).toEqual(['PROTECT', 'the kernel’s policy takes the remote ports 0-2047 for 1000-2000']);
  });
});

it('selectors within others of their list make no policies', () => {
  const reading = readSwanctl(child('local_ts = 10.1.0.0/16[tcp], 10.1.0.0/24[tcp/22], 10.0.0.0/12'));
  expect(spdOf(reading.config)).toEqual(['c.n PROTECT 10.0.0.0/12 <-> 192.0.2.2']);
});

describe('shunts', () => {
  it('know no peer, so that dynamic is any address', () => {
    const text = child('local_ts = dynamic[tcp/ssh]\nmode = pass\nstart_action = trap');
    expect(spdOf(readSwanctl(text).config)).toEqual([
      'c.n BYPASS IPv4 TCP any port 22 <-> any | IPv6 TCP any port 22 <-> any',
    ]);
  });

  it('are not there without start_action = trap', () => {
    const reading = readSwanctl(child('mode = drop'));
    expect(spdOf(reading.config)).toEqual([]);
    expect(saidOf(reading)).toEqual([
      "5:12 IMP007 strongSwan installs the drop policies of 'n' only by start_action = trap, so they are left out",
    ]);
  });
});

describe('the order of policies', () => {
  it('lets the last one of equals win that is installed as the file is loaded', () => {
    const same = (name: string, action: string) => `${name} { remote_ts = 10.2.0.0/16\nstart_action = ${action} }`;
    const order = (...actions: string[]) =>
      spdOf(
        readSwanctl(
          around(
            `remote_addrs = 192.0.2.2\nlocal_addrs = 192.0.2.1\nchildren {\n${actions.map((action, at) => same(`n${at}`, action)).join('\n')}\n}`,
          ),
        ).config,
      ).map((line) => line.split(' ')[0]);
    expect(order('trap', 'trap', 'trap')).toEqual(['c.n2', 'c.n0', 'c.n1']);
    expect(order('start', 'start')).toEqual(['c.n0', 'c.n1']);
  });

  it('is that of the kernel: passes first, drops last, narrow before wide, the manual priority above all', () => {
    const text = around(`remote_addrs = 192.0.2.2\nlocal_addrs = 192.0.2.1\nchildren {
      wide { local_ts = 10.1.0.0/16
        remote_ts = 10.0.0.0/8 }
      narrow { local_ts = 10.1.0.0/16
        remote_ts = 10.2.0.0/16[tcp/80] }
      drop { local_ts = 10.1.0.7
        remote_ts = 10.2.0.7
        mode = drop
        start_action = trap }
      pass { local_ts = 10.1.0.0/16
        remote_ts = 10.0.0.0/8
        mode = pass
        start_action = trap }
      first { local_ts = 10.0.0.0/8
        remote_ts = 10.9.0.0/16
        priority = 1 } }`);
    expect(spdOf(readSwanctl(text).config)).toEqual([
      'c.first PROTECT 10.0.0.0/8 <-> 10.9.0.0/16',
      'c.pass BYPASS 10.1.0.0/16 <-> 10.0.0.0/8',
      'c.narrow PROTECT TCP 10.1.0.0/16 <-> 10.2.0.0/16 port 80',
      'c.wide PROTECT 10.1.0.0/16 <-> 10.0.0.0/8',
      'c.drop DISCARD 10.1.0.7 <-> 10.2.0.7',
    ]);
  });

  it('takes a child with selectors of different width apart', () => {
    const text = around(`remote_addrs = 192.0.2.2\nlocal_addrs = 192.0.2.1\nchildren {
      a { local_ts = 10.1.0.0/16
        remote_ts = 10.0.0.0/9, 10.200.0.1 }
      b { local_ts = 10.1.0.0/16
        remote_ts = 10.0.0.0/16, 10.200.0.0/24 } }`);
    const { config } = readSwanctl(text);
    expect(spdOf(config)).toEqual([
      'c.a PROTECT 10.1.0.0/16 <-> 10.200.0.1',
      'c.b PROTECT 10.1.0.0/16 <-> 10.200.0.0/24',
      'c.b PROTECT 10.1.0.0/16 <-> 10.0.0.0/16',
      'c.a PROTECT 10.1.0.0/16 <-> 10.0.0.0/9',
    ]);
    expect(templates(config)).toHaveLength(2);
  });

  it('leaves out what policies = no installs none for, but keeps its SA', () => {
    const { config } = readSwanctl(child('local_ts = 10.1.0.0/16\nremote_ts = 10.2.0.0/16\npolicies = no'));
    expect(spdOf(config)).toEqual(['c.n PROTECT ']);
    expect(templates(config)[0]!.installsPolicies?.value).toBe(false);
  });
});

describe('peers', () => {
  it('of a connection go with its policies and children', () => {
    const { config } = readSwanctl(
      around(
        'version = 0\nremote_addrs = 192.0.2.2, 198.51.100.0/24\nproposals = aes128-sha256-modp2048\nchildren { n { } }',
      ),
    );
    expect(config.pad.map(({ connection, remote }) => `${connection} ${formatAddress(4, remote.first)}`)).toEqual([
      'c 192.0.2.2',
      'c 198.51.100.0',
    ]);
    expect(config.pad[0]!.ikeVersions.value).toEqual([2, 1]);
    expect(config.ikePolicies.map(({ version, connection }) => `${connection}/${version}`)).toEqual([
      'c/2',
      'c/2',
      'c/1',
      'c/1',
    ]);
    const [v2, , v1] = config.ikePolicies;
    expect(v2!.proposals[0]!.authentication.map(({ name }) => name)).toEqual(['HMAC-SHA2-256-128']);
    expect(v1!.proposals[0]!.authentication).toEqual([]);
    expect(config.pad[1]!.respondOnly).toBe(true);
  });

  it.each([
    ['moon.example.org', 'FQDN moon.example.org'],
    ['@moon.example.org', 'FQDN moon.example.org'],
    ['admin@example.org', 'USER-FQDN admin@example.org'],
    ['@@admin@example.org', 'USER-FQDN admin@example.org'],
    ['192.0.2.7', 'IPV4 192.0.2.7'],
    ['192.0.2.0/24', 'IPV4 192.0.2.0/24'],
    ['2001:db8::1', 'IPV6 2001:db8::1'],
    ['%any', 'any identity'],
    ['*', 'any identity'],
    ['*.example.org', 'FQDN *.example.org'],
    ['*@example.org', 'USER-FQDN *@example.org'],
    ['"C=CH, O=Lab, CN=moon"', 'X500-DN C=CH,O=Lab,CN=moon'],
    ['"C=CH, O=*, CN=moon"', 'X500-DN C=CH,O=*,CN=moon'],
    ['"@#01ff"', 'KEY-ID 0x01ff'],
    ['keyid:box-7', 'KEY-ID box-7'],
    ['fqdn:7', 'FQDN 7'],
    ['12:34', 'KEY-ID 12:34'],
  ])('identity %s is %s', (text, wanted) => {
    const { config } = readSwanctl(around(`remote { id = ${text} }`));
    expect(formatPattern(config.pad[0]!.remoteId!.value)).toBe(wanted);
  });

  it('get the key whose owners fit best, and of equals the last one', () => {
    const ends = `local { auth = psk\nid = a }\nremote { auth = psk\nid = b }`;
    const key = (secrets: string) => {
      const reference = readSwanctl(around(ends, `secrets {\n${secrets}\n}`)).config.pad[0]!.presharedKey?.value;
      return reference?.kind === 'literal' ? new TextDecoder().decode(reference.secret.reveal()) : undefined;
    };
    expect(key('ike-1 { secret = one }\nike-2 { secret = two\nid = b }')).toBe('two');
    expect(key('ike-1 { secret = one\nid = a\nid2 = b }\nike-2 { secret = two\nid = b }')).toBe('one');
    expect(key('ike-1 { secret = one\nid = b }\nike-2 { secret = two\nid = b }')).toBe('two');
    expect(key('ike-1 { secret = one\nid = z }')).toBeUndefined();
    expect(key('ike-1 { secret = 0x74776f }')).toBe('two');
    expect(key('ike-1 { secret = 0sdHdv }')).toBe('two');
  });
});

describe('every option', () => {
  it('is accounted for once', () => {
    const text = `charon { prefer_configured_proposals = no\n syslog { daemon { default = 2 } } }
base { version = 2\n unused = 1 }
connections { c : base { dscp = 101110\n encap = yes\n nosuch = 1 } }
pools { p { addrs = 10.3.0.0/24\n dns = 10.3.0.1 } }
authorities { x { cacert = ca.pem } }
secrets { ike { secret = Plover-Sand-77 }\n private-x { file = k.pem\n secret = Plover-Sand-78 } }
`;
    const { options } = readSwanctl(text);
    expect(options.map(({ name, support }) => `${support} ${name}`)).toEqual([
      'noted connections.c.dscp',
      'supported connections.c.encap',
      'unknown connections.c.nosuch',
      'supported connections.c.version',
      'unknown connections.c.unused',
      'supported secrets.ike.secret',
      'noted secrets.private-x.file',
      'noted secrets.private-x.secret',
      'supported pools.p.dns',
      'supported pools.p.addrs',
      'supported authorities.x.cacert',
      'supported charon.prefer_configured_proposals',
      'noted charon.syslog.daemon.default',
    ]);
  });

  it('that is misspelt gets a suggestion, and so does a section', () => {
    expect(saidOf(readSwanctl('conections { c { } }'))).toEqual([
      "1:1 IMP002 'conections' is no option that is known here",
    ]);
    const [problem] = readSwanctl(around('verson = 2')).problems;
    expect(problem?.help).toBe("did you mean 'version'?");
  });

  it('of a version is unknown to another', () => {
    expect(saidOf(readSwanctl(around('ocsp = never')))[0]).toMatch(/IMP002/);
    expect(saidOf(readSwanctl(around('ocsp = never'), undefined, '6.0.0'))).toEqual([]);
  });

  it('names where its value comes from', () => {
    const template = onlyTemplate(child('rekey_time = 2h'));
    expect(describeOrigin(template.proposals[0]!.rekeySeconds!.origin)).toBe('written at swanctl.conf:6');
    expect(describeOrigin(template.proposals[0]!.lifetimeSeconds.origin)).toBe(
      'built in: strongSwan 5.9.8: the hard limit is the soft one × 1.1',
    );
  });
});

describe('other files', () => {
  it('strongswan.conf beside it is read as well', () => {
    const files = filesOf({ 'strongswan.conf': 'charon { close_ike_on_child_failure = yes }' });
    const { config } = readSwanctl(around(''), files);
    expect(config.productSettings?.get('charon.close_ike_on_child_failure')?.value).toBe('yes');
  });

  const dataPath = (daemon: string) =>
    readSwanctl(around(''), filesOf({ 'strongswan.conf': daemon })).config.dataPath?.value;

  it.each([
    ['charon { }', undefined],
    ['charon { plugins { kernel-libipsec { load = yes } } }', 'libipsec'],
    ['charon { plugins { kernel-libipsec { load = 5 } } }', 'libipsec'],
    ['charon { plugins { kernel-libipsec { load = no } } }', 'kernel'],
    ['charon-systemd { plugins { kernel-libipsec { load = yes } } }', 'libipsec'],
    ['charon { load = random kernel-libipsec kernel-netlink socket-default }', 'libipsec'],
    ['charon { load = random kernel-netlink kernel-libipsec socket-default }', 'kernel'],
    // The list does not count then.
    ['charon { load_modular = yes\n load = kernel-libipsec }', undefined],
  ])('%s: what carries the packets', (daemon, expected) => expect(dataPath(daemon)).toBe(expected));

  it('what is read of plugins is not called unread', () => {
    const files = filesOf({
      'strongswan.conf': 'charon { plugins { kernel-libipsec { load = yes\n allow_peer_ts = yes } } }',
    });
    const { config, options } = readSwanctl(around(''), files);
    expect(config.productSettings?.get('charon.plugins.kernel-libipsec.allow_peer_ts')?.value).toBe('yes');
    expect(options.filter(({ name }) => name.includes('libipsec')).map(({ support }) => support)).toEqual([
      'supported',
      'supported',
    ]);
  });
});

const defaults = sharedPath('vectors', 'strongswan', 'configs');
const noDefaults = defaults === undefined;
it.skipIf(noDefaults)(
  `strongSwan's own test configurations are read without a fault of syntax${noDefaults ? ` (${sharedMissing})` : ''}`,
  async () => {
    const { readdirSync } = await import('node:fs');
    const files = readdirSync(defaults!, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('swanctl.conf'),
    );
    expect(files.length).toBeGreaterThan(200);
    const said = files.flatMap((file) => {
      const reading = readSwanctl(readFileSync(`${defaults}/${file}`, 'utf8'), undefined, '6.0.6');
      return saidOf(reading)
        .filter((text) => !/IMP00[37]/.test(text))
        .map((text) => `${file}: ${text}`);
    });
    expect(said).toEqual([]);
  },
);
