/**
 * A public value that is taken for one of another group, as may happen in Aggressive Mode, where the initiator sends its value before
 * the responder chooses a proposal (RFC 2409 §5).
 */
import type { KeyExchangeTransform } from './transform.js';

/**
 * `malformed`: it is recognized as wrong when it is read; `unusable`: it is taken, and no shared secret can be computed with it;
 * `usable`: a secret comes of it, which the peer does not have.
 */
export type ForeignValue = 'malformed' | 'unusable' | 'usable';

/** Octets of a public value, as far as groups of different kinds may have equally long ones. */
function valueOctets({ kind, name }: KeyExchangeTransform): number | undefined {
  const bits = Number(/^\D+-(\d+)/.exec(name)?.[1]);
  switch (kind) {
    case 'MODP':
      return bits / 8;
    case 'ECP':
      return Math.ceil(bits / 8) * 2;
    case 'X25519':
      return 32;
    case 'X448':
      return 56;
    default:
      return undefined;
  }
}

/**
 * What charon (with OpenSSL 3) makes of a public value of the group `sent` that it takes for one of `wanted`. Another length is seen at
 * once, and so is that it is no point of a curve. Numbers below the prime are taken; where OpenSSL knows the order of the subgroup
 * (RFC 5114, RFC 3526), computing then fails. Numbers above the prime, which are malformed, are rarer than the others with every two
 * primes of equal length; and half of all numbers are in the subgroups of RFC 3526, so that it is the likely outcome that is given here.
 */
export function foreignValue(sent: KeyExchangeTransform, wanted: KeyExchangeTransform): ForeignValue {
  const octets = valueOctets(wanted);
  if (octets === undefined || octets !== valueOctets(sent)) return 'malformed';
  switch (wanted.kind) {
    case 'X25519':
    case 'X448':
      return 'usable';
    case 'MODP':
      return wanted.id === 1 || wanted.id === 2 ? 'usable' : 'unusable';
    default:
      return 'malformed';
  }
}
