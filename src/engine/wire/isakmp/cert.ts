/**
 * Certificate payload (CERT) — RFC 2408 §3.9 — and Certificate Request payload (CR) — RFC 2408 §3.10. A request names an
 * authority by its distinguished name, or none at all.
 */
import { type Decoded, definePayload, hexPreview, named, rest, shown, struct, u8 } from '../codec.js';
import { formatDistinguishedName } from '../payloads/distinguished-name.js';
import { isakmpCertificateEncodings } from '../registry/isakmp.js';

const certificate = struct({ encoding: named(u8, isakmpCertificateEncodings), data: rest() });
const request = struct({
  encoding: named(u8, isakmpCertificateEncodings),
  authority: shown(rest(), (authority) => formatDistinguishedName(authority) ?? hexPreview(authority)),
});

export const isakmpCert = definePayload({ kind: 'CERT', number: 6, rfc: 'RFC 2408 §3.9', body: certificate });
export const isakmpCr = definePayload({ kind: 'CR', number: 7, rfc: 'RFC 2408 §3.10', body: request });
export type IsakmpCertPayload = Decoded<typeof certificate>;
export type IsakmpCrPayload = Decoded<typeof request>;
