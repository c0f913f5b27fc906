/** Batches for `ip -batch` and scripts of setkey: the same policies, in the words of both. */
import { describe, expect, it } from 'vitest';
import { libreswan } from '../../../src/dialects/libreswan/dialect.js';
import { setkey } from '../../../src/dialects/racoon/dialect.js';
import { strongswan } from '../../../src/dialects/strongswan/dialect.js';
import { xfrm } from '../../../src/dialects/xfrm/dialect.js';
import { portsOfMask } from '../../../src/dialects/xfrm/plan.js';
import { randomRecords } from '../../support/random-records.js';
import { convert, lossesOf, recordsConfig, textOf, write } from '../../support/written.js';

const tunnel = `conn t
	left=192.0.2.1
	right=192.0.2.2
	leftsubnet=10.1.0.0/16
	rightsubnet=10.2.0.0/16
	authby=secret
	auto=ondemand
conn no-ssh
	left=192.0.2.1
	right=%any
	leftsubnet=10.1.0.0/16
	rightsubnet=10.2.0.0/16
	leftprotoport=tcp
	rightprotoport=tcp/22
	type=drop
	authby=never
	auto=ondemand
`;
const own = { addresses: ['192.0.2.1'] } as const;
const manual = `add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1 \\
    -in ESP/300/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f \\
    -out ESP/301/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5/0x0f1e2d3c4b5a69788796a5b4c3d2e1f1
`;

describe('a batch of ip xfrm', () => {
  it('drops the packets of children that share what no kernel can have', () => {
    const children = `connections { rw {
  local_addrs = 192.0.2.1
  pools = p
  local { auth = psk
  }
  remote { auth = psk
  }
  children { net {
    local_ts = 10.1.0.0/16,10.2.1.0/24
  } }
} }
pools { p { addrs = 10.2.1.0/24
} }`;
    const writing = convert(strongswan, children, xfrm, own);
    const blocks = textOf(writing, 'policy.batch')!.match(/dir out action block/g);
    expect(blocks).toHaveLength(2);
    expect(lossesOf(writing).filter((message) => message.includes('its packets are dropped'))).toHaveLength(2);
  });

  it('has no optional tunnels, which the kernel refuses for what goes out', () => {
    const passing = tunnel.replace('auto=ondemand', 'failureshunt=passthrough\n\tauto=ondemand');
    const writing = convert(libreswan, passing, xfrm, own);
    expect(textOf(writing, 'policy.batch')).not.toContain('level use');
    expect(lossesOf(writing)).toContainEqual(expect.stringContaining('the kernel has no optional tunnels'));
  });

  it('has what goes out, what comes in, and what is forwarded', () => {
    const writing = convert(libreswan, tunnel, xfrm, own);
    const lines = textOf(writing, 'policy.batch')!
      .split('\n')
      .filter((line) => !line.includes('port 500') && !line.includes('port 4500'));
    expect(lines).toEqual([
      'xfrm policy add src 10.1.0.0/16 dst 10.2.0.0/16 proto 6 dport 22 dir out action block priority 3071',
      'xfrm policy add src 10.2.0.0/16 dst 10.1.0.0/16 proto 6 sport 22 dir in action block priority 3071',
      'xfrm policy add src 10.2.0.0/16 dst 10.1.0.0/16 proto 6 sport 22 dir fwd action block priority 3071',
      'xfrm policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out priority 4095 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel',
      'xfrm policy add src 10.2.0.0/16 dst 10.1.0.0/16 dir in priority 4095 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel',
      'xfrm policy add src 10.2.0.0/16 dst 10.1.0.0/16 dir fwd priority 4095 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 mode tunnel',
      '',
    ]);
    expect(lossesOf(writing)).toEqual([
      'negotiation: t: proposals, lifetimes and when it starts are left to an IKE daemon',
      'negotiation: t: who the peer is and how it authenticates is left to an IKE daemon',
    ]);
  });

  it('has keys in a file of its own', () => {
    const writing = write(xfrm, recordsConfig(manual));
    expect(writing.files.map(({ path, isSecret }) => [path, isSecret])).toEqual([
      ['policy.batch', false],
      ['state.batch', true],
    ]);
    expect(textOf(writing, 'state.batch')).toContain(
      "xfrm state add src 10.1.1.1 dst 10.2.2.2 proto esp spi 0x12d reqid 1 mode transport auth-trunc 'hmac(sha1)' 0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5 96 enc 'cbc(aes)' 0x0f1e2d3c4b5a69788796a5b4c3d2e1f1",
    );
    expect(textOf(writing, 'policy.batch')).not.toContain('91a2b3c4');
  });

  it('drops what a kernel cannot do, and says so', () => {
    const config = recordsConfig(
      'add host a -source 10.1.1.1/32 -destination 10.2.0.0/16 -tunnel u -action PASS\nadd tunnel u -source 10.1.1.1/32 -destination 10.2.0.0/16 -tsource 10.1.1.1 -action ESP_AES128_HMAC_SHA1\n',
    );
    const writing = write(xfrm, config);
    expect(lossesOf(writing)[0]).toBe(
      "packets: a: tunnel 'u' names no end of the tunnel, and what it is for has more than one address: its packets are dropped",
    );
    expect(textOf(writing, 'policy.batch')).toMatch(/src 10.1.1.1\/32 dst 10.2.0.0\/16 dir out action block/);
  });

  it('lets packets pass without an SA where the policy does', () => {
    const config = recordsConfig(
      'add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1 -flags FALLBACK_TO_CLEAR\n',
    );
    const writing = write(xfrm, config);
    expect(textOf(writing, 'policy.batch')).toContain('mode transport level use');
    expect(lossesOf(writing).filter((loss) => loss.startsWith('packets') && !loss.includes('forwards'))).toEqual([]);
  });

  it('writes out small ranges of ports, and tells large ones', () => {
    const host = (ports: string) =>
      `add host a -source 10.1.1.1/32 -destination 10.2.2.2/32/${ports} -protocol TCP -action DISCARD\n`;
    expect(textOf(write(xfrm, recordsConfig(host('80-83'))), 'policy.batch')!.match(/dport/g)).toHaveLength(4);
    const losses = lossesOf(write(xfrm, recordsConfig(host('1024-65535'))));
    expect(losses).toContain(
      'packets: a: a range of ports cannot be written, and its packets that go out meet what comes after it',
    );
    expect(losses.some((loss) => loss.includes('DISCARD (a) becomes PASS'))).toBe(true);
  });
});

describe('ports of a mask', () => {
  it.each([
    [0, 0, 'any'],
    [80, 0xffff, [80]],
    [80, 0xfffc, [80, 81, 82, 83]],
    [1024, 0xfc00, undefined],
  ])('%i/%i', (value, mask, expected) => {
    expect(portsOfMask(value, mask)).toEqual(expected);
  });
});

describe('a script of setkey', () => {
  it('says the same in its own words', () => {
    const writing = convert(libreswan, tunnel, setkey, own);
    expect(
      textOf(writing, 'setkey.conf')!
        .split('\n')
        .filter((line) => line.includes('10.1.0.0')),
    ).toEqual([
      'spdadd 10.1.0.0/16 10.2.0.0/16[22] tcp -P out prio 999999 discard;',
      'spdadd 10.2.0.0/16[22] 10.1.0.0/16 tcp -P in prio 999999 discard;',
      'spdadd 10.1.0.0/16 10.2.0.0/16 any -P out prio 999998 ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;',
      'spdadd 10.2.0.0/16 10.1.0.0/16 any -P in prio 999998 ipsec esp/tunnel/192.0.2.2-192.0.2.1/require;',
    ]);
  });

  it('has keys in a file of its own, tied to their policies', () => {
    const writing = write(setkey, recordsConfig(manual));
    expect(writing.files.map(({ path, isSecret }) => [path, isSecret])).toEqual([
      ['setkey.conf', false],
      ['setkey.keys', true],
    ]);
    expect(textOf(writing, 'setkey.conf')).toContain('esp/transport//unique:1');
    expect(textOf(writing, 'setkey.keys')).toContain('-m transport -u 1 -E aes-cbc 0x');
  });
});

describe.each([xfrm, setkey])('$name', (dialect) => {
  // What a kernel has no word for is told by sentences of these kinds, and nothing else is lost.
  const known = /forwards|all its packets share SAs|range of ports|: (?:PASS|DISCARD|ESP|a tunnel).* becomes /;

  it.each([21, 22, 23, 24])('treats packets as random records do (seed %i)', (seed) => {
    const text = randomRecords({ hosts: 60, seed, ipv6: 0.3, mistakes: 0.2 }).replaceAll(
      /10000-10999|8080-8090/g,
      '8080',
    );
    const losses = lossesOf(write(dialect, recordsConfig(text))).filter((loss) => loss.startsWith('packets'));
    expect(losses.filter((loss) => !known.test(loss))).toEqual([]);
    // Without ranges of ports and types of messages nothing is left that a kernel cannot do.
    expect(losses.filter((loss) => loss.includes(' becomes ') && !loss.includes('ICMP'))).toEqual([]);
  });
});

describe('policies of one kernel as those of another', () => {
  it.each([
    [setkey, xfrm, 'proto ah'],
    [xfrm, setkey, 'ah/transport'],
  ])('$name: ESP and AH stay what they are, and nothing is lost', (from, to, word) => {
    const text = {
      setkey: 'spdadd 10.1.1.1 10.2.2.2 any -P out ipsec ah/transport//require;\n',
      xfrm: 'xfrm policy add src 10.1.1.1/32 dst 10.2.2.2/32 dir out priority 5 tmpl src 0.0.0.0 dst 0.0.0.0 proto ah mode transport\n',
    }[from.name]!;
    const writing = convert(from, text, to, { path: from === setkey ? 'setkey.conf' : 'policy.batch' });
    expect(writing.files[0]!.text).toContain(word);
    expect(lossesOf(writing)).toEqual([]);
  });

  it('share the SAs with keys that they shared', () => {
    const sa = (ends: string, spi: number) =>
      `xfrm state add ${ends} proto esp spi ${spi} reqid 7 mode transport auth-trunc hmac(sha1) 0x00112233445566778899aabbccddeeff00112233 96 enc cbc(aes) 0x00112233445566778899aabbccddeeff\n`;
    const both = (port: number, priority: number) =>
      [
        `src 10.1.1.1/32 dst 10.2.2.2/32 proto tcp dport ${port} dir out`,
        `src 10.2.2.2/32 dst 10.1.1.1/32 proto tcp sport ${port} dir in`,
      ]
        .map((words) => `xfrm policy add ${words} priority ${priority} tmpl proto esp reqid 7 mode transport\n`)
        .join('');
    const text = `${both(22, 1)}${both(80, 2)}${sa('src 10.1.1.1 dst 10.2.2.2', 4097)}${sa('src 10.2.2.2 dst 10.1.1.1', 4098)}`;
    const writing = convert(xfrm, text, setkey, { path: 'policy.batch' });
    expect(lossesOf(writing)).toEqual([]);
    expect(textOf(writing, 'setkey.keys')!.match(/^add /gm)).toHaveLength(2);
    expect(textOf(writing, 'setkey.conf')!.match(/unique:1;/g)).toHaveLength(4);
  });
});
