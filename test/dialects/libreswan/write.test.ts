/** Other configurations as ipsec.conf and ipsec.secrets. */
import { describe, expect, it } from 'vitest';
import { records } from '../../../src/dialects/hpux/dialect.js';
import { libreswan } from '../../../src/dialects/libreswan/dialect.js';
import { libreswanVersions } from '../../../src/dialects/libreswan/product.js';
import { parseAddress } from '../../../src/model/address.js';
import { readDialect } from '../../support/dialects.js';
import { convert, lossesOf, recordsConfig, textOf, write } from '../../support/written.js';

const own = { addresses: ['192.0.2.1'] } as const;
const conn = (more: string, secrets?: string) => ({
  text: `conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauto=start\n${more.includes('authby') ? '' : '\tauthby=secret\n'}${more.replace(/^/gm, '\t')}\n`,
  options: { ...own, files: { 'ipsec.secrets': secrets ?? ': PSK "sesame"\n' } },
});

function again(more: string, version = '5.4') {
  const { text, options } = conn(more);
  return convert(libreswan, text, libreswan, { ...options, version, writeVersion: version });
}

const host = (name: string, rest: string) => `add host ${name} -source 192.0.2.1/32 ${rest}\n`;
const auth = 'add auth b -remote 198.51.100.0/24 -preshared sesame -kmp IKEV2\n';

describe('a connection', () => {
  it.each([
    '',
    'leftsubnet=10.1.0.0/16\nrightsubnet=10.2.0.0/16',
    'leftprotoport=udp/1701\nrightprotoport=udp\ntype=transport',
    'ike=aes256-sha2_512-dh19,aes_gcm128-sha2_256-modp2048\nesp=aes_gcm256-none-modp2048,aes128-sha1;modp2048',
    'ah=sha2_256',
    'esp=null-sha1\npfs=no',
    'leftid=@a.example.com\nrightid=b@example.com\ndpddelay=30\nnarrowing=yes\nmobike=yes',
    'ikelifetime=2h\nsalifetime=1h\nrekeymargin=5m\nesn=no\nreplay-window=0',
    'rekey=no\nencapsulation=yes\nfragmentation=no\ncompress=yes\nmark=9/0xffffffff\nipsec-interface=3',
    'leftprotoport=icmp/2048\nrightprotoport=icmp/2048',
    'rightid="C=CH, O=Example AG, CN=b"\nauthby=rsasig\nleftcert=a',
    'priority=77',
  ])('says the same again: %s', (more) => {
    const packets = lossesOf(again(more)).filter((loss) => !loss.startsWith('local: t: the own certificate'));
    expect(packets).toEqual([]);
  });

  it.each(libreswanVersions)('says the same again in version %s', (version) => {
    expect(lossesOf(again('leftsubnet=10.1.0.0/16\nike=aes256-sha1-modp2048\nesp=aes256-sha1', version))).toEqual([]);
  });

  it('of IKEv1 says the same again', () => {
    const more = 'keyexchange=ikev1\naggressive=yes\nike=aes128-sha1-modp2048\nesp=aes128-sha1;modp2048';
    const { text, options } = conn(more);
    const writing = convert(libreswan, `config setup\n\tikev1-policy=accept\n\n${text}`, libreswan, options);
    expect(lossesOf(writing)).toEqual([]);
    expect(textOf(writing, 'ipsec.conf')).toContain('ikev1-policy=accept');
  });

  it('with several networks is one SA in version 5, and one for each pair before', () => {
    const more = 'leftsubnet=10.1.0.0/24,10.1.1.0/24\nrightsubnet=10.2.0.0/16';
    const { text, options } = conn(more);
    expect(lossesOf(convert(libreswan, text, libreswan, options))).toEqual([]);
    const older = convert(libreswan, text, libreswan, { ...options, writeVersion: '4.10' });
    expect(textOf(older, 'ipsec.conf')).toContain('leftsubnets={10.1.0.0/24 10.1.1.0/24}');
    expect(lossesOf(older)).toContain('negotiation: t: each pair of its networks is an SA of its own');
  });
});

describe('secrets', () => {
  it.each(['sesame', 'two words', "it's #1", 'ünïcode', '"quoted"', '0x00', ' '])('%j stays what it is', (key) => {
    const octets = [...new TextEncoder().encode(key)].map((octet) => octet.toString(16).padStart(2, '0')).join('');
    const { text, options } = conn('', `192.0.2.1 192.0.2.2 : PSK 0x${octets}\n`);
    const writing = convert(libreswan, text, libreswan, options);
    expect(lossesOf(writing)).toEqual([]);
    expect(writing.files.map(({ path, isSecret }) => [path, isSecret])).toEqual([
      ['ipsec.conf', false],
      ['ipsec.secrets', true],
    ]);
  });

  it('that are not known are told', () => {
    const writing = convert(libreswan, conn('', '').text, libreswan, own);
    expect(lossesOf(writing)).toEqual([
      'negotiation: t: no preshared key is known, and must be put into ipsec.secrets',
    ]);
    expect(textOf(writing, 'ipsec.secrets')).toBeUndefined();
  });
});

describe('the order of an SPD', () => {
  it('is left to the product where its own numbers give it', () => {
    const text =
      host('ssh', '-destination 198.51.100.7/32/22 -protocol TCP -priority 10 -action PASS') +
      host('all', '-destination 198.51.100.7/32 -priority 20 -action DISCARD');
    const writing = write(libreswan, recordsConfig(text));
    expect(textOf(writing, 'ipsec.conf')).not.toContain('priority=');
    expect(lossesOf(writing).filter((loss) => !loss.includes('forwards'))).toEqual([]);
  });

  it('is written down where they do not', () => {
    const text =
      host('wide', '-destination 198.51.100.0/24 -priority 10 -action PASS') +
      host('narrow', '-destination 198.51.100.7/32 -priority 20 -action DISCARD');
    const writing = write(libreswan, recordsConfig(text));
    expect(textOf(writing, 'ipsec.conf')!.match(/priority=\d+/g)).toEqual(['priority=1000', 'priority=1010']);
    expect(lossesOf(writing).filter((loss) => !loss.includes('forwards'))).toEqual([]);
  });

  it('ends with drop where the SPD does', () => {
    const text = 'add host default -action DISCARD\n';
    const conf = textOf(write(libreswan, recordsConfig(text)), 'ipsec.conf')!;
    expect(conf.match(/type=drop/g)).toHaveLength(2);
    expect(conf).toContain('rightsubnet=::/0');
  });
});

describe('what pluto cannot do', () => {
  it.each([
    [
      '-action ESP_AES128_HMAC_SHA1',
      '',
      'has no PAD entry that tells how its peer authenticates: its packets are dropped',
    ],
    [
      '-action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE',
      auth,
      'all its packets share SAs, which are not negotiated for each flow',
    ],
    ['-action ESP_DES_HMAC_SHA1', auth, 'cannot be protected as it says: its packets are dropped'],
    [
      '-action AH_SHA1 -tunnel u',
      `${auth}add tunnel u -tsource 192.0.2.1 -tdestination 198.51.100.1 -source 192.0.2.1/32 -destination 198.51.100.7/32\n`,
      'only the outer one of its SAs is written: pluto does not nest them',
    ],
  ])('is told: %s', (action, more, loss) => {
    const config = recordsConfig(host('a', `-destination 198.51.100.7/32 ${action}`) + more);
    expect(lossesOf(write(libreswan, config))).toContain(`packets: a: ${loss}`);
  });

  it('is told of identities', () => {
    const text =
      host('a', '-destination 198.51.100.7/32 -action ESP_AES256_HMAC_SHA2_256') +
      'add auth b -remote 198.51.100.7/32 -kmp IKEV2 -rtype FQDN -rid .example.com -preshared sesame\n';
    const losses = lossesOf(write(libreswan, recordsConfig(text)));
    expect(losses).toContain('local: a: the identity of the peer cannot be written, and is left out');
    expect(losses).toContain('negotiation: a: identity of the peer FQDN .example.com becomes none');
  });
});

describe('conversions to and fro', () => {
  it('keep what both know', () => {
    const first = conn(
      'leftsubnet=10.1.0.0/16\nrightsubnet=10.2.0.0/16\nike=aes256-sha2_256-modp2048\nesp=aes256-sha2_256',
    );
    const batch = textOf(
      convert(libreswan, first.text, records, { ...first.options, writeVersion: 'extended' }),
      't.batch',
    )!;
    const back = write(libreswan, recordsConfig(batch, readDialect(libreswan, first.text, own).config.addresses));
    const conf = textOf(back, 'ipsec.conf')!;
    for (const line of [
      'leftsubnet=10.1.0.0/16',
      'rightsubnet=10.2.0.0/16',
      'ike=aes256-sha2_256-modp2048',
      'esp=aes256-sha2_256',
    ])
      expect(conf).toContain(`\t${line}\n`);
    expect(lossesOf(back).filter((loss) => !loss.includes('forwards'))).toEqual([]);
  });
});

describe('lists of networks for Libreswan 4.10', () => {
  const lists = (more: string) => again(`leftsubnets={10.1.0.0/24 10.3.0.0/24}\n${more}`, '5.4');
  const to410 = (more: string) => {
    const { text, options } = conn(more);
    return convert(libreswan, text, libreswan, { ...options, version: '5.4', writeVersion: '4.10' });
  };

  it('have the other end beside them, without which pluto loads nothing', () => {
    const written = to410('keyexchange=ikev2\nleftsubnet=10.1.0.0/24,10.3.0.0/24');
    expect(textOf(written, 'ipsec.conf')).toContain('rightsubnet=192.0.2.2/32');
    expect(lossesOf(lists('rightsubnet=10.2.0.0/16')).filter((loss) => loss.startsWith('packets'))).toEqual([]);
  });

  it('of another family than IKE’s are told as lost', () => {
    const written = to410('keyexchange=ikev2\nleftsubnet=2001:db8:1::/64,2001:db8:3::/64\nrightsubnet=2001:db8:2::/64');
    expect(textOf(written, 'ipsec.conf')).not.toContain('leftsubnets');
    expect(lossesOf(written).join('\n')).toContain('lists of networks of another family than the addresses of IKE');
  });
});

describe('identities that are not written', () => {
  it('are the addresses, also with certificates, where pluto would take their subjects', () => {
    const text = `${host('a', '-destination 198.51.100.7/32 -action ESP_AES128_HMAC_SHA1')}add auth b -remote 198.51.100.7/32 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG\n`;
    const writing = write(libreswan, recordsConfig(text));
    expect(textOf(writing, 'ipsec.conf')).toMatch(/leftid=192\.0\.2\.1\n[\s\S]*rightid=198\.51\.100\.7\n/);
    expect(lossesOf(writing).filter((loss) => loss.includes('identity'))).toEqual([]);
  });
});

it('what drops packets of networks beyond has an own address at its end, without which pluto does not take it', () => {
  const config = recordsConfig('add host a -source 10.3.0.20/32 -destination 198.51.100.4/32 -action DISCARD\n');
  const writing = write(libreswan, { ...config, addresses: [parseAddress('192.0.2.1')!] });
  expect(textOf(writing, 'ipsec.conf')).toContain('\tleft=192.0.2.1\n\tleftsubnet=10.3.0.20/32\n');
  expect(lossesOf(writing).filter((loss) => !loss.includes('forwards'))).toEqual([]);
});
