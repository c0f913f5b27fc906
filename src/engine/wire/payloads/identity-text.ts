/** Identities as text, for reports: addresses, names, distinguished names; what is no text is shown in hexadecimal. */
import { addressFromOctets, formatAddress, formatRange, rangePrefixLength } from '../../../model/address.js';
import { hexPreview, textPreview } from '../codec.js';
import { isakmpIdRange } from '../isakmp/id-range.js';
import { formatDistinguishedName } from './distinguished-name.js';

/** The text of an IKEv2 identity; `idType` is IANA's number (RFC 7296 §3.5). */
export function identityText(idType: number, data: Uint8Array): string {
  switch (idType) {
    case 1:
    case 5:
      return addressText(data);
    case 2:
    case 3:
      return textPreview(data);
    case 9:
      return formatDistinguishedName(data) ?? hexPreview(data);
    case 13:
      return data.length === 0 ? 'anonymous' : hexPreview(data);
    default:
      return hexPreview(data);
  }
}

/** The text of an IKEv1 identity, which may also be a subnet or a range (RFC 2407 §4.6.2). */
export function isakmpIdentityText(idType: number, data: Uint8Array): string {
  switch (idType) {
    case 1:
    case 5:
      return addressText(data);
    case 2:
    case 3:
      return textPreview(data);
    case 4:
    case 6:
    case 7:
    case 8: {
      const range = isakmpIdRange(idType, data);
      if (!range) return hexPreview(data);
      const { family, first, last } = range;
      if (idType === 4 || idType === 6) return `${formatAddress(family, first)}/${rangePrefixLength(range)}`;
      return first === last ? formatAddress(family, first) : formatRange(range);
    }
    case 9:
      return formatDistinguishedName(data) ?? hexPreview(data);
    default:
      return hexPreview(data);
  }
}

/** An address of 4 or 16 octets; anything else in hexadecimal. */
export function addressText(octets: Uint8Array): string {
  const address = addressFromOctets(octets);
  return address ? formatAddress(address.family, address.value) : hexPreview(octets);
}
