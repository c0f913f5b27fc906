import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Counters, sumCounters } from '../../../src/backends/userspace/counters.js';
import type { LiveFact } from '../../../src/services/runtime/live-system.js';
import { createMetrics, type MetricsState } from '../../../src/services/runtime/metrics.js';
import { parseMetricsPlace, startMetricsServer } from '../../../src/services/runtime/metrics-server.js';
import type { ChildSaDocument } from '../../../src/services/runtime/sa-document.js';

const child: ChildSaDocument = {
  id: 'child:1',
  ikeSa: 'ike:1',
  protocol: 'ESP',
  mode: 'tunnel',
  local: '192.0.2.1',
  remote: '192.0.2.2',
  inboundSpi: '0x00001000',
  outboundSpi: '0x00001001',
  algorithms: 'AES-GCM-16-128',
  localSelectors: [],
  remoteSelectors: [],
  udpEncapsulation: true,
  lifetimeSeconds: 0,
  lifetimeKilobytes: 0,
  record: 'a "quoted"\\name',
  state: 'mature',
  since: '2026-01-01T00:00:00.000Z',
  inbound: { packets: 3, octets: 300, replays: 1, icvFailures: 2 },
  outbound: { packets: 4, octets: 400, replays: 0, icvFailures: 0 },
};
const counters = new Counters();
counters.add('packetsOut', 7);
counters.dropped('replay', 5);
const state: MetricsState = {
  sas: { ikeSas: [], childSas: [child] },
  totals: sumCounters([counters]),
  startedAt: new Date(1_700_000_000_000),
  dataPath: 'userspace',
  isDataPathUp: false,
  version: '1.2.3',
};

/** Samples by name and labels; throws for what is not of the format. */
function parsed(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  const types = new Set<string>();
  let family = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(line);
    if (type) {
      family = type[1]!;
      if (types.has(family)) throw new Error(`${family} twice`);
      types.add(family);
      continue;
    }
    if (/^# HELP [a-z_]+ \S/.test(line)) continue;
    const sample = /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[\d.e+-]+)$/.exec(line);
    if (sample?.[1] !== family) throw new Error(`no sample of ${family}: ${line}`);
    const key = `${sample[1]}${sample[2] ?? ''}`;
    if (samples.has(key)) throw new Error(`${key} twice`);
    samples.set(key, Number(sample[3]));
  }
  return samples;
}

describe('the text of metrics', () => {
  it('is of the format, with what was counted', () => {
    const metrics = createMetrics();
    const failed: LiveFact = {
      kind: 'event',
      event: {
        kind: 'failed',
        failure: { code: 'timeout', attempt: 'IKE SA', foundBy: 'nobody', role: 'initiator', text: '', records: [] },
      },
    };
    metrics.note(failed);
    metrics.note(failed);
    metrics.note({ kind: 'trouble', text: 'a socket' });
    const samples = parsed(metrics.text(state));
    expect(samples.get('ipsec_failures_total{code="timeout",attempt="IKE SA",found_by="nobody"}')).toBe(2);
    expect(samples.get('ipsec_troubles_total')).toBe(1);
    expect(samples.get('ipsec_child_sas')).toBe(1);
    expect(samples.get('ipsec_packets_total{direction="outbound"}')).toBe(7);
    expect(samples.get('ipsec_dropped_packets_total{reason="replay"}')).toBe(5);
    expect(samples.get('process_start_time_seconds')).toBe(1_700_000_000);
    const labels = 'sa="child:1",record="a \\"quoted\\"\\\\name",direction="inbound"';
    expect(samples.get(`ipsec_sa_bytes_total{${labels}}`)).toBe(300);
    expect(samples.get('ipsec_info{version="1.2.3",data_path="userspace"}')).toBe(1);
  });

  it('leaves out what the data path does not tell', () => {
    const { totals: _, ...without } = state;
    expect(createMetrics().text(without)).not.toContain('ipsec_packets_total');
  });
});

describe('the place of metrics', () => {
  it.each([
    ['127.0.0.1:9500', { kind: 'tcp', host: '127.0.0.1', port: 9500 }],
    ['[::1]:9500', { kind: 'tcp', host: '::1', port: 9500 }],
    ['localhost:1', { kind: 'tcp', host: 'localhost', port: 1 }],
    ['unix:/run/m.sock', { kind: 'unix', file: '/run/m.sock' }],
  ] as const)('%s', (text, place) => expect(parseMetricsPlace(text)).toEqual(place));

  it.each(['0.0.0.0:9500', '192.0.2.1:9500', '[::]:9500', ':9500', '9500', 'unix:m.sock', '127.0.0.1:99999', 'a b:1'])(
    '%s is refused',
    (text) => expect(() => parseMetricsPlace(text)).toThrow(),
  );
});

describe('the server of metrics', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-metrics-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function ask(options: RequestOptions): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const asking = request(options, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += String(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      asking.on('error', reject);
      asking.end();
    });
  }

  it('answers on the loopback, and nothing but metrics', async () => {
    const server = await startMetricsServer({ kind: 'tcp', host: '127.0.0.1', port: 0 }, async () => 'x 1\n');
    const { place } = server;
    if (place.kind !== 'tcp') throw new Error('not TCP');
    const base = { host: place.host, port: place.port };
    expect(await ask({ ...base, path: '/metrics' })).toEqual({ status: 200, body: 'x 1\n' });
    expect((await ask({ ...base, path: '/' })).status).toBe(404);
    expect((await ask({ ...base, path: '/metrics', method: 'POST' })).status).toBe(405);
    await expect(startMetricsServer(place, async () => '')).rejects.toMatchObject({ name: 'EnvironmentError' });
    await server.close();
  });

  it('answers on a unix socket of its owner', async () => {
    const file = path.join(folder, 'm.sock');
    const server = await startMetricsServer({ kind: 'unix', file }, async () => Promise.reject(new Error('no')));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await ask({ socketPath: file, path: '/metrics' })).status).toBe(503);
    await server.close();
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });
});
