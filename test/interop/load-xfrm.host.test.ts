/**
 * Conversions of every sample to a batch of `ip xfrm`, given to the real kernel by `ip -batch` in a namespace: it takes all of it,
 * and what it then lists reads as the batch does. Where the kernel has no ESP, SAs are left out.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { xfrm } from '../../src/dialects/xfrm/dialect.js';
import type { SystemConfig } from '../../src/model/system-config.js';
import { convertSystem, targetOf } from '../../src/services/convert/convert.js';
import { readDialect } from '../support/dialects.js';
import { namespacesMissing } from '../support/netns.js';
import { type OneNamespace, oneNamespace } from '../support/one-namespace.js';
import { plainConfig } from '../support/plain-config.js';
import { loadSample, sampleCollections, samplesOf } from '../support/samples.js';
import { sharedMissing } from '../support/shared.js';

const missing = namespacesMissing();
if (missing) console.warn(`conversions to ip xfrm are not loaded: ${missing}`);

describe.skipIf(missing)(`conversions in the kernel${missing ? ` (${missing})` : ''}`, () => {
  let host: OneNamespace;
  let folder: string;
  let hasEsp = false;

  beforeAll(async () => {
    host = await oneNamespace();
    folder = mkdtempSync(path.join(tmpdir(), 'ipsec-load-'));
    try {
      host.shell('ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 256 enc "cipher_null" "" mode tunnel');
      host.shell('ip xfrm state flush');
      hasEsp = true;
    } catch {
      console.warn('the kernel has no ESP: of the conversions to ip xfrm only policies are loaded');
    }
  }, 60_000);
  afterAll(() => {
    host?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  for (const collection of sampleCollections) {
    const why = collection.root === undefined ? ` (${sharedMissing})` : '';
    it.skipIf(why !== '')(`of ${collection.name} load${why}`, { timeout: 900_000 }, async () => {
      const target = await targetOf('xfrm');
      const samples = samplesOf(collection);
      expect(samples.length).toBeGreaterThan(0);
      const faults: string[] = [];
      for (const sample of samples) {
        const { files } = convertSystem(await loadSample(collection, sample), target);
        const lines = files.flatMap(({ text }) => text.split('\n'));
        const batch = lines
          .filter((line) => /^xfrm /.test(line) && (hasEsp || !line.startsWith('xfrm state')))
          .join('\n');
        const file = path.join(folder, 'batch');
        writeFileSync(file, `${batch}\n`, { mode: 0o600 });
        try {
          host.shell(`ip xfrm policy flush; ip xfrm state flush; ip -batch ${file}`);
        } catch (error) {
          const { stderr = '' } = error as { stderr?: string };
          faults.push(`${sample}: ${stderr.trim()}`);
          continue;
        }
        const listed = host.shell('ip xfrm policy; ip xfrm state');
        const [written, real] = [batch, listed].map((text) =>
          searched(readDialect(xfrm, text, { path: 'xfrm' }).config),
        );
        if (written !== real) faults.push(`${sample}: ${firstDifference(written!, real!)}`);
      }
      expect(faults).toEqual([]);
    });
  }
});

/** The SPD in search order as plain data, without the names, which are lines of the text. */
function searched({ spd, forwardSpd }: SystemConfig): string {
  const config = plainConfig({ spd, forwardSpd } as SystemConfig) as { spd: unknown[]; forwardSpd: unknown[] };
  return JSON.stringify([config.spd, config.forwardSpd], (key, value: unknown) =>
    ['source', 'name', 'connection'].includes(key) ? undefined : value,
  );
}

function firstDifference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `written ${a.slice(Math.max(0, at - 60), at + 60)}, listed ${b.slice(Math.max(0, at - 60), at + 60)}`;
}
