import { describe, expect, it } from 'vitest';
import type { Packet } from '../../src/model/packet.js';
import { parsePacket } from '../../src/model/parse-packet.js';
import { explainPacket } from '../../src/model/query.js';
import { SourceText } from '../../src/model/span.js';
import { loadSystem } from '../../src/services/load-system.js';

function packet(text: string, direction: 'inbound' | 'outbound' = 'outbound'): Packet {
  const parsed = parsePacket(text, direction);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

function explain(records: string, text: string, direction: 'inbound' | 'outbound' = 'outbound') {
  const { config } = loadSystem({ name: 't', sources: [new SourceText('t.conf', records)] });
  return explainPacket(config, packet(text, direction));
}

const rules = `
add host telnet -source 10.1.1.1/32/TELNET -destination 10.4.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1
add host net -source 10.1.1.1/32 -destination 10.4.0.0/16 -priority 20 -action PASS
add host default -action DISCARD
add auth peers -remote 10.4.0.0/16 -kmp IKEV2,IKEV1 -preshared Plover-77-Sand
add ikev2 near -remote 10.4.1.0/24 -group 14
`;

describe('explainPacket', () => {
  it('names the policy, what was passed over, and why', () => {
    const { verdict, spd } = explain(rules, 'tcp 10.1.1.1:80 > 10.4.1.9:4000');
    expect(verdict).toBe('BYPASS');
    expect(spd.found?.source.record).toEqual({ kind: 'host', name: 'net' });
    expect(spd.passedOver.map(({ entry, because }) => [entry.source.record.name, because])).toEqual([
      ['telnet', ['local port 80 is not 23']],
    ]);
  });

  it('follows a protected packet to its peer, authentication record and IKE policy', () => {
    const { verdict, sas } = explain(rules, 'tcp 10.1.1.1:23 > 10.4.1.9:4000');
    expect(verdict).toBe('PROTECT');
    const [sa] = sas;
    expect(sa?.pad?.found?.source.record.name).toBe('peers');
    expect(sa?.ikeVersion).toBe(2);
    expect(sa?.ikePolicy?.found?.source.record.name).toBe('near');
    expect(explain(rules, 'tcp 10.1.1.1:23 > 10.4.2.9:4000').sas[0]?.ikePolicy?.found?.source.record.name).toBe(
      'default',
    );
  });

  it('mirrors the comparison for inbound packets', () => {
    const { spd } = explain(rules, 'tcp 10.4.1.9:4000 > 10.1.1.1:23', 'inbound');
    expect(spd.found?.source.record.name).toBe('telnet');
  });

  it('falls to the default policy', () => {
    expect(explain(rules, 'udp 10.9.9.9:1 > 10.8.8.8:2').verdict).toBe('DISCARD');
  });

  it('drops a packet that the tunnel does not carry, and says so', () => {
    const records = `
add tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1/32 -destination 10.4.1.0/24
add host h -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel t -action PASS`;
    expect(explain(records, 'tcp 10.1.1.1:1 > 10.4.1.1:2').verdict).toBe('PROTECT');
    const outside = explain(records, 'tcp 10.1.1.1:1 > 10.4.2.1:2');
    expect(outside.verdict).toBe('DISCARD');
    expect(outside.remark).toContain('10.4.2.1 is not in 10.4.1.0/24');
  });

  it('lets neighbour discovery pass whatever the policies say (ICMPv6)', () => {
    const records =
      'add host six -source 2001:db8::1/128 -destination 0::0/0 -action DISCARD\nadd host default -action DISCARD';
    expect(explain(records, 'icmpv6 2001:db8::1 > 2001:db8::2 type 135').verdict).toBe('BYPASS');
    expect(explain(records, 'icmpv6 2001:db8::1 > 2001:db8::2 type 128').verdict).toBe('DISCARD');
  });

  it('A.02 takes the authentication record with the longest prefix', () => {
    const records = `# ipsec-dialect: A.02
add host h -source 10.1.1.1/32 -destination 10.4.0.0/16 -action ESP_3DES_HMAC_SHA1
add auth wide -remote 10.0.0.0/8 -preshared wide-key-1
add auth near -remote 10.4.1.0/24 -preshared near-key-1`;
    expect(explain(records, 'tcp 10.1.1.1:1 > 10.4.1.1:2').sas[0]?.pad?.found?.source.record.name).toBe('near');
    expect(
      explain(records.replace('A.02', 'A.03.02'), 'tcp 10.1.1.1:1 > 10.4.1.1:2').sas[0]?.pad?.found?.source.record.name,
    ).toBe('wide');
  });
});

describe('parsePacket', () => {
  it.each([
    ['tcp 10.0.0.1:4000 > 10.0.0.2:23', { localPort: 4000, remotePort: 23, protocol: 6 }],
    ['udp [2001:db8::1]:53 > [2001:db8::2]:99', { localPort: 53, remotePort: 99, family: 6 }],
    ['icmp 10.0.0.1 > 10.0.0.2 type 3/4', { type: 3, code: 4 }],
    ['in tcp 10.0.0.1:telnet > 10.0.0.2:1', { direction: 'inbound', remotePort: 23, localPort: 1 }],
    ['47 10.0.0.1 > 10.0.0.2', { protocol: 47 }],
  ])('reads %s', (text, expected) => expect(packet(text)).toMatchObject(expected));

  it.each([
    '',
    'tcp',
    'tcp 10.0.0.1 10.0.0.2',
    'tcp 10.0.0.1 > ::1',
    'icmp 10.0.0.1:1 > 10.0.0.2:1',
    'xyz 10.0.0.1 > 10.0.0.2',
    'tcp 10.0.0.1:99999 > 10.0.0.2:1',
    'icmp 10.0.0.1 > 10.0.0.2 type 300',
  ])('refuses %j', (text) => expect(parsePacket(text, 'outbound')).toHaveProperty('error'));
});
