/** Scripts of setkey are run, and what is left counts. */
import { describe, expect, it } from 'vitest';
import { setkey } from '../../../src/dialects/racoon/dialect.js';
import { entriesOf, readDialect, templateOf } from '../../support/dialects.js';

const tunnel = `spdadd 10.1.0.0/16 10.2.0.0/16 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;
spdadd 10.2.0.0/16 10.1.0.0/16 any -P in ipsec esp/tunnel/192.0.2.2-192.0.2.1/require;
`;
const keys = `add 192.0.2.1 192.0.2.2 esp 0x1000 -m tunnel -E aes-cbc "hunter2hunter2!!" -A hmac-sha1 "hunter3hunter3hunter";
add 192.0.2.2 192.0.2.1 esp 0x1001 -m tunnel -E aes-cbc 0x000102030405060708090a0b0c0d0e0f -A hmac-sha1 0x000102030405060708090a0b0c0d0e0f10111213;
`;
const read = (text: string) => readDialect(setkey, text);

describe('policies', () => {
  it('of both directions that mirror each other are one entry', () => {
    const reading = read(tunnel);
    expect(reading.said).toEqual([]);
    expect(entriesOf(reading)).toEqual(['line 1: 10.1.0.0/16 - 10.2.0.0/16 > PROTECT']);
    expect(templateOf(reading)).toMatchObject({ mode: 'tunnel', localEndpoint: { value: 0xc0000201 }, proposals: [] });
    expect(reading.config.spd[0]!.selectors[0]!.direction).toEqual({ lo: 0, hi: 1 });
  });

  it('of one direction count for that one only', () => {
    const { config } = read(tunnel.split('\n')[1]!);
    expect(config.spd[0]!.selectors[0]).toMatchObject({ direction: { lo: 1, hi: 1 }, local: { lo: 0x0a010000 } });
    expect(config.addresses).toEqual([{ family: 4, value: 0xc0000201 }]);
  });

  it('have ports, protocols and types, and several requests', () => {
    const text = `spdadd ::1[any] ::2[80] tcp -P out ipsec esp/transport//use ah/transport//require;
spdadd 192.0.2.1 192.0.2.2 icmp 8,0 -P out discard;
spdadd 192.0.2.1 192.0.2.3 any -P out none;
`;
    const reading = read(text);
    expect(entriesOf(reading)).toEqual([
      'line 1: ::1 TCP - ::2 TCP port 80 > PROTECT',
      'line 2: 192.0.2.1 ICMP type 8 - 192.0.2.2 ICMP type 8 > DISCARD',
      'line 3: 192.0.2.1 - 192.0.2.3 > BYPASS',
    ]);
    const [first] = reading.config.spd;
    expect(first!.action).toMatchObject({
      bundle: [{ mode: 'transport' }, { mode: 'transport' }],
      fallbackToClear: false,
    });
  });

  it('are looked at by priority, and by their order where it is the same', () => {
    const policy = (to: string, priority = '') => `spdadd 192.0.2.1 192.0.2.${to} any -P out ${priority} none;\n`;
    const text =
      policy('2', 'prio def') +
      policy('3', 'prio high') +
      policy('4', 'prio def + 5') +
      policy('5') +
      policy('6', 'prio -7');
    expect(entriesOf(read(text)).map((entry) => entry[5])).toEqual(['2', '3', '1', '4', '5']);
  });

  it('that are there already stay, and are updated and deleted', () => {
    const one = 'spdadd 192.0.2.1 192.0.2.2 any -P out none;\n';
    expect(read(one + one.replace('none', 'discard')).said).toEqual([
      '2:1 IMP003 there is a policy with this selector already, which stays',
    ]);
    expect(entriesOf(read(one + one.replace('spdadd', 'spdupdate').replace('none', 'discard')))).toEqual([
      'line 2: 192.0.2.1 - 192.0.2.2 > DISCARD',
    ]);
    expect(entriesOf(read(`${one}spddelete 192.0.2.1 192.0.2.2 any -P out;`))).toEqual([]);
    expect(entriesOf(read(`${one}spdflush;`))).toEqual([]);
  });
});

describe('SAs', () => {
  it('of both directions make a policy one with manual keys', () => {
    const template = templateOf(read(tunnel + keys));
    expect(template.proposals).toMatchObject([{ name: 'ESP AES-CBC-128 HMAC-SHA1-96' }]);
    expect(template.manual).toMatchObject({ outbound: { spi: 0x1000 }, inbound: { spi: 0x1001 } });
    expect(new TextDecoder().decode(template.manual!.outbound.encryptionKey!.reveal())).toBe('hunter2hunter2!!');
  });

  it('of one direction, or without a policy, are told of', () => {
    const [out, back] = keys.split('\n');
    expect(read(tunnel + out!).said[0]).toContain('an SA for one direction only');
    expect(read(`${tunnel}${out}${back}add 192.0.2.9 192.0.2.1 esp 7 -E null;`).said).toEqual([
      '3:259 IMP003 no policy leads to the SA with SPI 7: it is left out',
    ]);
  });

  it('with algorithms that are in no table are no proposals', () => {
    const reading = read(tunnel + keys.replaceAll('aes-cbc', 'twofish-cbc'));
    expect(templateOf(reading)).toMatchObject({ proposals: [] });
    expect(reading.said[0]).toBe('3:1 IMP003 the algorithms of the SA with SPI 4096 are not all known here');
  });

  it('are flushed by protocol', () => {
    expect(templateOf(read(`${tunnel}${keys}flush ah;`)).manual).toBeDefined();
    expect(templateOf(read(`${tunnel}${keys}flush esp;`)).manual).toBeUndefined();
    expect(templateOf(read(`${tunnel}${keys}deleteall 192.0.2.1 192.0.2.2 esp;`)).manual).toBeUndefined();
  });
});

describe('faults', () => {
  it.each([
    ['spdadd 10.0.0.0/8 any -P out none;', "1:19 IMP004 'any' is no address, prefix or range"],
    ['spdadd 10.0.0.0/8 ::/0 any -P out none;', '1:24 IMP004 the two ends of a policy are of different families'],
    ['spdadd ::/0 ::/0 foo -P out none;', "1:18 IMP004 'foo' is no protocol"],
    ['spdadd ::/0 ::/0 any -P over none;', '1:25 IMP004 a policy says where it counts'],
    ['spdadd ::/0 ::/0 any -P out ipsec;', '1:29 IMP004 ipsec needs a request'],
    [
      'spdadd ::/0 ::/0 any -P out ipsec esp/tunnel//require;',
      '1:35 IMP004 the ends of a tunnel are SOURCE-DESTINATION',
    ],
    ['spdadd ::/0 ::/0 any -P out ipsec esp/transport//never;', "1:35 IMP004 'never' is no level"],
    ['add ::1 ::2 esp many -E null;', '1:17 IMP004 the SPI is a number'],
    ['add ::1 host esp 5 -E null;', '1:9 IMP004 an SA is between two addresses'],
    ['spdflush', '1:1 IMP001 a statement ends with a semicolon'],
    ['flood;', "1:1 IMP002 'flood' is no option that is known here"],
  ])('%s', (text, expected) => {
    expect(read(text).said).toEqual([expected]);
  });

  it('never show keys', () => {
    const secret = 'hunter2hunter2!!';
    const texts = [
      `add ::1 ::2 esp 5 -E aes-cbc "${secret}" -A hmac-sha1 "${secret}";`,
      `add ::1 ::2 esp 5 -K "${secret}";`,
      `key "${secret}";`,
      `add ::1 ::2 esp 5 -E aes "${secret}";`,
    ];
    for (const text of texts) {
      const reading = read(text);
      const shown = [
        ...reading.said,
        ...reading.options.map(({ name }) => name),
        ...reading.sources.map((source) => source.masked(0, source.text.length)),
      ];
      expect(shown.join('\n')).not.toContain(secret);
    }
  });
});

describe('the end of a script', () => {
  it('is where it says so: the rest is not run', () => {
    const one = 'spdadd 192.0.2.1 192.0.2.2 any -P out none;\n';
    const reading = read(`${one}exit;\nspdflush;\n`);
    expect(entriesOf(reading)).toHaveLength(1);
    expect(reading.said).toEqual([
      "2:1 IMP006 'exit' has no effect here: it ends the script",
      "2:1 IMP007 setkey ends at 'exit', and runs nothing behind it",
    ]);
    expect(read(`${one}quit;`).said).toHaveLength(1);
  });
});

describe('keys', () => {
  it.each([
    'add nowhere 192.0.2.2 esp 0x1000 -E aes-cbc "hunter2hunter2!!";',
    'add 192.0.2.1 192.0.2.2 esq 0x1000 -E aes-cbc "hunter2hunter2!!";',
    'add 192.0.2.1 192.0.2.2 tcp 0x1000 -A tcp-md5 "hunter2";',
    'add 192.0.2.1 192.0.2.2 esp big -A hmac-md5 0x68756e7465723268756e7465723268756e;',
    'add 192.0.2.1 192.0.2.2 esp 0x1000 -E aes-cbb "hunter2hunter2!!";',
  ])('are hidden where the statement cannot be read: %s', (statement) => {
    const { sources, problems } = read(statement);
    const shown = sources.map((source) => source.masked(0, source.text.length)).join('');
    expect(shown + problems.map(({ message }) => message).join('')).not.toMatch(/hunter2|68756e74/);
  });
});
