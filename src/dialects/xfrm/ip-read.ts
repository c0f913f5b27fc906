/** Reads what `ip xfrm policy` and `ip xfrm state` print, and batches for `ip -batch`. */
import { ReadContext } from '../common/context.js';
import type { DialectInput, DialectReading } from '../dialect.js';
import { buildKernelConfig } from './build.js';
import { type DumpRecord, dumpReader } from './ip-grammar.js';
import { readPolicy } from './ip-policy.js';
import { readState } from './ip-state.js';
import { Words } from './ip-words.js';
import type { KernelPolicy, KernelSa } from './kernel.js';

/** Records of one reading. */
const recordsMax = 1_000_000;
/** Numbers longer than an SPI are keys, wherever they stand. */
const longNumber = /0x[0-9a-f]{9,}/gi;

/** Reads dumps and batches. */
export function readXfrm(input: DialectInput): DialectReading {
  const context = new ReadContext(input);
  const policies: KernelPolicy[] = [];
  const dumped: KernelPolicy[] = [];
  const sas: KernelSa[] = [];
  let hasDaemon = false;
  let count = 0;
  for (const source of input.sources) {
    context.sources.push(source);
    for (const match of source.text.matchAll(longNumber)) source.markSecret(match.index, match.index + match[0].length);
    for (const record of dumpReader()(source.text)) {
      count += 1;
      if (count > recordsMax) break;
      const kind = kindOf(record);
      const words = new Words(withoutCommand(record), source, context);
      const { line } = source.position(record[0]![0]!.start);
      switch (kind) {
        case 'policy':
        case 'policy command': {
          const found = readPolicy(words, `line ${line}`);
          if (found?.kind === 'socket') hasDaemon = true;
          else if (found) (kind === 'policy' ? dumped : policies).push(found.policy);
          break;
        }
        case 'state':
        case 'state command': {
          const sa = readState(words);
          if (sa) sas.push(sa);
          break;
        }
        case 'other command':
          context.report.noted(
            `ip ${record[0]!
              .map(({ text }) => text)
              .filter((text) => text !== 'ip')
              .slice(0, 2)
              .join(' ')}`,
            { source, start: record[0]![0]!.start, end: record[0]![0]!.end },
            'it adds nothing',
          );
          break;
        default:
          context.syntax(
            source,
            record[0]![0]!,
            'this is no policy and no SA',
            'a record begins with: src ADDRESS dst ADDRESS',
          );
      }
    }
  }
  // The kernel lists the newest policy first; of equal priorities the oldest counts.
  const state = {
    policies: [...policies, ...dumped.reverse()],
    sas,
    hasDaemon,
    hasKeys: sas.some(({ encryptionKey, authenticationKey }) => encryptionKey ?? authenticationKey),
  };
  for (const policy of state.policies) context.report.supported(`policy ${policy.name}`, policy.at);
  for (const sa of sas) context.report.supported(`SA ${sa.spi}`, sa.at);
  return {
    config: { ...buildKernelConfig(state, context) },
    problems: context.report.problems,
    options: context.report.options,
    sources: context.sources,
    product: 'linux-xfrm',
  };
}

type Kind = 'policy' | 'state' | 'policy command' | 'state command' | 'other command' | undefined;

/** A dump's record begins with `src`; policies say `dir` or `socket` in the next line, SAs `proto` and `spi`. */
function kindOf(record: DumpRecord): Kind {
  const [head = [], second = []] = record;
  const words = head.map(({ text }) => text);
  const command = words.indexOf('xfrm');
  if (command >= 0 && command <= 3) {
    const [object, verb] = words.slice(command + 1);
    const adds = verb === 'add' || verb === 'update';
    // Nothing stands behind the verb: that is neither.
    if (adds && words.length === command + 3 && second.length === 0) return undefined;
    if (object === 'policy' || object === 'p') return adds ? 'policy command' : 'other command';
    if (object === 'state' || object === 's') return adds ? 'state command' : 'other command';
    return 'other command';
  }
  if (words[0] !== 'src') return undefined;
  const next = second[0]?.text;
  if (next === 'dir' || next === 'socket' || words.includes('dir')) return 'policy';
  return next === 'proto' || words.includes('spi') ? 'state' : undefined;
}

/** What stands before the selector of a command: ip, options, xfrm, policy, add. */
function withoutCommand(record: DumpRecord): DumpRecord {
  const [head = [], ...rest] = record;
  const at = head.findIndex(({ text }) => text === 'xfrm');
  return at < 0 ? record : [head.slice(at + 3), ...rest];
}
