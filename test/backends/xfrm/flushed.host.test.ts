/** Policies of the kernel that somebody flushes under a daemon that relies on them: it says so. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle } from '../../support/bundle.js';
import { finish } from '../../support/cli.js';
import { namespacesMissing } from '../../support/netns.js';
import { type OneNamespace, oneNamespace } from '../../support/one-namespace.js';

const missing = namespacesMissing();
if (missing) console.warn(`policies that are flushed are skipped: ${missing}`);

let namespace: OneNamespace | undefined;
beforeEach(async () => {
  if (!missing) namespace = await oneNamespace();
});
afterEach(() => namespace?.remove());

it.skipIf(missing)('policies that are flushed are told of once, and so is their return', async () => {
  const file = await bundle('test/backends/xfrm/watching-program.ts');
  const child = namespace!.start('left', [process.execPath, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, stdout, stderr } = await finish(child, 60_000);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toEqual([
    { quiet: true },
    {
      kind: 'fault',
      fatal: false,
      text: expect.stringMatching(
        /^somebody has taken 2 of 2 policies out of the kernel.*put them back with "ipsec apply"$/,
      ),
    },
    { kind: 'fault', fatal: false, text: 'all policies are in the kernel again' },
  ]);
});
