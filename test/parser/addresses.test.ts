/** hpux-ipsec reference 4: addresses, ports, protocols. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatRange } from '../../src/model/address.js';
import { serviceRows } from '../../src/model/language/values.js';
import type { AddressSpec } from '../../src/model/record/policy.js';
import { read, readRecord } from '../support/read.js';

const spec = (text: string): AddressSpec =>
  readRecord('host', `add host h -source ${text} -protocol ${/\/[^/]*\/[1-9]/.test(text) ? 'TCP' : 'ALL'} -action PASS`)
    .sources[0]!.value;
const codes = (text: string) => read(`add host h -source ${text} -action PASS`).codes;

describe('§4.1 addresses', () => {
  it.each([
    ['10.1.1.1', '10.1.1.1'],
    ['10.1.1.1/32', '10.1.1.1'],
    ['10.1.0.0/16', '10.1.0.0/16'],
    ['0.0.0.0', '0.0.0.0/0'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['0::0', '::/0'],
    ['0::0/0', '::/0'],
    ['::/0', '::/0'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['::ffff:10.1.1.1/128', '::ffff:a01:101'],
    ['255.255.255.254', '255.255.255.254'],
  ])('§4.1 %s', (text, range) => {
    expect(formatRange(spec(text).range)).toBe(range);
  });

  it.each([
    '10.1.1',
    '10.1.1.1.1',
    '10.1.1.256',
    '10.1.1.01',
    '10.1.1.1 ',
    '1',
    '',
    ':',
    ':::',
    '2001:db8',
    '2001::db8::1',
    'fe80::1%lan0',
    'host.example.com',
    '10.1.1.x',
    '2001:db8:0:0:0:0:0:0:1',
    '12345::',
    '::1.2.3',
  ])('§4.1 %j is no address', (text) => {
    if (text.trim() === text && text !== '') expect(codes(text)).toEqual(['SYN019']);
    else expect(codes(text)).toEqual(text === '' ? ['SYN020'] : []);
  });

  it('§4.1 says what is wrong with what looks like an address', () => {
    const help = (text: string) => read(`add host h -source ${text} -action PASS`).problems[0]?.help;
    expect(help('host.example.com')).toContain('names are not resolved');
    expect(help('fe80::1%lan0')).toContain('zones');
    expect(help('10.1.1.01')).toContain('leading zeros');
    expect(help('10.0.0.0/255.255.255.0')).toBe('write the netmask as /24');
    expect(help('10.0.0.0/255.255.0.255')).toBe('give 0 to 32');
  });

  it('§4.1 only unicast addresses are taken', () => {
    for (const text of [
      '224.0.0.1',
      '239.255.255.255/32',
      '224.0.0.0/4',
      '255.255.255.255',
      'ff02::1',
      'ff00::/8',
      '0.0.0.0/32',
      '::/128',
    ])
      expect([text, codes(text)]).toEqual([text, ['SYN004']]);
    for (const text of ['223.255.255.255', '240.0.0.1', '127.0.0.1', '::1'])
      expect([text, codes(text)]).toEqual([text, []]);
  });

  it('§4.1 the prefix length is 0 to 32 or 128', () => {
    expect(codes('10.0.0.0/33')).toEqual(['SYN002']);
    expect(codes('2001:db8::/129')).toEqual(['SYN005']);
    expect(codes('2001:db8::/128')).toEqual([]);
    expect(codes('10.0.0.0/-1')).toEqual(['SYN019']);
    expect(codes('10.0.0.0/0x8')).toEqual(['SYN019']);
    expect(codes('10.0.0.0/')).toEqual(['SYN019']);
    expect(codes(`10.0.0.0/${'9'.repeat(400)}`)).toEqual(['SYN002']);
  });

  it('§4.1 a port needs a prefix length before it', () => {
    expect(read('add host h -source 10.0.0.1/443 -protocol TCP -action PASS').problems[0]).toMatchObject({
      code: 'SYN005',
      help: 'a port comes after the prefix length: 10.0.0.1/32/443',
    });
    expect(codes('10.0.0.1/TELNET')).toEqual(['SYN005']);
  });

  it('§4.1 bits beyond the prefix do not take part', () => {
    expect(spec('10.1.1.1/24')).toMatchObject({ hostBits: true, range: { first: 0x0a010100, last: 0x0a0101ff } });
    expect(spec('10.1.1.0/24').hostBits).toBe(false);
  });

  it('§4.1 a range is low-high, the higher one greater', () => {
    expect(formatRange(spec('10.1.1.1-10.1.1.3').range)).toBe('10.1.1.1-10.1.1.3');
    expect(formatRange(spec('2001:db8::1-2001:db8::3').range)).toBe('2001:db8::1-2001:db8::3');
    expect(codes('10.1.1.3-10.1.1.1')).toEqual(['SYN007']);
    expect(codes('10.1.1.3-10.1.1.3')).toEqual(['SYN007']);
    expect(codes('10.1.1.3-2001:db8::1')).toEqual(['SYN019']);
    expect(codes('10.1.1.3-')).toEqual(['SYN019']);
    expect(codes('-10.1.1.3')).toEqual(['SYN019']);
    expect(read('add host h -source 10.1.1.1-10.1.1.3 -action PASS', { dialect: 'A.02' }).codes).toEqual(['SYN022']);
  });

  it('§4.1 ports are 0 to 65535, and 0 is any', () => {
    expect(spec('10.1.1.1/32/80').port).toEqual({ lo: 80, hi: 80 });
    expect(spec('10.1.1.1/32/0').port).toBeUndefined();
    expect(spec('10.1.1.1/32/0-65535').port).toBeUndefined();
    expect(codes('10.1.1.1/32/65536')).toEqual(['SYN002']);
    expect(codes('10.1.1.1/32/80/1')).toEqual(['SYN019']);
    expect(codes('10.1.1.1/32/')).toEqual(['SYN019']);
    expect(codes('10.1.1.1/32/-80')).toEqual(['SYN019']);
  });

  it('§4.1 IPv6 with a port is split at slashes, never at colons', () => {
    expect(spec('2001:db8::1/128/8080')).toMatchObject({ port: { lo: 8080, hi: 8080 }, prefixLength: 128 });
  });

  it('§4.1 -remote and -tsource take no port', () => {
    expect(read('add auth a -remote 10.0.0.1/32/80').codes).toContain('SYN019');
    expect(read('add tunnel t -tsource 10.0.0.1/32').codes).toEqual(['SYN019']);
  });

  it('§4.1 every address that is written canonically is read back', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(0xffffffff).map((value) => [4, value] as const),
          fc.bigInt(0n, (1n << 128n) - 1n).map((value) => [6, value] as const),
        ),
        ([family, value]) => {
          const { policies } = read(`add host h -source ${formatAddress(family, value)} -action PASS`);
          expect(policies.hosts[0]?.sources[0]?.value.address).toEqual({ family, value });
        },
      ),
    );
  });
});

describe('§4.2 service names', () => {
  it.each(serviceRows.map(({ word, port, protocol }) => [word, port, protocol] as const))(
    '§4.2 %s is port %i of protocol %i',
    (word, port, protocol) => {
      const { value } = readRecord('host', `add host h -source 10.0.0.1/32/${word.toLowerCase()} -action PASS`)
        .sources[0]!;
      expect(value).toMatchObject({ port: { lo: port, hi: port }, service: { word, protocol } });
    },
  );

  it('§4.2 gives the protocol of the policy', () => {
    const { config } = read('add host h -destination 10.0.0.1/32/NTP -action PASS');
    expect(config.spd[0]?.selectors.map(({ protocol, y }) => [protocol.lo, y.lo])).toEqual([[17, 123]]);
  });

  it('§4.2 names are the product’s own', () => {
    expect(codes('10.0.0.1/32/https')).toEqual(['SYN019']);
    expect(read('add host h -source 10.0.0.1/32/TELNETT -action PASS').problems[0]?.help).toBe('did you mean TELNET?');
  });
});

describe('§4.3 protocols', () => {
  it.each([
    ['TCP', 6],
    ['udp', 17],
    ['ICMP', 1],
    ['ICMPV6', 58],
    ['IGMP', 2],
    ['MH', 135],
    ['ALL', 0],
    ['0', 0],
    ['255', 255],
  ])('§4.3 %s is %i', (word, number) => {
    expect(readRecord('host', `add host h -protocol ${word} -action PASS`).protocol.value).toBe(number);
  });

  it.each(['256', 'TPC', '-1', '6,17', '1.5'])('§4.3 %s is none', (word) => {
    expect(read(`add host h -protocol ${word} -action PASS`).problems).toHaveLength(1);
  });
});

describe('§4.4 message types', () => {
  it('§4.4 a comma list, or ALL', () => {
    const types = (text: string) =>
      readRecord('host', `add host h -protocol ICMP -src_icmp_type ${text} -action PASS`).messageTypes[0]?.types.value;
    expect(types('11,3,4,3')).toEqual([3, 4, 11]);
    expect(types('all')).toBe('ALL');
  });

  it('§4.4 without types ICMP covers all, ICMPV6 and ALL only four types', () => {
    const intervals = (text: string) =>
      read(`add host h ${text} -action PASS`)
        .config.spd[0]?.selectors.filter(({ protocol }) => protocol.lo === protocol.hi && protocol.lo !== 0)
        .map(({ x }) => [x.lo >> 8, x.hi >> 8]);
    expect(intervals('-protocol ICMP')).toEqual([[0, 255]]);
    const four = [
      [128, 129],
      [146, 147],
    ];
    expect(intervals('-source ::/0 -destination ::/0 -protocol ICMPV6')).toEqual(four);
    expect(intervals('-source ::/0 -destination ::/0')).toEqual(four);
  });

  it('§4.4 types of the source side are sent, those of the destination side received', () => {
    const { config } = read('add host h -protocol ICMP -src_icmp_type 8 -dst_icmp_type 0 -action PASS');
    expect(config.spd[0]?.selectors.map(({ direction, x }) => [direction.lo, direction.hi, x.lo >> 8])).toEqual([
      [0, 0, 8],
      [1, 1, 0],
    ]);
  });
});

describe('§4.5 multiple values', () => {
  it('§4.5 any source with any destination', () => {
    const { config } = read(
      'add host h -source 10.0.0.1 -source 10.0.0.2 -destination 10.1.0.1 -destination 10.1.0.2 -action PASS',
    );
    expect(config.spd[0]?.selectors).toHaveLength(4);
  });
});
