/** Questions about peers that several rules ask. */
import type { AddressRange } from '../model/address.js';
import type { AuthRecord } from '../model/record/auth.js';

/** Is a range one address? */
export function isOneAddress({ first, last }: AddressRange): boolean {
  return first === last;
}

/** Does either side prove itself by a preshared key? */
export function usesPsk({ localMethod, remoteMethod }: AuthRecord): boolean {
  return localMethod.value === 'PSK' || remoteMethod.value === 'PSK';
}

/** May IKEv1 be used with these peers? */
export function allowsIkev1({ kmp }: AuthRecord): boolean {
  return kmp.value.includes(1);
}

/** Do the peers get their addresses by configuration, so that this system only responds? */
export function isAutoconf({ flags }: AuthRecord): boolean {
  return flags.value.includes('AUTOCONF');
}
