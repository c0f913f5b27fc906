/**
 * What records ask for and the engine does not speak: EAP and XAUTH, further rounds of authentication, addresses from the peer.
 * A dry run cannot tell how these would go, and must not pretend to.
 */
import type { FailureCode } from '../../engine/failure.js';
import type { NegotiationRun } from '../../engine/sim/negotiation.js';
import { entriesOf } from '../../engine/sim/trace.js';
import type { Verdict } from '../../engine/sim/verdict.js';
import type { PadEntry } from '../../model/system-config.js';
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
    if (method) return undecided(`${recordName(pad.source)} of ${system} authenticates by ${method}`);
  }
  if (verdict.kind !== 'fails' && verdict.kind !== 'no-traffic') return verdict;
  const asking = pads.find(({ pad }) => (pad.virtualAddresses ?? []).length > 0);
  if (!asking) return verdict;
  return undecided(`${recordName(asking.pad.source)} of ${asking.system} asks its peer for an address`);
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

/** The PAD entries that the engines found and went by. */
function usedPads(
  { trace }: NegotiationRun,
  systems: readonly Pick<NegotiatingSystem, 'name' | 'config'>[],
): { readonly pad: PadEntry; readonly system: string }[] {
  const seen = new Set<PadEntry>();
  return entriesOf(trace.entries, 'event').flatMap(({ host, event }) => {
    if (event.kind !== 'search' || event.list !== 'PAD' || !event.found) return [];
    const pad = systems.find(({ name }) => name === host)?.config.pad.find((entry) => entry.source === event.found);
    if (!pad || seen.has(pad)) return [];
    seen.add(pad);
    return [{ pad, system: host }];
  });
}
