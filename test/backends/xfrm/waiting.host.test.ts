/** A packet that asked a daemon that was about to end: the kernel does not ask again for half a minute, so the next one finds it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle } from '../../support/bundle.js';
import { finish } from '../../support/cli.js';
import { namespacesMissing } from '../../support/netns.js';
import { type OneNamespace, oneNamespace } from '../../support/one-namespace.js';

const missing = namespacesMissing();
if (missing) console.warn(`packets that wait for an SA are skipped: ${missing}`);

let namespace: OneNamespace | undefined;
beforeEach(async () => {
  if (!missing) namespace = await oneNamespace();
});
afterEach(() => namespace?.remove());

it.skipIf(missing)('a packet that asked for an SA before a restart is found after it', async () => {
  const [local, remote] = ['10.77.0.1', '10.77.0.2'];
  const file = await bundle('test/backends/xfrm/waiting-program.ts');
  const child = namespace!.start('left', [process.execPath, file, local, remote], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout, stderr } = await finish(child, 60_000);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([[], [{ local, remote, protocol: 1, entry: 'a' }]]);
});
