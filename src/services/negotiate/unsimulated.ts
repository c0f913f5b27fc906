/**
 * What records ask for and the engine does not speak: EAP and XAUTH, further rounds of authentication, addresses from the peer,
 * postquantum preshared keys. A dry run cannot tell how these would go, and must not pretend to: where they decide there is no
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
  systems: readonly Pick<NegotiatingSystem, 'name' | 'config'>[],
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
  const asking = pads.find(({ pad }) => (pad.virtualAddresses ?? []).length > 0);
  if (!asking) return verdict;
  const gives = pads.some(({ pad, system }) => system !== asking.system && (pad.pools ?? []).length > 0);
  if (gives && verdict.kind !== 'fails' && verdict.kind !== 'no-traffic') return verdict;
  return undecided(`${name(asking)} asks its peer for an address${gives ? '' : ', and is given none'}`);
}

/** What a verdict is made without, of the entries of systems, for those that turn out to be used. */
export function unspokenAssumptions(
  systems: readonly Pick<NegotiatingSystem, 'name' | 'config'>[],
): readonly Assumption[] {
  return systems.flatMap(({ name: system, config }) =>
    config.pad.flatMap((pad): Assumption[] => {
      const of = name({ pad, system });
      const texts = [
        ...((pad.virtualAddresses ?? []).length > 0
          ? [
              `${of} gets the addresses that it asks for; they are not simulated (RFC 7296 §2.19), and selectors that follow them are wider here`,
            ]
          : []),
        ...((pad.pools ?? []).length > 0
          ? [`the pools of ${of} have addresses left; none are given in a simulation (RFC 7296 §2.19)`]
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
