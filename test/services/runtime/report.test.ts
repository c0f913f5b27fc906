/** The reports of a running system: each column of HP-UX's, and that cache and policies belong together. */
import { describe, expect, it } from 'vitest';
import type { CachedFlow } from '../../../src/backends/userspace/report.js';
import { parseAddress } from '../../../src/model/address.js';
import type { Packet } from '../../../src/model/packet.js';
import { parsePacket } from '../../../src/model/parse-packet.js';
import { SourceText } from '../../../src/model/span.js';
import { renderRuntimeReport } from '../../../src/report/runtime-report.js';
import { loadSystem } from '../../../src/services/load-system.js';
import { cacheReport } from '../../../src/services/runtime/cache-report.js';
import { reportKinds, runtimeReport } from '../../../src/services/runtime/report-document.js';
import type { ChildSaDocument } from '../../../src/services/runtime/sa-document.js';

const records = `add tunnel branch -tsource 192.0.2.1 -tdestination 198.51.100.1 -source 10.1.0.0/16 -destination 10.2.0.0/16 -action ESP_AES128_GCM16
add host secret -source 10.1.0.0/16 -destination 10.2.0.0/16 -priority 10 -tunnel branch -action PASS
add host telnet -source 192.0.2.1 -destination 0.0.0.0/0/TELNET -priority 20 -action DISCARD
add ikev2 branch -remote 198.51.100.1 -priority 10 -group 19
add auth branch -remote 198.51.100.1 -priority 10 -kmp IKEV2 -preshared report-Maple-Quill-31
`;
const { config } = loadSystem({ name: 'a', sources: [new SourceText('a.conf', records)] });

const child: ChildSaDocument = {
  id: 'child:4',
  ikeSa: 'ike:1',
  protocol: 'ESP',
  mode: 'tunnel',
  local: '192.0.2.1',
  remote: '198.51.100.1',
  inboundSpi: '0x00001000',
  outboundSpi: '0x00001001',
  algorithms: 'AES-GCM-16-128',
  localSelectors: ['10.1.0.0/16'],
  remoteSelectors: ['10.2.0.0/16'],
  udpEncapsulation: false,
  lifetimeSeconds: 28_800,
  lifetimeKilobytes: 0,
  record: 'branch',
  state: 'mature',
  since: '2026-01-01T00:00:00.000Z',
};

function packet(text: string, direction: 'outbound' | 'inbound'): Packet {
  const parsed = parsePacket(text, direction);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

const flows: readonly CachedFlow[] = [
  {
    packet: packet('tcp 10.1.0.5:4000 > 10.2.0.6:443', 'outbound'),
    sa: { direction: 'outbound', protocol: 'ESP', spi: 0x1001, destination: parseAddress('198.51.100.1')! },
  },
  {
    packet: packet('icmp 10.2.0.6 > 10.1.0.5 type 8', 'inbound'),
    sa: { direction: 'inbound', protocol: 'ESP', spi: 0x1000, destination: parseAddress('192.0.2.1')! },
  },
  { packet: packet('tcp 192.0.2.1:4001 > 203.0.113.9:23', 'outbound') },
];
const sas = { ikeSas: [], childSas: [child] };
const cache = cacheReport(config, flows, sas.childSas);

function report(over: Partial<Parameters<typeof runtimeReport>[1]> = {}) {
  return runtimeReport(config, { sas, cache, pending: new Set(), audit: [], waitingPackets: 3, ...over }, [
    ...reportKinds,
  ]);
}

describe('the cache', () => {
  it('has each flow with its policy and its SA', () => {
    expect(cache.note).toBeUndefined();
    expect(cache.entries).toMatchObject([
      {
        record: 1,
        policy: 'secret',
        direction: 'outbound',
        protocol: 'TCP',
        source: '10.1.0.5',
        sourcePort: 4000,
        destination: '10.2.0.6',
        destinationPort: 443,
        action: 'secure',
        sa: {
          type: 'ESP',
          spi: '0x00001001',
          state: 'mature',
          tunnel: true,
          source: '192.0.2.1',
          destination: '198.51.100.1',
        },
      },
      {
        record: 2,
        policy: 'secret',
        direction: 'inbound',
        protocol: 'ICMP',
        source: '10.2.0.6',
        type: 8,
        sa: { spi: '0x00001000', source: '198.51.100.1', destination: '192.0.2.1' },
      },
      { record: 3, policy: 'telnet', action: 'discard' },
    ]);
    expect(cache.entries[2]).not.toHaveProperty('sa');
  });

  it('is tied to the policies by its cookies', () => {
    const { host = [] } = report();
    const secret = host.find(({ name }) => name === 'secret');
    expect(secret).toMatchObject({
      cookie: cache.entries[0]?.cookie,
      activeSessions: 2,
      saPairsNeeded: 1,
      state: 'ready',
    });
    expect(new Set(host.map(({ cookie }) => cookie)).size).toBe(host.length);
  });
});

describe('policies', () => {
  it.each([
    [new Set(['branch']), 'being established'],
    [new Set<string>(), 'not established'],
  ])('without an SA say how that stands', (pending, state) => {
    const { host = [], tunnel = [] } = report({ sas: { ikeSas: [], childSas: [] }, pending });
    expect(host.find(({ name }) => name === 'secret')?.state).toBe(state);
    expect(tunnel[0]?.state).toBe(state);
  });

  it('say nothing of sessions where no cache can be asked', () => {
    const { host = [] } = report({ cache: { entries: [], note: 'there is none' } });
    expect(host[0]).not.toHaveProperty('activeSessions');
  });
});

it('shows all of it as text', () => {
  const audit = [{ at: '2026-01-01T00:00:00.000Z', level: 'warning', kind: 'failed', text: 'a peer refused' }] as const;
  const text = [...renderRuntimeReport(report({ audit }))].join('\n');
  for (const words of [
    "host 'secret'  priority 10  cookie 1",
    'state      ready, 1 SA pairs needed',
    'sessions   2',
    '3 packets wait',
    '10.1.0.5:4000',
    'ICMP 8/0',
    '192.0.2.1 > 198.51.100.1',
    'a peer refused',
  ])
    expect(text).toContain(words);
  expect(text).not.toContain('Maple');
});
