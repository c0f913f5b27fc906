/** The addresses that an IKEv1 identification names — RFC 2407 §4.6.2.1 to §4.6.2.10. */
import { type AddressRange, type AddressValue, addressFromOctets, type Family } from '../../../model/address.js';

/**
 * The range of an ID_IPV4_ADDR, ID_IPV4_ADDR_SUBNET, ID_IPV4_ADDR_RANGE or their IPv6 forms. Undefined for other types, for
 * data of the wrong length, a mask with holes, and a range that ends before it begins.
 */
export function isakmpIdRange(idType: number, data: Uint8Array): AddressRange | undefined {
  const form = forms.get(idType);
  if (!form) return undefined;
  const size = form.family === 4 ? 4 : 16;
  if (data.length !== (form.parts === 'address' ? size : 2 * size)) return undefined;
  const first = addressOf(data.subarray(0, size));
  if (form.parts === 'address') return { family: form.family, first, last: first };
  const second = addressOf(data.subarray(size));
  if (form.parts === 'range') return second < first ? undefined : { family: form.family, first, last: second };
  return masked(form.family, BigInt(first), BigInt(second));
}

const forms: ReadonlyMap<number, { readonly family: Family; readonly parts: 'address' | 'subnet' | 'range' }> = new Map(
  [
    [1, { family: 4, parts: 'address' }],
    [4, { family: 4, parts: 'subnet' }],
    [5, { family: 6, parts: 'address' }],
    [6, { family: 6, parts: 'subnet' }],
    [7, { family: 4, parts: 'range' }],
    [8, { family: 6, parts: 'range' }],
  ],
);

function addressOf(octets: Uint8Array): AddressValue {
  return addressFromOctets(octets)!.value;
}

function masked(family: Family, address: bigint, mask: bigint): AddressRange | undefined {
  const all = (1n << (family === 4 ? 32n : 128n)) - 1n;
  const hosts = all ^ mask;
  // A mask is ones and then zeros, so its complement plus one is a power of two.
  if ((hosts & (hosts + 1n)) !== 0n) return undefined;
  const first = address & mask;
  const last = first | hosts;
  return family === 4 ? { family, first: Number(first), last: Number(last) } : { family, first, last };
}
