/** Reads scripts of setkey(8): they are run statement by statement, and what is left at their end counts. */
import type { SourceText } from '../../model/span.js';
import { ReadContext } from '../common/context.js';
import { hide, spanOf } from '../common/piece.js';
import type { DialectInput, DialectReading } from '../dialect.js';
import { buildKernelConfig, type KernelState } from '../xfrm/build.js';
import type { KernelPolicy, KernelSa } from '../xfrm/kernel.js';
import { setkeyReader } from './setkey-grammar.js';
import { readPolicy, readPolicyHead, readSa, readSaHead, Statement } from './setkey-statement.js';

/** Statements of one reading. */
const statementsMax = 200_000;

/** The state of a kernel after some scripts. */
export function runSetkey(sources: readonly SourceText[], context: ReadContext): KernelState {
  const kernel = new Kernel(context);
  let count = 0;
  for (const source of sources) {
    context.sources.push(source);
    const statements = setkeyReader()(source.text);
    for (const [index, { words, isOpen }] of statements.entries()) {
      count += 1;
      if (count > statementsMax) break;
      const statement = new Statement(words, source, context);
      if (isOpen) context.syntax(source, statement.command, 'a statement ends with a semicolon');
      kernel.run(statement);
      // setkey reads no further; what stands behind it is nobody's.
      if (isEnd(statement)) {
        if (index + 1 < statements.length)
          context.report.otherwise(
            `setkey ends at '${statement.command.text}', and runs nothing behind it`,
            spanOf(source, statement.command),
          );
        break;
      }
    }
  }
  return kernel.state();
}

function isEnd({ command }: Statement): boolean {
  return !command.quoted && ['exit', 'quit', 'bye'].includes(command.text);
}

class Kernel {
  readonly #policies = new Map<string, KernelPolicy>();
  readonly #sas = new Map<string, KernelSa>();
  readonly #context: ReadContext;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  state(): KernelState {
    return { policies: [...this.#policies.values()], sas: [...this.#sas.values()], hasDaemon: false, hasKeys: true };
  }

  run(statement: Statement): void {
    const { command, source } = statement;
    const at = spanOf(source, command);
    const { report } = this.#context;
    switch (command.text) {
      case 'spdadd':
      case 'spdupdate': {
        if (statement.peek()?.text === 'tagged') {
          report.partial(command.text, at, 'tags of a packet filter are not selectors here');
          return;
        }
        const { line } = source.position(command.start);
        const policy = readPolicy(statement, `line ${line}`);
        if (!policy) return;
        report.supported(command.text, at);
        const key = policyKey(policy);
        if (this.#policies.has(key) && command.text === 'spdadd')
          this.#context.partly(
            at,
            'there is a policy with this selector already, which stays',
            'use spdupdate, or delete it first',
          );
        else this.#policies.set(key, policy);
        return;
      }
      case 'spddelete': {
        const head = readPolicyHead(statement);
        if (head && !this.#policies.delete(policyKey(head)))
          this.#context.partly(at, 'there is no such policy to delete');
        report.supported(command.text, at);
        return;
      }
      case 'spdflush':
        this.#policies.clear();
        report.supported(command.text, at);
        return;
      case 'add':
      case 'update': {
        const sa = readSa(statement);
        if (!sa) return;
        report.supported(command.text, at);
        const key = saKey(sa);
        if (this.#sas.has(key) && command.text === 'add')
          this.#context.partly(at, 'there is an SA with these ends, protocol and SPI already, which stays');
        else this.#sas.set(key, sa);
        return;
      }
      case 'delete': {
        const head = readSaHead(statement);
        if (head && !this.#sas.delete(saKey(head))) this.#context.partly(at, 'there is no such SA to delete');
        report.supported(command.text, at);
        return;
      }
      case 'deleteall': {
        const head = readSaHead(statement, false);
        if (head)
          for (const [key, sa] of this.#sas) if (saKey({ ...sa, spi: 0 }) === saKey(head)) this.#sas.delete(key);
        report.supported(command.text, at);
        return;
      }
      case 'flush': {
        const only = statement.take()?.text;
        for (const [key, { protocol }] of this.#sas)
          if (only === undefined || protocol.toLowerCase() === only.replace('-old', '')) this.#sas.delete(key);
        report.supported(command.text, at);
        return;
      }
      case 'exit':
      case 'quit':
      case 'bye':
        report.noted(command.text, at, 'it ends the script');
        return;
      case 'get':
      case 'dump':
      case 'spddump':
        report.noted(command.text, at, 'it only shows what is there');
        return;
      default:
        for (const word of statement.words) hide(source, word);
        report.unknown(command.text.length > 20 || command.quoted ? 'this' : command.text, at, setkeyCommands);
    }
  }
}

const setkeyCommands = [
  'add',
  'get',
  'delete',
  'deleteall',
  'flush',
  'dump',
  'spdadd',
  'spdupdate',
  'spddelete',
  'spdflush',
  'spddump',
];

function policyKey({ selector, direction }: Pick<KernelPolicy, 'selector' | 'direction'>): string {
  const { source, destination, protocol, sourcePorts, destinationPorts, types } = selector;
  const ranges = [source, destination].map(({ family, first, last }) => `${family} ${first}-${last}`);
  const ports = [sourcePorts, destinationPorts, types].map((interval) =>
    interval ? `${interval.lo}-${interval.hi}` : '',
  );
  return [direction, ...ranges, protocol, ...ports].join(' ');
}

function saKey({
  protocol,
  source,
  destination,
  spi,
}: Pick<KernelSa, 'protocol' | 'source' | 'destination' | 'spi'>): string {
  return [protocol, ...[source, destination].map(({ family, value }) => `${family} ${value}`), spi].join(' ');
}

/** Reads setkey scripts alone; with racoon.conf beside them they are its policies. */
export function readSetkey(input: DialectInput): DialectReading {
  const context = new ReadContext(input);
  const state = runSetkey(input.sources, context);
  return {
    config: buildKernelConfig(state, context),
    problems: context.report.problems,
    options: context.report.options,
    sources: context.sources,
    product: 'setkey',
  };
}
