/**
 * Do two systems hold the same SAs? Once all timers have run, each SA has its other end with the same keys and algorithms, or
 * neither end is there: the property that every exchange has to keep on any network.
 */
import { type Address, formatAddress } from '../../model/address.js';
import type { Secret } from '../../model/secret.js';
import type { Sa, SaParameters } from '../ipsec/sa.js';
import type { SimulatedHost } from './host.js';

/** An SA whose other end is missing or different. */
export interface Unmatched {
  readonly host: string;
  readonly sa: SaParameters;
  readonly why: string;
}

/**
 * The SAs between two systems that do not match. `seen` gives the address by which a system is known to the other, where a
 * NAT is between them.
 */
export function unmatchedSas(
  a: SimulatedHost,
  b: SimulatedHost,
  seen: (host: string) => Address | undefined = () => undefined,
): Unmatched[] {
  return [...unmatchedFrom(a, b, seen), ...unmatchedFrom(b, a, seen)];
}

function unmatchedFrom(
  from: SimulatedHost,
  to: SimulatedHost,
  seen: (host: string) => Address | undefined,
): Unmatched[] {
  const addressesOf = (host: SimulatedHost): ReadonlySet<string> => {
    const known = seen(host.name);
    return new Set([...host.config.addresses, ...(known ? [known] : [])].map(addressKey));
  };
  const theirs = addressesOf(to);
  const opposite = new Map<string, Sa>();
  for (const sa of to.stack.sad.all()) if (!sa.usage.hardExpired) opposite.set(nameOf(sa.parameters), sa);
  const unmatched: Unmatched[] = [];
  for (const { parameters, usage } of from.stack.sad.all()) {
    if (usage.hardExpired || !theirs.has(addressKey(parameters.remote))) continue;
    const direction = parameters.direction === 'outbound' ? 'inbound' : 'outbound';
    const other = opposite.get(nameOf({ ...parameters, direction }));
    const why = other ? difference(parameters, other.parameters) : 'the other end has no such SA';
    if (why) unmatched.push({ host: from.name, sa: parameters, why });
  }
  return unmatched;
}

function nameOf({ direction, protocol, spi }: Pick<SaParameters, 'direction' | 'protocol' | 'spi'>): string {
  return `${direction} ${protocol} ${spi}`;
}

function addressKey({ family, value }: Address): string {
  return formatAddress(family, value);
}

function difference(mine: SaParameters, other: SaParameters): string | undefined {
  if (mine.encryption?.name !== other.encryption?.name) return 'the ciphers differ';
  if (mine.authentication?.name !== other.authentication?.name) return 'the integrity algorithms differ';
  if (mine.mode !== other.mode) return 'the modes differ';
  if (mine.esn !== other.esn) return 'one counts in 64 bits, the other in 32';
  if (!sameSecret(mine.keys.encryption, other.keys.encryption)) return 'the encryption keys differ';
  return sameSecret(mine.keys.authentication, other.keys.authentication) ? undefined : 'the integrity keys differ';
}

function sameSecret(a: Secret | undefined, b: Secret | undefined): boolean {
  return a && b ? a.equals(b) : (a?.length ?? 0) === (b?.length ?? 0);
}
