/** Other configurations as batches of records. */
import { describe, expect, it } from 'vitest';
import { records } from '../../../src/dialects/hpux/dialect.js';
import { libreswan } from '../../../src/dialects/libreswan/dialect.js';
import { setkey } from '../../../src/dialects/racoon/dialect.js';
import { xfrm } from '../../../src/dialects/xfrm/dialect.js';
import { readDialect } from '../../support/dialects.js';
import { randomRecords } from '../../support/random-records.js';
import { convert, lossesOf, recordsConfig, textOf, write } from '../../support/written.js';

const conn = (more: string) =>
  `config setup\n\tikev1-policy=accept\n\nconn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauto=start\n\tauthby=secret\n${more.replace(/^/gm, '\t')}\n`;
const own = { addresses: ['192.0.2.1'] } as const;

describe('records', () => {
  it.each([11, 12, 13, 14, 15, 16])('become the same records (seed %i)', (seed) => {
    const config = recordsConfig(randomRecords({ hosts: 60, seed, ipv6: 0.4, mistakes: 0.3 }));
    expect(lossesOf(write(records, config, 'extended'))).toEqual([]);
  });

  it('of an older language lose what it does not know, and then drop packets', () => {
    const config = recordsConfig('add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES256_GCM16\n');
    const writing = write(records, config, 'A.03.02');
    expect(textOf(writing, 't.batch')).toContain('-action DISCARD');
    expect(lossesOf(writing)).toEqual([
      'packets: a: the language has no transform for ESP_AES256_GCM16',
      'packets: a: its packets are dropped instead',
    ]);
  });
});

describe('a connection of Libreswan', () => {
  const secrets = { 'ipsec.secrets': '192.0.2.1 192.0.2.2 : PSK "a b"\n' };

  it('becomes a tunnel, a host policy, and records for its peer', () => {
    const text = conn(
      'leftsubnet=10.1.0.0/16\nrightsubnet=10.2.0.0/16\nkeyexchange=ikev1\nike=aes128-sha1-modp2048\nesp=aes128-sha1\nikelifetime=4h',
    );
    const writing = convert(libreswan, text, records, { ...own, files: secrets });
    expect(textOf(writing, 't.batch')).toBe(
      [
        '# ipsec-dialect: A.03.02',
        'add tunnel t -tsource 192.0.2.1 -tdestination 192.0.2.2 -source 10.1.0.0/16 -destination 10.2.0.0/16 \\',
        '    -action ESP_AES128_HMAC_SHA1',
        'add host t -source 10.1.0.0/16 -destination 10.2.0.0/16 -priority 10 -tunnel t -action PASS',
        'add auth t -remote 192.0.2.2/32 -priority 10 -kmp IKEV1 -exchange MM -local_method PSK -remote_method PSK \\',
        '    -preshared 0x612062',
        'add ikev1 t -remote 192.0.2.2/32 -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC -life 14400 -pfs ON',
        '',
      ].join('\n'),
    );
    expect(writing.files.map(({ isSecret }) => isSecret)).toEqual([true]);
    // Between networks most packets are forwarded, and a host with records protects its own only.
    expect(lossesOf(writing).filter((loss) => loss.startsWith('packets'))).toEqual([
      'packets: packets that the system forwards met the same policies as its own, and meet none, as the product has them for home agents only',
    ]);
  });

  it('loses proposals that the language cannot say, and never offers more', () => {
    const text = conn('esp=aes128-sha1,aes_gcm256\nike=aes128-sha1-modp2048,aes256-sha2_256-dh19,3des-sha1-modp2048');
    const writing = convert(libreswan, text, records, { ...own, files: secrets });
    expect(textOf(writing, 't.batch')).toMatch(/-group 14 -hash HMAC-SHA1 \S*\s*-encryption AES128-CBC,3DES/);
    expect(lossesOf(writing)).toEqual(
      expect.arrayContaining([
        'negotiation: t: proposals lose ESP AES-GCM-16-256',
        'negotiation: t: IKEv2 proposals lose AES-CBC-256/HMAC-SHA2-256-128/HMAC-SHA2-256/ECP-256',
      ]),
    );
  });

  it('keeps what the extended language knows', () => {
    const text = conn('esp=aes_gcm256\nesn=yes\nreplay-window=256\ndpddelay=20s\nencapsulation=yes\nmark=7/0xffffffff');
    const written = textOf(
      convert(libreswan, text, records, { ...own, files: secrets, writeVersion: 'extended' }),
      't.batch',
    );
    for (const word of [
      'ESP_AES256_GCM16',
      '-esn ON',
      '-replay_window 256',
      '-dpd 20',
      '-nat_traversal FORCE',
      '-mark 7',
    ])
      expect(written?.replaceAll(/ \\\n */g, ' ')).toContain(word);
  });

  it('is lost beside another one for the same peer', () => {
    const text = `${conn('rightsubnet=10.2.0.0/16')}conn other\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\trightsubnet=10.3.0.0/16\n\tleftid=@a\n\tauthby=secret\n\tauto=start\n`;
    expect(lossesOf(convert(libreswan, text, records, { ...own, files: secrets }))).toContain(
      'negotiation: other: another entry for 192.0.2.2/32 comes before it, and a peer is found by its address',
    );
  });
});

describe('policies of a kernel', () => {
  it('of one direction are not a host policy, which is for both', () => {
    const losses = lossesOf(convert(setkey, 'spdadd 10.1.1.1 10.2.2.2 tcp -P out discard;\n', records));
    expect(losses).toHaveLength(1);
    expect(losses[0]).toMatch(/^packets: inbound TCP .*: PASS becomes DISCARD/);
  });

  it('keep their order, and every kind of message of ICMPv6', () => {
    const text = [
      'xfrm policy add src 2001:db8::1/128 dst 2001:db8::2/128 dir out priority 20 action block',
      'xfrm policy add src 2001:db8::2/128 dst 2001:db8::1/128 dir in priority 20 action block',
      'xfrm policy add src 2001:db8::1/128 dst 2001:db8::2/128 proto 6 dport 22 dir out priority 10',
      'xfrm policy add src 2001:db8::2/128 dst 2001:db8::1/128 proto 6 sport 22 dir in priority 10',
    ];
    const writing = convert(xfrm, text.join('\n'), records);
    expect(lossesOf(writing)).toEqual([]);
    expect(
      textOf(writing, 't.batch')!
        .replaceAll(/ \\\n */g, ' ')
        .match(/add host.*/g),
    ).toEqual([
      expect.stringContaining('-destination 2001:db8::2/128/22 -protocol TCP -priority 10 -action PASS'),
      expect.stringContaining('-src_icmpv6_type ALL -dst_icmpv6_type ALL'),
    ]);
  });

  it('with manual keys bring them along', () => {
    const text = `spdadd 10.1.1.1 10.2.2.2 any -P out ipsec esp/transport//require;
spdadd 10.2.2.2 10.1.1.1 any -P in ipsec esp/transport//require;
add 10.1.1.1 10.2.2.2 esp 0x1001 -E aes-cbc 0x00112233445566778899aabbccddeeff -A hmac-sha1 0x00112233445566778899aabbccddeeff00112233;
add 10.2.2.2 10.1.1.1 esp 0x1002 -E aes-cbc 0x10112233445566778899aabbccddeeff -A hmac-sha1 0x10112233445566778899aabbccddeeff00112233;
`;
    const writing = convert(setkey, text, records);
    expect(textOf(writing, 't.batch')!.replaceAll(/ \\\n */g, ' ')).toContain(
      '-in ESP/4098/0x10112233445566778899aabbccddeeff00112233/0x10112233445566778899aabbccddeeff',
    );
    expect(writing.files[0]!.isSecret).toBe(true);
    expect(lossesOf(writing).filter((loss) => loss.startsWith('packets'))).toEqual([]);
  });
});

it('a range of addresses with ports becomes prefixes, as the product’s guides contradict each other about its form', () => {
  const text = 'xfrm policy add src 10.1.1.1/32 dst 10.2.2.2/32 dir out action block\n';
  const { addresses, ...config } = readDialect(xfrm, text).config;
  const [first, ...rest] = config.spd;
  const box = {
    ...first!.selectors[0]!,
    direction: { lo: 0, hi: 1 },
    protocol: { lo: 6, hi: 6 },
    y: { lo: 22, hi: 22 },
  };
  const range = { lo: box.remote.lo, hi: Number(box.remote.lo) + 1 + 1 };
  const writing = write(records, {
    ...config,
    addresses,
    spd: [{ ...first!, selectors: [{ ...box, remote: range }] }, ...rest],
  });
  expect(textOf(writing, 't.batch')).not.toContain('//');
  expect(lossesOf(writing)).toEqual([]);
});
