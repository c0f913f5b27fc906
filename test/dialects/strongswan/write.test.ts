/** Other configurations as swanctl.conf. */
import { describe, expect, it } from 'vitest';
import { records } from '../../../src/dialects/hpux/dialect.js';
import { libreswan } from '../../../src/dialects/libreswan/dialect.js';
import { strongswan } from '../../../src/dialects/strongswan/dialect.js';
import { portBlocks } from '../../../src/dialects/strongswan/split-ranges.js';
import { readDialect } from '../../support/dialects.js';
import { convert, lossesOf, recordsConfig, textOf, write } from '../../support/written.js';

const host = (name: string, rest: string) => `add host ${name} -source 192.0.2.1/32 ${rest}\n`;
const auth = 'add auth b -remote 198.51.100.0/24 -preshared sesame -kmp IKEV2\n';
const ike =
  'add ikev2 b -remote 198.51.100.0/24 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1 -life 28800\n';
const esp = '-action ESP_AES128_HMAC_SHA1';

function fromRecords(text: string, version?: string) {
  const writing = write(strongswan, recordsConfig(text), version);
  return {
    conf: textOf(writing, 'swanctl.conf')!.replace(/^# .*\n/, ''),
    secrets: textOf(writing, 'secrets.conf'),
    losses: lossesOf(writing).filter((loss) => !loss.includes('that the system forwards')),
  };
}

const around = (connection: string, child = '', more = '') =>
  `connections { c {\n local_addrs = 192.0.2.1\n remote_addrs = 198.51.100.7\n${connection}\n children { n {\n${child}\n} } } }\n${more}`;

function again(text: string, version?: string) {
  const options = { path: 'swanctl.conf', ...(version === undefined ? {} : { version, writeVersion: version }) };
  const writing = convert(strongswan, text, strongswan, options);
  return { conf: textOf(writing, 'swanctl.conf')!, losses: lossesOf(writing) };
}

describe('a host policy', () => {
  it('is a child of the connection to its peer, with nothing that strongSwan does anyway', () => {
    const { conf, secrets, losses } = fromRecords(host('a', `-destination 198.51.100.7/32 ${esp}`) + auth + ike);
    expect(conf).toBe(`connections {
  b {
    version = 2
    local_addrs = 192.0.2.1
    remote_addrs = 198.51.100.7
    proposals = aes128-sha1-modp2048
    rekey_time = 26181s
    over_time = 2619s
    local {
      auth = psk
    }
    remote {
      auth = psk
      id = 198.51.100.7
    }
    children {
      a {
        esp_proposals = aes128-sha1
        rekey_time = 26181s
        life_time = 8h
        mode = transport
        start_action = trap
      }
    }
  }
}
include secrets.conf
`);
    expect(secrets).toBe('secrets {\n  ike-b {\n    id = 198.51.100.7\n    secret = sesame\n  }\n}\n');
    expect(losses).toEqual([]);
  });

  it('with ranges is written so that the kernel takes no more', () => {
    const text = host('a', `-destination 198.51.100.4-198.51.100.9//1000-1030 -protocol TCP ${esp}`) + auth + ike;
    const { conf, losses } = fromRecords(text);
    expect(conf).toContain('remote_ts = 198.51.100.4/30[tcp/1000-1007], 198.51.100.4/30[tcp/1008-1023], ');
    expect(losses).toEqual([]);
  });

  it('for any peer of a network waits for packets to each of them', () => {
    const { conf, losses } = fromRecords(host('a', `-destination 198.51.100.0/24 ${esp}`) + auth + ike);
    expect(conf).toContain('remote_addrs = 198.51.100.0/24');
    expect(conf).toContain('remote_ts = 198.51.100.0/24');
    expect(losses).toEqual([]);
  });

  it('for peers of both versions is a connection for each where their proposals differ', () => {
    const text = `${host('a', `-destination 198.51.100.7/32 ${esp}`)}add auth b -remote 198.51.100.7 -preshared sesame -kmp IKEV2,IKEV1
add ikev1 b -remote 198.51.100.7 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC\n${ike}`;
    const { conf } = fromRecords(text);
    expect(conf.match(/^ {2}\S+ \{|version = \d|start_action = \w+/gm)).toEqual([
      '  b {',
      'version = 2',
      'start_action = trap',
      '  b-ikev1 {',
      'version = 1',
    ]);
  });
});

describe('what must not go in the clear', () => {
  it('is dropped where no peer is known', () => {
    const { conf, losses } = fromRecords(host('a', `-destination 198.51.100.7/32 ${esp}`));
    expect(conf).toContain('mode = drop');
    expect(losses).toEqual([
      'packets: a: has no PAD entry that tells how its peer authenticates: its packets are dropped',
    ]);
  });

  it('is dropped where only some of its addresses have a peer', () => {
    const { conf, losses } = fromRecords(host('a', `-destination 198.51.0.0/16 ${esp}`) + auth + ike);
    expect(conf.match(/(?:mode|priority) = \S+/g)).toEqual(['mode = transport', 'mode = drop']);
    expect(losses).toEqual([
      'local: a: where it has no PAD entry, IKE could never start: those packets are dropped outright',
    ]);
  });

  it('is dropped where strongSwan lacks the algorithm', () => {
    const { conf, losses } = fromRecords(
      `# ipsec-dialect: A.02\nadd host a -source 192.0.2.1 -destination 198.51.100.7 -priority 10 -action ESP_DES_HMAC_MD5\n`,
    );
    expect(conf).toContain('mode = drop');
    expect(losses.length).toBeGreaterThan(0);
  });
});

describe('the order of an SPD', () => {
  const pass = (name: string, rest: string) => host(name, `${rest} -action PASS`);
  it('is left to charon where its own numbers give it', () => {
    const { conf, losses } = fromRecords(
      pass('ssh', '-destination 198.51.100.7/32/22 -protocol TCP -priority 10') +
        host('all', '-destination 198.51.100.7/32 -priority 20 -action DISCARD'),
    );
    expect(conf).not.toContain('priority');
    expect(losses).toEqual([]);
  });

  it('is written down where they do not', () => {
    const { conf, losses } = fromRecords(
      host('drop', '-destination 198.51.100.0/24 -priority 10 -action DISCARD') +
        pass('pass', '-destination 198.51.100.7/32 -priority 20'),
    );
    expect(conf.match(/priority = \d+/g)).toEqual(['priority = 1000', 'priority = 1010']);
    expect(losses).toEqual([]);
  });

  it('ends with drop where the SPD does', () => {
    const { conf } = fromRecords('add host default -action DISCARD\n');
    expect(conf).toContain('local_ts = 0.0.0.0/0, ::/0');
    expect(conf).toContain('remote_addrs = 127.0.0.1');
  });

  it('of strongSwan itself stays its own, manual priorities as they were', () => {
    const text = around('', 'remote_ts = 10.0.0.0/8\n priority = 7', '');
    expect(again(text).conf).toContain('priority = 7');
  });
});

describe('a tunnel', () => {
  const tunnel =
    'add tunnel t -tsource 192.0.2.1 -tdestination 198.51.100.7 -source 10.1.0.0/16 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\n';
  const through = (destination: string) =>
    `add host a -source 10.1.0.0/16 -destination ${destination} -tunnel t -priority 10 -action PASS\n`;
  it('is negotiated for its filters where its policies select all of them', () => {
    const { conf, losses } = fromRecords(through('10.2.0.0/16') + tunnel + auth + ike);
    expect(conf).toContain('local_ts = 10.1.0.0/16\n        remote_ts = 10.2.0.0/16');
    expect(losses).toEqual([]);
  });

  it('is negotiated for less where they select less, as far as IKEv2 allows it', () => {
    const { conf, losses } = fromRecords(through('10.2.3.0/24') + tunnel + auth + ike);
    expect(conf).toContain('remote_ts = 10.2.3.0/24');
    expect(losses).toContain(
      'negotiation: a: its SA is negotiated for its own packets only, not for all that the tunnel carries',
    );
  });

  it('does not let pass what its policies select beyond it', () => {
    const { conf, losses } = fromRecords(through('10.0.0.0/8') + tunnel + auth + ike);
    expect(conf).toContain('mode = drop');
    expect(losses).toEqual([]);
  });
});

describe('identities', () => {
  it.each([
    ['-rtype FQDN -rid b.example.com', 'id = b.example.com', []],
    ['-rtype FQDN -rid .example.com', 'id = *.example.com', []],
    ['-rtype USER-FQDN -rid b@example.com', 'id = b@example.com', []],
    [
      '-rtype X500-DN -rid "CN=b,C=CH"',
      'id = CN=b, C=CH',
      ["negotiation: b: the identity of the peer cannot be written as it is, and becomes the narrower 'CN=b, C=CH'"],
    ],
  ])('%s', (words, wanted, told) => {
    const text = `${host('a', `-destination 198.51.100.7/32 ${esp}`)}add auth b -remote 198.51.100.7 -kmp IKEV2 -preshared sesame ${words}\n${ike}`;
    const { conf, losses } = fromRecords(text);
    expect(conf).toContain(wanted);
    expect(losses).toEqual(told);
  });
});

describe('strongSwan’s own words', () => {
  it.each([
    ['proposals = aes128gcm128-prfsha256-curve25519', 'proposals = aes128gcm16-prfsha256-x25519'],
    ['proposals = aes-sha-modp2048', 'proposals = aes128-sha1-modp2048'],
    ['proposals = default', ''],
    ['proposals = aes256-sha256-ecp256, default', 'proposals = aes256-sha256-ecp256, default'],
    ['rekey_time = 4h', ''],
    ['rekey_time = 240m\n over_time = 24m', ''],
    ['reauth_time = 3h', 'reauth_time = 3h'],
    ['rekey_time = 86400', 'rekey_time = 1d'],
    ['mobike = yes\n fragmentation = yes\n unique = no\n keyingtries = 1', ''],
    ['mobike = no', 'mobike = no'],
    ['version = 0', ''],
    ['remote_port = 500\n local_port = 0', ''],
    ['remote { id = "C=CH, O=Lab, CN=*" }', 'id = C=CH, O=Lab, CN=*'],
    ['local { id = "keyid:#0a0b" }', 'id = "keyid:#0a0b"'],
    ['local { id = @@fqdn }', 'id = email:fqdn'],
    ['remote { id = fqdn:10.0.0.1 }', 'id = fqdn:10.0.0.1'],
  ])('%j becomes %j', (options, wanted) => {
    const { conf, losses } = again(around(options));
    const key = wanted.split(' ')[0]!;
    if (wanted === '')
      expect(conf).not.toContain(options.split(' ')[0] === 'version' ? 'version' : `${options.split(' ')[0]} =`);
    else
      expect(
        conf
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line.startsWith(`${key} =`) || line.startsWith('id =')),
      ).toContain(wanted);
    expect(losses).toEqual([]);
  });

  it.each([
    ['esp_proposals = aes128gcm16', ''],
    ['esp_proposals = aes128gcm128', 'esp_proposals = aes128gcm16'],
    ['esp_proposals = aes128-sha256-modp2048-none-esn-noesn', 'esp_proposals = aes128-sha256-modp2048-none-esn-noesn'],
    ['ah_proposals = aes256gmac', 'ah_proposals = aes256gmac'],
    ['ah_proposals = sha256\n esp_proposals = aes128-sha1', 'ah_proposals = sha256'],
    ['rekey_time = 1h\n life_time = 66m', ''],
    ['life_time = 2h', 'rekey_time = 1h'],
    ['rekey_time = 0', 'rekey_time = 0'],
    ['rekey_bytes = 1g', 'rekey_bytes = 1g'],
    ['replay_window = 32', ''],
    ['local_ts = dynamic', ''],
    [
      'remote_ts = 10.0.0.0/8[tcp/80], 10.1.0.0-10.1.0.7[icmp/2048-2303], ::/0[ipv6-icmp/34560]',
      'remote_ts = 10.0.0.0/8[tcp/http]',
    ],
    ['remote_ts = 10.0.0.0/8[tcp/opaque]', 'remote_ts = 10.0.0.0/8[tcp/opaque]'],
    ['dpd_action = trap\n close_action = start\n start_action = trap', 'dpd_action = trap'],
    ['sha256_96 = yes', 'sha256_96 = yes'],
    ['mark_in = 42\n mark_out = 42\n if_id_in = 7\n if_id_out = 7', 'mark_out = 42'],
    ['mode = transport_proxy\n remote_ts = 10.0.0.0/8', 'mode = transport_proxy'],
    ['mode = transport\n remote_ts = 198.51.100.0/24', 'mode = transport'],
    ['policies = no', 'policies = no'],
  ])('of a child: %j', (options, wanted) => {
    const { conf, losses } = again(around('', options));
    if (wanted.includes('tcp/http'))
      expect(conf).toContain('remote_ts = 10.0.0.0/8[tcp/80], 10.1.0.0/29[icmp/2048-2303], ::/0[ipv6-icmp/135]');
    else if (options !== 'esp_proposals = aes128gcm16') expect(conf).toContain(wanted);
    expect(losses).toEqual([]);
  });

  it('go into the version that knows them', () => {
    const text = around('version = 2\n proposals = aes256-sha384-ecp384-ke1_mlkem768', 'esp_proposals = aes256gcm16');
    expect(again(text, '6.0.0').conf).toContain('proposals = aes256-sha384-ecp384-ke1_mlkem768');
    const options = { path: 'swanctl.conf', version: '6.0.0', writeVersion: '5.9.8' };
    const older = convert(strongswan, text, strongswan, options);
    expect(textOf(older, 'swanctl.conf')).toContain('proposals = aes256-sha384-ecp384\n');
    expect(lossesOf(older).filter((loss) => loss.includes('IKEv2 proposals'))).toHaveLength(1);
  });

  it('of the daemon are a file of their own', () => {
    const reading = readDialect(strongswan, around(''), {
      path: 'swanctl.conf',
      files: { 'strongswan.conf': 'charon {\n replay_window = 64\n cookie_threshold = 5\n}' },
    });
    const writing = write(strongswan, reading.config);
    expect(textOf(writing, 'strongswan.conf')).toBe('charon {\n  replay_window = 64\n  cookie_threshold = 5\n}\n');
    expect(textOf(writing, 'swanctl.conf')).not.toContain('replay_window');
  });

  it('what carries the packets is written where it is read', () => {
    const daemon =
      'charon {\n  plugins {\n    kernel-libipsec {\n      load = yes\n      allow_peer_ts = yes\n    }\n  }\n}\n';
    const reading = readDialect(strongswan, around(''), { path: 'swanctl.conf', files: { 'strongswan.conf': daemon } });
    expect(textOf(write(strongswan, reading.config), 'strongswan.conf')).toBe(daemon);
  });

  it('pools keep their addresses', () => {
    const text = around('pools = p', '', 'pools { p { addrs = 10.3.0.0/24 } }');
    const { conf, losses } = again(text);
    expect(conf).toContain('pools {\n  p {\n    addrs = 10.3.0.0/24\n  }\n}');
    expect(losses).toEqual([]);
  });
});

describe('secrets', () => {
  it.each(['sesame', 'two words', 'a#b{c}', '"quoted"', 'back\\slash', 'ünïcode', '0xsecret', '0s+', ' '])(
    '%j stays what it is',
    (key) => {
      const octets = [...new TextEncoder().encode(key)].map((octet) => octet.toString(16).padStart(2, '0')).join('');
      const text = around(
        'local { auth = psk }\n remote { auth = psk }',
        '',
        `secrets { ike-c { secret = 0x${octets} } }`,
      );
      const writing = convert(strongswan, text, strongswan, { path: 'swanctl.conf' });
      expect(lossesOf(writing)).toEqual([]);
      const secrets = textOf(writing, 'secrets.conf')!;
      const found = readDialect(strongswan, secrets, { path: 'swanctl.conf' }).config.sharedSecrets![0]!.secret.value;
      expect(found.kind === 'literal' && [...found.secret.reveal()]).toEqual([...new TextEncoder().encode(key)]);
    },
  );

  it('of two peers with one identity are told apart by the own identities', () => {
    const rest = '-remote 198.51.100.7 -rtype FQDN -rid b.example.com -kmp IKEV2';
    const text = `${host('a', `-destination 198.51.100.7/32 ${esp}`)}add auth x ${rest} -ltype FQDN -lid x.example.com -preshared one-Key
add auth y ${rest} -ltype FQDN -lid y.example.com -preshared two-Key -priority 90\n${ike}`;
    const { secrets } = fromRecords(text);
    expect(secrets).toContain('id-1 = b.example.com\n    id-2 = y.example.com\n    secret = two-Key');
  });
});

describe('conversions to and fro', () => {
  it('keep what both know', () => {
    const text = around(
      'version = 2\n proposals = aes256-sha256-modp2048\n local { auth = psk }\n remote { auth = psk }',
      'esp_proposals = aes256-sha256-modp2048\n local_ts = 10.1.0.0/16\n remote_ts = 10.2.0.0/16\n start_action = trap',
      'secrets { ike-c { id = 198.51.100.7\n secret = sesame } }',
    );
    const libre = convert(strongswan, text, libreswan, { path: 'swanctl.conf' });
    const conf = textOf(libre, 'ipsec.conf')!;
    const back = convert(libreswan, conf, strongswan, {
      addresses: ['192.0.2.1'],
      files: { 'ipsec.secrets': textOf(libre, 'ipsec.secrets')! },
    });
    for (const line of [
      'proposals = aes256-sha256-modp2048',
      'esp_proposals = aes256-sha256-modp2048',
      'remote_ts = 10.2.0.0/16',
      'start_action = trap',
    ])
      expect(textOf(back, 'swanctl.conf')).toContain(`${line}\n`);
    const batch = textOf(
      convert(strongswan, text, records, { path: 'swanctl.conf', writeVersion: 'extended' }),
      't.batch',
    )!;
    expect(fromRecords(batch).conf).toContain('remote_ts = 10.2.0.0/16');
  });
});

it('blocks of ports make up their range', () => {
  expect(portBlocks({ lo: 1000, hi: 2000 }).map(({ lo, hi }) => `${lo}-${hi}`)).toEqual([
    '1000-1007',
    '1008-1023',
    '1024-1535',
    '1536-1791',
    '1792-1919',
    '1920-1983',
    '1984-1999',
    '2000-2000',
  ]);
  expect(portBlocks({ lo: 0, hi: 65_535 })).toEqual([{ lo: 0, hi: 65_535 }]);
});

describe('IKEv1', () => {
  const ikev1 =
    'add ikev1 b -remote 198.51.100.0/24 -group 14 -hash SHA1 -encryption AES128-CBC -life 28800\nadd auth b -remote 198.51.100.0/24 -preshared sesame -kmp IKEV1';
  const tunnel = (rest: string) =>
    `add host a ${rest} -tunnel t -action PASS\nadd tunnel t -tsource 192.0.2.1 -tdestination 198.51.100.7 ${rest} ${esp}\n`;

  it('negotiates each pair of networks by itself, of which charon proposes the first of a list only', () => {
    const { conf, losses } = fromRecords(
      `${tunnel('-source 10.1.0.0/16 -destination 10.2.0.0/16 -destination 10.3.0.0/16')}${ikev1} -exchange MM\n`,
    );
    expect(conf.match(/remote_ts = .*/g)).toEqual(['remote_ts = 10.2.0.0/16', 'remote_ts = 10.3.0.0/16']);
    expect(losses).toEqual([]);
  });

  it('tells that a range becomes several SAs', () => {
    const { losses } = fromRecords(
      `${tunnel('-source 10.1.0.0/16 -destination 10.2.0.1-10.2.0.2')}${ikev1} -exchange MM\n`,
    );
    expect(losses).toContain('negotiation: a: 2 SAs are negotiated for what was one: its selectors are no prefixes');
  });

  it('tells that charon does not answer Aggressive Mode with a key unless it is told to', () => {
    const text = host('a', `-destination 198.51.100.7/32 ${esp}`);
    expect(fromRecords(`${text}${ikev1} -exchange AM\n`).losses.join()).toContain('no Aggressive Mode');
    expect(fromRecords(`${text}${ikev1} -exchange MM\n`).losses).toEqual([]);
  });
});
