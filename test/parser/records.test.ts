/** hpux-ipsec reference 2: the record kinds and their arguments. */
import { describe, expect, it } from 'vitest';
import { formatRange } from '../../src/model/address.js';
import { argumentRows, argumentsOf } from '../../src/model/language/arguments.js';
import type { Dialect } from '../../src/model/language/dialect.js';
import { objectRows } from '../../src/model/language/objects.js';
import { read, readRecord } from '../support/read.js';

const a0300 = { dialect: 'A.03.00' } as const;
const a0302 = { dialect: 'A.03.02' } as const;
const a02 = { dialect: 'A.02' } as const;

describe('§2.1 host', () => {
  it('§2.1 takes every argument', () => {
    const host = readRecord(
      'host',
      'add host h -source 10.0.0.1/32 -destination 10.0.0.0/24 -protocol ICMP -src_icmp_type 8,0,8 -dst_icmp_type ALL -priority 7 -tunnel t -action PASS -flags NONE\nadd tunnel t',
      a0302,
    );
    expect(host.sources.map(({ value }) => formatRange(value.range))).toEqual(['10.0.0.1']);
    expect(host.destinations.map(({ value }) => formatRange(value.range))).toEqual(['10.0.0.0/24']);
    expect(host.messageTypes.map(({ protocol, side, types }) => [protocol, side, types.value])).toEqual([
      [1, 'source', [0, 8]],
      [1, 'destination', 'ALL'],
    ]);
    expect([host.protocol.value, host.priority?.value, host.tunnel?.value, host.flags.value]).toEqual([
      1,
      7,
      't',
      ['NONE'],
    ]);
  });

  it('§2.1 source, destination, protocol, action and flags have defaults', () => {
    const host = readRecord('host', 'add host h', a0302);
    expect(host.sources.map(({ value, origin }) => [formatRange(value.range), origin.kind])).toEqual([
      ['0.0.0.0/0', 'profile'],
    ]);
    expect([host.protocol.value, host.action.value.kind, host.flags.value]).toEqual([0, 'DISCARD', ['NONE']]);
  });

  it.each([
    ['-src_icmpv6_type 128', 58],
    ['-dst_icmpv6_type ALL', 58],
    ['-src_mh_type 1,2', 135],
    ['-dst_mh_type 5', 135],
  ])('§2.1 %s', (argument, protocol) => {
    const host = readRecord(
      'host',
      `add host h -source ::1 -destination ::2 -protocol ${protocol} ${argument} -action PASS`,
      a0302,
    );
    expect(host.messageTypes[0]?.protocol).toBe(protocol);
  });

  it('§2.1 MH types are not in A.03.00', () => {
    expect(read('add host h -protocol MH -src_mh_type 1', a0300).codes).toEqual(['SYN022']);
  });

  it.each(['256', '-1', 'echo', '1,,2', ''])('§2.1 message type %j is refused', (types) => {
    expect(read(`add host h -protocol ICMP -src_icmp_type ${types} -action PASS`).problems).not.toEqual([]);
  });

  it('§2.1 -in and -out hold manual keys', () => {
    const host = readRecord('host', 'add host h -action AH_MD5 -in AH/300/0x00112233445566778899aabbccddeeff');
    expect(host.manualIn?.value).toMatchObject({ protocol: 'AH', spi: 300 });
    expect(host.manualIn?.value.authenticationKey.length).toBe(16);
  });

  it('§2.1.1 flags join with plus, and NONE stands alone', () => {
    expect(readRecord('host', 'add host h -flags EXCLUSIVE+MIPV6').flags.value).toEqual(['EXCLUSIVE', 'MIPV6']);
    expect(read('add host h -flags NONE+EXCLUSIVE').codes).toEqual(['SYN015']);
    expect(read('add host h -flags EXCLUSIV').problems[0]?.help).toBe('did you mean EXCLUSIVE?');
    expect(read('add host h -flags FALLBACK_TO_CLEAR', a02).codes).toEqual(['SYN022']);
  });

  it('§2.1.2 the default policy takes -action only, PASS or DISCARD', () => {
    expect(read('add host default -action PASS').policies.defaultHost.action.value.kind).toBe('PASS');
    expect(read('add host default -action PASS -priority 5').codes).toEqual(['SYN025']);
    expect(read('add host default').codes).toEqual(['SYN020']);
    expect(read('add host default -action AH_MD5').codes).toEqual(['SYN025']);
  });

  it('§2.1.2 an added policy without an action discards, an unmatched packet passes', () => {
    const { policies } = read('add host h');
    expect([policies.hosts[0]?.action.value.kind, policies.defaultHost.action.value.kind]).toEqual(['DISCARD', 'PASS']);
  });
});

describe('§2.2 tunnel', () => {
  it('§2.2 takes endpoints, selectors and an action; the default action is a transform', () => {
    const tunnel = readRecord(
      'tunnel',
      'add tunnel t -tsource 10.0.0.1 -tdestination 10.0.0.2 -source 10.1.0.0/16 -destination 10.2.0.0/16',
      a0302,
    );
    expect([tunnel.tunnelSource?.value.value, tunnel.tunnelDestination?.value.value]).toEqual([0x0a000001, 0x0a000002]);
    expect(tunnel.action.value).toMatchObject({ transforms: [{ transform: { word: 'ESP_AES128_HMAC_SHA1' } }] });
  });

  it('§2.2 endpoints may be left out, and are single unicast addresses', () => {
    expect(readRecord('tunnel', 'add tunnel t').tunnelSource).toBeUndefined();
    expect(read('add tunnel t -tsource 10.0.0.0/24').codes).toEqual(['SYN019']);
    expect(read('add tunnel t -tsource 224.0.0.1').codes).toEqual(['SYN004']);
    expect(read('add tunnel t -tdestination 0.0.0.0').codes).toEqual(['SYN004']);
  });

  it('§2.2 PASS and DISCARD are no actions of a tunnel, and it has no priority', () => {
    expect(read('add tunnel t -action PASS').codes).toEqual(['SYN019']);
    expect(read('add tunnel t -priority 5').codes).toEqual(['SYN001']);
  });
});

describe('§2.3 gateway', () => {
  it('§2.3 has the arguments of a host policy and the action FORWARD', () => {
    const gateway = readRecord(
      'gateway',
      'add gateway g -source ::/0 -destination 2001:db8::1 -protocol MH -priority 5 -action FORWARD',
      a0302,
    );
    expect([gateway.action.value.kind, gateway.priority?.value]).toEqual(['FORWARD', 5]);
  });

  it('§2.3 is in A.02 and A.03.02, not in A.03.00', () => {
    const codes = (dialect: Dialect) => read('add gateway g -action DISCARD', { dialect }).codes;
    expect([codes('A.02'), codes('A.03.00'), codes('A.03.02')]).toEqual([[], ['SYN022'], []]);
  });

  it('§2.3 is not mirrored', () => {
    const { config } = read('add gateway g -source 10.1.0.0/16 -destination 10.2.0.0/16 -action FORWARD');
    expect(config.forwardSpd[0]?.selectors.map(({ direction }) => direction)).toEqual([{ lo: 0, hi: 0 }]);
  });
});

describe('§2.4 ike', () => {
  it('§2.4 takes every argument in A.02', () => {
    const ike = readRecord(
      'ike',
      'add ike i -remote 10.0.0.0/8 -priority 5 -auth RSASIG -group 1 -hash SHA1 -encryption DES -life 3600 -maxqm 1',
      a02,
    );
    expect([
      ike.method?.value,
      ike.groups.value,
      ike.lifeSeconds.value,
      ike.quickModesMax?.value,
      ike.pfs.value,
    ]).toEqual(['RSASIG', [1], 3600, 1, true]);
    expect([ike.hash.value[0]?.word, ike.encryption.value[0]?.word]).toEqual(['SHA1', 'DES']);
  });

  it('§2.4 has the defaults of its profile section', () => {
    const ike = readRecord('ike', 'add ike i', a02);
    expect([
      ike.method?.value,
      ike.groups.value,
      ike.hash.value[0]?.word,
      ike.encryption.value[0]?.word,
      ike.lifeSeconds.value,
      ike.quickModesMax?.value,
    ]).toEqual(['PSK', [2], 'MD5', '3DES', 28800, 100]);
  });

  it('§2.4 is refused by A.03, and a conversion is offered', () => {
    const { problems, source } = read('add ike i -remote 10.0.0.1 -auth PSK -group 2 -maxqm 1', a0302);
    const [retired] = problems.filter(({ code }) => code === 'SYN010');
    expect(retired?.severity).toBe('error');
    let text = source.text;
    for (const { at, newText } of [...(retired?.fixes?.[0]?.edits ?? [])].sort((x, y) => y.at.start - x.at.start))
      text = text.slice(0, at.start) + newText + text.slice(at.end);
    expect(text).toBe('add ikev1 i -remote 10.0.0.1 -group 2 -pfs ON');
    expect(read(text, a0302).codes).toEqual([]);
  });
});

describe('§2.5 ikev1', () => {
  it('§2.5 takes every argument, and lists where the product does', () => {
    const ike = readRecord(
      'ikev1',
      'add ikev1 i -remote 10.0.0.0/8 -priority 5 -group 2 -hash MD5,SHA1 -encryption 3DES,AES128-CBC -life 3600 -pfs ON',
      a0300,
    );
    expect(ike.hash.value.map(({ word }) => word)).toEqual(['MD5', 'SHA1']);
    expect(ike.encryption.value.map(({ word }) => word)).toEqual(['3DES', 'AES128-CBC']);
    expect([ike.lifeSeconds.value, ike.pfs.value]).toEqual([3600, true]);
  });

  it('§2.5 `default` takes neither -remote nor -priority', () => {
    expect(read('add ikev1 default -remote 10.0.0.1', a0302).codes).toEqual(['SYN025']);
    expect(read('add ikev1 default -priority 1', a0302).codes).toEqual(['SYN025']);
  });

  it('§2.5 -lifetime is an alias of -life, -maxqm is obsolete', () => {
    expect(readRecord('ikev1', 'add ikev1 i -life 600', a0302).lifeSeconds.value).toBe(600);
    expect(read('add ikev1 i -lifetime 600', a0302).codes).toEqual(['SYN014']);
    expect(read('add ikev1 i -maxqm 100', a0302).problems[0]).toMatchObject({
      code: 'SYN027',
      help: 'write -pfs ON or -pfs OFF',
    });
    expect(read('add ikev1 i -max_qm 1', a0302).codes).toEqual(['SYN027', 'SYN014']);
  });

  it('§2.5 has preloaded defaults', () => {
    const { defaultIkev1 } = read('', a0302).policies;
    expect([
      defaultIkev1?.encryption.value[0]?.word,
      defaultIkev1?.hash.value[0]?.word,
      defaultIkev1?.groups.value,
    ]).toEqual(['3DES', 'MD5', [2]]);
    expect(read('', a02).policies.defaultIkev1).toBeUndefined();
  });
});

describe('§2.6 ikev2', () => {
  it('§2.6 takes -prf and lists of groups', () => {
    const ike = readRecord(
      'ikev2',
      'add ikev2 i -remote 10.0.0.1 -group 14,2 -hash HMAC-SHA1,HMAC-MD5 -encryption AES128-CBC -prf HMAC-SHA1,AES128-XCBC -life 3600 -pfs OFF',
      a0302,
    );
    expect([ike.groups.value, ike.prf?.value.map(({ word }) => word)]).toEqual([
      [14, 2],
      ['HMAC-SHA1', 'AES128-XCBC'],
    ]);
  });

  it('§2.6 has preloaded defaults: the VPN-A suite of RFC 4308', () => {
    const { defaultIkev2 } = read('', a0302).policies;
    expect([
      defaultIkev2?.encryption.value[0]?.word,
      defaultIkev2?.hash.value[0]?.word,
      defaultIkev2?.prf?.value[0]?.word,
      defaultIkev2?.groups.value,
      defaultIkev2?.lifeSeconds.value,
    ]).toEqual(['3DES', 'HMAC-SHA1', 'HMAC-SHA1', [2], 28800]);
  });
});

describe('§2.7 auth', () => {
  it('§2.7 takes every argument', () => {
    const auth = readRecord(
      'auth',
      'add auth a -remote 10.0.0.0/24 -priority 5 -kmp IKEV2,IKEV1 -exchange AM -local_method PSK -remote_method RSASIG -preshared Key -ltype FQDN -lid me.example.com -rtype USER-FQDN -rid you@example.com -flags AUTOCONF',
      a0302,
    );
    expect([
      auth.kmp.value,
      auth.exchange.value,
      auth.localMethod.value,
      auth.remoteMethod.value,
      auth.flags.value,
    ]).toEqual([[2, 1], 'AM', 'PSK', 'RSASIG', ['AUTOCONF']]);
    expect([auth.localId?.value, auth.remoteId?.value]).toEqual([
      { type: 'FQDN', value: 'me.example.com' },
      { kind: 'exact', type: 'USER-FQDN', value: 'you@example.com' },
    ]);
  });

  it('§2.7 -remote is required', () => {
    expect(read('add auth a -preshared Key').said).toEqual(["1:10 SYN020 auth 'a' needs -remote"]);
  });

  it('§2.7 the methods are PSK when there is a key, else RSASIG', () => {
    expect(readRecord('auth', 'add auth a -remote 10.0.0.1 -preshared Key').localMethod.value).toBe('PSK');
    expect(readRecord('auth', 'add auth a -remote 10.0.0.1').remoteMethod.value).toBe('RSASIG');
  });

  it('§2.7 kmp, exchange and flags have defaults', () => {
    const auth = readRecord('auth', 'add auth a -remote 10.0.0.1', a0302);
    expect([auth.kmp.value, auth.exchange.value, auth.flags.value]).toEqual([[1], 'MM', ['NONE']]);
  });

  it('§2.7 A.02 has no priority, kmp or methods', () => {
    expect(read('add auth a -remote 10.0.0.1 -priority 1 -kmp IKEV1 -local_method PSK', a02).codes).toEqual([
      'SYN022',
      'SYN022',
      'SYN022',
    ]);
  });

  it.each([
    ['IPV4', '10.0.0.1', { kind: 'addresses', range: { family: 4, first: 0x0a000001, last: 0x0a000001 } }],
    ['IPV4', '10.0.0.0/24', { kind: 'addresses', range: { family: 4, first: 0x0a000000, last: 0x0a0000ff } }],
    ['IPV4', '10.0.0.1-10.0.0.9', { kind: 'addresses', range: { family: 4, first: 0x0a000001, last: 0x0a000009 } }],
    [
      'IPV6',
      '2001:db8::/127',
      { kind: 'addresses', range: { family: 6, first: 0x20010db8n << 96n, last: (0x20010db8n << 96n) + 1n } },
    ],
    ['FQDN', 'Peer.Example.com', { kind: 'exact', value: 'peer.example.com' }],
    ['FQDN', '.example.com', { kind: 'subtree', suffix: 'example.com' }],
    ['USER-FQDN', 'u@example.com', { kind: 'exact', value: 'u@example.com' }],
    ['USER-FQDN', '@example.com', { kind: 'subtree', suffix: 'example.com' }],
    ['KEY-ID', '-anything/at,all', { kind: 'exact', value: '-anything/at,all' }],
  ])('§2.7 -rtype %s -rid %s', (type, value, pattern) => {
    expect(
      readRecord('auth', `add auth a -remote 10.0.0.1 -rtype ${type} -rid ${value}`).remoteId?.value,
    ).toMatchObject(pattern);
  });

  it.each([
    ['IPV4', '2001:db8::1'],
    ['IPV4', '10.0.0.0/33'],
    ['IPV4', '10.0.0.9-10.0.0.1'],
    ['IPV6', '10.0.0.1'],
    ['FQDN', 'a..b c'],
    ['FQDN', '.'],
    ['USER-FQDN', 'nobody'],
    ['X500-DN', 'host1'],
    ['X500-DN', 'CN=a,XX=b'],
    ['X500-DN', 'C=USA'],
    ['X500-DN', `CN=${'x'.repeat(65)}`],
  ])('§2.7 -rtype %s -rid %s is refused', (type, value) => {
    expect(read(`add auth a -remote 10.0.0.1 -rtype ${type} -rid ${value}`).problems).not.toEqual([]);
  });

  it('§2.7 a local identity is one value, and ignored for X500-DN', () => {
    expect(read('add auth a -remote 10.0.0.1 -ltype FQDN -lid .example.com').codes).toEqual(['SYN019']);
    expect(read('add auth a -remote 10.0.0.1 -ltype IPV4 -lid 10.0.0.0/24').codes).toEqual(['SYN019']);
    const { problems } = read('add auth a -remote 10.0.0.1 -ltype X500-DN -lid CN=a');
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['SYN025', 'warning']]);
  });
});

describe('§2.8 bypass', () => {
  it('§2.8 is one unicast address and nothing else', () => {
    expect(
      read('add bypass 10.0.0.1\nadd bypass 2001:db8::1').policies.bypass.map(({ address }) => address.family),
    ).toEqual([4, 6]);
    expect(read('add bypass').codes).toEqual(['SYN020']);
    expect(read('add bypass 10.0.0.0/24').codes).toEqual(['SYN019']);
    expect(read('add bypass lab').codes).toEqual(['SYN019']);
    expect(read('add bypass 10.0.0.1 -priority 5').codes).toEqual(['SYN001']);
  });

  it('§2.8 counts before every policy', () => {
    const { config } = read('add host h -source 10.0.0.1 -action DISCARD\nadd bypass 10.0.0.1');
    expect(config.spd.map(({ source }) => source.record.kind)).toEqual(['bypass', 'host', 'builtin', 'host']);
  });
});

describe('§2.9 startup', () => {
  it('§2.9 takes its arguments, the short ones too', () => {
    const startup = readRecord(
      'startup',
      'ipsec_config add startup -autoboot ON -auditlvl debug -auditdir /tmp -maxsize 5 -spi_min 1000 -spi_max 2000 -spd_soft 5 -spd_hard 6',
    );
    expect([
      startup.autoboot?.value,
      startup.auditLevel?.value,
      startup.auditKilobytes?.value,
      startup.spiMin?.value,
      startup.spiMax?.value,
    ]).toEqual([true, 'DEBUG', 5, 1000, 2000]);
    expect(read('ipsec_config add startup -al alert -au /tmp -m 7').codes).toEqual(['SYN014']);
  });

  it('§2.9 has defaults and takes no name', () => {
    const startup = readRecord('startup', 'ipsec_config add startup');
    expect([
      startup.autoboot?.value,
      startup.auditLevel?.value,
      startup.auditFolder?.value,
      startup.spiMin?.value,
      startup.spiMax?.value,
    ]).toEqual([false, 'ERROR', '/var/adm/ipsec', 300, 2500000]);
    expect(read('ipsec_config add startup now').codes).toEqual(['SYN018']);
  });
});

describe('§2.10 csr, mycert, cacert, crl', () => {
  it('§2.10 are read on a command line', () => {
    const command = 'ipsec_config add';
    expect(
      readRecord(
        'csr',
        `${command} csr -subject "CN=a,C=DE" -key-length 2048 -days 365 -alt-ipv4 10.0.0.1 -alt-fqdn a.example.com`,
      ).subject?.value,
    ).toBe('CN=a,C=DE');
    expect(readRecord('mycert', `${command} mycert -file /tmp/me.p12`).file?.value).toBe('/tmp/me.p12');
    expect(readRecord('cacert', `${command} cacert -file /tmp/ca.pem`).file?.value).toBe('/tmp/ca.pem');
    expect(readRecord('crl', `${command} crl -file /tmp/crl`).file?.value).toBe('/tmp/crl');
    expect(read(`${command} mycert`).codes).toEqual(['SYN020']);
  });

  it('§2.10 delete takes mycert only', () => {
    expect(read('ipsec_config delete mycert').codes).toEqual([]);
    expect(read('ipsec_config delete cacert').codes).toEqual(['SYN026']);
  });
});

describe('§2.11 delete', () => {
  it.each(['host', 'tunnel', 'ikev1', 'ikev2', 'auth'])('§2.11 delete %s NAME', (object) => {
    expect(read(`delete ${object} old`, a0302).codes).toEqual([]);
    expect(read(`delete ${object}`, a0302).codes).toEqual(['SYN020']);
    expect(read(`delete ${object} old -priority 5 more`, a0302).codes).toEqual(['SYN018', 'SYN018']);
  });

  it('§2.11 delete bypass ADDRESS', () => {
    expect(read('add bypass 2001:db8::1\ndelete bypass 2001:DB8:0::1').policies.bypass).toEqual([]);
  });

  it.each(['startup', 'host default', 'ikev1 default', 'ikev2 default', 'gateway default'])(
    '§2.11 delete %s is refused',
    (what) => {
      expect(read(`delete ${what}`).codes).toEqual(['SYN026']);
    },
  );

  it('§2.11 a deleted record is gone, and may be added again', () => {
    const { policies, codes } = read('add host a -action PASS\ndelete host a\nadd host a -action DISCARD');
    expect(codes).toEqual([]);
    expect(policies.hosts.map(({ action }) => action.value.kind)).toEqual(['DISCARD']);
  });

  it('§2.11 what is not there may be deleted: a batch is applied to a database', () => {
    expect(read('delete host unknown').codes).toEqual([]);
  });
});

describe('§2.12 manual keys', () => {
  const key = '0x00112233445566778899aabbccddeeff';
  it.each([
    [`ESP/300/${key}/${key}`, { protocol: 'ESP', spi: 300 }],
    [
      `esp/300/${key}/${key}/0x0011223344556677`,
      { protocol: 'ESP', iv: Uint8Array.of(0, 17, 34, 51, 68, 85, 102, 119) },
    ],
    [`AH/4294967295/${key}`, { protocol: 'AH', spi: 4294967295 }],
    [`ESP/300/${key}`, { protocol: 'ESP' }],
  ])('§2.12 %s', (text, expected) => {
    expect(readRecord('host', `add host h -action PASS -in ${text}`).manualIn?.value).toMatchObject(expected);
  });

  it.each([
    [`TCP/300/${key}`, 'SYN019'],
    [`ESP/0/${key}`, 'SYN002'],
    [`ESP/4294967296/${key}`, 'SYN002'],
    [`ESP/x/${key}`, 'SYN019'],
    [`ESP/300`, 'SYN019'],
    [`AH/300/${key}/${key}`, 'SYN019'],
    [`ESP/300/${key}/${key}/${key}/${key}`, 'SYN019'],
    [`ESP/300/0x123/${key}`, 'SYN019'],
    [`ESP/300/0x/${key}`, 'SYN019'],
  ])('§2.12 %s is refused', (text, code) => {
    expect(read(`add host h -action PASS -in ${text}`).codes).toEqual([code]);
  });
});

describe('tables', () => {
  it('every argument of every record kind is read when it is written with a proper value', () => {
    const values: Record<string, string> = {
      addrspec: '10.0.0.1/32',
      address: '10.0.0.1',
      prefix: '10.0.0.0/24',
      protocol: 'TCP',
      types: '1,2',
      'record-name': 'other',
      'manual-key': 'AH/300/0x00112233445566778899aabbccddeeff',
      secret: 'env:KEY',
      identity: 'CN=a',
      text: 'x',
    };
    const sampleOf = (row: (typeof argumentRows)[number]) =>
      row.kind === 'switch'
        ? ''
        : (values[row.kind] ?? (row.kind === 'action' ? 'AH_MD5' : (row.values?.at(-1)?.word ?? '700')));
    for (const { name, subject } of objectRows) {
      const head = `ipsec_config add ${name}${subject === 'name' ? ' n' : subject === 'address' ? ' 10.0.0.1' : ''}`;
      for (const row of argumentsOf(name)) {
        const required = argumentsOf(name).filter((other) => other.required && other !== row);
        const text = `${head} ${[row, ...required].map((each) => `-${each.name} ${sampleOf(each)}`).join(' ')}`;
        const { codes } = read(text);
        expect([text, codes.filter((code) => !['SYN010', 'SYN025', 'SYN027'].includes(code))]).toEqual([text, []]);
      }
    }
  });

  it('an argument outside of its dialect is reported in every dialect that does not have it', () => {
    for (const row of argumentRows.filter(({ since }) => since === 'extended')) {
      expect(read(`add ${row.object} n -${row.name}`, a0302).codes, `${row.object} -${row.name}`).toContain('SYN022');
    }
  });
});
