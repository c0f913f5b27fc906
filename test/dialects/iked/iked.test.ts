/** iked.conf, and OpenBSD's ipsec.conf. */
import { describe, expect, it } from 'vitest';
import { iked, ipsecctl } from '../../../src/dialects/iked/dialect.js';
import { entriesOf, padOf, readDialect, templateOf } from '../../support/dialects.js';

const read = (text: string, files?: Record<string, string>) => readDialect(iked, text, files ? { files } : {});
const basic = 'ikev2 "west" active esp from 10.1.0.0/16 to 10.2.0.0/16 local 192.0.2.1 peer 192.0.2.2';

describe('an ikev2 rule', () => {
  it('has the product’s proposals where nothing is written', () => {
    const reading = read(basic);
    expect(reading.said).toEqual([]);
    expect(entriesOf(reading)).toEqual(['west: 10.1.0.0/16 - 10.2.0.0/16 > PROTECT']);
    const template = templateOf(reading);
    expect(template.proposals.map(({ name }) => name)).toEqual([
      'ESP AES-GCM-16-128+AES-GCM-16-256',
      'ESP AES-CBC-256+AES-CBC-192+AES-CBC-128 HMAC-SHA2-256-128+HMAC-SHA2-384-192+HMAC-SHA2-512-256+HMAC-SHA1-96',
    ]);
    expect(template).toMatchObject({
      mode: 'tunnel',
      pfsGroups: { value: [] },
      start: { value: 'START' },
      connection: 'west',
    });
    expect(template.proposals[0]).toMatchObject({
      esn: ['esn', 'no-esn'],
      lifetimeSeconds: { value: 10_800 },
      lifetimeKilobytes: { value: 4_194_304 },
    });
    expect(reading.config.ikePolicies[0]).toMatchObject({
      version: 2,
      lifetimeSeconds: { value: 0 },
      rekeySeconds: { value: 0 },
    });
    expect(reading.config.ikePolicies[0]!.proposals).toHaveLength(2);
    expect(padOf(reading)).toMatchObject({
      localMethod: { value: 'DIGSIG' },
      remoteId: { value: { kind: 'anything' } },
      dpdSeconds: { value: 60 },
    });
  });

  it('may do without PFS where none stands beside groups, and each list has groups of its own', () => {
    const groupsOf = (text: string) => {
      const { proposals, pfsGroups } = templateOf(read(`${basic} ${text}`));
      const names = proposals.map(({ keyExchange }) => keyExchange?.map(({ name }) => name));
      return { names, pfs: pfsGroups?.value.map(({ name }) => name) };
    };
    expect(groupsOf('childsa enc aes-128-gcm group modp2048 group none')).toEqual({ names: [['MODP-2048', 'NONE']] });
    expect(groupsOf('childsa enc aes-128-gcm group none')).toEqual({ names: [undefined], pfs: [] });
    expect(groupsOf('childsa enc aes-128-gcm group modp2048 childsa enc aes-256-gcm group curve25519')).toEqual({
      names: [['MODP-2048'], ['X25519']],
    });
  });

  it('has what is written, filled up from the defaults of its kind', () => {
    const reading = read(
      `${basic} ikesa enc aes-256-gcm prf hmac-sha2-256 group curve25519 ikesa auth hmac-sha2-512 enc aes-256 childsa enc aes-128 auth hmac-sha2-256 group modp2048 noesn srcid a@example dstid "/C=DE/CN=b" ikelifetime 8h lifetime 1h bytes 512M psk "hunter2"`,
    );
    expect(reading.said).toEqual([]);
    expect(reading.config.ikePolicies[0]!.proposals.map(({ name }) => name.split('/').slice(0, 3).join('/'))).toEqual([
      'AES-GCM-16-256/HMAC-SHA2-256/X25519',
      'AES-CBC-256/HMAC-SHA2-512-256/HMAC-SHA2-256+HMAC-SHA2-384+HMAC-SHA2-512+HMAC-SHA1',
    ]);
    expect(templateOf(reading)).toMatchObject({
      proposals: [
        {
          name: 'ESP AES-CBC-128 HMAC-SHA2-256-128',
          esn: ['no-esn'],
          lifetimeSeconds: { value: 3600 },
          lifetimeKilobytes: { value: 524_288 },
        },
      ],
      pfsGroups: { value: [{ name: 'MODP-2048' }] },
    });
    expect(padOf(reading)).toMatchObject({
      localId: { value: { type: 'USER-FQDN', value: 'a@example' } },
      remoteId: { value: { kind: 'exact', type: 'X500-DN', value: 'C=DE,CN=b' } },
      localMethod: { value: 'PSK' },
    });
    expect(reading.config.ikePolicies[0]!.rekeySeconds?.value).toBe(28_800);
    expect(reading.sources[0]!.masked(0, 1000)).not.toContain('hunter2');
  });

  it('has all of its flows in one SA', () => {
    const reading = read(basic.replace('local', 'from 10.3.0.0/16 to 10.2.0.0/16 local'));
    const [first, second] = reading.config.spd.flatMap(({ action }) =>
      action.kind === 'PROTECT' ? action.bundle : [],
    );
    expect(first).toBe(second);
    expect(first!.lists!.local).toHaveLength(2);
    expect(first!.lists!.remote).toHaveLength(1);
  });

  it('between two hosts needs no local and peer', () => {
    const template = templateOf(read('ikev2 transport esp from 192.0.2.1 to 192.0.2.2'));
    expect(template).toMatchObject({
      mode: 'transport',
      localEndpoint: { value: 0xc0000201 },
      remoteEndpoint: { value: 0xc0000202 },
    });
    expect(template.lists).toMatchObject({ local: [{ kind: 'dynamic' }], remote: [{ kind: 'dynamic' }] });
  });

  it('is found last first, quick ones before, the default at the end', () => {
    const rule = (name: string, match = '') => `ikev2 "${name}" ${match} esp from any to any peer any\n`;
    const text =
      rule('a') + rule('b', 'quick') + rule('c', 'default') + rule('d', 'skip') + rule('e') + rule('f', 'quick');
    const { config } = read(text);
    expect([...new Set(config.pad.map(({ source }) => source.record.name))]).toEqual(['b', 'f', 'e', 'a', 'c']);
  });

  it('is found by the longest match in the kernel, wherever it stands', () => {
    const flow = (from: string, to: string) => `ikev2 esp from ${from} to ${to} peer 192.0.2.2 local 192.0.2.1\n`;
    const text = flow('10.0.0.0/8', 'any') + flow('10.1.0.0/16', '10.2.0.0/16') + flow('10.1.0.0/16', '10.0.0.0/8');
    expect(entriesOf(read(text)).map((entry) => entry.split(': ')[1])).toEqual([
      '10.1.0.0/16 - 10.2.0.0/16 > PROTECT',
      '10.1.0.0/16 - 10.0.0.0/8 > PROTECT',
      '10.0.0.0/8 - any IPv4 address > PROTECT',
    ]);
  });
});

describe('macros and settings', () => {
  it('are put in, also within words, and several words at once', () => {
    const text = `net = "10.1.0.0"\nends = "local 192.0.2.1 peer 192.0.2.2"\nset passive\nset fragmentation\nset nomobike\nikev2 active esp \\\n\tfrom $net/16 to 10.2.0.0/16 $ends # end\n`;
    const reading = read(text);
    expect(reading.said).toEqual([]);
    expect(entriesOf(reading)).toEqual(['policy1: 10.1.0.0/16 - 10.2.0.0/16 > PROTECT']);
    expect(templateOf(reading).start?.value).toBe('NONE');
    expect(padOf(reading)).toMatchObject({ fragmentation: { value: true }, mobike: { value: false } });
  });

  it('that are missing are told of', () => {
    expect(read('ikev2 esp from $a to $b\n').said).toEqual([
      '1:1 IMP001 a rule says from where to where',
      "1:16 IMP001 the macro '$a' is not defined",
      "1:22 IMP001 the macro '$b' is not defined",
    ]);
  });

  it('may stand in files that are included', () => {
    const reading = read('include "m.conf"\nikev2 esp from $a to 10.2.0.0/16 local 192.0.2.1 peer 192.0.2.2\n', {
      'm.conf': 'a = "10.1.0.0/16"\n',
    });
    expect(entriesOf(reading)).toHaveLength(1);
  });

  it('do not show keys and passwords', () => {
    const text = `user "u" "hunter2"\nmy_psk = "hunter2"\n${basic} psk $my_psk\nikev2 psk hunter2 nonsense "x"\n`;
    const reading = read(text);
    const key = padOf(reading).presharedKey?.value;
    expect(key?.kind === 'literal' && new TextDecoder().decode(key.secret.reveal())).toBe('hunter2');
    expect([reading.sources[0]!.masked(0, text.length), ...reading.said].join('\n')).not.toContain('hunter2');
  });
});

describe('faults', () => {
  it.each([
    ['ikev2 esp', '1:1 IMP001 a rule says from where to where'],
    ['ikev2 esp from a to b', "1:16 IMP004 'a' is no address or network"],
    ['ikev2 esp from any peer any', "1:20 IMP001 'from' is followed by 'to'"],
    ['ikev2 esp from any to any childsa enc rot13', "1:39 IMP004 'rot13' is no cipher that is known here"],
    ['ikev2 esp from any to any lifetime soon', '1:36 IMP004 a lifetime is a number with s, m or h'],
    ['ikev2 esp from any to any colour', "1:27 IMP001 'colour' is no part of a rule here"],
    ['set faster', "1:5 IMP002 'set faster' is no option that is known here"],
    ['ikev3 esp', "1:1 IMP002 'ikev3' is no option that is known here"],
    [
      'ikev2 esp from 10.0.0.0/8 to ::/0',
      "1:1 IMP003 'policy1' selects nothing: both ends of its flows are of different families",
    ],
  ])('%s', (text, expected) => {
    expect(read(text).said).toContain(expected);
  });
});

describe('OpenBSD’s ipsec.conf', () => {
  const obsd = (text: string) => readDialect(ipsecctl, text);

  it('has rules for isakmpd, each combination of their ends', () => {
    const reading = obsd(
      'ike passive esp from 10.1.0.0/16 to {10.2.0.0/16, 10.3.0.0/16} local 192.0.2.1 peer 192.0.2.2 aggressive auth hmac-sha2-256 enc aes-256 group modp2048 lifetime 2h quick enc aes-128-gcm group none lifetime 10m srcid a.example psk "hunter2"\n',
    );
    expect(reading.said).toEqual([]);
    expect(entriesOf(reading)).toEqual([
      'line 1: 10.1.0.0/16 - 10.2.0.0/16 > PROTECT',
      'line 1: 10.1.0.0/16 - 10.3.0.0/16 > PROTECT',
    ]);
    expect(padOf(reading)).toMatchObject({
      exchange: { value: 'aggressive' },
      localMethod: { value: 'PSK' },
      localId: { value: { value: 'a.example' } },
    });
    expect(reading.config.ikePolicies).toMatchObject([
      { version: 1, lifetimeSeconds: { value: 7200 }, proposals: [{ name: 'AES-CBC-256/HMAC-SHA2-256/MODP-2048' }] },
    ]);
    const [entry] = reading.config.spd.filter(({ source }) => source.record.kind === 'ike');
    expect(entry!.action).toMatchObject({
      bundle: [
        {
          start: { value: 'NONE' },
          pfsGroups: { value: [] },
          proposals: [{ name: 'ESP AES-GCM-16-128', lifetimeSeconds: { value: 600 } }],
        },
      ],
    });
  });

  it('has flows, and SAs with keys that they lead to', () => {
    const key = (octets: number) => `0x${'ab'.repeat(octets)}:0x${'cd'.repeat(octets)}`;
    const text = `flow esp from 192.0.2.1 to 192.0.2.9 type dontacq
esp transport from 192.0.2.1 to 192.0.2.9 spi 0x1000:0x1001 authkey ${key(32)} enckey ${key(16)}
flow esp out from 10.1.0.0/16 to 10.2.0.0/16 peer 192.0.2.9 type use
flow from 10.1.0.0/16 to 10.2.9.0/24 type bypass
flow esp in from 10.9.0.0/16 to 10.1.0.0/16 type deny
`;
    const reading = obsd(text);
    expect(entriesOf(reading)).toEqual([
      'line 1: 192.0.2.1 - 192.0.2.9 > PROTECT',
      'line 4: 10.1.0.0/16 - 10.2.9.0/24 > BYPASS',
      'line 3: 10.1.0.0/16 - 10.2.0.0/16 > PROTECT',
      'line 5: 10.1.0.0/16 - 10.9.0.0/16 > DISCARD',
    ]);
    const [first, , third] = reading.config.spd;
    expect(first!.action).toMatchObject({
      bundle: [{ mode: 'transport', manual: { outbound: { spi: 0x1000 }, inbound: { spi: 0x1001 } } }],
    });
    expect(third!.action).toMatchObject({ fallbackToClear: true });
    expect(reading.sources[0]!.masked(0, text.length)).not.toMatch(/abab|cdcd/);
  });

  it('says what it cannot', () => {
    expect(obsd('tcpmd5 from ::1 to ::2 spi 5 authkey 0xabcd\n').said).toEqual([
      "1:1 IMP003 'tcpmd5' is understood in part: signatures of TCP (RFC 2385) are not modelled",
    ]);
    expect(obsd('flow ipip from 10.1.0.0/16 to 10.2.0.0/16\n').said.join()).toContain('flows for IP in IP alone');
    expect(obsd('esp from 192.0.2.1 to 192.0.2.2 spi many\n').said).toContain(
      '1:37 IMP004 an SPI is a number, or two with a colon between them',
    );
  });
});
