/** CERT and CERTREQ — RFC 7296 §3.6, §3.7: what we send of our certificates, ask for, and take from a peer. */
import type { PadEntry } from '../../../model/system-config.js';
import { concat } from '../../crypto/octets.js';
import type { Environment } from '../../environment.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import { certificateEncodings } from '../../wire/registry.js';
import type { Role } from '../ike-sa.js';
import { certificatesMax } from '../limits.js';
import type { Payloads } from '../payloads.js';

const { X509_CERTIFICATE_SIGNATURE, CERTIFICATE_REVOCATION_LIST } = certificateEncodings.number;

/** Octets of the hash that stands for an authority (RFC 7296 §3.7), and as many of them as are looked at. */
const keyIdOctets = 20;
const askedMax = 256;

/** Octets of certificates that go into one message: with the rest it has to fit into a UDP datagram. */
const chainOctetsMax = 48_000;

/**
 * Asks for a certificate of the authorities that a record trusts, where it expects a signature. A responder of connections does not
 * know yet which one it will be, and asks for all that it trusts (charon's ike_cert_pre.c).
 */
export function certificateRequest(
  { credentials, provider }: Environment,
  pad: PadEntry,
  role: Role,
): readonly Ikev2Payload[] {
  const isOpen = role === 'responder' && pad.connection !== undefined;
  if (pad.remoteMethod.value === 'PSK' && !isOpen) return [];
  if (pad.asksForCertificates?.value === false) return [];
  const anchors = credentials.trustAnchors(isOpen ? undefined : pad);
  if (anchors.length === 0) return [];
  const authorities = concat(anchors.map(({ spki }) => provider.hashes.SHA1.digest(spki)));
  return [ikev2Payload('CERTREQ', { encoding: X509_CERTIFICATE_SIGNATURE, authorities })];
}

/** The authorities that a peer asks for; undefined where it asks for no certificate at all. */
export function askedAuthorities(payloads: Payloads): readonly Uint8Array[] | undefined {
  const asked = payloads.all('CERTREQ');
  if (asked.length === 0) return undefined;
  return asked
    .filter(({ encoding }) => encoding === X509_CERTIFICATE_SIGNATURE)
    .flatMap(({ authorities }) =>
      Array.from({ length: Math.min(Math.floor(authorities.length / keyIdOctets), askedMax) }, (_, at) =>
        authorities.subarray(at * keyIdOctets, (at + 1) * keyIdOctets),
      ),
    );
}

/** Our certificate and those up to, but not including, its authority, where the record sends them to this peer. */
export function certificatePayloads(
  chain: readonly Uint8Array[],
  { sendsCertificates }: PadEntry,
  isAskedFor: boolean,
): readonly Ikev2Payload[] {
  const sends = sendsCertificates?.value;
  if (sends === 'never' || (sends === 'if-asked' && !isAskedFor)) return [];
  let octets = 0;
  const sent = chain.slice(0, certificatesMax).filter((der) => {
    octets += der.length;
    return octets <= chainOctetsMax;
  });
  return sent.map((data) => ikev2Payload('CERT', { encoding: X509_CERTIFICATE_SIGNATURE, data }));
}

/** What a peer sent: certificates, its own first, and CRLs. */
export function receivedCertificates(payloads: Payloads): {
  readonly chain: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
} {
  const of = (encoding: number) =>
    payloads
      .all('CERT')
      .filter((one) => one.encoding === encoding)
      .slice(0, certificatesMax)
      .map(({ data }) => data);
  return { chain: of(X509_CERTIFICATE_SIGNATURE), crls: of(CERTIFICATE_REVOCATION_LIST) };
}
