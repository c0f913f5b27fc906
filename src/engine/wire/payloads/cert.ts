/**
 * Certificate payload (CERT) — RFC 7296 §3.6 — and Certificate Request payload (CERTREQ) — RFC 7296 §3.7.
 *
 *   | Cert Encoding |                                               |
 *   +-+-+-+-+-+-+-+-+                                               |
 *   ~             Certificate Data, or Certification Authorities    ~
 */
import {
  bytes,
  type Decoded,
  definePayload,
  list,
  named,
  rest,
  shown,
  struct,
  textPreview,
  u8,
  viewed,
} from '../codec.js';
import { certificateEncodings } from '../registry/ikev2.js';

/** SHA-1 of a certificate, then where to fetch it: encodings 12 and 13 (RFC 7296 §3.6). */
export const hashAndUrl = struct({ hash: bytes(20), url: shown(rest({ min: 1 }), textPreview) });

export const cert = definePayload({
  kind: 'CERT',
  number: 37,
  rfc: 'RFC 7296 §3.6',
  body: struct({
    encoding: named(u8, certificateEncodings),
    data: viewed(rest(), ({ encoding }) => (encoding === 12 || encoding === 13 ? hashAndUrl : undefined)),
  }),
});
export type CertPayload = Decoded<typeof cert.body>;

/** SHA-1 of the subjectPublicKeyInfo of each trusted authority, for encodings 4, 12 and 13 (RFC 7296 §3.7). */
export const authorityHashes = list(bytes(20), { each: 'authority', max: 3276 });

export const certreq = definePayload({
  kind: 'CERTREQ',
  number: 38,
  rfc: 'RFC 7296 §3.7',
  body: struct({
    encoding: named(u8, certificateEncodings),
    authorities: viewed(rest(), ({ encoding }) =>
      encoding === 4 || encoding === 12 || encoding === 13 ? authorityHashes : undefined,
    ),
  }),
});
export type CertreqPayload = Decoded<typeof certreq.body>;
