/** The use case behind `negotiate --simulate`: two systems, every flow between them, each side as the initiator. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import { seededRandom } from '../../engine/crypto/random.js';
import type { IkeVersionFactory } from '../../engine/ike-version.js';
import type { ClockOptions } from '../../engine/sim/clock.js';
import { type NegotiationRun, type RunOptions, type RunSide, runNegotiation } from '../../engine/sim/negotiation.js';
import { entriesOf } from '../../engine/sim/trace.js';
import { judge } from '../../engine/sim/verdict.js';
import { formatAddress } from '../../model/address.js';
import { formatPacket, type Packet } from '../../model/packet.js';
import { Secret } from '../../model/secret.js';
import type { SecretReference } from '../../model/system-config.js';
import type { NegotiationDocument, RunDocument } from '../../report/negotiation/document.js';
import { type CryptoChoice, loadSimulationProvider } from '../crypto-provider.js';
import type { LoadOptions } from '../repository/load-repository.js';
import { type MendingPair, mend } from './changes/mend.js';
import { type Assumption, assumptionsOf, groupCredentials } from './credentials.js';
import { parseDuration } from './durations.js';
import { ikeVersions } from './ike-versions.js';
import type { TraceDetail } from './messages.js';
import { analyse, type PlannedRun, planRuns, type RunPlan, type Side } from './plan.js';
import { type ReadingError, readingErrorsOf, readingNotes, readingProblems } from './reading-errors.js';
import { isBad, type RunResult, runDocument } from './run-document.js';
import { readScenario, type Scenario, type ScenarioFlags, scenarioOf } from './scenario.js';
import { withCertificates } from './swanctl-credentials.js';
import { checkWishes, choosePair, type NegotiatingSystem } from './systems.js';
import { unspokenAssumptions, withoutGuesses } from './unsimulated.js';
import { recordName } from './view.js';
import { parseWishes } from './wishes.js';

export interface NegotiateOptions extends Omit<LoadOptions, 'paths'> {
  /** Files, folders or hosts; two, or one folder of two. */
  readonly systems: readonly string[];
  /** Paths of further systems, that outer SAs may end at. */
  readonly further: readonly string[];
  /** Counts before that of the scenario; both unless told. */
  readonly initiator?: 'A' | 'B' | 'both';
  readonly packet?: Packet;
  /** Counts before that of the scenario; 1 unless told. */
  readonly seed?: string;
  readonly beginsAt: Date;
  readonly untilMillis?: number;
  /** IKEv1 exchange in place of the one that the records name. */
  readonly mode?: 'main' | 'aggressive';
  /** Path of a scenario file, and faults that were named on the command line. */
  readonly scenario?: string;
  readonly faults: ScenarioFlags;
  /** `[SYSTEM=]NAME`. */
  readonly profiles: readonly string[];
  readonly dataPaths?: readonly string[];
  readonly detail: TraceDetail;
  /** `node` unless told. */
  readonly crypto?: CryptoChoice;
  /** Are changes looked for that would mend failures? */
  readonly suggest: boolean;
}

export interface NegotiateOutcome {
  readonly document: NegotiationDocument;
  readonly runs: readonly NegotiationRun[];
  /** What could not be read, for reports with its source. */
  readonly errors: readonly ReadingError[];
}

/** Everything that runs of one pair share. */
export interface PairContext {
  readonly a: NegotiatingSystem;
  readonly b: NegotiatingSystem;
  readonly plan: RunPlan;
  readonly sides: { readonly a: RunSide; readonly b: RunSide };
  readonly others: readonly RunSide[];
  readonly assumptions: readonly Assumption[];
  readonly settings: RunSettings;
}

export interface RunSettings {
  readonly provider: CryptoProvider;
  readonly versions: readonly IkeVersionFactory[];
  readonly seed: string;
  readonly beginsAt: Date;
  readonly scenario?: Scenario;
  readonly untilMillis?: number;
  /** SAs are rekeyed by command instead of in time. */
  readonly rekeyNow?: boolean;
}

/** Runs what there is to run. Throws UsageError for systems, profiles and packets that make no sense. */
export async function negotiate(options: NegotiateOptions): Promise<NegotiateOutcome> {
  const wishes = parseWishes(options.profiles, options.dataPaths);
  const read = async (overlay?: ReadonlyMap<string, string>): Promise<MendingPair> => {
    const load = { ...options, ...(overlay ? { overlay } : {}) };
    const choice = await choosePair(options.systems, load, wishes, options.further);
    const [a, b] = choice.systems as [NegotiatingSystem, NegotiatingSystem];
    return { ...choice, a: withMode(a, options.mode), b: withMode(b, options.mode) };
  };
  const systems = await read();
  checkWishes(wishes, [systems.a, systems.b, ...systems.others]);
  const file = options.scenario === undefined ? undefined : await readScenario(options.scenario);
  const scenario = scenarioOf(file, options.faults, [systems.a, systems.b, ...systems.others]);
  const seed = options.seed ?? String(file?.seed ?? 1);
  const untilMillis =
    options.untilMillis ?? (file?.until === undefined ? undefined : parseDuration(String(file.until), 'until'));
  const settings: RunSettings = {
    provider: await loadSimulationProvider(options.crypto === 'noble' ? 'noble' : 'node', seededRandom(seed)),
    versions: await ikeVersions(),
    seed,
    beginsAt: options.beginsAt,
    scenario,
    ...(untilMillis === undefined ? {} : { untilMillis }),
  };
  const initiator = options.initiator ?? file?.initiator ?? 'both';
  const initiators: readonly Side[] = initiator === 'both' ? ['a', 'b'] : [initiator === 'A' ? 'a' : 'b'];
  const outcome = await negotiatePair(systems, {
    settings,
    initiators,
    ...(options.packet ? { packet: options.packet } : {}),
    detail: options.detail,
    ...(options.suggest ? { reload: read } : {}),
  });
  if (options.crypto !== 'both') return outcome;
  const { document, runs, errors } = outcome;
  const provider = await loadSimulationProvider('noble', seededRandom(seed));
  const again = pairContext(systems, initiators, options.packet, { ...settings, provider });
  const compared = comparedWith(
    runs,
    again.plan.runs.map((planned) => runPlanned(again, planned).run),
  );
  return {
    document: { ...document, good: document.good && compared.same, notes: [...document.notes, compared.note] },
    runs,
    errors,
  };
}

export interface PairOptions {
  readonly settings: RunSettings;
  readonly initiators: readonly Side[];
  readonly packet?: Packet;
  readonly detail: TraceDetail;
  /** Reads the pair again with other texts, to try changes; absent: none are looked for. */
  readonly reload?: (overlay: ReadonlyMap<string, string>) => Promise<MendingPair>;
}

/** Runs what there is to run between two systems that are loaded. */
export async function negotiatePair(systems: MendingPair, options: PairOptions): Promise<NegotiateOutcome> {
  const { settings, initiators, packet, detail } = options;
  const pair = pairContext(systems, initiators, packet, settings);
  const results = pair.plan.runs.map((planned) => runPlanned(pair, planned));
  const seen = seenFromOutside(systems, settings.scenario);
  const documents: RunDocument[] = [];
  for (const result of results) {
    const suggestions =
      options.reload && isBad(result.verdict)
        ? await mend(seen, result, {
            reload: async (overlay) => seenFromOutside(await options.reload!(overlay), settings.scenario),
            run: (mended, planned) =>
              runPlanned(pairContext(mended, [planned.initiator], planned.packet, settings), planned),
            isGood: ({ verdict }) => verdict.kind === 'works',
          })
        : [];
    documents.push(
      runDocument(result, { systems: { a: pair.a, b: pair.b }, others: systems.others, detail, suggestions }),
    );
  }
  return {
    document: negotiationDocument(pair, documents, results),
    runs: results.map(({ run }) => run),
    errors: readingErrorsOf([pair.a, pair.b]),
  };
}

/** Both providers get the same random octets: whatever they send has to be the same too. */
function comparedWith(
  runs: readonly NegotiationRun[],
  others: readonly NegotiationRun[],
): { readonly same: boolean; readonly note: string } {
  const [mine, theirs] = [runs, others].map((list) =>
    list.flatMap(({ trace }) => entriesOf(trace.entries, 'sent').map(({ octets }) => octets)),
  ) as [Uint8Array[], Uint8Array[]];
  const first = mine.findIndex((octets, index) => !theirs[index] || Buffer.compare(octets, theirs[index]) !== 0);
  if (first < 0 && mine.length === theirs.length)
    return { same: true, note: `OpenSSL and noble send the same ${mine.length} packets, octet for octet` };
  return {
    same: false,
    note: `OpenSSL and noble differ from packet ${first < 0 ? mine.length + 1 : first + 1} on: a fault of ours`,
  };
}

/** Prepares the runs of a pair. */
export function pairContext(
  pair: Pick<MendingPair, 'a' | 'b' | 'others'>,
  initiators: readonly Side[],
  packet: Packet | undefined,
  settings: RunSettings,
): PairContext {
  const seen = seenFromOutside(pair, settings.scenario);
  const certified = withCertificates([seen.a, seen.b, ...seen.others], settings.provider, settings.seed);
  const [a = seen.a, b = seen.b, ...others] = certified?.systems ?? [seen.a, seen.b, ...seen.others];
  const plan = throughNat(planRuns(a, b, { initiators, ...(packet ? { packet } : {}) }), settings.scenario);
  const { provider, seed, beginsAt } = settings;
  const meetings = [
    { a, b, walks: plan.analysis.walks },
    ...others.flatMap((other) => [a, b].map((each) => ({ a: each, b: other, walks: analyse(each, other).walks }))),
  ];
  const systems = [a, b, ...others];
  const { bySystem, assumptions: ofCredentials } = groupCredentials(systems, meetings, {
    provider,
    seed,
    beginsAt,
    secretOf,
    ...(certified ? { held: certified.held } : {}),
  });
  const assumptions = [...ofCredentials, ...unspokenAssumptions(systems)];
  const side = (system: NegotiatingSystem): RunSide => ({
    config: system.config,
    ...clockOf(settings.scenario?.clocks.get(system.name)),
    // A run is about what its packet brings about: what else a system would start is told of when somebody asks for it.
    starts: settings.scenario?.starts.has(system.name) ? 'always' : 'after-crash',
    profile: system.profile,
    credentials: bySystem.get(system.name)!,
    ...(system.dataPath ? { dataPath: system.dataPath } : {}),
    ...(system.host?.mtu ? { mtu: system.host.mtu } : {}),
  });
  return { a, b, plan, sides: { a: side(a), b: side(b) }, others: others.map(side), assumptions, settings };
}

function clockOf(clock: ClockOptions | undefined): Pick<RunSide, 'clock'> {
  return clock ? { clock } : {};
}

/** Peers' policies name the address that they see: it counts as the system's own when flows are looked for. */
function seenFromOutside<P extends Pick<MendingPair, 'a' | 'b' | 'others'>>(
  pair: P,
  scenario: Scenario | undefined,
): P {
  const seen = (system: NegotiatingSystem): NegotiatingSystem => {
    const nat = scenario?.network.nats?.find(({ host }) => host === system.name);
    if (!nat) return system;
    const { family, value } = nat.publicAddress;
    const { addresses } = system.config;
    const hidden = { ...system, seenAs: nat.publicAddress };
    if (addresses.some((own) => own.family === family && own.value === value)) return hidden;
    return { ...hidden, config: { ...system.config, addresses: [...addresses, nat.publicAddress] } };
  };
  return { ...pair, a: seen(pair.a), b: seen(pair.b), others: pair.others.map(seen) };
}

/** What the records say of each other holds for the addresses that they name: with a NAT between them only the run tells. */
function throughNat(plan: RunPlan, scenario: Scenario | undefined): RunPlan {
  if ((scenario?.network.nats ?? []).length === 0) return plan;
  return { ...plan, runs: plan.runs.map((run) => ({ ...run, walks: [] })) };
}

/** Runs one of the planned negotiations. */
export function runPlanned(
  { sides, others, settings }: PairContext,
  planned: PlannedRun,
  only: 'setup' | 'everything' = 'everything',
): RunResult {
  const { initiator, packet, how } = planned;
  const responder = initiator === 'a' ? 'b' : 'a';
  const { provider, versions, seed, beginsAt, scenario, untilMillis, rekeyNow } = settings;
  const routes = routesOf([sides.a, sides.b], others);
  const options: RunOptions = {
    initiator: sides[initiator],
    responder: sides[responder],
    ...(others.length > 0 ? { others } : {}),
    packet,
    how,
    versions,
    provider,
    // Of its own for each run: SPIs that come again with other keys would spoil a capture of all runs.
    seed: `${seed} ${sides[initiator].config.name} ${formatPacket(packet)}`,
    beginsAt,
    network: { ...scenario?.network, ...(routes.length > 0 ? { routes } : {}) },
    ...(scenario ? { crashes: scenario.crashes, packets: scenario.packets } : {}),
    ...(untilMillis === undefined ? {} : { until: untilMillis }),
    ...(only === 'setup' ? { setupOnly: true } : rekeyNow ? { rekeyNow } : {}),
  };
  const run = runNegotiation(options);
  return {
    planned,
    run,
    verdict: withoutGuesses(
      judge(run),
      run,
      [sides.a, sides.b, ...others].map(({ config, profile }) => ({ name: config.name, config, profile })),
    ),
  };
}

/** A system is behind another one that has a tunnel for its traffic. */
function routesOf(
  ends: readonly RunSide[],
  others: readonly RunSide[],
): { readonly host: string; readonly via: string }[] {
  return ends.flatMap(({ config }) => {
    const gateway = others.find((other) =>
      [...other.config.spd, ...other.config.forwardSpd].some(
        ({ action }) =>
          action.kind === 'PROTECT' &&
          action.bundle.some(
            ({ mode, selectors }) =>
              mode === 'tunnel' &&
              config.addresses.some(({ family, value }) =>
                selectors.some((box) => box.family === family && box.local.lo <= value && value <= box.local.hi),
              ),
          ),
      ),
    );
    return gateway ? [{ host: config.name, via: gateway.config.name }] : [];
  });
}

/** The whole answer. A side that may only respond does no harm where the other one starts. */
export function negotiationDocument(
  { a, b, plan, assumptions, settings }: PairContext,
  runs: NegotiationDocument['runs'],
  results: readonly RunResult[],
): NegotiationDocument {
  const errors = readingErrorsOf([a, b]);
  const onlyWaits = runs.length > 0 && runs.every(({ verdict }) => verdict.word === 'waits');
  return {
    seed: settings.seed,
    beginsAt: settings.beginsAt.toISOString(),
    systems: [a, b].map(({ name, config, profile, dataPath, loaded }) => ({
      name,
      addresses: config.addresses.map(({ family, value }) => formatAddress(family, value)),
      profile: profile.name,
      ...(dataPath ? { dataPath } : {}),
      files: loaded.sources.map(({ path: file }) => file),
    })),
    good: runs.every(({ verdict }) => verdict.good) && !onlyWaits && errors.length === 0,
    problems: readingProblems(errors),
    runs,
    assumptions: [
      ...startedByHand(results),
      ...assumptionsOf(
        assumptions,
        results.map(({ run }) => run),
      ),
    ],
    notes: [
      ...readingNotes(errors),
      ...plan.notes,
      ...(onlyWaits ? ['neither system may start: both only respond'] : []),
    ],
  };
}

/** What packets do not start (start_action = none) was started all the same. */
function startedByHand(results: readonly RunResult[]): string[] {
  const texts = results.flatMap(({ planned, run }) => {
    const { action } = planned.entries.initiator ?? {};
    const templates = action?.kind === 'PROTECT' ? action.bundle : [];
    return templates
      .filter(({ start, manual }) => start?.value === 'NONE' && !manual)
      .map(({ source }) => `${recordName(source)} of ${run.initiator} is started by hand, as packets do not start it`);
  });
  return [...new Set(texts)];
}

/** IKEv1 with another exchange than the records name, to see what it would come to. */
function withMode(system: NegotiatingSystem, mode: 'main' | 'aggressive' | undefined): NegotiatingSystem {
  if (!mode) return system;
  const { config } = system;
  const pad = config.pad.map((entry) => ({
    ...entry,
    exchange: { value: mode, origin: { kind: 'builtin', what: '--mode' } as const },
  }));
  return { ...system, config: { ...config, pad } };
}

/** Octets of a secret in a file. */
const secretOctetsMax = 65_536;

/** A secret that is elsewhere, where it is at hand: a file beside the records, a variable of the environment. */
export function secretOf({ loaded }: NegotiatingSystem, reference: SecretReference): Secret | undefined {
  switch (reference.kind) {
    case 'literal':
      return reference.secret;
    case 'env': {
      const value = process.env[reference.variable];
      return value === undefined ? undefined : Secret.ofText(value);
    }
    case 'file': {
      const folder = path.dirname(loaded.sources[0]?.path ?? '.');
      try {
        const octets = readFileSync(path.resolve(folder, reference.path));
        if (octets.length > secretOctetsMax) return undefined;
        const text = octets.toString('utf8').replace(/\r?\n$/, '');
        return text === '' ? undefined : Secret.ofText(text);
      } catch {
        return undefined;
      }
    }
  }
}
