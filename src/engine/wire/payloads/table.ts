/** The IKEv2 payload types that have a codec; every other number is kept as `unknown`. */
import type { PayloadDefinition } from '../codec.js';
import { auth } from './auth.js';
import { cert, certreq } from './cert.js';
import { cp } from './cp.js';
import { del } from './delete.js';
import { eap } from './eap.js';
import { idg, idi, idr } from './id.js';
import { ke } from './ke.js';
import { nonce } from './nonce.js';
import { notify } from './notify.js';
import { ps } from './ps.js';
import { sa } from './sa.js';
import { sk, skf } from './sk.js';
import { tsi, tsr } from './ts.js';
import { v } from './vendor-id.js';

/** In the order of their numbers. SK and SKF stand apart: their Next Payload field belongs to what is inside. */
export const ikev2PayloadDefinitions = [
  sa,
  ke,
  idi,
  idr,
  cert,
  certreq,
  auth,
  nonce,
  notify,
  del,
  v,
  tsi,
  tsr,
  cp,
  eap,
  idg,
  ps,
] as const;

export const encryptedPayloadDefinitions = [sk, skf] as const;

type Definition = (typeof ikev2PayloadDefinitions)[number];
type EncryptedDefinition = (typeof encryptedPayloadDefinitions)[number];

/** What every IKEv2 payload has from its generic header — RFC 7296 §3.2. */
interface Ikev2PayloadHeader {
  /** To be understood by the recipient or else refused; it means nothing on the types of RFC 7296. */
  readonly critical: boolean;
  /** The 7 reserved bits, where they are not zero. */
  readonly reserved?: number;
}

type Known<D> =
  D extends PayloadDefinition<infer K, infer T> ? Ikev2PayloadHeader & { readonly kind: K; readonly body: T } : never;
type Encrypted<D> =
  D extends PayloadDefinition<infer K, infer T>
    ? Ikev2PayloadHeader & { readonly kind: K; readonly firstPayload: number; readonly body: T }
    : never;

export type UnknownIkev2Payload = Ikev2PayloadHeader & {
  readonly kind: 'unknown';
  /** 1..255 */
  readonly number: number;
  readonly body: Uint8Array;
};

/** SK or SKF; `firstPayload` is the number of the first payload inside, 0 for none. */
export type EncryptedIkev2Payload = Encrypted<EncryptedDefinition>;

export type Ikev2Payload = Known<Definition> | EncryptedIkev2Payload | UnknownIkev2Payload;

/** One kind of IKEv2 payload, as `PayloadOfKind<'KE'>`. */
export type Ikev2PayloadOfKind<K extends Ikev2Payload['kind']> = Extract<Ikev2Payload, { readonly kind: K }>;

type BodyOf<K> = K extends Definition['kind'] ? Extract<Known<Definition>, { readonly kind: K }>['body'] : never;

/** A payload of ours: not critical, as RFC 7296 §2.5 wants it for the types that it defines. */
export function ikev2Payload<const K extends Definition['kind']>(kind: K, body: BodyOf<K>): Ikev2PayloadOfKind<K> {
  return { kind, critical: false, body } as unknown as Ikev2PayloadOfKind<K>;
}
