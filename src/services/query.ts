/** The use case behind `policy query`: one packet, one system, every reason. */
import type { Packet } from '../model/packet.js';
import { isError } from '../model/problem.js';
import { explainPacket, type PacketExplanation } from '../model/query.js';
import { UsageError } from '../model/tool-error.js';
import { type LoadOptions, loadRepository, type Repository } from './repository/load-repository.js';

export interface QueryOptions extends LoadOptions {
  readonly packet: Packet;
  /** Name of the system, where the paths hold several. */
  readonly host?: string;
  /** Ask the rules for forwarded packets. */
  readonly forwarded?: boolean;
}

export interface QueryOutcome {
  readonly system: string;
  readonly explanation: PacketExplanation;
  /** Problems of the records that may make the answer wrong. */
  readonly problems: number;
}

/** Explains what the system does with the packet. Throws UsageError where it is not clear which system is meant. */
export async function query(options: QueryOptions): Promise<QueryOutcome> {
  const repository = await loadRepository(options);
  const system = chooseSystem(repository, options.host);
  const explanation = explainPacket(system.config, options.packet, options.forwarded ? 'forward' : 'host');
  return {
    system: system.name,
    explanation,
    problems: system.problems.filter(isError).length,
  };
}

/** The system that is meant: the named one, or the only one. */
export function chooseSystem(repository: Repository, name: string | undefined): Repository['systems'][number] {
  const names = repository.systems.map((system) => system.name);
  if (name !== undefined) {
    const system = repository.systems.find((candidate) => candidate.name === name);
    if (system) return system;
    throw new UsageError(`no system is called '${name}'`, {
      code: 'NO_SUCH_SYSTEM',
      hints: [`Systems here: ${names.slice(0, 20).join(', ')}.`],
    });
  }
  const [only, ...others] = repository.systems;
  if (only && others.length === 0) return only;
  throw new UsageError(
    only ? `${names.length} systems are here: say which one is asked with --host` : 'there are no record files here',
    {
      code: 'NO_SUCH_SYSTEM',
      hints: only
        ? [`Systems here: ${names.slice(0, 20).join(', ')}.`]
        : ['Name a file, or a folder with *.conf files.'],
    },
  );
}
