import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../src/lint/context.js';
import { parseAddress } from '../../../src/model/address.js';
import { lintTexts } from '../../support/lint.js';

const tunnel = (name: string, own: string, peer: string, source: string, destination: string, priority = 10) =>
  `add tunnel ${name} -tsource ${own} -tdestination ${peer} -source ${source} -destination ${destination} -action ESP_AES128_HMAC_SHA1
add host ${name} -source ${source} -destination ${destination} -priority ${priority} -tunnel ${name} -action PASS`;

const of = (code: string, texts: readonly string[], hosts: readonly HostFacts[] = []) =>
  lintTexts(texts, { hosts }).filter((finding) => finding.code === code);

describe('tunnel-loop', () => {
  const ring = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  const around = (index: number, destination: string) =>
    tunnel('next', ring[index]!, ring[(index + 1) % 3]!, '0.0.0.0/0', destination);

  it('finds a circle of three once, and names the way', () => {
    const findings = of(
      'TUN005',
      [0, 1, 2].map((index) => around(index, '10.9.0.0/16')),
    );
    expect(findings.map(({ message }) => message)).toEqual(['packets to 10.9.0.1 go round: a to b to c and back to a']);
    expect(findings[0]?.related.map(({ at }) => at.source.path)).toEqual(['b.conf', 'c.conf']);
  });

  it('finds one that only part of the traffic goes', () => {
    const [finding] = of('TUN005', [around(0, '10.0.0.0/8'), around(1, '10.9.0.0/16'), around(2, '10.9.8.0/24')]);
    expect(finding?.message).toMatch(/^packets to 10\.9\.8\.\d+ go round/);
  });

  it('is silent where one of them delivers, or has the destination itself', () => {
    const deliver = `add host here -source 0.0.0.0/0 -destination 10.9.0.0/16 -priority 1 -action PASS\n${around(1, '10.9.0.0/16')}`;
    expect(of('TUN005', [around(0, '10.9.0.0/16'), deliver, around(2, '10.9.0.0/16')])).toEqual([]);
    const facts = { roles: ['host' as const], behindNat: false, target: undefined };
    const owner = { ...facts, name: 'b', addresses: ['192.0.2.2', '10.9.0.1'].map((text) => parseAddress(text)!) };
    expect(of('TUN005', [around(0, '10.9.0.1'), around(1, '10.9.0.1')].map(String), [owner])).toEqual([]);
  });

  it('is silent about spokes that reach each other through a hub', () => {
    const spoke = (own: string, net: string) => tunnel('hub', own, '192.0.2.1', net, '10.0.0.0/8');
    const hub = ['192.0.2.2', '192.0.2.3']
      .map((peer, index) =>
        tunnel(`spoke${index}`, '192.0.2.1', peer, '10.0.0.0/8', `10.${index + 1}.0.0/16`, index + 1),
      )
      .join('\n');
    expect(of('TUN005', [hub, spoke('192.0.2.2', '10.1.0.0/16'), spoke('192.0.2.3', '10.2.0.0/16')])).toEqual([]);
  });
});

describe('overlapping-session', () => {
  it('is silent about a tunnel inside of another one', () => {
    // a to d, carried by b to c on the way: d lies behind c.
    const inner = tunnel('to_d', '10.1.1.1', '10.4.4.4', '10.1.1.1', '10.9.0.0/16');
    const outer = `add tunnel to_c -tsource 10.2.2.2 -tdestination 10.3.3.3 -source 0.0.0.0/0 -destination 10.4.0.0/16 -action ESP_AES128_HMAC_SHA1
add gateway d -source 0.0.0.0/0 -destination 10.4.0.0/16 -priority 10 -tunnel to_c -action FORWARD`;
    const far = tunnel('back', '10.4.4.4', '10.1.1.1', '10.9.0.0/16', '10.1.1.1');
    expect(of('TUN003', [inner, outer, far])).toEqual([]);
  });

  it('points at both tunnels', () => {
    const first = tunnel('to_c', '10.1.1.1', '10.3.3.3', '10.1.1.1', '10.9.0.0/16');
    const second = `add tunnel to_d -tsource 10.2.2.2 -tdestination 10.4.4.4 -source 0.0.0.0/0 -destination 0.0.0.0/0 -action ESP_AES128_HMAC_SHA1
add gateway c -source 10.1.1.1 -destination 10.3.3.3 -priority 10 -tunnel to_d -action FORWARD`;
    const fourth = tunnel('back', '10.4.4.4', '10.2.2.2', '10.9.0.0/16', '0.0.0.0/0');
    const [finding, ...others] = of('TUN003', [first, second, fourth]);
    expect(others).toEqual([]);
    expect(finding?.message).toBe(
      "tunnel 'to_c' of a ends at 10.3.3.3, but b takes its packets to 10.4.4.4, behind which their destination lies",
    );
    expect([finding?.at, finding?.related[0]?.at].map((at) => at?.source.path)).toEqual(['a.conf', 'b.conf']);
  });
});

describe('overlapping-remote-nets', () => {
  const branch = (name: string, peer: string, net: string, priority: number) =>
    tunnel(name, '192.0.2.1', peer, '10.1.0.0/16', net, priority);

  it('tells each overlap once, with a packet that only the first peer gets', () => {
    const findings = of('TUN006', [
      [
        branch('x', '192.0.2.2', '10.2.0.0/16', 10),
        branch('y', '192.0.2.3', '10.2.0.0/16', 20),
        branch('z', '192.0.2.4', '10.2.0.0/16', 30),
      ].join('\n'),
    ]);
    expect(findings.map(({ message }) => message)).toEqual([
      "tunnel 'y' to 192.0.2.3 and tunnel 'x' to 192.0.2.2 both claim 10.2.0.0/16",
      expect.stringMatching(/^tunnel 'z' to 192\.0\.2\.4 and tunnel '[xy]' to /),
    ]);
    expect(findings[0]?.notes[0]).toMatch(/10\.2\.0\.1/);
  });

  it('is silent about two tunnels to one peer, about other sources and about exceptions', () => {
    expect(
      of('TUN006', [`${branch('x', '192.0.2.2', '10.2.0.0/16', 10)}\n${branch('y', '192.0.2.2', '10.2.0.0/16', 20)}`]),
    ).toEqual([]);
    const other = tunnel('y', '192.0.2.1', '192.0.2.3', '10.8.0.0/16', '10.2.0.0/16', 20);
    expect(of('TUN006', [`${branch('x', '192.0.2.2', '10.2.0.0/16', 10)}\n${other}`])).toEqual([]);
    expect(
      of('TUN006', [`${branch('x', '192.0.2.2', '10.2.3.0/24', 10)}\n${branch('y', '192.0.2.3', '0.0.0.0/0', 20)}`]),
    ).toEqual([]);
  });
});

describe('endpoint-in-selector', () => {
  it('has nothing to say about ends of different families', () => {
    const text = `add tunnel t -tsource 2001:db8::1 -tdestination 10.2.0.1 -source 0.0.0.0/0 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1
add host h -source 0.0.0.0/0 -destination 10.2.0.0/16 -priority 10 -tunnel t -action PASS`;
    expect(of('TUN001', [text])).toEqual([]);
    expect(of('TUN003', [text, text])).toEqual([]);
  });
});

describe('mtu-shortfall', () => {
  it('counts by the MTU of the inventory', () => {
    const text = tunnel('t', '10.1.1.1', '10.2.2.2', '10.1.1.1', '10.9.0.0/16');
    const facts = (mtu: number): HostFacts => ({
      name: 'a',
      addresses: [],
      roles: ['host'],
      behindNat: false,
      target: undefined,
      mtu,
    });
    expect(of('TUN007', [text], [facts(1342)]).map(({ message }) => message)).toEqual([
      "host 't' leaves 1278 octets of an IPv4 packet on a link of 1342",
    ]);
    expect(of('TUN007', [text], [facts(1360)])).toEqual([]);
  });
});
