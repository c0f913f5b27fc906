/** The use case behind `policy graph`: pictures of the systems behind paths. */
import type { Packet } from '../../model/packet.js';
import { UsageError } from '../../model/tool-error.js';
import type { GraphKind, Picture } from '../../report/graph/picture.js';
import { readingErrorsOf } from '../negotiate/reading-errors.js';
import { chooseAll, type NegotiatingSystem } from '../negotiate/systems.js';
import { noWishes } from '../negotiate/wishes.js';
import type { LoadOptions } from '../repository/load-repository.js';
import { nestingOf } from './nesting.js';
import { spdPicture } from './spd.js';
import { topologyOf } from './topology.js';

export interface GraphOptions extends LoadOptions {
  readonly kind: GraphKind;
  /** One system instead of all; topologies keep its neighbours. */
  readonly host?: string;
  /** For sequences: who starts, the packet that starts it, and when. */
  readonly initiator?: 'A' | 'B';
  readonly packet?: Packet;
  readonly beginsAt: Date;
  readonly seed?: string;
  /** For sequences: every packet instead of those that set up and replace SAs. */
  readonly all?: boolean;
}

/** Paths, and rows of one list, that a picture shows. */
const flowsMax = 200;
const rowsMax = 200;

export interface Drawn {
  readonly picture: Picture;
  /** Errors of reading: what they hid is not drawn. */
  readonly errors: number;
}

/** Makes a picture. Throws UsageError where the paths hold no such systems. */
export async function graph(options: GraphOptions): Promise<Drawn> {
  const { paths, kind } = options;
  if (kind === 'sequence') return sequence(options);
  const { systems } = await chooseAll(paths, options, noWishes);
  return { picture: pictureOf(kind, systems, options.host), errors: readingErrorsOf(systems).length };
}

function pictureOf(
  kind: Exclude<GraphKind, 'sequence'>,
  systems: readonly NegotiatingSystem[],
  host: string | undefined,
): Picture {
  const chosen = host === undefined ? systems : [named(systems, host)];
  switch (kind) {
    case 'topology':
      return host === undefined ? topologyOf(systems) : neighbourhood(topologyOf(systems), chosen[0]!.name);
    case 'nesting': {
      const picture = nestingOf(systems, { flowsMax: host === undefined ? flowsMax : Number.POSITIVE_INFINITY });
      if (host === undefined) return picture;
      const own = picture.flows.filter(({ policies }) => policies.some(({ system }) => system === chosen[0]!.name));
      return { ...picture, flows: own.slice(0, flowsMax) };
    }
    case 'spd':
      return spdPicture(chosen, { rowsMax });
  }
}

function named(systems: readonly NegotiatingSystem[], host: string): NegotiatingSystem {
  const found = systems.find(({ name, loaded }) => name === host || loaded.name === host);
  if (found) return found;
  const names = systems.map(({ name }) => name);
  throw new UsageError(`no system is called '${host}'`, {
    code: 'NO_SUCH_SYSTEM',
    hints: [`Systems here: ${names.slice(0, 20).join(', ')}.`],
  });
}

/** A system with what it is joined to, and what lies behind that. */
function neighbourhood(picture: ReturnType<typeof topologyOf>, host: string): Picture {
  const own = picture.nodes.find(({ kind, name }) => name === host && kind !== 'peer' && kind !== 'network');
  const kept = new Set(own ? [own.id] : []);
  const joined = picture.edges.filter(({ from, to }) => from === own?.id || to === own?.id);
  for (const { from, to } of joined) kept.add(from).add(to);
  const further = picture.edges.filter(({ from, to, kind }) => kind === 'behind' && (kept.has(from) || kept.has(to)));
  for (const { from, to } of further) kept.add(from).add(to);
  const edges = picture.edges.filter((edge) => joined.includes(edge) || further.includes(edge));
  return { ...picture, nodes: picture.nodes.filter(({ id }) => kept.has(id)), edges };
}

async function sequence(options: GraphOptions): Promise<Drawn> {
  const { paths, initiator, packet, beginsAt, seed, all } = options;
  const [{ negotiate }, { sequenceOf }] = await Promise.all([
    import('../negotiate/negotiate.js'),
    import('./sequence.js'),
  ]);
  const { document } = await negotiate({
    ...options,
    systems: paths.length > 0 ? paths : ['.'],
    further: [],
    initiator: initiator ?? 'both',
    ...(packet ? { packet } : {}),
    ...(seed === undefined ? {} : { seed }),
    beginsAt,
    faults: { nat: [] },
    profiles: [],
    detail: 'messages',
    suggest: false,
  });
  const [first] = document.runs;
  if (!first) {
    const names = document.systems.map(({ name }) => name).join(' and ');
    throw new UsageError(`${names} protect nothing towards each other: there is nothing to negotiate`, {
      code: 'NOTHING_TO_DO',
      hints: document.notes,
    });
  }
  // A run that fails tells more than one that works.
  const shown = document.runs.find(({ verdict }) => !verdict.good) ?? first;
  return { picture: sequenceOf(shown, document, all), errors: document.problems.length };
}
