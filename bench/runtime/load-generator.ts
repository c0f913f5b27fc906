/**
 * Many initiators at once: node scripts/run-ts.mjs bench/runtime/load-generator.ts REMOTE LOCAL COUNT PARALLEL WARM. Each has an
 * identity and UDP ports of its own and one host behind it; its SAs stay when the generator ends. Before them come WARM that are not
 * measured, so that generator and responder have come to their speed; these delete their SAs, so that the responder then has none.
 * Prints a line when the measured ones begin, and what came of them as one line of JSON.
 */
import { loadNodeProvider } from '../../src/engine/crypto/node/load.js';
import { ikeVersions } from '../../src/engine/versions.js';
import { parseAddress } from '../../src/model/address.js';
import { peerProfile } from '../../src/model/peer-profile/catalogue.js';
import { SourceText } from '../../src/model/span.js';
import { loadLiveCredentials } from '../../src/services/credentials/live-credentials.js';
import { loadSystem } from '../../src/services/load-system.js';
import { tryPeer } from '../../src/services/negotiate/against/live-peer.js';
import { requestsTowards } from '../../src/services/runtime/start-request.js';
import { begins, initiatorRecords } from './handshakes.js';

export interface Generated {
  readonly established: number;
  readonly failed: number;
  readonly seconds: number;
  /** Milliseconds, the median and the slowest of a hundred. */
  readonly median: number;
  readonly slow: number;
  /** Milliseconds of CPU of the generator itself for a handshake: where it is one over the rate, the generator is what limits. */
  readonly generatorCpu: number;
  readonly why?: string;
}

const [remote = '', local = '', count = '100', parallel = '8', warm = '0'] = process.argv.slice(2);
const peer = parseAddress(remote);
if (!peer) throw new Error(`no address: ${remote}`);
const provider = await loadNodeProvider();
const initiators = Array.from({ length: Number(count) }, (_, index) => {
  const text = initiatorRecords(index, local, remote);
  const { config } = loadSystem({ name: `i${index}`, sources: [new SourceText('load.conf', text)] });
  const { credentials } = loadLiveCredentials(config, provider, undefined);
  const [request] = requestsTowards(config, peer);
  if (!request) throw new Error('nothing to negotiate');
  return { config, credentials, request };
});
const profile = {
  ...peerProfile('ours'),
  initialContact: { value: false, note: 'The others are wanted too.' },
};
const millis: number[] = [];
let failed = 0;
let why: string | undefined;
async function one(waiting: typeof initiators, keep: boolean): Promise<void> {
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const started = performance.now();
    const { outcome } = await tryPeer({
      ...next,
      profile,
      provider,
      versions: ikeVersions,
      peer: { name: 'responder', port: 500 },
      patienceMillis: 20_000,
      rekey: false,
      keep,
    });
    if (outcome.kind === 'agreed') millis.push(performance.now() - started);
    else {
      failed += 1;
      why ??= outcome.kind === 'failed' ? outcome.failure.text : outcome.kind;
    }
  }
}
const all = (waiting: typeof initiators, keep: boolean) =>
  Promise.all(Array.from({ length: Number(parallel) }, () => one(waiting, keep)));
const warming = Array.from({ length: Number(warm) }, (_, index) => initiators[index % initiators.length]!);
await all(warming, false);
millis.length = 0;
process.stdout.write(`${begins}\n`);
const usedBefore = process.cpuUsage();
const beginsAt = performance.now();
await all(initiators, true);
const seconds = (performance.now() - beginsAt) / 1000;
const used = process.cpuUsage(usedBefore);
millis.sort((a, b) => a - b);
const generated: Generated = {
  established: millis.length,
  failed,
  seconds,
  median: millis[millis.length >> 1] ?? 0,
  slow: millis[Math.floor(millis.length * 0.99)] ?? 0,
  generatorCpu: (used.user + used.system) / 1000 / Math.max(1, millis.length),
  ...(why === undefined ? {} : { why }),
};
console.log(JSON.stringify(generated));
