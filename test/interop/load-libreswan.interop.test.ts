/**
 * Conversions of every sample to Libreswan's ipsec.conf, given to the real pluto: `addconn --checkconfig` takes each file, pluto
 * adds each connection, and says of it what our reader says. Libreswan 4.10, Debian's.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SystemConfig } from '../../src/model/system-config.js';
import { convertSystem, targetOf } from '../../src/services/convert/convert.js';
import { type OneNamespace, oneNamespace } from '../support/one-namespace.js';
import { type Pluto, plutoMissing, startPluto } from '../support/pluto.js';
import { loadSample, sampleCollections, samplesOf } from '../support/samples.js';
import { sharedMissing } from '../support/shared.js';

const missing = plutoMissing();
if (missing) console.warn(`conversions to Libreswan are not loaded: ${missing}`);

describe.skipIf(missing)(`conversions in pluto${missing ? ` (${missing})` : ''}`, () => {
  let host: OneNamespace;
  let pluto: Pluto;
  let folder: string;
  const certificates = new Set<string>();

  beforeAll(async () => {
    host = await oneNamespace();
    // `left=%defaultroute` asks the host which address that is.
    host.shell('ip link add out type veth peer name far; ip link set out up; ip link set far up');
    host.shell('ip addr add 198.18.0.1/24 dev out; ip route add default via 198.18.0.2');
    pluto = await startPluto(host);
    folder = mkdtempSync(path.join(tmpdir(), 'ipsec-load-'));
  }, 120_000);
  afterAll(async () => {
    await pluto?.stop();
    host?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  for (const collection of sampleCollections) {
    const why = collection.root === undefined ? ` (${sharedMissing})` : '';
    it.skipIf(why !== '')(`of ${collection.name} load${why}`, { timeout: 900_000 }, async () => {
      const target = await targetOf('libreswan@4.10');
      const samples = samplesOf(collection);
      expect(samples.length).toBeGreaterThan(0);
      const faults: string[] = [];
      for (const sample of samples) {
        const { files, converted } = convertSystem(await loadSample(collection, sample), target);
        const text = files.find((file) => file.path === 'ipsec.conf')!.text;
        const file = path.join(folder, 'ipsec.conf');
        writeFileSync(file, text);
        const said = pluto.check(file);
        if (said !== '') faults.push(`${sample}: ${said}`);
        const names = [...text.matchAll(/^conn (.+)$/gm)]
          .map((match) => match[1]!)
          .filter((name) => name !== '%default');
        if (names.length === 0) continue;
        for (const [, nickname] of text.matchAll(/^\s+(?:left|right)cert="?([^"\n]+)"?$/gm))
          if (!certificates.has(nickname!)) {
            certificates.add(nickname!);
            pluto.certificate(nickname!);
          }
        const added = new Map<string, string>();
        const other: string[] = [];
        for (const line of pluto.add(file, names)) {
          // Lists of subnets make connections of their own: `net/1x2`.
          const match = /^"([^"]+?)(?:\/\d+x\d+)?": added (?:unoriented )?(\w+) connection/.exec(line);
          if (match) added.set(match[1]!, match[2]!);
          else if (/fail|error|invalid|unknown|unsupported|cannot|can't|ignor/i.test(line)) other.push(line);
        }
        for (const name of names) {
          // Kernels without XFRM interfaces have no ipsec1, which is not the file's fault.
          if (
            other.some((line) => line.startsWith(`"${name}"`) && /CONFIG_XFRM_INTERFACE|xfrmi is not supp/.test(line))
          )
            continue;
          const [real, ours] = [added.get(name), kindOf(converted.config, name)];
          if (real === undefined || (ours !== undefined && real !== ours))
            faults.push(`${sample}: ${name} is ${real ?? 'not added'}, by our reading ${ours}: ${other.join(' | ')}`);
        }
      }
      expect(faults).toEqual([]);
    });
  }
});

/** What pluto would call the connection; undefined where our reading gives it another name, or several. */
function kindOf({ spd, forwardSpd, pad }: SystemConfig, name: string): string | undefined {
  const entry = [...spd, ...forwardSpd].find(({ source }) => source.record.name === name);
  if (entry?.action.kind === 'BYPASS') return 'passthrough';
  if (entry?.action.kind === 'DISCARD') return 'drop';
  const peer = pad.find(({ connection }) => connection === name);
  return peer && `IKEv${peer.ikeVersions.value[0]}`;
}
