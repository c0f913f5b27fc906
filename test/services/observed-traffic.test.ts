import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { writePcapng } from '../../src/report/pcapng.js';
import { lint } from '../../src/services/lint.js';
import { loadSystem } from '../../src/services/load-system.js';
import { observeTraffic } from '../../src/services/observed-traffic.js';

const policy = `add host web -source 10.1.1.1 -destination 10.2.2.2/32/80 -protocol TCP -priority 10 -action ESP_AES256_GCM16
add host dns -source 10.1.1.1 -destination 10.3.3.3/32/53 -protocol UDP -priority 20 -action PASS
add host default -action DISCARD
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ipsec-traffic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An IPv4 packet without options; checksums do not matter here. */
function ipv4(protocol: number, source: string, destination: string, payload: readonly number[]): Uint8Array {
  const total = 20 + payload.length;
  const octets = (address: string) => address.split('.').map(Number);
  return Uint8Array.from([
    ...[0x45, 0, total >> 8, total & 255, 0, 0, 0, 0, 64, protocol, 0, 0],
    ...octets(source),
    ...octets(destination),
    ...payload,
  ]);
}

function captureOf(...packets: readonly Uint8Array[]): string {
  const file = path.join(folder, 'a.pcapng');
  const blocks = writePcapng({
    application: 'test',
    interfaces: ['a'],
    packets: packets.map((octets, index) => ({ timestampNanos: BigInt(index), interface: 0, octets })),
  });
  writeFileSync(file, Buffer.concat([...blocks]));
  return file;
}

function hits(...packets: readonly Uint8Array[]) {
  const { config } = loadSystem({ name: 'a', sources: [new SourceText('a.conf', policy)] });
  const traffic = observeTraffic([captureOf(...packets)], [{ name: 'a', config }]).get('a')!;
  return { packets: traffic.packets, hit: [...traffic.hit].map(({ source }) => source.record.name) };
}

describe('packets of captures', () => {
  it('are taken by the policies of the systems that have an end of them, in both directions', () => {
    const query = ipv4(17, '10.1.1.1', '10.3.3.3', [0x10, 0, 0, 53, 0, 8, 0, 0]);
    const answer = ipv4(6, '10.2.2.2', '10.1.1.1', [0, 80, 0x10, 0, ...new Array(16).fill(0)]);
    const foreign = ipv4(17, '10.9.9.9', '10.3.3.3', [0x10, 0, 0, 53, 0, 8, 0, 0]);
    expect(hits(query, answer, foreign)).toEqual({ packets: 2, hit: ['dns', 'web'] });
  });

  it('that are protected count for every policy whose SAs end there', () => {
    const esp = ipv4(50, '10.1.1.1', '10.2.2.2', [0, 0, 16, 0, 0, 0, 0, 1]);
    expect(hits(esp)).toEqual({ packets: 1, hit: ['web'] });
  });

  it('are asked for by lint', async () => {
    const file = path.join(folder, 'a.conf');
    writeFileSync(file, policy);
    const captures = [captureOf(ipv4(17, '10.1.1.1', '10.3.3.3', [0x10, 0, 0, 53, 0, 8, 0, 0]))];
    const { report } = await lint({ paths: [file], captures, select: ['HYG004'] });
    expect(report.findings.map(({ message }) => message)).toEqual([
      "host 'web' takes none of the 1 packets of this system in the captures",
    ]);
  });

  it('must be in a capture', () => {
    const file = path.join(folder, 'text');
    writeFileSync(file, 'no capture at all');
    expect(() => observeTraffic([file], [])).toThrow(/is no capture that can be read/);
    expect(() => observeTraffic([path.join(folder, 'nowhere')], [])).toThrow(/ENOENT/);
  });
});
