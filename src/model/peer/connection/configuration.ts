/**
 * Addresses by configuration payload between two configurations (RFC 7296 §2.19): what the initiator asks for, and what the
 * responder gives it out of pools that nobody has had anything of yet.
 */
import { type Address, formatAddress } from '../../address.js';
import { LeaseTable, poolsNamed } from '../../address-pool.js';
import { peerProfile } from '../../peer-profile/catalogue.js';
import type { PadEntry } from '../../system-config.js';
import type { IkeEnd } from '../ike.js';
import { type ChildStep, nameRecord } from '../steps.js';
import { wishesOf } from './virtual-hosts.js';

export interface Configuration {
  /** What the initiator is given. */
  readonly given: readonly Address[];
  /** What the responder says instead; there is no first Child SA then. */
  readonly refusal?: 'INTERNAL_ADDRESS_FAILURE' | 'FAILED_CP_REQUIRED';
  /** Absent where no addresses are spoken of. */
  readonly step?: ChildStep;
}

/** Walks what IKE_AUTH says about addresses, once both ends have found their entries for each other. */
export function walkConfiguration(
  x: IkeEnd,
  y: IkeEnd,
  padX: PadEntry | undefined,
  padY: PadEntry | undefined,
): Configuration {
  if (!padX || !padY || !speaks(y)) return { given: [] };
  const wishes = speaks(x) ? wishesOf(padX) : [];
  const names = (padY.pools ?? []).map(({ value }) => value);
  const pools = poolsNamed(y.view.config.pools, names);
  const leases = new LeaseTable();
  const given = wishes.flatMap((wish) => leases.acquire(pools, { identity: '', place: '' }, wish) ?? []);
  const [asker, giver] = [nameRecord(x.view, padX.source), nameRecord(y.view, padY.source)];
  const step = (verdict: ChildStep['verdict'], text: string): ChildStep => ({
    kind: 'configuration',
    verdict,
    text,
    initiator: padX.source,
    responder: padY.source,
  });
  if (wishes.length > 0 && given.length === 0) {
    const why = names.length === 0 ? 'has no pool' : 'has no pool with such an address';
    const text = `${asker} asks for an address, and ${giver} ${why}`;
    return { given, refusal: 'INTERNAL_ADDRESS_FAILURE', step: step('fail', text) };
  }
  if (wishes.length === 0 && names.length > 0) {
    const text = `${giver} has a pool that its peer is to ask for an address of, and ${asker} does not ask`;
    return { given, refusal: 'FAILED_CP_REQUIRED', step: step('fail', text) };
  }
  if (given.length === 0) return { given };
  const words = given.map(({ family, value }) => formatAddress(family, value)).join(' and ');
  const isLess = given.length < wishes.length;
  const text = `${giver} gives ${asker} the address ${words}${isLess ? ', and not all that it asks for' : ''}`;
  return { given, step: step(isLess ? 'warn' : 'pass', text) };
}

/** Does the product of an end take part in it? */
function speaks({ view }: IkeEnd): boolean {
  const { peerProfile: named } = view.config;
  return named !== undefined && peerProfile(named.value).configurationPayload.value;
}
