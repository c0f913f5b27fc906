/** Every method of authentication in a dry run, with keys and certificates that are made up for it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { folderWith } from '../../support/folder.js';

function records(own: string, peer: string, version: 1 | 2, method: string, exchange: string): string {
  const ike =
    version === 1
      ? `add ikev1 i -remote ${peer} -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC`
      : `add ikev2 i -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`;
  return [
    '# ipsec-dialect: extended',
    `add host h -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA1`,
    ike,
    `add auth x -remote ${peer} -priority 10 -kmp IKEV${version} ${exchange} -local_method ${method} -remote_method ${method}`,
  ].join('\n');
}

it.each([
  [1, 'RSASIG', '-exchange MM'],
  [1, 'RSASIG', '-exchange AM'],
  [1, 'DSSSIG', '-exchange MM'],
  [1, 'DSSSIG', '-exchange AM'],
  [1, 'RSAENC', '-exchange MM'],
  [1, 'RSAENC', '-exchange AM'],
  [1, 'RSAREVENC', '-exchange MM'],
  [1, 'RSAREVENC', '-exchange AM'],
  [2, 'RSASIG', ''],
  [2, 'ECDSASIG', ''],
  [2, 'EDDSASIG', ''],
  [2, 'DIGSIG', ''],
] as const)('IKEv%i with %s %s', async (version, method, exchange) => {
  const folder = folderWith({
    'a.conf': records('10.1.1.1', '10.2.2.2', version, method, exchange),
    'b.conf': records('10.2.2.2', '10.1.1.1', version, method, exchange),
  });
  const { document } = await negotiate({
    systems: ['a.conf', 'b.conf'].map((name) => path.join(folder, name)),
    further: [],
    beginsAt: new Date('2026-01-01T00:00:00Z'),
    profiles: [],
    faults: { nat: [] },
    detail: 'messages',
    suggest: false,
    initiator: 'A',
    untilMillis: 60_000,
  });
  const [run] = document.runs;
  expect(run?.failure?.reason).toBeUndefined();
  expect(run?.verdict.word).toBe('works');
  expect(run?.chosen.ike).toMatchObject({ version });
  expect(document.assumptions.join()).toContain('made up for the dry run');
});
