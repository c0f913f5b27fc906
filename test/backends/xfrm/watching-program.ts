/**
 * The kernel's data path with a policy that is flushed and put back, in the namespace that it is started in: prints a line of JSON for each thing
 * that it tells. A program of its own, because what it opens it opens where it is.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change } from '../../../src/backends/backend.js';
import { compileXfrm } from '../../../src/backends/xfrm/compile.js';
import { createXfrmDataPath } from '../../../src/backends/xfrm/data-path.js';
import { openNetlinkBackend } from '../../../src/backends/xfrm/netlink-backend.js';
import { configOf, plainHost } from '../support/configs.js';

const config = configOf('add host a -source 10.0.0.1 -destination 10.9.0.0/16 -priority 10 -action DISCARD');
const { desired, numbers } = compileXfrm(config, plainHost);
const backend = await openNetlinkBackend();
const put = () =>
  backend.execute(desired.policies.map((after): Change => ({ object: 'policy', kind: 'create', after })));
await put();
const dataPath = await createXfrmDataPath({
  numbers: async () => numbers,
  hostFacts: async () => plainHost,
  policyCheckMillis: 20,
});
let told = 0;
await dataPath.start(config, (event) => {
  told += 1;
  process.stdout.write(`${JSON.stringify(event)}\n`);
});
/** Until it has told so much; a program that never does is ended by who started it. */
const until = async (count: number) => {
  while (told < count) await sleep(5);
};
await sleep(200);
process.stdout.write(`${JSON.stringify({ quiet: told === 0 })}\n`);
execFileSync('ip', ['xfrm', 'policy', 'flush']);
await until(1);
// Told once, however often it is looked.
await sleep(200);
await put();
await until(2);
await dataPath.stop();
backend.close();
