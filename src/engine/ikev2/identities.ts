/** ID payloads and the model's identities — RFC 7296 §3.5, RFC 4945 §3.1. */
import { addressFromOctets, addressToOctets, formatAddress } from '../../model/address.js';
import { identityAddress, keyIdOctets, keyIdText } from '../../model/peer/identity.js';
import type { Identity } from '../../model/system-config.js';
import { readCertificate } from '../crypto/x509/certificate.js';
import { writeName } from '../crypto/x509/write-name.js';
import { utf8 } from '../wire/codec.js';
import { formatDistinguishedName } from '../wire/payloads/distinguished-name.js';
import type { IdPayload } from '../wire/payloads/id.js';
import { idTypes } from '../wire/registry.js';

const types = idTypes.number;

/** A peer's identity: for the records as text, for certificates also its octets. */
export interface PeerIdentity {
  readonly identity: Identity;
  readonly octets: Uint8Array;
}

/**
 * The payload of an identity. A distinguished name is that of the certificate where there is one, which has it in the very
 * form in which it will be compared. Undefined where the identity cannot be sent.
 */
export function writeIdentity({ type, value }: Identity, certificate?: Uint8Array): IdPayload | undefined {
  const text = (idType: number): IdPayload | undefined =>
    value === undefined ? undefined : { idType, data: new TextEncoder().encode(value) };
  switch (type) {
    case 'IPV4':
    case 'IPV6': {
      const address = identityAddress({ type, value });
      return (
        address && { idType: type === 'IPV4' ? types.ID_IPV4_ADDR : types.ID_IPV6_ADDR, data: addressToOctets(address) }
      );
    }
    case 'FQDN':
      return text(types.ID_FQDN);
    case 'USER-FQDN':
      return text(types.ID_RFC822_ADDR);
    case 'KEY-ID':
      return value === undefined ? undefined : { idType: types.ID_KEY_ID, data: keyIdOctets(value) };
    case 'X500-DN': {
      const read = certificate && readCertificate(certificate);
      const data = read?.kind === 'value' ? read.value.subject.der : value === undefined ? undefined : writeName(value);
      return data && { idType: types.ID_DER_ASN1_DN, data };
    }
  }
}

/** The identity of a payload; undefined for types that no record can name, and for octets that are none of the type. */
export function readIdentity({ idType, data }: IdPayload): PeerIdentity | undefined {
  const of = (type: Identity['type'], value: string | undefined): PeerIdentity | undefined =>
    value === undefined ? undefined : { identity: { type, value }, octets: data };
  switch (idType) {
    case types.ID_IPV4_ADDR:
    case types.ID_IPV6_ADDR: {
      const address = addressFromOctets(data);
      if (!address || (address.family === 4) !== (idType === types.ID_IPV4_ADDR)) return undefined;
      return of(address.family === 4 ? 'IPV4' : 'IPV6', formatAddress(address.family, address.value));
    }
    case types.ID_FQDN:
      return of('FQDN', printable(data));
    case types.ID_RFC822_ADDR:
      return of('USER-FQDN', printable(data));
    case types.ID_DER_ASN1_DN:
      return of('X500-DN', formatDistinguishedName(data));
    case types.ID_KEY_ID:
      return of('KEY-ID', keyIdText(data));
    default:
      return undefined;
  }
}

/** A NUL or a line feed in a name is an attempt to look like another one. */
function printable(octets: Uint8Array): string | undefined {
  const text = octets.length > 0 ? utf8(octets) : undefined;
  return text === undefined || /[\u0000-\u001f\u007f]/.test(text) ? undefined : text;
}
