/** CERT and CERTREQ — RFC 7296 §3.6, §3.7: what we send of our certificates, ask for, and take from a peer. */
import type { PadEntry } from '../../../model/system-config.js';
import { concat } from '../../crypto/octets.js';
import type { Environment } from '../../environment.js';
import { type Ikev2Payload, ikev2Payload } from '../../wire/payloads/table.js';
import { certificateEncodings } from '../../wire/registry.js';
import { certificatesMax } from '../limits.js';
import type { Payloads } from '../payloads.js';

const { X509_CERTIFICATE_SIGNATURE, CERTIFICATE_REVOCATION_LIST } = certificateEncodings.number;

/** Octets of certificates that go into one message: with the rest it has to fit into a UDP datagram. */
const chainOctetsMax = 48_000;

/** Asks for a certificate of the authorities that a record trusts, where it expects a signature. */
export function certificateRequest({ credentials, provider }: Environment, pad: PadEntry): readonly Ikev2Payload[] {
  if (pad.remoteMethod.value === 'PSK') return [];
  const anchors = credentials.trustAnchors(pad);
  if (anchors.length === 0) return [];
  const authorities = concat(anchors.map(({ spki }) => provider.hashes.SHA1.digest(spki)));
  return [ikev2Payload('CERTREQ', { encoding: X509_CERTIFICATE_SIGNATURE, authorities })];
}

/** Our certificate and those up to, but not including, its authority. */
export function certificatePayloads(chain: readonly Uint8Array[]): readonly Ikev2Payload[] {
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
