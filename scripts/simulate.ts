/**
 * `npm run simulate -- --seed N`: plays one random scenario of the property tests (test/support/random-world) and prints what
 * happens in it, a line an event, and what must not be. Ends with 1 where there is such a thing.
 *
 *   --version 1|2   with this version of IKE, as the tests play it; drawn from the seed when absent
 *   --count N       this seed and those after it, and only what is wrong with them
 *   --reduce        leaves out whatever can be left out so that it still goes wrong
 *   --quiet         the scenario and its faults alone
 *   --from, --to    seconds of the events that are printed
 *   --all           also what is of interest to nobody but who looks for a bug: searches, messages that arrive
 */
import { parseArgs } from 'node:util';
import { nodeProvider } from '../src/engine/crypto/node/provider.js';
import { seededRandom } from '../src/engine/crypto/random.js';
import type { TraceEntry } from '../src/engine/sim/trace.js';
import { describe } from '../src/engine/wire/describe.js';
import { formatAddress } from '../src/model/address.js';
import { factLine } from '../src/services/runtime/fact-line.js';
import { type Played, play } from '../test/support/random-world/play.js';
import { reduce } from '../test/support/random-world/reduce.js';
import { type Scenario, scenarioOf } from '../test/support/random-world/scenario.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    version: { type: 'string' },
    count: { type: 'string' },
    reduce: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: 'Infinity' },
  },
});

const provider = nodeProvider(seededRandom('simulate'));

function number(name: 'seed' | 'version' | 'count' | 'from' | 'to'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isNaN(value)) throw new Error(`--${name} ${text} is no number`);
  return value;
}

/** A bug of the engines is a fault like any other. */
function played(scenario: Scenario, record?: (entry: TraceEntry) => void): Pick<Played, 'faults'> {
  try {
    return play(scenario, provider, record);
  } catch (error) {
    return { faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}

function line(entry: TraceEntry): string | undefined {
  switch (entry.kind) {
    case 'sent': {
      if (!entry.ike)
        return `packet ${entry.packet} sent${entry.through.length > 0 ? ` through ${spis(entry.through)}` : ' in the clear'}`;
      const { content, remote } = entry.ike;
      const inner = content.inner ? { inner: content.inner as never } : {};
      const again = content.repetition > 0 ? ` (again, ${content.repetition})` : '';
      return `packet ${entry.packet} to ${formatAddress(remote.address.family, remote.address.value)}:${remote.port} ${describe(content.message, inner)}${content.purpose ? ` [${content.purpose}]` : ''}${again}`;
    }
    case 'arrived':
      return values.all ? `packet ${entry.packet} arrives${entry.damaged ? ', damaged' : ''}` : undefined;
    case 'lost':
      return `packet ${entry.packet} is lost: ${entry.why}`;
    case 'accepted':
      return `accepts a packet through ${spis(entry.through)}`;
    case 'dropped':
      return `drops (${entry.direction}): ${entry.why}`;
    case 'install':
      return factLine({ kind: 'installed', sa: entry.sa })?.text;
    case 'remove':
      return factLine({ kind: 'removed', sa: entry.sa, why: entry.why })?.text;
    case 'move':
      return `moves ${spis(entry.move.sas)} to port ${entry.move.remotePort}`;
    case 'event': {
      const said = factLine({ kind: 'event', event: entry.event });
      return said && (values.all || said.level !== 'debug') ? said.text : undefined;
    }
    case 'sa-event':
      return `data path: ${entry.event.kind}`;
    case 'request':
      return 'asks for an SA';
    case 'request-failed':
      return 'the request failed';
    case 'held':
    case 'crash':
    case 'start':
      return entry.kind;
    case 'fault':
      return `FAULT ${entry.why}`;
  }
}

function spis(list: readonly { readonly spi: number; readonly direction: string }[]): string {
  return list.map(({ spi, direction }) => `${direction === 'inbound' ? 'in' : 'out'} ${spi.toString(16)}`).join(', ');
}

const version = number('version') as 1 | 2 | undefined;
const first = number('seed') ?? 0;
const count = number('count');
let isBad = false;
if (count === undefined) {
  const whole = scenarioOf(first, version);
  const scenario = values.reduce ? reduce(whole, (one) => played(one).faults.length > 0) : whole;
  console.log(JSON.stringify(scenario, undefined, 1));
  const [from, to] = [number('from')! * 1000, number('to')! * 1000];
  const { faults } = played(scenario, (entry) => {
    if (values.quiet || entry.at < from || entry.at > to) return;
    const text = line(entry);
    if (text !== undefined) console.log(`${(entry.at / 1000).toFixed(3).padStart(9)} ${entry.host}  ${text}`);
  });
  for (const fault of faults) console.log(`MUST NOT BE: ${fault}`);
  isBad = faults.length > 0;
} else {
  let bad = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const faults = [...new Set(played(scenarioOf(seed, version)).faults)];
    if (faults.length === 0) continue;
    bad += 1;
    console.log(`${seed}: ${faults.slice(0, 3).join('; ').replaceAll(/\s+/g, ' ').slice(0, 250)}`);
  }
  isBad = bad > 0;
  console.log(`${bad} of ${count} scenarios went wrong`);
}
process.exitCode = isBad ? 1 : 0;
