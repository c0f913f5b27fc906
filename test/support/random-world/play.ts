/**
 * Plays a scenario, and says what must not be: different keys at both ends once all is quiet, packets that are in the clear,
 * come out twice or not at all when nothing is wrong any more, faults of the engines, SAs that pile up.
 */
import { createCredentials } from '../../../src/engine/credentials/store.js';
import type { CryptoProvider } from '../../../src/engine/crypto/provider.js';
import { isIpFault, parseIp } from '../../../src/engine/ipsec/packet.js';
import type { SaId, SaParameters } from '../../../src/engine/ipsec/sa.js';
import { unmatchedSas } from '../../../src/engine/sim/convergence.js';
import type { SimulatedHost } from '../../../src/engine/sim/host.js';
import { makeProbe, probeNumber } from '../../../src/engine/sim/probe.js';
import { createTrace, type EntryOf, type Trace, type TraceEntry } from '../../../src/engine/sim/trace.js';
import { createWorld, type World } from '../../../src/engine/sim/world.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { parseAddress } from '../../../src/model/address.js';
import { parsePacket } from '../../../src/model/parse-packet.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { configOf, flowEnd, placesOf } from './records.js';
import { type Act, type CalmAct, type Scenario, type SideWish, troubleMillis } from './scenario.js';

export interface Played {
  readonly world: World;
  readonly trace: Trace;
  /** What must not be; empty where all is well. */
  readonly faults: readonly string[];
}

/** SAs of one system at the end: two policies, a few flows, pairs that are being replaced. */
const sasMax = 60;
const eventsMax = 2_000_000;
/** At the end, an SA may be on its way at any given moment: some time is found when none is. */
const quietTries = 12;
const quietStep = 7_300;
/** Packets at the end: one is sent again, as TCP would, until it has come through. */
const repeatMillis = 10_000;
const repeats = 40;
/** How soon all is well again after something that was done in calm. */
const calmMillis = 25_000;
const calmTries = 3;
/** Longer than any product repeats a request. */
const retransmissionMillis = 200_000;
const calmRepeats = 2;

/** Plays a scenario to its end. */
export function play(
  scenario: Scenario,
  provider: CryptoProvider,
  record: (entry: TraceEntry) => void = () => {},
): Played {
  const { records, network, seed, acts } = scenario;
  const places = placesOf(scenario);
  const faults: string[] = [];
  const trace = createTrace(1_000_000);
  let now: () => number = () => 0;
  const inTrouble = (value: number): number => (now() < troubleMillis ? value : 0);
  const world = createWorld({
    seed,
    provider,
    beginsAt: new Date(Date.UTC(2026, 0, 1)),
    record(entry) {
      trace.add(entry);
      record(entry);
    },
    network: {
      delayMillis: network.delayMillis,
      get jitterMillis() {
        return inTrouble(network.jitterMillis);
      },
      get loss() {
        return inTrouble(network.loss);
      },
      get duplication() {
        return inTrouble(network.duplication);
      },
      get reordering() {
        return inTrouble(network.reordering);
      },
      reorderMillis: network.reorderMillis,
      get corruption() {
        return inTrouble(network.corruption);
      },
      ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
      partitions: network.partitions.map(({ from, millis }) => ({ from, to: Math.min(from + millis, troubleMillis) })),
      nats: network.nat ? [{ host: 'a', publicAddress: parseAddress(places.outside)!, ...network.nat }] : [],
    },
  });
  now = world.now;
  const add = (which: 'a' | 'b', { profile, skewMillis, driftPpm }: SideWish): SimulatedHost =>
    world.addHost({
      config: configOf(scenario, which),
      profile: peerProfile(profile),
      credentials: createCredentials({}, provider).credentials,
      versions: ikeVersions,
      clock: { skewMillis, driftPpm },
      starts: 'always',
    });
  const hosts = { a: add('a', scenario.a), b: add('b', scenario.b) };
  let number = 0;

  /** A packet of a flow, from one side. */
  function send(of: 'a' | 'b', flow: number): number | undefined {
    number += 1;
    const [from, to] = of === 'a' ? [places.a, places.b] : [places.b, flowEnd(scenario, 'a')];
    const protocol = flow % 2 === 0 ? 'tcp' : 'udp';
    const port = 4000 + (flow >> 1);
    // The same flow from either side.
    const text = of === 'a' ? `${protocol} ${from}:${port} > ${to}:23` : `${protocol} ${from}:23 > ${to}:${port}`;
    const packet = parsePacket(text, 'outbound');
    if ('error' in packet) throw new Error(packet.error);
    const probe = makeProbe(packet, number);
    if (!probe) return undefined;
    hosts[of].send(probe.octets);
    return number;
  }

  function carryOut({
    of,
    what,
    which,
  }: Pick<Act, 'of' | 'which'> & { readonly what: Act['what'] | CalmAct['what'] }): void {
    const host = hosts[of];
    switch (what) {
      case 'rebind':
        world.network.rebind('a');
        return;
      case 'packet':
        send(of, which);
        return;
      case 'crash':
        if (host.isUp) world.crash(of, world.now(), 1_000 * (1 + which * 20));
        return;
      case 'rekey-child':
      case 'delete-child': {
        const sas = [...host.stack.sad.all()];
        const chosen = sas[which % Math.max(1, sas.length)];
        if (chosen) host.command({ kind: what, sa: chosen.id });
        return;
      }
      default: {
        const ike = host.engine.ikeSas();
        const chosen = ike[which % Math.max(1, ike.length)];
        if (chosen) host.command({ kind: what, ikeSa: chosen.name });
      }
    }
  }

  for (const act of acts) world.at(act.at, () => carryOut(act));
  const go = (until: number): void => {
    if (world.run(until, eventsMax) === 'limit') faults.push(`more than ${eventsMax} events until ${until}`);
  };
  go(troubleMillis + 130_000);
  // Everything that went wrong has an end when all that was made until then has ended, by the slower of both clocks.
  go(world.now() + Math.max(records.ikeSeconds, records.childSeconds) * 1_100 + 400_000);

  const seen = (name: string) => (name === 'a' && network.nat ? parseAddress(places.outside) : undefined);
  const differences = (): string[] => [
    ...unmatchedSas(hosts.a, hosts.b, seen).map(({ host, sa, why }) => `${host} has ${saText(sa)}: ${why}`),
    ...ikeDifferences(hosts.a, hosts.b),
  ];
  const isQuiet = (triesMax = quietTries): string[] => {
    let found = differences();
    for (let tries = 1; tries < triesMax && found.length > 0; tries += 1) {
      go(world.now() + quietStep * tries);
      found = differences();
    }
    return found;
  };
  faults.push(...isQuiet());
  if (canMeet(scenario)) {
    for (const [of, flow] of [
      ['a', 0],
      ['b', 0],
      ['a', 1],
    ] as const) {
      if (!comesThrough(of, flow)) faults.push(`a packet of flow ${flow} from ${of} does not come through in the end`);
    }
    faults.push(...isQuiet());
  }
  for (const [index, calm] of scenario.calm.entries()) {
    if (!canMeet(scenario) || faults.length > 0) break;
    const sides = calm.of === 'both' ? (['a', 'b'] as const) : [calm.of];
    for (const [turn, of] of sides.entries())
      world.at(world.now() + turn * calm.laterMillis, () => carryOut({ ...calm, of }));
    go(world.now() + calmMillis);
    const wrong = (): string[] => [
      ...isQuiet(calmTries),
      // Who is behind a NAT opens the way first.
      ...(['a', 'b'] as const).flatMap((of) =>
        comesThrough(of, calm.which, calmRepeats) ? [] : [`packets of ${of} do not come through`],
      ),
    ];
    let found = wrong();
    const more = patienceMillis(calm.what);
    if (found.length > 0 && more > 0) {
      go(world.now() + more);
      found = wrong();
    }
    faults.push(...found.map((what) => `after calm act ${index}: ${what}`));
  }
  for (const { name, stack } of Object.values(hosts)) {
    if (stack.sad.size > sasMax) faults.push(`${name} holds ${stack.sad.size} SAs at the end`);
  }
  faults.push(...faultsOf(trace.entries));
  return { world, trace, faults };

  /** How much longer it may take until both ends have the same again; 0 is no longer. */
  function patienceMillis(what: CalmAct['what']): number {
    // Nobody answers a delete of IKEv1, and who has no ISAKMP SA any more cannot send one: the other end goes by its lifetime.
    if (records.version === 1) return Math.max(records.ikeSeconds, records.childSeconds) * 1_100;
    // The NAT may swallow the answer to a delete, and who has answered knows the IKE SA no longer: it is repeated to the end.
    return what === 'rebind' ? retransmissionMillis : 0;
  }

  function comesThrough(of: 'a' | 'b', flow: number, times = repeats): boolean {
    const numbers = new Set<number | undefined>();
    for (let time = 0; time < times; time += 1) {
      numbers.add(send(of, flow));
      const from = trace.entries.length;
      go(world.now() + repeatMillis);
      const arrived = trace.entries
        .slice(from)
        .some((entry) => entry.kind === 'accepted' && numbers.has(probeNumber(entry.octets)));
      if (arrived) return true;
    }
    return false;
  }
}

/** Do the products of both sides agree to meet at all? */
function canMeet({ records, a, b }: Scenario): boolean {
  // charon takes no Aggressive Mode with a preshared key.
  return !(
    records.version === 1 &&
    records.exchange === 'AM' &&
    (a.profile === 'strongswan' || b.profile === 'strongswan')
  );
}

function ikeDifferences(a: SimulatedHost, b: SimulatedHost): string[] {
  const spis = ({ engine }: SimulatedHost) =>
    engine
      .ikeSas()
      .map(({ initiatorSpi, responderSpi }) => `${initiatorSpi.toString(16)} ${responderSpi.toString(16)}`)
      .sort();
  const [ofA, ofB] = [spis(a), spis(b)];
  const missing = (from: string[], at: string[], name: string) =>
    from.filter((each) => !at.includes(each)).map((each) => `only ${name} has the IKE SA ${each}`);
  return [...missing(ofA, ofB, 'a'), ...missing(ofB, ofA, 'b')];
}

function saText({ direction, protocol, spi }: Pick<SaParameters, 'direction' | 'protocol' | 'spi'> | SaId): string {
  return `${direction} ${protocol} ${spi.toString(16)}`;
}

/** What must not happen at any time. */
function faultsOf(entries: readonly TraceEntry[]): string[] {
  const faults: string[] = [];
  const accepted = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'fault') faults.push(`${entry.host}: ${entry.why}`);
    if (entry.kind === 'sent' && isClearProbe(entry))
      faults.push(`${entry.host} sends packet ${entry.packet} in the clear`);
    if (entry.kind !== 'accepted') continue;
    const number = probeNumber(entry.octets);
    if (number === undefined) continue;
    if (entry.through.length === 0) faults.push(`${entry.host} accepts probe ${number} in the clear`);
    if (accepted.has(`${entry.host} ${number}`)) faults.push(`${entry.host} accepts probe ${number} twice`);
    accepted.add(`${entry.host} ${number}`);
  }
  return faults;
}

function isClearProbe({ octets, through, ike }: EntryOf<'sent'>): boolean {
  if (ike || through.some(({ protocol }) => protocol === 'AH')) return false;
  const ip = parseIp(octets);
  return !isIpFault(ip) && probeNumber(octets) !== undefined;
}
