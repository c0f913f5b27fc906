/**
 * ISAKMP payloads whose body is one string of octets: KE (RFC 2408 §3.7), HASH (§3.11), SIG (§3.12), NONCE (§3.13), VID
 * (§3.16), NAT-D (RFC 3947 §3.2), and NAT-D under the number of the drafts before it.
 *
 * No upper limit is set where RSA encryption may stand in for the value: then the body is as long as the modulus
 * (RFC 2409 §5.2).
 */
import { type Decoded, definePayload, rest, struct } from '../codec.js';
import { vendorId } from '../payloads/vendor-id.js';

const keyExchange = struct({ keyExchangeData: rest({ min: 1 }) });
const hash = struct({ hash: rest({ min: 1 }) });
const signature = struct({ signature: rest({ min: 1 }) });
const nonce = struct({ data: rest({ min: 8 }) });
const natDetection = struct({ hash: rest({ min: 1 }) });

export const isakmpKe = definePayload({ kind: 'KE', number: 4, rfc: 'RFC 2408 §3.7', body: keyExchange });
export const isakmpHash = definePayload({ kind: 'HASH', number: 8, rfc: 'RFC 2408 §3.11', body: hash });
export const isakmpSig = definePayload({ kind: 'SIG', number: 9, rfc: 'RFC 2408 §3.12', body: signature });
export const isakmpNonce = definePayload({
  kind: 'NONCE',
  number: 10,
  rfc: 'RFC 2408 §3.13, RFC 2409 §5',
  body: nonce,
});
export const isakmpVid = definePayload({ kind: 'VID', number: 13, rfc: 'RFC 2408 §3.16', body: vendorId });
export const natD = definePayload({ kind: 'NAT-D', number: 20, rfc: 'RFC 3947 §3.2', body: natDetection });
/** draft-ietf-ipsec-nat-t-ike-00 to -03, which peers that announce only those still send. */
export const natDDraft = definePayload({
  kind: 'NAT-D-draft',
  number: 130,
  rfc: 'draft-ietf-ipsec-nat-t-ike-03',
  body: natDetection,
});

export type IsakmpKePayload = Decoded<typeof keyExchange>;
export type IsakmpHashPayload = Decoded<typeof hash>;
export type IsakmpSigPayload = Decoded<typeof signature>;
export type IsakmpNoncePayload = Decoded<typeof nonce>;
export type NatDPayload = Decoded<typeof natDetection>;
