/** ipsec.conf and ipsec.secrets become SPD, PAD and IKE policies. */
import { describe, expect, it } from 'vitest';
import { libreswan, openswan } from '../../../src/dialects/libreswan/dialect.js';
import { formatAddress } from '../../../src/model/address.js';
import { entriesOf, padOf, readDialect, templateOf } from '../../support/dialects.js';

const base = `conn base
	left=192.0.2.1
	right=192.0.2.2
	authby=secret
	auto=add
`;
const own = { addresses: ['192.0.2.1'], version: '4.10' } as const;

const read = (more: string, options: Parameters<typeof readDialect>[2] = own) =>
  readDialect(
    libreswan,
    `conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauto=add\n${more.replace(/^/gm, '\t')}\n`,
    options,
  );

describe('the ends', () => {
  it('are told by own addresses, wherever they stand', () => {
    const text =
      'conn t\n\tleft=192.0.2.2\n\tleftsubnet=10.2.0.0/16\n\tright=192.0.2.1\n\trightsubnet=10.1.0.0/16\n\tauto=add\n';
    const reading = readDialect(libreswan, text, own);
    expect(entriesOf(reading)).toEqual(['t: 10.1.0.0/16 - 10.2.0.0/16 > PROTECT']);
    expect(formatAddress(4, templateOf(reading).remoteEndpoint!.value)).toBe('192.0.2.2');
  });

  it('that are none of this system leave the connection out, and say so', () => {
    const reading = readDialect(libreswan, base, { ...own, addresses: ['198.51.100.9'] });
    expect(entriesOf(reading)).toEqual([]);
    expect(reading.said).toEqual([
      "1:6 IMP003 neither end of 'base' is an address of t, so the connection is not used",
    ]);
  });

  it('are told by %defaultroute and %any where no address is known', () => {
    const reading = readDialect(libreswan, 'conn t\n\tright=%defaultroute\n\tleft=192.0.2.2\n\tauto=add\n', {
      version: '4.10',
    });
    expect(padOf(reading).remote).toMatchObject({ first: 0xc0000202 });
    expect(reading.said).toEqual([]);
    const server = readDialect(libreswan, 'conn t\n\tright=192.0.2.1\n\tleft=%any\n\tauto=add\n', { version: '4.10' });
    expect(padOf(server)).toMatchObject({ respondOnly: true, remoteId: { value: { kind: 'anything' } } });
  });

  it('are guessed by what connections have in common, and the guess is told', () => {
    const text = `${base}conn second\n\tleft=192.0.2.3\n\tright=192.0.2.1\n\tauto=add\n`;
    const reading = readDialect(libreswan, text, { version: '4.10' });
    expect(reading.config.addresses.map(({ value }) => value)).toEqual([0xc0000201]);
    expect(reading.said).toEqual([]);
    const alone = readDialect(libreswan, base, { version: '4.10' });
    expect(alone.said).toEqual([
      "1:6 IMP003 which end of 'base' is this system cannot be told: left is taken for its own",
    ]);
  });

  it('without networks select themselves, by protocol and port', () => {
    expect(entriesOf(read('type=transport\nleftprotoport=17/1701\nrightprotoport=17/%any'))).toEqual([
      't: 192.0.2.1 UDP port 1701 - 192.0.2.2 UDP > PROTECT',
    ]);
    expect(entriesOf(read('leftsourceip=10.1.0.1\nrightsubnet=10.2.0.0/16'))).toEqual([
      't: 10.1.0.1 - 10.2.0.0/16 > PROTECT',
    ]);
  });

  it('with several networks make a child for each pair, or one with lists', () => {
    expect(entriesOf(read('leftsubnets={10.1.0.0/24 10.1.1.0/24}\nrightsubnets=10.2.0.0/16,10.3.0.0/16'))).toEqual([
      't/1x1: 10.1.0.0/24 - 10.2.0.0/16 > PROTECT',
      't/1x2: 10.1.0.0/24 - 10.3.0.0/16 > PROTECT',
      't/2x1: 10.1.1.0/24 - 10.2.0.0/16 > PROTECT',
      't/2x2: 10.1.1.0/24 - 10.3.0.0/16 > PROTECT',
    ]);
    expect(
      entriesOf(read('leftsubnet=10.1.0.0/24,10.1.1.0/24\nrightsubnet=10.2.0.0/16', { ...own, version: '5.4' })),
    ).toEqual(['t: 10.1.0.0/24 - 10.2.0.0/16, 10.1.1.0/24 - 10.2.0.0/16 > PROTECT']);
  });

  it('whose values cannot be read are told with their place', () => {
    expect(read('leftsubnet=10.1.0.0/33\nrightprotoport=tcp/http/x\nleftprotoport=0/80').said).toEqual([
      "5:13 IMP004 '10.1.0.0/33' is no network",
      '7:16 IMP004 a port needs a protocol',
    ]);
  });
});

describe('the order of policies', () => {
  it('is that of the kernel’s priorities and not of the file', () => {
    const text = `${base}	leftsubnet=10.1.0.0/16
	rightsubnet=10.0.0.0/8
conn narrow
	also=base2
	rightsubnet=10.2.0.0/16
conn port
	also=base2
	rightsubnet=10.0.0.0/8
	rightprotoport=6/80
	leftprotoport=6
conn clear
	also=base2
	type=passthrough
	rightsubnet=10.2.3.0/24
conn first
	also=base2
	priority=7
	rightsubnet=10.9.0.0/16
conn base2
	left=192.0.2.1
	leftsubnet=10.1.0.0/16
	right=192.0.2.2
	auto=route
`;
    expect(entriesOf(readDialect(libreswan, text, own)).map((entry) => entry.replace(/:.*>/, ''))).toEqual([
      'first PROTECT',
      'port PROTECT',
      'base2 PROTECT',
      'clear BYPASS',
      'narrow PROTECT',
      'base PROTECT',
    ]);
  });

  it('lets everything else pass, and IKE first of all', () => {
    const { spd, forwardsBySpd, forwardSpd } = readDialect(libreswan, base, own).config;
    expect(spd.map(({ source, action }) => `${source.record.name} ${action.kind}`)).toEqual([
      'ike-sockets BYPASS',
      'neighbor-discovery BYPASS',
      'base PROTECT',
      'no-policy BYPASS',
    ]);
    expect([forwardsBySpd, forwardSpd]).toEqual([true, []]);
  });
});

describe('also= and %default', () => {
  it('give what the connection does not say', () => {
    const text = `conn %default
	ikelifetime=2h
	authby=secret
conn ends
	left=192.0.2.1
	right=192.0.2.2
conn t
	also=ends
	ikelifetime=3h
	auto=start
`;
    const reading = readDialect(libreswan, text, own);
    expect(reading.said).toEqual([]);
    expect(reading.config.ikePolicies[0]!.lifetimeSeconds).toMatchObject({
      value: 10_800,
      origin: { kind: 'explicit' },
    });
    expect(padOf(reading).localMethod.value).toBe('PSK');
    expect(templateOf(reading).start?.value).toBe('START');
  });

  it('that say something else again make a conflict, as in the product', () => {
    const text = `${base}conn t\n\talso=base\n\tauthby=rsasig\n`;
    expect(readDialect(libreswan, text, own).said).toEqual([
      "4:2 IMP005 'authby' has another value already, so the connection is not loaded",
    ]);
    // Openswan lets what came first stay.
    expect(readDialect(openswan, text, own).said).toEqual([]);
  });

  it('name connections that exist, once', () => {
    expect(readDialect(libreswan, `${base}conn t\n\talso=nobody\n\talso=t\n`, own).said).toContain(
      "7:7 IMP001 there is no connection 'nobody' for also=",
    );
  });

  it('flip ends where they are told to', () => {
    const text = 'conn ends\n\tleft=192.0.2.2\n\tright=192.0.2.1\nconn t\n\talsoflip=ends\n\tauto=add\n';
    const reading = readDialect(libreswan, text, own);
    expect(padOf(reading).source.record.name).toBe('t');
    expect(reading.said).toEqual([]);
  });
});

describe('what is loaded', () => {
  it('are connections with auto=, or all complete ones where nobody has it', () => {
    const ends = '\tleft=192.0.2.1\n\tright=192.0.2.2\n';
    const text = `conn a\n${ends}conn b\n\talso=a\n`;
    const reading = readDialect(libreswan, text, own);
    expect(entriesOf(reading).map((entry) => entry[0])).toEqual(['b']);
    expect(reading.said).toHaveLength(1);
    expect(templateOf(reading).start?.value).toBe('START');
    expect(
      entriesOf(readDialect(libreswan, `${text}conn c\n${ends}\tauto=ondemand\n`, own)).map((entry) => entry[0]),
    ).toEqual(['c']);
  });

  it('are no connections of IKEv1 where it is refused', () => {
    const text = `${base}\tkeyexchange=ikev1\n`;
    expect(readDialect(libreswan, text, { ...own, version: '5.4' }).said).toEqual([
      "1:6 IMP004 'base' is for IKEv1, which ikev1-policy refuses, so it is not loaded",
    ]);
    expect(
      readDialect(libreswan, `config setup\n\tikev1-policy=accept\n${text}`, { ...own, version: '5.4' }).said,
    ).toEqual([]);
  });
});

describe('negotiation', () => {
  it.each([
    ['4.10', '', [2]],
    ['3.32', '', [1]],
    ['3.32', 'ikev2=propose', [2, 1]],
    ['3.32', 'ikev2=permit', [1, 2]],
    ['3.32', 'ikev2=insist', [2]],
    ['4.10', 'ikev2=no', [1]],
    ['4.10', 'keyexchange=ikev2', [2]],
    ['5.4', 'keyexchange=IKEv2', [2]],
  ] as const)('%s %s: versions %j', (version, option, expected) => {
    expect(padOf(read(option, { ...own, version })).ikeVersions.value).toEqual(expected);
  });

  it('has the product’s lifetimes, and margins that are written', () => {
    const [proposal] = templateOf(read('salifetime=1h\nrekeymargin=5m\nipsec-max-bytes=1GiB')).proposals;
    expect(proposal).toMatchObject({
      lifetimeSeconds: { value: 3600 },
      lifetimeKilobytes: { value: 1_048_576 },
      rekeySeconds: { value: 3300 },
    });
    const plain = templateOf(read('')).proposals[0]!;
    expect(plain.lifetimeSeconds).toMatchObject({
      value: 28_800,
      origin: { kind: 'builtin', what: 'default of Libreswan 4.10' },
    });
    expect(plain.rekeySeconds).toBeUndefined();
    expect(templateOf(read('rekey=no')).proposals[0]!.rekeySeconds?.value).toBe(0);
  });

  it('has PFS by the group of the IKE SA, of the proposals, or none', () => {
    expect(templateOf(read('')).pfsGroups).toBeUndefined();
    expect(templateOf(read('pfs=no')).pfsGroups?.value).toEqual([]);
    expect(templateOf(read('esp=aes128-sha1;modp3072')).pfsGroups?.value.map(({ name }) => name)).toEqual([
      'MODP-3072',
    ]);
  });

  it('has AH, extended sequence numbers, modes, marks and interfaces', () => {
    expect(templateOf(read('phase2=ah\nesp=sha1')).proposals[0]).toMatchObject({ protocol: 'AH', encryption: [] });
    expect(templateOf(read('esn=no')).proposals[0]!.esn).toEqual(['no-esn']);
    expect(templateOf(read('')).proposals[0]!.esn).toEqual(['esn', 'no-esn']);
    // Whatever esn= says: nobody would keep the high-order bits.
    expect(templateOf(read('esn=yes\nreplay-window=0')).proposals[0]!.esn).toEqual(['no-esn']);
    expect(templateOf(read('type=transport\nmark=5/0xffffffff\nipsec-interface=yes\nreplay-window=0'))).toMatchObject({
      mode: 'transport',
      mark: { value: 5 },
      ifId: { value: 1 },
      antiReplayWindow: { value: 0 },
    });
    expect(templateOf(read('narrowing=yes\ncompress=yes'))).toMatchObject({
      narrowing: { value: true },
      ipComp: { value: true },
    });
  });

  it('puts a fault of a proposal where it stands', () => {
    const { said, problems } = read('ike=aes256-sha2,aes512-sha2');
    expect(said).toEqual(['5:18 IMP004 aes has no key length of 512 bits']);
    expect(problems[0]!.at.source.text.slice(problems[0]!.at.start, problems[0]!.at.end)).toBe('aes512');
  });

  it.each([
    ['', 'DIGSIG', 'DIGSIG'],
    ['authby=secret', 'PSK', 'PSK'],
    ['authby=rsasig', 'RSASIG', 'RSASIG'],
    ['authby=rsa-sha1', 'RSASIG', 'RSASIG'],
    ['authby=rsa-sha2_256,ecdsa-sha2_384', 'DIGSIG', 'DIGSIG'],
    ['authby=ecdsa', 'ECDSASIG', 'ECDSASIG'],
    ['leftauth=secret\nrightauth=rsasig', 'PSK', 'RSASIG'],
    ['ikev2=no', 'RSASIG', 'RSASIG'],
  ])('authenticates by %j: %s, %s', (option, local, remote) => {
    const pad = padOf(read(option));
    expect([pad.localMethod.value, pad.remoteMethod.value]).toEqual([local, remote]);
  });

  it('says what it has no words for', () => {
    const reading = read('authby=null');
    expect(reading.config.pad).toEqual([]);
    expect(reading.said).toEqual([
      "1:6 IMP003 authentication by NULL is not modelled: nobody authenticates for 't' here",
    ]);
  });

  it('takes what surrounds the SAs', () => {
    const pad = padOf(
      read(
        'encapsulation=yes\ndpddelay=30s\nfragmentation=no\nmobike=yes\nleftikeport=4500\nppk=insist\nkeyexchange=ikev2',
      ),
    );
    expect(pad).toMatchObject({
      natTraversal: { value: 'FORCE' },
      dpdSeconds: { value: 30 },
      fragmentation: { value: false },
      mobike: { value: true },
      localPort: { value: 4500 },
      ppk: { required: { value: true } },
    });
    expect(padOf(read('aggressive=yes\nkeyexchange=ikev1\nrightxauthclient=yes'))).toMatchObject({
      exchange: { value: 'aggressive' },
      remoteRounds: [{ method: { value: 'XAUTH' } }],
    });
  });
});

describe('identities', () => {
  it.each([
    ['@a.example', { type: 'FQDN', value: 'a.example' }],
    ['user@a.example', { type: 'USER-FQDN', value: 'user@a.example' }],
    ['@@user', { type: 'USER-FQDN', value: 'user' }],
    ['@#0A:ff', { type: 'KEY-ID', value: '0x0aff' }],
    ['@[group]', { type: 'KEY-ID', value: 'group' }],
    ['192.0.2.7', { type: 'IPV4', value: '192.0.2.7' }],
    ['2001:db8::7', { type: 'IPV6', value: '2001:db8::7' }],
    ['"C=CA, O=Libreswan, CN=a"', { type: 'X500-DN', value: 'C=CA,O=Libreswan,CN=a' }],
    ['%fromcert', { type: 'X500-DN' }],
  ])('leftid=%s', (text, expected) => {
    expect(padOf(read(`leftid=${text}`)).localId?.value).toEqual(expected);
  });

  it('of the peer are exact, of any kind, or with open parts', () => {
    expect(padOf(read('rightid=@b.example')).remoteId?.value).toEqual({
      kind: 'exact',
      type: 'FQDN',
      value: 'b.example',
    });
    expect(padOf(read('rightid=%any')).remoteId?.value).toEqual({ kind: 'anything' });
    expect(padOf(read('rightid="C=CA, CN=*"')).remoteId?.value).toMatchObject({ kind: 'dn-template' });
    expect(padOf(read('')).remoteId).toBeUndefined();
    expect(read('rightid=b.example').said).toEqual([
      "5:10 IMP003 the address of 'b.example' would be looked up in the DNS, which is not done here",
    ]);
  });
});

describe('options', () => {
  it('are all reported, each with what becomes of it', () => {
    const { options } = readDialect(
      libreswan,
      'config setup\n\tlogfile=/tmp/x\n\tlisten-tcp=yes\nconn t\n\tleft=192.0.2.1\n\tx-note=y\n\tleftupdwn=z\n\tcompress=no\n\tsec-label=a\n',
      own,
    );
    expect(options.map(({ name, support }) => `${name} ${support}`)).toEqual([
      'config setup: logfile noted',
      'config setup: listen-tcp partial',
      'conn t: left supported',
      'conn t: x-note noted',
      'conn t: leftupdwn unknown',
      'conn t: compress supported',
      'conn t: sec-label partial',
    ]);
  });

  it('that a version does not know are errors of that version', () => {
    expect(read('iptfs=yes').said).toEqual([
      "5:2 IMP002 Libreswan 4.10 does not know 'iptfs'; it is known from 5.2 on",
    ]);
    const { problems } = read('leftsubent=10.0.0.0/8');
    expect(problems[0]).toMatchObject({ code: 'IMP002', help: "did you mean 'leftsubnet'?" });
  });
});

describe('files', () => {
  it('that are included are read, and missing ones told', () => {
    const reading = readDialect(libreswan, 'include conf.d/*.conf\ninclude none.conf\n', {
      ...own,
      files: { 'conf.d/a.conf': base, 'conf.d/b.conf': 'include conf.d/b.conf\n' },
    });
    expect(entriesOf(reading)).toHaveLength(1);
    expect(reading.sources.map(({ path }) => path).slice(0, 3)).toEqual([
      'main.conf',
      'conf.d/a.conf',
      'conf.d/b.conf',
    ]);
    expect(reading.said.map((line) => line.replace(/^\d+:\d+ /, ''))).toEqual([
      "IMP001 'conf.d/b.conf' is not read: includes go too deep",
      "IMP003 'none.conf' is included, but there is no such file",
    ]);
  });

  it('whose lines are no assignments are told of and not shown in full', () => {
    const { said } = readDialect(libreswan, 'left=1.2.3.4\nconn\n\tfoo bar\n\t"quoted"\nconfig\n', own);
    expect(said).toEqual([
      "1:1 IMP001 'left' stands outside of a section",
      "2:1 IMP001 'conn' has no name",
      "3:2 IMP001 'foo' has no value",
      '4:2 IMP001 \'"quoted"\' is no key',
      "5:1 IMP001 'config' is followed by 'setup'",
    ]);
  });
});

describe('lists of networks in Libreswan 4.6 to 4.15', () => {
  const text = (more: string) =>
    `conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauto=add\n\tauthby=secret\n\tleftsubnets={10.1.0.0/24 10.1.1.0/24}\n${more}`;
  const entries = (version: string, more = '') =>
    entriesOf(readDialect(libreswan, text(more), { version, addresses: ['192.0.2.1'] })).length;

  it('take networks of the family of IKE only, and nothing from the first other one on', () => {
    const read = (lists: string, version = '4.10') => {
      const conn = `conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauto=add\n\tauthby=secret\n${lists}`;
      return readDialect(libreswan, conn, { version, addresses: ['192.0.2.1'] });
    };
    const names = (lists: string, version?: string) =>
      entriesOf(read(lists, version)).map((entry) => entry.split(':', 1)[0]);
    const mixed = '\tleftsubnets={10.1.0.0/24 2001:db8::/64 10.2.0.0/24}\n\trightsubnet=10.9.0.0/16\n';
    expect(names(mixed)).toEqual(['t/1x1']);
    expect(names(mixed, '5.4')).toEqual(['t/1x1', 't/3x1']);
    expect(read(mixed).said[0]).toContain('takes networks of IPv4 only here');
    // The right end goes first: with a fault there, only the first network of the left has got so far.
    const right = '\tleftsubnets={10.1.0.0/24 10.2.0.0/24}\n\trightsubnets={10.8.0.0/16 10.9.0.0/16 2001:db8::/64}\n';
    expect(names(right)).toEqual(['t/1x1', 't/1x2']);
    expect(names('\tleftsubnets={2001:db8::/64}\n\trightsubnet=2001:db8:9::/64\n')).toEqual([]);
  });

  it('make no connection where the other end has none written', () => {
    expect(['3.32', '4.10', '4.15', '5.4'].map((version) => entries(version))).toEqual([2, 0, 0, 2]);
    expect(entries('4.10', '\trightsubnet=192.0.2.2/32\n')).toBe(2);
    const { said } = readDialect(libreswan, text(''), { version: '4.10', addresses: ['192.0.2.1'] });
    expect(said).toEqual([
      "1:6 IMP005 't' is not loaded by Libreswan 4.10: leftsubnets= makes no connection where rightsubnet= is not written",
    ]);
  });
});
