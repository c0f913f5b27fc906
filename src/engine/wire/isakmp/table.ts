/** The ISAKMP payload types that have a codec; every other number, those of GDOI too, is kept as `unknown`. */
import type { PayloadDefinition } from '../codec.js';
import { isakmpCert, isakmpCr } from './cert.js';
import { isakmpCp } from './cp.js';
import { isakmpFragment } from './fragment.js';
import { isakmpId, natOa, natOaDraft } from './id.js';
import { isakmpDelete, isakmpNotify } from './notify.js';
import { isakmpHash, isakmpKe, isakmpNonce, isakmpSig, isakmpVid, natD, natDDraft } from './opaque.js';
import { isakmpSa } from './sa.js';

export const isakmpPayloadDefinitions = [
  isakmpSa,
  isakmpKe,
  isakmpId,
  isakmpCert,
  isakmpCr,
  isakmpHash,
  isakmpSig,
  isakmpNonce,
  isakmpNotify,
  isakmpDelete,
  isakmpVid,
  isakmpCp,
  natD,
  natOa,
  natDDraft,
  natOaDraft,
  isakmpFragment,
] as const;

type Definition = (typeof isakmpPayloadDefinitions)[number];

/** The generic header has nothing but a reserved octet, kept where it is not zero — RFC 2408 §3.2. */
interface IsakmpPayloadHeader {
  readonly reserved?: number;
}

type Known<D> =
  D extends PayloadDefinition<infer K, infer T> ? IsakmpPayloadHeader & { readonly kind: K; readonly body: T } : never;

export type UnknownIsakmpPayload = IsakmpPayloadHeader & {
  readonly kind: 'unknown';
  /** 1..255 */
  readonly number: number;
  readonly body: Uint8Array;
};

export type IsakmpPayload = Known<Definition> | UnknownIsakmpPayload;

/** One kind of ISAKMP payload, as `IsakmpPayloadOfKind<'ID'>`. */
export type IsakmpPayloadOfKind<K extends IsakmpPayload['kind']> = Extract<IsakmpPayload, { readonly kind: K }>;

type BodyOf<K> = K extends Definition['kind'] ? Extract<Known<Definition>, { readonly kind: K }>['body'] : never;

/** A payload of ours. */
export function isakmpPayload<const K extends Definition['kind']>(kind: K, body: BodyOf<K>): IsakmpPayloadOfKind<K> {
  return { kind, body } as unknown as IsakmpPayloadOfKind<K>;
}
