/** Identification payloads of phase 1 and the model's identities — RFC 2407 §4.6.2, RFC 4945 §3.1. */
import { addressFromOctets, addressToOctets, formatAddress } from '../../model/address.js';
import { identityAddress, keyIdOctets, keyIdText } from '../../model/peer/identity.js';
import type { Identity } from '../../model/system-config.js';
import { readCertificate } from '../crypto/x509/certificate.js';
import { writeName } from '../crypto/x509/write-name.js';
import { utf8 } from '../wire/codec.js';
import type { IsakmpIdPayload } from '../wire/isakmp/id.js';
import { formatDistinguishedName } from '../wire/payloads/distinguished-name.js';
import { isakmpIdTypes } from '../wire/registry/isakmp.js';

const types = isakmpIdTypes.number;

/** A peer's identity: for the records as text, for certificates its octets, for HASH_I and HASH_R the whole body. */
export interface PeerIdentity {
  readonly identity: Identity;
  /** The identification data alone. */
  readonly octets: Uint8Array;
  /** IDii_b or IDir_b. */
  readonly body: Uint8Array;
}

/** Type, protocol and port of an ID payload's body. */
export const idHeaderOctets = 4;

/**
 * The body of an ID payload for an identity, protocol and port 0 (RFC 2407 §4.6.2). A distinguished name is that of the
 * certificate where there is one, which has it in the very form in which it will be compared. Undefined where the identity cannot be sent.
 */
export function writeIdentity({ type, value }: Identity, certificate?: Uint8Array): Uint8Array | undefined {
  switch (type) {
    case 'IPV4':
    case 'IPV6': {
      const address = identityAddress({ type, value });
      return address && body(type === 'IPV4' ? types.ID_IPV4_ADDR : types.ID_IPV6_ADDR, addressToOctets(address));
    }
    case 'FQDN':
      return textBody(types.ID_FQDN, value);
    case 'USER-FQDN':
      return textBody(types.ID_USER_FQDN, value);
    case 'KEY-ID':
      return value === undefined ? undefined : body(types.ID_KEY_ID, keyIdOctets(value));
    case 'X500-DN': {
      const read = certificate && readCertificate(certificate);
      const name = read?.kind === 'value' ? read.value.subject.der : value === undefined ? undefined : writeName(value);
      return name && body(types.ID_DER_ASN1_DN, name);
    }
  }
}

function body(idType: number, data: Uint8Array): Uint8Array {
  const octets = new Uint8Array(idHeaderOctets + data.length);
  octets[0] = idType;
  octets.set(data, idHeaderOctets);
  return octets;
}

function textBody(idType: number, value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : body(idType, new TextEncoder().encode(value));
}

/** The payload with a given body. Ciphertext too goes through here: with RSA encryption a body is nothing else. */
export function idPayloadOf(octets: Uint8Array): IsakmpIdPayload {
  return {
    idType: octets[0]!,
    protocolId: octets[1]!,
    port: (octets[2]! << 8) | octets[3]!,
    data: octets.subarray(idHeaderOctets),
  };
}

/** The identity of an ID payload's body; undefined for types that no record can name and for octets that are none. */
export function readIdentity(octets: Uint8Array): PeerIdentity | undefined {
  if (octets.length <= idHeaderOctets) return undefined;
  const data = octets.subarray(idHeaderOctets);
  const identity = identityOf(octets[0]!, data);
  return identity && { identity, octets: data, body: octets };
}

function identityOf(idType: number, data: Uint8Array): Identity | undefined {
  switch (idType) {
    case types.ID_IPV4_ADDR:
    case types.ID_IPV6_ADDR: {
      const address = addressFromOctets(data);
      if (!address || (address.family === 4) !== (idType === types.ID_IPV4_ADDR)) return undefined;
      return { type: address.family === 4 ? 'IPV4' : 'IPV6', value: formatAddress(address.family, address.value) };
    }
    case types.ID_FQDN:
      return named('FQDN', printable(data));
    case types.ID_USER_FQDN:
      return named('USER-FQDN', printable(data));
    case types.ID_DER_ASN1_DN:
      return named('X500-DN', formatDistinguishedName(data));
    case types.ID_KEY_ID:
      return named('KEY-ID', keyIdText(data));
    default:
      return undefined;
  }
}

function named(type: Identity['type'], value: string | undefined): Identity | undefined {
  return value === undefined ? undefined : { type, value };
}

/** A NUL or a line feed in a name is an attempt to look like another one. */
function printable(octets: Uint8Array): string | undefined {
  const text = octets.length > 0 ? utf8(octets) : undefined;
  return text === undefined || /[\u0000-\u001f\u007f]/.test(text) ? undefined : text;
}
