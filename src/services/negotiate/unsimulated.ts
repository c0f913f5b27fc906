/**
 * What records ask for and the engine does not speak: EAP and XAUTH, further rounds of authentication, addresses by Mode Config or
 * from servers, postquantum preshared keys. A dry run cannot tell how these would go, and must not pretend to: where they decide there is no
 * verdict, and where it was made without them that is said.
 */
import type { FailureCode } from '../../engine/failure.js';
import type { NegotiationRun } from '../../engine/sim/negotiation.js';
import { entriesOf } from '../../engine/sim/trace.js';
import type { Verdict } from '../../engine/sim/verdict.js';
import type { PadEntry } from '../../model/system-config.js';
import type { Assumption } from './credentials.js';
import type { NegotiatingSystem } from './systems.js';
import { recordName } from './view.js';

/** Failures before anybody proves who he is: they stay, whatever comes later. */
const early: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'no-pad-entry',
  'may-not-initiate',
  'no-ike-policy',
  'version-refused',
  'exchange-refused',
  'no-ike-proposal',
  'invalid-ke',
  'timeout',
  'invalid-message',
  'busy',
  'resource-limit',
]);

/** The verdict, or that there is none where it rests on what is not simulated. */
export function withoutGuesses(
  verdict: Verdict,
  run: NegotiationRun,
  systems: readonly Pick<NegotiatingSystem, 'name' | 'config' | 'profile'>[],
): Verdict {
  if (verdict.kind === 'fails' && early.has(verdict.cause.failure.code)) return verdict;
  const pads = usedPads(run, systems);
  for (const { pad, system } of pads) {
    const method = unspoken(pad);
    if (method) return undecided(`${name({ pad, system })} authenticates by ${method}`);
  }
  const demanding = pads.find(({ pad }) => pad.ppk?.required.value);
  if (demanding) {
    const without = pads.find(({ pad, system }) => system !== demanding.system && !pad.ppk);
    if (without)
      return undecided(`${name(demanding)} demands a postquantum preshared key (RFC 8784), ${name(without)} has none`);
  }
  const speaks = (system: string) =>
    systems.find((one) => one.name === system)?.profile.configurationPayload.value === true;
  const asking = pads.find(({ pad }) => (pad.virtualAddresses ?? []).length > 0);
  if (asking) {
    const version = versionOf(run);
    const mute = systems.find(({ name: system }) => system !== asking.system && !speaks(system));
    if (version === 1) return undecided(`${name(asking)} asks its peer for an address by Mode Config (IKEv1)`);
    if (!speaks(asking.system)) return undecided(`${name(asking)} asks its peer for an address`);
    if (mute && systems.length === 2)
      return undecided(`${name(asking)} asks its peer for an address, and what ${mute.name} makes of that`);
  }
  const elsewhere = pads.find(({ pad, system }) => system !== asking?.system && poolElsewhere(pad) !== undefined);
  if (asking && elsewhere)
    return undecided(`${name(elsewhere)} has its addresses from '${poolElsewhere(elsewhere.pad)}'`);
  return verdict;
}

/** Names that stand for servers which hand out addresses, in place of a pool. */
const servers: ReadonlySet<string> = new Set(['dhcp', 'radius']);

function poolElsewhere({ pools = [] }: PadEntry): string | undefined {
  return pools.find(({ value }) => servers.has(value))?.value;
}

/** The version of the IKE SA that came about, where one did. */
function versionOf({ trace }: NegotiationRun): 1 | 2 | undefined {
  return entriesOf(trace.entries, 'event').flatMap(({ event }) =>
    event.kind === 'ike-sa' && event.change === 'established' ? [event.sa.name.version] : [],
  )[0];
}

/** What a verdict is made without, of the entries of systems, for those that turn out to be used. */
export function unspokenAssumptions(
  systems: readonly Pick<NegotiatingSystem, 'name' | 'config'>[],
): readonly Assumption[] {
  return systems.flatMap(({ name: system, config }) =>
    config.pad.flatMap((pad): Assumption[] => {
      const of = name({ pad, system });
      const texts = [
        ...((pad.pools ?? []).length > 0
          ? [`nobody has an address of the pools of ${of} yet, so that the first are given (RFC 7296 §2.19)`]
          : []),
        ...(pad.ppk
          ? [`the postquantum preshared key of ${of} is the one of its peer; it is not mixed in (RFC 8784)`]
          : []),
      ];
      return texts.map((text) => ({ text, pads: [pad] }));
    }),
  );
}

function name({ pad, system }: UsedPad): string {
  return `${recordName(pad.source)} of ${system}`;
}

function undecided(what: string): Verdict {
  return { kind: 'undecided', why: `${what}, which is not simulated` };
}

function unspoken({ localMethod, remoteMethod, localRounds = [], remoteRounds = [] }: PadEntry): string | undefined {
  const first = [localMethod.value, remoteMethod.value].find((method) => method === 'EAP' || method === 'XAUTH');
  if (first) return first;
  const [later] = [...localRounds, ...remoteRounds];
  return later && `${later.method.value} in a further round`;
}

interface UsedPad {
  readonly pad: PadEntry;
  readonly system: string;
}

/** The PAD entries that the engines found and went by. */
function usedPads(
  { trace }: NegotiationRun,
  systems: readonly Pick<NegotiatingSystem, 'name' | 'config'>[],
): UsedPad[] {
  const seen = new Set<PadEntry>();
  return entriesOf(trace.entries, 'event').flatMap(({ host, event }) => {
    if (event.kind !== 'search' || event.list !== 'PAD' || !event.found) return [];
    const pad = systems.find(({ name }) => name === host)?.config.pad.find((entry) => entry.source === event.found);
    if (!pad || seen.has(pad)) return [];
    seen.add(pad);
    return [{ pad, system: host }];
  });
}
