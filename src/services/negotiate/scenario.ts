/**
 * What goes wrong in a dry run, and when: the faults of the network, NATs, clocks, crashes, further packets. From flags, or from
 * a scenario file (YAML or JSON; `ipsec schema scenario` prints its schema).
 */
import type { ClockOptions } from '../../engine/sim/clock.js';
import type { NatOptions } from '../../engine/sim/nat.js';
import type { RunOptions } from '../../engine/sim/negotiation.js';
import type { NetworkOptions } from '../../engine/sim/network.js';
import { type Address, formatAddress, parseAddress } from '../../model/address.js';
import { parsePacket } from '../../model/parse-packet.js';
import { UsageError } from '../../model/tool-error.js';
import { readChecked } from '../repository/config-file.js';
import { parseDuration, parseShare } from './durations.js';
import type { ScenarioFile } from './scenario-schema.js';
import type { NegotiatingSystem } from './systems.js';

/** What a run takes from a scenario; hosts by the names of their systems. */
export interface Scenario {
  readonly network: NetworkOptions;
  readonly clocks: ReadonlyMap<string, ClockOptions>;
  readonly crashes: NonNullable<RunOptions['crashes']>;
  readonly packets: NonNullable<RunOptions['packets']>;
  /** Systems that start by themselves from the beginning what their configurations say. */
  readonly starts: ReadonlySet<string>;
}

/** Wishes of the command line, which count before those of the file. */
export interface ScenarioFlags {
  readonly loss?: string;
  readonly reorder?: string;
  readonly dup?: string;
  readonly delay?: string;
  readonly nat: readonly string[];
}

/** Reads a scenario file. Throws UsageError with what is wrong in it. */
export async function readScenario(file: string): Promise<ScenarioFile> {
  const { scenarioSchema } = await import('./scenario-schema.js');
  return readChecked(scenarioSchema, file);
}

/** The scenario of a run between two systems. Throws UsageError for what makes no sense. */
export function scenarioOf(
  file: ScenarioFile | undefined,
  flags: ScenarioFlags,
  systems: readonly NegotiatingSystem[],
): Scenario {
  const named = (word: string): NegotiatingSystem => {
    const index = word === 'A' ? 0 : word === 'B' ? 1 : systems.findIndex(({ name }) => name === word);
    const found = systems[index];
    if (found) return found;
    throw new UsageError(`'${word}' is no system of this run`, {
      code: 'NO_SUCH_SYSTEM',
      hints: [`Systems: ${systems.map(({ name }) => name).join(', ')}; A and B stand for the first two.`],
    });
  };
  const time = (value: number | string, what: string): number => parseDuration(String(value), what);
  const network = file?.network ?? {};
  const shares = {
    loss: flags.loss ?? network.loss,
    reordering: flags.reorder ?? network.reordering,
    duplication: flags.dup ?? network.duplication,
    corruption: network.corruption,
  };
  const times = {
    delayMillis: flags.delay ?? network.delay,
    jitterMillis: network.jitter,
    reorderMillis: network.reorderBy,
  };
  const nats = [
    ...(file?.nat ?? []).map((nat) => natOf(nat, named, time)),
    ...flags.nat.map((spec) => natOfText(spec, named)),
  ];
  const partitions = (file?.partitions ?? []).map(({ from, to, between }) => ({
    from: time(from, 'partitions.from'),
    to: time(to, 'partitions.to'),
    ...(between ? { between: [named(between[0]).name, named(between[1]).name] as const } : {}),
  }));
  return {
    network: {
      ...mapped(shares, (value, name) => parseShare(String(value), name)),
      ...mapped(times, (value, name) => time(value, name)),
      ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
      ...(network.fragments ? { fragments: network.fragments } : {}),
      ...(network.icmpErrors ? { icmpErrors: network.icmpErrors } : {}),
      ...(nats.length > 0 ? { nats } : {}),
      ...(partitions.length > 0 ? { partitions } : {}),
    },
    clocks: new Map(
      (file?.clocks ?? []).map(({ host, ahead, drift }) => [
        named(host).name,
        {
          ...(ahead === undefined ? {} : { skewMillis: time(ahead, 'clocks.ahead') }),
          ...(drift === undefined ? {} : { driftPpm: drift }),
        },
      ]),
    ),
    crashes: (file?.crashes ?? []).map(({ host, at, down }) => ({
      host: named(host).name,
      at: time(at, 'crashes.at'),
      downMillis: time(down, 'crashes.down'),
    })),
    starts: new Set((file?.starts ?? []).map((word) => named(word).name)),
    packets: (file?.packets ?? []).map(({ at, from, packet }) => {
      const parsed = parsePacket(packet, 'outbound');
      if ('error' in parsed) throw new UsageError(`packets: ${parsed.error}`, { code: 'PACKET' });
      return { at: time(at, 'packets.at'), from: named(from).name, packet: parsed };
    }),
  };
}

/** The members that are there, each changed. */
function mapped<K extends string>(
  values: Readonly<Record<K, number | string | undefined>>,
  change: (value: number | string, name: K) => number,
): Partial<Record<K, number>> {
  const result: Partial<Record<K, number>> = {};
  for (const name of Object.keys(values) as K[]) {
    const value = values[name];
    if (value !== undefined) result[name] = change(value, name);
  }
  return result;
}

function natOf(
  { host, public: address, timeout, rebind, esp }: NonNullable<ScenarioFile['nat']>[number],
  named: (word: string) => NegotiatingSystem,
  time: (value: number | string, what: string) => number,
): NatOptions {
  const system = named(host);
  return {
    host: system.name,
    publicAddress: publicAddress(system, address),
    ...(timeout === undefined ? {} : { timeoutMillis: time(timeout, 'nat.timeout') }),
    ...(rebind ? { rebindAt: rebind.map((at) => time(at, 'nat.rebind')) } : {}),
    ...(esp ? { esp } : {}),
  };
}

/** `A`, `A=203.0.113.7`, `A=203.0.113.7,timeout=30s,rebind=10m,esp=pass`. */
function natOfText(spec: string, named: (word: string) => NegotiatingSystem): NatOptions {
  const [head = '', ...settings] = spec.split(',');
  const at = head.indexOf('=');
  const system = named(at < 0 ? head : head.slice(0, at));
  const rebindAt: number[] = [];
  let timeoutMillis: number | undefined;
  let esp: 'pass' | 'drop' | undefined;
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split('=', 2);
    if (name === 'timeout') timeoutMillis = parseDuration(value, '--nat timeout');
    else if (name === 'rebind') rebindAt.push(parseDuration(value, '--nat rebind'));
    else if (name === 'esp' && (value === 'pass' || value === 'drop')) esp = value;
    else
      throw new UsageError(`--nat: "${setting}" is not understood`, {
        hints: ['Write A=203.0.113.7,timeout=30s,rebind=10m,esp=pass; all but the system may be left out.'],
      });
  }
  return {
    host: system.name,
    publicAddress: publicAddress(system, at < 0 ? undefined : head.slice(at + 1)),
    ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
    ...(rebindAt.length > 0 ? { rebindAt } : {}),
    ...(esp ? { esp } : {}),
  };
}

function publicAddress({ name, host, config }: NegotiatingSystem, text: string | undefined): Address {
  const address = text === undefined ? host?.publicAddress : parseAddress(text);
  if (address) {
    const { addresses } = config;
    if (addresses.length === 0 || addresses.some(({ family }) => family === address.family)) return address;
    throw new UsageError(
      `a NAT to ${formatAddress(address.family, address.value)} does nothing for ${name}, which has IPv${address.family === 4 ? 6 : 4} addresses alone`,
    );
  }
  throw new UsageError(
    text === undefined ? `the address that peers see of ${name} is not known` : `"${text}" is not an address`,
    {
      hints: ['Say it: --nat A=203.0.113.7, or publicAddress in the inventory.'],
    },
  );
}
