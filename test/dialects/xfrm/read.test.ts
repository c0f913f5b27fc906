/** What `ip xfrm` prints and takes. The texts are as iproute2 6.1 prints them. */
import { describe, expect, it } from 'vitest';
import { xfrm } from '../../../src/dialects/xfrm/dialect.js';
import { SourceText } from '../../../src/model/span.js';
import { entriesOf, readDialect, templateOf } from '../../support/dialects.js';

const policies = `src 192.0.2.1/32 dst 192.0.2.9/32 proto icmp type 8 code 0 \n\tdir out priority 51 ptype main \n\
src 192.0.2.1/32 dst 192.0.2.9/32 proto tcp sport 22 \n\tdir out action block priority 50 ptype main \n\
src 10.2.0.0/16 dst 10.1.0.0/16 \n\tdir fwd priority 100 ptype main \n\ttmpl src 192.0.2.2 dst 192.0.2.1\n\t\tproto esp reqid 7 mode tunnel\n\
src 10.2.0.0/16 dst 10.1.0.0/16 \n\tdir in priority 100 ptype main \n\ttmpl src 192.0.2.2 dst 192.0.2.1\n\t\tproto esp reqid 7 mode tunnel\n\
src 10.1.0.0/16 dst 10.2.0.0/16 \n\tdir out priority 100 ptype main \n\tmark 0x5/0xff \n\ttmpl src 192.0.2.1 dst 192.0.2.2\n\t\tproto esp reqid 7 mode tunnel\n\tif_id 0x9\n`;
const sa = (from: string, to: string, spi: string) => `src 192.0.2.${from} dst 192.0.2.${to}
	proto esp spi 0x0000${spi} reqid 7 mode tunnel
	replay-window 0
	auth-trunc hmac(sha256) 0x0011223344556677889900112233445566778899001122334455667788990011 128
	enc cbc(aes) 0x00112233445566778899aabbccddeeff
	anti-replay esn context:
	 seq-hi 0x0, seq 0x0, oseq-hi 0x0, oseq 0x0
	 replay_window 64, bitmap-length 2
	 00000000 00000000
	sel src 0.0.0.0/0 dst 0.0.0.0/0
`;
const read = (text: string) => readDialect(xfrm, text);

describe('a dump', () => {
  it('of policies is ordered by priority; inbound and outbound mirror each other', () => {
    const reading = read(policies.replace('\tmark 0x5/0xff \n', '').replace('\tif_id 0x9\n', ''));
    expect(entriesOf(reading)).toEqual([
      'line 3: 192.0.2.1 TCP port 22 - 192.0.2.9 TCP > DISCARD',
      'line 1: 192.0.2.1 ICMP type 8 - 192.0.2.9 ICMP type 8 > BYPASS',
      'line 13: 10.1.0.0/16 - 10.2.0.0/16 > PROTECT',
    ]);
    expect(reading.said).toEqual([]);
    expect(reading.config.spd[2]!.selectors[0]!.direction).toEqual({ lo: 0, hi: 1 });
  });

  it('keeps marks and interfaces, which must be the same on both ways', () => {
    const reading = read(policies);
    expect(entriesOf(reading)).toHaveLength(4);
    expect(reading.config.spd[2]!.action).toMatchObject({ bundle: [{ mark: { value: 5 }, ifId: { value: 9 } }] });
  });

  it('of SAs gives the policies their algorithms and keys', () => {
    const text =
      policies.replace('\tmark 0x5/0xff \n', '').replace('\tif_id 0x9\n', '') +
      sa('1', '2', '1000') +
      sa('2', '1', '1001');
    const reading = read(text);
    expect(reading.said).toEqual([]);
    expect(templateOf(reading)).toMatchObject({
      proposals: [{ name: 'ESP AES-CBC-128 HMAC-SHA2-256-128', esn: ['no-esn'] }],
      manual: { outbound: { spi: 0x1000 }, inbound: { spi: 0x1001 } },
    });
    expect(reading.sources[0]!.masked(0, text.length)).not.toMatch(/0x0011/);
  });

  it('with -o and -s says the same', () => {
    const text = policies + sa('1', '2', '1000');
    const oneLine = text.replace(/\n(?=[\t ])/g, '\\');
    expect(entriesOf(read(oneLine)).map((entry) => entry.replace(/^line \d+/, ''))).toEqual(
      entriesOf(read(text)).map((entry) => entry.replace(/^line \d+/, '')),
    );
    const statistics = `\tlifetime config:\n\t  limit: soft (INF)(bytes), hard (INF)(bytes)\n\t  expire add: soft 0(sec), hard 0(sec)\n\tlifetime current:\n\t  0(bytes), 0(packets)\n\t  add 2026-11-29 17:27:40 use -\n\tstats:\n\t  replay-window 0 replay 0 failed 0\n`;
    const long = sa('1', '2', '1000')
      .replace('reqid 7', 'reqid 7(0x00000007)')
      .replace('spi 0x00001000', 'spi 0x00001000(4096)')
      .replace('ff\n', 'ff (128 bits)\n');
    expect(read(policies + long + statistics).said).toEqual(read(policies + sa('1', '2', '1000')).said);
  });

  it('of a daemon’s sockets says that IKE itself passes', () => {
    const text = `${policies}src 0.0.0.0/0 dst 0.0.0.0/0 \n\tsocket in priority 0 ptype main \n`;
    expect(read(text).config.spd[0]!.source.record.name).toBe('ike-sockets');
    expect(read(policies).config.spd[0]!.source.record.name).not.toBe('ike-sockets');
  });

  it('without keys has algorithms only where the key’s length is not needed', () => {
    const hidden = sa('1', '2', '1000').replace(/0x00[0-9a-f]{20,}/g, '<<Keys hidden>>');
    expect(read(policies + hidden).said.join()).toContain(
      'the algorithms of the SA with SPI 4096 are not all known here',
    );
  });
});

describe('a batch', () => {
  it('is read as a dump is, in its own order', () => {
    const text = `xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out priority 9 tmpl src 0.0.0.0 dst 0.0.0.0 proto ah mode transport level use
ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.3/32 dir out priority 9 action block
ip xfrm policy flush
`;
    const reading = read(text);
    expect(entriesOf(reading)).toEqual([
      'line 1: 192.0.2.1 - 192.0.2.2 > PROTECT',
      'line 2: 192.0.2.1 - 192.0.2.3 > DISCARD',
    ]);
    expect(reading.config.spd[0]!.action).toMatchObject({ fallbackToClear: true });
    expect(reading.options.filter(({ support }) => support === 'noted').map(({ name }) => name)).toEqual([
      'ip xfrm policy',
    ]);
  });
});

describe('faults', () => {
  it.each([
    ['src 10.0.0.0/8 dst ::/0 \n\tdir out\n', '1:1 IMP004 the two ends of a policy are of different families'],
    ['src 10.0.0.0/8\n\tdir out\n', '1:1 IMP001 a policy needs src, dst and dir'],
    ['src 10.0.0.0/8 dst 10.0.0.0/8 \n\tdir over\n', "2:6 IMP004 'over' is not in, out or fwd"],
    ['src a dst b\n\tdir out\n', "1:5 IMP004 'a' is not an address or prefix"],
    ['src ::/0 dst ::/0 \n\tdir out ptype sub\n', '1:1 IMP003 policies of type sub are not modelled'],
    [
      'src ::/0 dst ::/0 \n\tdir out\n\ttmpl src ::1 dst ::2\n\t\tproto esp mode beet\n',
      '4:18 IMP003 mode beet is not modelled, and taken for tunnel mode',
    ],
    ['hello world\n', '1:1 IMP001 this is no policy and no SA'],
  ])('%j', (text, expected) => {
    expect(read(text).said).toContain(expected);
  });
});

it('is detected by its records', () => {
  const detect = (text: string) => xfrm.detect(new SourceText('x', text));
  expect(detect(policies)).toBe('certain');
  expect(detect('xfrm policy add src ::/0 dst ::/0 dir out\n')).toBe('certain');
  expect(detect('conn a\n\tleft=1.2.3.4\n')).toBeUndefined();
});
