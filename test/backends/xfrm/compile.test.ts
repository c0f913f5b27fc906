/** What records become in the kernel, case by case. */
import { describe, expect, it, test } from 'vitest';
import { compileXfrm, noNumbers, policiesPerRecordMax } from '../../../src/backends/xfrm/compile.js';
import { flowOf, lookUp } from '../../../src/backends/xfrm/lookup.js';
import { priorityOfDefault } from '../../../src/backends/xfrm/priorities.js';
import type { HostFacts } from '../../../src/backends/xfrm/rules.js';
import { bundleMax } from '../../../src/backends/xfrm/templates.js';
import { policyLine, saLine } from '../../../src/backends/xfrm/text.js';
import type { HostPolicy } from '../../../src/model/host-state.js';
import type { Packet } from '../../../src/model/packet.js';
import { parsePacket } from '../../../src/model/parse-packet.js';
import { fullBox } from '../../../src/model/selector/box.js';
import { address, configOf, configWith, plainHost } from '../support/configs.js';

const auth = '0x000102030405060708090a0b0c0d0e0f10111213';
const key = '0x000102030405060708090a0b0c0d0e0f';

function compiled(text: string, host: HostFacts = plainHost) {
  return compileXfrm(configOf(text), host);
}

/** Policies of a direction without their priorities, in search order. */
function lines(text: string, direction: HostPolicy['direction'] = 'out', host?: HostFacts): readonly string[] {
  const { desired, refusals } = compiled(text, host);
  expect(refusals).toEqual([]);
  return desired.policies
    .filter((policy) => policy.direction === direction)
    .sort((a, b) => a.priority - b.priority)
    .map((policy) =>
      policyLine(policy)
        .replace(/ priority \d+/, '')
        .replace(` dir ${direction}`, ''),
    );
}

function refused(text: string): readonly string[] {
  return compiled(text).refusals.map(({ message }) => message);
}

const packet = (text: string, direction: Packet['direction'] = 'outbound'): Packet => {
  const parsed = parsePacket(text, direction);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
};

describe('selectors', () => {
  it('mirror between in and out', () => {
    const text = 'add host a -source 10.0.0.1/32/22 -destination 10.1.0.0/16 -protocol TCP -priority 1 -action DISCARD';
    expect(lines(text)).toEqual(['src 10.0.0.1/32 dst 10.1.0.0/16 proto 6 sport 22 action block']);
    expect(lines(text, 'in')).toEqual(['src 10.1.0.0/16 dst 10.0.0.1/32 proto 6 dport 22 action block']);
    expect(lines(text, 'fwd')).toEqual([]);
  });

  it('of a range of addresses are its prefixes', () => {
    expect(lines('add host a -source 10.0.0.1-10.0.0.6 -destination 10.1.0.0/16 -priority 1 -action DISCARD')).toEqual([
      'src 10.0.0.1/32 dst 10.1.0.0/16 action block',
      'src 10.0.0.2/31 dst 10.1.0.0/16 action block',
      'src 10.0.0.4/31 dst 10.1.0.0/16 action block',
      'src 10.0.0.6/32 dst 10.1.0.0/16 action block',
    ]);
  });

  it('of ICMP types have them in place of ports', () => {
    const text =
      'add host a -source 10.0.0.1 -destination 10.1.0.0/16 -protocol ICMP -src_icmp_type 8 -dst_icmp_type 0 -priority 1 -action DISCARD';
    expect(lines(text)).toEqual(['src 10.0.0.1/32 dst 10.1.0.0/16 proto 1 type 8 action block']);
    expect(lines(text, 'in')).toEqual(['src 10.1.0.0/16 dst 10.0.0.1/32 proto 1 type 0 action block']);
  });

  it('of IPv6 leave neighbour discovery alone, in few policies', () => {
    const text = 'add host a -source 2001:db8::1 -destination 2001:db8:1::/48 -priority 1 -action DISCARD';
    expect(lines(text)).toEqual([
      'src 2001:db8::1/128 dst 2001:db8:1::/48 proto 58 type 128/0xfffe action block',
      'src 2001:db8::1/128 dst 2001:db8:1::/48 proto 58 type 146/0xfffe action block',
      'src ::/0 dst ::/0 proto 58 action allow',
      'src 2001:db8::1/128 dst 2001:db8:1::/48 action block',
    ]);
  });

  it('that an earlier record has too are left out', () => {
    const text = `add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action PASS
add host b -source 10.0.0.1 -destination 10.1.0.0/16 -priority 2 -action DISCARD`;
    expect(lines(text)).toEqual(['src 10.0.0.1/32 dst 10.1.0.0/16 action allow']);
  });
});

describe('the rest', () => {
  it('needs no policy when it passes', () => {
    expect(lines('add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action PASS').length).toBe(1);
  });

  it('is discarded behind everything, also what others have', () => {
    const { desired } = compiled('add host default -action DISCARD');
    const last = desired.policies.filter(({ priority }) => priority === priorityOfDefault);
    expect(last.map(policyLine).sort()).toEqual([
      `src 0.0.0.0/0 dst 0.0.0.0/0 dir in action block priority ${priorityOfDefault}`,
      `src 0.0.0.0/0 dst 0.0.0.0/0 dir out action block priority ${priorityOfDefault}`,
      `src ::/0 dst ::/0 dir in action block priority ${priorityOfDefault}`,
      `src ::/0 dst ::/0 dir out action block priority ${priorityOfDefault}`,
    ]);
    // Neighbour discovery passes all the same.
    const found = lookUp(desired.policies, flowOf(packet('icmpv6 fe80::1 > ff02::1 type 135'), 'out'));
    expect(found).toMatchObject({ action: 'allow', record: { kind: 'builtin' } });
  });

  it('gets policies of its own where the kernel discards by default', () => {
    const blocking: HostFacts = { ...plainHost, defaults: { in: 'block', out: 'accept', fwd: 'accept' } };
    expect(
      lines('add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action PASS', 'in', blocking),
    ).toEqual([
      'src 10.1.0.0/16 dst 10.0.0.1/32 action allow',
      'src 0.0.0.0/0 dst 0.0.0.0/0 action allow',
      'src ::/0 dst ::/0 action allow',
    ]);
  });

  it('that nobody speaks of is discarded (RFC 4301 §4.4.1)', () => {
    const { desired } = compileXfrm(configWith({ spd: [] }), plainHost);
    expect(desired.policies.filter(({ action }) => action === 'block').length).toBe(4);
  });
});

describe('protection', () => {
  const end = 'add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action ESP_AES128_HMAC_SHA1';

  it('is a template, and IKE passes before it', () => {
    expect(lines(end)).toEqual([
      'src 0.0.0.0/0 dst 0.0.0.0/0 proto 17 sport 500 action allow',
      'src 0.0.0.0/0 dst 0.0.0.0/0 proto 17 sport 4500 action allow',
      'src 10.0.0.1/32 dst 10.1.0.0/16 action allow tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 1224736768 mode transport',
    ]);
    expect(lines(end, 'in')[0]).toBe('src 0.0.0.0/0 dst 0.0.0.0/0 proto 17 dport 500 action allow');
  });

  it('with AH around ESP is two, ESP inside', () => {
    const text = 'add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action AH_SHA1+ESP_AES128';
    const [, , last] = compileXfrm(configOf(`# ipsec-dialect: A.02\n${text}`), plainHost).desired.policies.filter(
      ({ direction }) => direction === 'out',
    );
    expect(last!.templates.map(({ protocol, mode }) => [protocol, mode])).toEqual([
      [50, 'transport'],
      [51, 'transport'],
    ]);
  });

  it('end to end inside a tunnel is the tunnel around it, and the ends change sides with the direction', () => {
    const text = `add tunnel t -tsource 192.0.2.1 -tdestination 192.0.2.9 -source 192.0.2.1 -destination 10.1.0.0/16 -action ESP_AES128_HMAC_SHA1
add host a -source 192.0.2.1 -destination 10.1.3.3 -priority 1 -tunnel t -action ESP_AES256_HMAC_SHA1`;
    expect(lines(text).at(-1)).toBe(
      'src 192.0.2.1/32 dst 10.1.3.3/32 action allow tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 1224736768 mode transport tmpl src 192.0.2.1 dst 192.0.2.9 proto esp reqid 1224736769 mode tunnel',
    );
    expect(lines(text, 'in').at(-1)).toContain(
      'tmpl src 192.0.2.9 dst 192.0.2.1 proto esp reqid 1224736769 mode tunnel',
    );
  });

  it('by a tunnel that does not carry a packet drops it', () => {
    const text = `add tunnel t -tsource 192.0.2.1 -tdestination 192.0.2.9 -source 192.0.2.1 -destination 10.1.0.0/16 -action ESP_AES128_HMAC_SHA1
add host a -source 192.0.2.1 -destination 10.0.0.0/8 -priority 1 -tunnel t -action PASS`;
    const { desired } = compiled(text);
    const carried = lookUp(desired.policies, flowOf(packet('tcp 192.0.2.1:9 > 10.1.2.3:80'), 'out'));
    const outside = lookUp(desired.policies, flowOf(packet('tcp 192.0.2.1:9 > 10.2.2.3:80'), 'out'));
    expect(carried?.templates.length).toBe(1);
    expect(outside).toMatchObject({ action: 'block', record: { name: 'a' } });
  });

  it('of two records by one tunnel has one request id', () => {
    const text = `add tunnel t -tsource 192.0.2.1 -tdestination 192.0.2.9 -source 192.0.2.1 -destination 10.1.0.0/16 -action ESP_AES128_HMAC_SHA1
add host a -source 192.0.2.1 -destination 10.1.1.0/24 -priority 1 -tunnel t -action PASS
add host b -source 192.0.2.1 -destination 10.1.2.0/24 -priority 2 -tunnel t -action PASS`;
    const ids = compiled(text).desired.policies.flatMap(({ templates }) => templates.map(({ reqid }) => reqid));
    expect(new Set(ids).size).toBe(1);
  });

  it('keeps its request id when records before it go', () => {
    const more = `add host b -source 10.0.0.1 -destination 10.2.0.0/16 -priority 2 -action ESP_AES128_HMAC_SHA1`;
    const first = compileXfrm(configOf(`${end}\n${more}`), plainHost);
    const second = compileXfrm(configOf(more), plainHost, first.numbers);
    expect(second.numbers.reqids.get('host b')).toBe(first.numbers.reqids.get('host b'));
    expect(noNumbers.reqids.size).toBe(0);
  });

  it('with a mark is for packets that have it, and the others are dropped', () => {
    expect(lines(`${end} -mark 7`).slice(2)).toEqual([
      'src 10.0.0.1/32 dst 10.1.0.0/16 action allow mark 0x7 mask 0xffffffff tmpl src 0.0.0.0 dst 0.0.0.0 proto esp reqid 1224736768 mode transport',
      'src 10.0.0.1/32 dst 10.1.0.0/16 action block',
    ]);
  });

  it('through an XFRM interface drops what does not come by it', () => {
    const { desired } = compiled(`${end} -if_id 3`);
    const flow = flowOf(packet('tcp 10.0.0.1:9 > 10.1.2.3:80'), 'out');
    expect(lookUp(desired.policies, { ...flow, ifId: 3 })?.templates.length).toBe(1);
    expect(lookUp(desired.policies, flow)?.action).toBe('block');
  });

  describe('through an XFRM interface that the host has', () => {
    const host: HostFacts = { ...plainHost, interfaces: new Map([[3, 70]]) };
    const out = flowOf(packet('tcp 10.0.0.1:9 > 10.1.2.3:80'), 'out');

    it('passes what leaves by that device, for the interface to look at, and drops the rest', () => {
      const { desired } = compiled(`${end} -if_id 3`, host);
      const allowed = lookUp(desired.policies, { ...out, interfaceIndex: 70 });
      expect([allowed?.action, allowed?.templates]).toEqual(['allow', []]);
      for (const interfaceIndex of [0, 71])
        expect(lookUp(desired.policies, { ...out, interfaceIndex })?.action).toBe('block');
      expect(lookUp(desired.policies, { ...out, interfaceIndex: 70, ifId: 3 })?.templates.length).toBe(1);
      // One that the host has not, and a record without.
      expect(lines(`${end} -if_id 4`, 'out', host).join('\n')).not.toContain('dev');
      expect(lines(end, 'out', host).join('\n')).not.toContain('dev');
    });

    it('what comes by it meets earlier records as well, and nothing that no record protects so', () => {
      const text = `${end.replace('-priority 1 ', '-priority 9 ')} -if_id 3
add host closed -source 10.0.0.1/32/9 -destination 10.1.0.0/16 -protocol TCP -priority 5 -action DISCARD
add host open -source 10.0.0.1/32/10 -destination 10.1.0.0/16 -protocol TCP -priority 6 -action PASS
add host elsewhere -source 10.0.0.1 -destination 10.2.0.0/16 -priority 7 -action DISCARD`;
      const { desired } = compiled(text, host);
      const came = (port: number, from = '10.1.2.3') =>
        lookUp(desired.policies, {
          ...flowOf(packet(`tcp ${from}:80 > 10.0.0.1:${port}`, 'inbound'), 'in'),
          ifId: 3,
          interfaceIndex: 70,
        });
      expect(came(8)?.templates.length).toBe(1);
      // Also what is to come in the clear must not come by the tunnel.
      for (const port of [9, 10]) expect(came(port)?.action).toBe('block');
      for (const from of ['10.2.0.1', '10.3.0.1']) expect(came(8, from)?.action).toBe('block');
      // Records that nothing of the interface's comes behind are not repeated for it.
      expect(lines(text, 'in', host).filter((line) => line.includes('10.2.0.0/16'))).toHaveLength(1);
    });
  });

  it('says what the host must do for marks and interfaces, once for each record', () => {
    expect(compiled(`${end} -if_id 3 -mark 7`).notes).toEqual([
      expect.stringMatching(
        /^host '.*' works through XFRM interface 3 only, which this host has not.*ip link add ipsec3 type xfrm dev DEVICE if_id 3/,
      ),
      expect.stringMatching(/^host '.*' is for packets with mark 7 only/),
    ]);
    expect(compiled(`${end} -if_id 3`, { ...plainHost, interfaces: new Map([[3, 70]]) }).notes).toEqual([
      expect.stringMatching(/^host '.*' works through XFRM interface 3 only, and drops what goes another way/),
    ]);
    expect(compiled(end).notes).toEqual([]);
    const many = Array.from(
      { length: 14 },
      (_, at) =>
        `add host n${at} -source 10.0.0.1 -destination 10.${at + 2}.0.0/16 -priority ${at + 5} -action ESP_AES128_HMAC_SHA1 -mark 7`,
    ).join('\n');
    const { notes } = compiled(many);
    expect(notes.length).toBe(11);
    expect(notes.at(-1)).toBe('and 4 more with marks or interfaces');
  });
});

describe('manual keys', () => {
  const manual = (more = '', action = 'ESP_AES128_HMAC_SHA1') =>
    `add host m -source 10.0.0.1 -destination 10.0.0.2 -priority 1 -action ${action} ${more} \\
  -in ESP/2500101/${auth}/${key} -out ESP/2500202/${auth}/${key}`;

  it('are two SAs, and IKE is not let in for them', () => {
    const { desired } = compiled(manual());
    expect(desired.sas.map(saLine)).toEqual([
      'src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x26266a reqid 1224736768 mode transport enc cbc(aes) [128 secret bits] auth-trunc hmac(sha1) [160 secret bits] 96 sel src 10.0.0.1/32 dst 10.0.0.2/32',
      'src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x262605 reqid 1224736768 mode transport enc cbc(aes) [128 secret bits] auth-trunc hmac(sha1) [160 secret bits] 96 sel src 10.0.0.2/32 dst 10.0.0.1/32',
    ]);
    expect(desired.policies.map(({ record }) => record?.name)).toEqual(['m', 'm']);
  });

  it('have a replay window only where it is written', () => {
    expect(compiled(manual()).desired.sas[0]!.replayWindow).toBe(0);
    expect(compiled(manual('-replay_window 64')).desired.sas[1]!.replayWindow).toBe(64);
  });

  it.each([
    [
      'a key of the wrong length',
      manual('', 'ESP_AES256_HMAC_SHA1'),
      /outbound: the encryption key has 128 bits, and its algorithm takes 256/,
    ],
    ['extended sequence numbers', manual('-esn ON'), /extended sequence numbers/],
    ['a cipher that must not have them', manual('', 'ESP_AES128_GCM16'), /must not have manual keys \(RFC 8221 §3\)/],
    ['more than one transform', manual('', 'ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1'), /more than one transform/],
  ])('are refused with %s', (_name, text, message) => {
    expect(refused(text)).toEqual([expect.stringMatching(message)]);
  });

  it('of two records with one SPI and destination are refused', () => {
    const text = `${manual()}\n${manual().replace('host m', 'host n').replace('-priority 1', '-priority 2').replace('10.0.0.2', '10.0.0.3')}`;
    expect(refused(text)).toEqual([expect.stringMatching(/host 'n' has SPI 2500101, which host 'm' has/)]);
  });
});

describe('what the kernel cannot do is refused by name', () => {
  it.each([
    [
      'clear text when IKE fails',
      'add host f -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -flags FALLBACK_TO_CLEAR -action ESP_AES128_HMAC_SHA1',
      /^host 'f' falls back to clear text/,
    ],
    [
      'a tunnel without an end',
      `add tunnel t -source 10.0.0.1 -destination 10.1.0.0/16 -action ESP_AES128_HMAC_SHA1
add host f -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -tunnel t -action PASS`,
      /^tunnel 't' names no end/,
    ],
  ])('%s', (_name, text, message) => {
    expect(refused(text)).toEqual([expect.stringMatching(message)]);
  });

  it('ports of DCCP and types of MH', () => {
    const entry = (protocol: number) => ({
      source: { record: { kind: 'host', name: 'x' } },
      selectors: [{ ...fullBox(6), protocol: { lo: protocol, hi: protocol }, x: { lo: 256, hi: 511 } }],
      action: { kind: 'DISCARD' as const },
    });
    for (const protocol of [33, 135]) {
      const { refusals } = compileXfrm(configWith({ spd: [entry(protocol)] }), plainHost);
      expect(refusals.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^host 'x' selects (ports|types) of/),
      ]);
    }
  });

  it('ranges that would take too many policies', () => {
    const wide =
      'add host r -source 2001:db8::1-2001:db8:ffff:ffff:ffff:ffff:ffff:fffe -destination 2001:db9::1-2001:db9:ffff:ffff:ffff:ffff:ffff:fffe -priority 1 -action DISCARD';
    const { refusals, desired } = compiled(wide);
    expect(refusals.map(({ message }) => message)).toEqual([
      expect.stringContaining(`more than ${policiesPerRecordMax}`),
    ]);
    expect(desired.policies.filter(({ record }) => record?.name === 'r')).toEqual([]);
  });

  it('ESP or AH as alternatives', () => {
    const made = (action: string) =>
      configOf(`add host f -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action ${action}`);
    const [esp, ah] = [made('ESP_AES128_HMAC_SHA1'), made('AH_SHA1')].map(({ spd }) => spd[0]!.action);
    if (esp?.kind !== 'PROTECT' || ah?.kind !== 'PROTECT') throw new Error('both protect');
    const proposals = [...esp.bundle[0]!.proposals, ...ah.bundle[0]!.proposals];
    const config = made('ESP_AES128_HMAC_SHA1');
    const mixed = { ...config.spd[0]!, action: { ...esp, bundle: [{ ...esp.bundle[0]!, proposals }] } };
    expect(compileXfrm({ ...config, spd: [mixed] }, plainHost).refusals.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^host 'f' offers ESP and AH as alternatives/),
    ]);
  });

  it('bundles that are too deep', () => {
    const config = configOf(
      'add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action ESP_AES128_HMAC_SHA1',
    );
    const [entry] = config.spd;
    if (entry?.action.kind !== 'PROTECT') throw new Error('it protects');
    const [template] = entry.action.bundle;
    const bundle = Array.from({ length: bundleMax + 1 }, () => ({ ...template! }));
    const deep = { ...config, spd: [{ ...entry, action: { ...entry.action, bundle } }, ...config.spd.slice(1)] };
    expect(compileXfrm(deep, plainHost).refusals.map(({ message }) => message)).toEqual([
      expect.stringContaining('the kernel follows 5'),
    ]);
  });
});

describe('a host that forwards', () => {
  const text = `add tunnel t -tsource 192.0.2.1 -tdestination 192.0.2.9 -source 10.1.0.0/16 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1
add gateway out -source 10.1.0.0/16 -destination 10.2.0.0/16 -priority 1 -tunnel t -action FORWARD
add gateway closed -source 10.3.0.0/16 -destination 10.2.0.0/16 -priority 2 -action DISCARD
add host mine -source 192.0.2.1 -destination 10.2.0.0/16 -priority 1 -action DISCARD`;
  const host: HostFacts = { ...plainHost, addresses: [address(4, 0xc000_0201)], forwards: true };
  const { desired } = compileXfrm(configOf(`# ipsec-dialect: A.02\n${text}`), host);
  const out = (what: string) => lookUp(desired.policies, flowOf(packet(what), 'out'));
  const arrives = (what: string) => lookUp(desired.policies, flowOf(packet(what), 'fwd'));

  it('protects on the way out what a gateway record says', () => {
    expect(out('tcp 10.1.0.5:9 > 10.2.0.5:80')).toMatchObject({ action: 'allow', templates: [{ mode: 'tunnel' }] });
    expect(out('tcp 10.3.0.5:9 > 10.2.0.5:80')).toMatchObject({ action: 'block' });
  });

  it('wants protected what comes the other way', () => {
    expect(arrives('tcp 10.2.0.5:80 > 10.1.0.5:9')).toMatchObject({ templates: [{ mode: 'tunnel' }] });
    expect(arrives('tcp 10.2.0.5:80 > 10.4.0.5:9')).toBeUndefined();
  });

  it('treats its own packets by its host records', () => {
    expect(out('tcp 192.0.2.1:9 > 10.2.0.5:80')).toMatchObject({ action: 'block', record: { name: 'mine' } });
    expect(out('tcp 192.0.2.1:9 > 10.9.0.5:80')).toMatchObject({ action: 'allow', templates: [] });
  });

  it('treats them so before it has its addresses, at boot', () => {
    const atBoot: HostFacts = { ...host, addresses: [address(4, 0x7f00_0001)] };
    const { policies } = compileXfrm(configOf(`# ipsec-dialect: A.02\n${text}`), atBoot).desired;
    const flow = flowOf(packet('tcp 192.0.2.1:9 > 10.2.0.5:80'), 'out');
    expect(lookUp(policies, flow)).toMatchObject({ action: 'block', record: { name: 'mine' } });
  });
});

test('a host that forwards without gateway records is told so', () => {
  const { notes } = compiled('add host a -source 10.0.0.1 -destination 10.1.0.0/16 -priority 1 -action DISCARD', {
    ...plainHost,
    forwards: true,
  });
  expect(notes).toEqual([expect.stringContaining('this host forwards')]);
});
