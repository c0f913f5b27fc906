/**
 * Many initiators at once: node scripts/run-ts.mjs bench/runtime/load-generator.ts REMOTE LOCAL COUNT PARALLEL WARM. Each has an
 * identity and UDP ports of its own and one host behind it; its SAs stay when the generator ends. The first WARM of them are not
 * measured: both programs are to have come to their speed. Prints what came of it as one line of JSON.
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
import { initiatorRecords } from './handshakes.js';

export interface Generated {
  readonly established: number;
  readonly failed: number;
  readonly seconds: number;
  /** Milliseconds, the median and the slowest of a hundred. */
  readonly median: number;
  readonly slow: number;
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
async function one(waiting: typeof initiators): Promise<void> {
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
      keep: true,
    });
    if (outcome.kind === 'agreed') millis.push(performance.now() - started);
    else {
      failed += 1;
      why ??= outcome.kind === 'failed' ? outcome.failure.text : outcome.kind;
    }
  }
}
const all = (waiting: typeof initiators) => Promise.all(Array.from({ length: Number(parallel) }, () => one(waiting)));
await all(initiators.splice(0, Number(warm)));
millis.length = 0;
const begins = performance.now();
await all(initiators);
const seconds = (performance.now() - begins) / 1000;
millis.sort((a, b) => a - b);
const generated: Generated = {
  established: millis.length,
  failed,
  seconds,
  median: millis[millis.length >> 1] ?? 0,
  slow: millis[Math.floor(millis.length * 0.99)] ?? 0,
  ...(why === undefined ? {} : { why }),
};
console.log(JSON.stringify(generated));
