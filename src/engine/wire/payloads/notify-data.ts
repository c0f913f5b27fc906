/** Notification data that has a structure (RFC 7296 §3.10.1 and the RFCs named below), for exchanges and for reports. */
import { formatAddress } from '../../../model/address.js';
import {
  type Codec,
  type Decoded,
  type Decoding,
  decode,
  hexadecimal,
  list,
  named,
  rest,
  shown,
  sized,
  sizeOf,
  struct,
  textPreview,
  totalLength,
  u8,
  u16,
  u32,
  u128,
} from '../codec.js';
import {
  authenticationMethods,
  gatewayIdentityTypes,
  hashAlgorithms,
  ppkIdTypes,
  securePasswordMethods,
} from '../registry/ikev2.js';
import { notifyTypes } from '../registry/notify.js';
import { ipcompTransforms, keyExchangeMethods, pseudorandomFunctions } from '../registry/transforms.js';
import { addressText } from './identity-text.js';

const ipv4 = shown(u32, (value) => formatAddress(4, value));
const ipv6 = shown(u128, (value) => formatAddress(6, value));
const numbersMax = 1024;

/** A gateway's name or address (RFC 5685 §5.1, §5.2); REDIRECTED_FROM has no nonce. */
const gateway = struct({
  identityType: named(u8, gatewayIdentityTypes),
  identityLength: sizeOf('identity', u8),
  identity: shown(sized('identityLength'), (identity, { identityType }) =>
    identityType === 3 ? textPreview(identity) : addressText(identity),
  ),
  nonce: rest(),
});

/** One authentication method that a peer announces: its length first (RFC 9593 §3.2). */
const announcement = struct({
  length: totalLength(u8),
  method: named(u8, authenticationMethods),
  linkAndAlgorithm: rest(),
});

export const notifyData = {
  /** The critical payload type that was not understood — RFC 7296 §2.5. */
  UNSUPPORTED_CRITICAL_PAYLOAD: struct({ payloadType: u8 }),
  /** The Message ID that was not expected — RFC 7296 §2.3. */
  INVALID_MESSAGE_ID: struct({ messageId: u32 }),
  /** The group that the responder wants — RFC 7296 §1.2. */
  INVALID_KE_PAYLOAD: struct({ dhGroup: named(u16, keyExchangeMethods) }),
  /** RFC 7296 §2.3. */
  SET_WINDOW_SIZE: struct({ windowSize: u32 }),
  /** RFC 7296 §2.22. */
  IPCOMP_SUPPORTED: struct({ cpi: hexadecimal(u16, 4), transformId: named(u8, ipcompTransforms), attributes: rest() }),
  /** RFC 4555 §4.2.2. */
  ADDITIONAL_IP4_ADDRESS: struct({ address: ipv4 }),
  ADDITIONAL_IP6_ADDRESS: struct({ address: ipv6 }),
  /** RFC 4478 §3: seconds until the peer wants to be authenticated again. */
  AUTH_LIFETIME: struct({ lifetimeSeconds: u32 }),
  /** RFC 5685 §5.1. */
  REDIRECT: gateway,
  REDIRECTED_FROM: gateway,
  /** RFC 5723 §7.2: seconds, then the ticket. */
  TICKET_LT_OPAQUE: struct({ lifetimeSeconds: u32, ticket: secret(rest()) }),
  TICKET_OPAQUE: struct({ ticket: secret(rest()) }),
  /** RFC 6290 §4.1: whoever knows the token can end the SA. */
  QUICK_CRASH_DETECTION: struct({ token: secret(rest()) }),
  /** RFC 6311 §5. */
  IKEV2_MESSAGE_ID_SYNC: struct({ nonce: u32, expectedSendId: u32, expectedReceiveId: u32 }),
  IPSEC_REPLAY_COUNTER_SYNC: struct({ counter: rest() }),
  /** RFC 6467 §3. */
  SECURE_PASSWORD_METHODS: struct({
    methods: list(named(u16, securePasswordMethods), { each: 'method', max: numbersMax }),
  }),
  /** RFC 7427 §4. */
  SIGNATURE_HASH_ALGORITHMS: struct({ hashes: list(named(u16, hashAlgorithms), { each: 'hash', max: numbersMax }) }),
  /** RFC 8019 §8.1: how many zero bits a solution needs, by which PRF, over which cookie. */
  PUZZLE: struct({ prf: named(u16, pseudorandomFunctions), difficultyBits: u8, cookie: rest() }),
  /** RFC 8784 §5.1: which key, not the key. */
  PPK_IDENTITY: struct({ ppkIdType: named(u8, ppkIdTypes), ppkId: rest() }),
  /** RFC 9593 §3.2. */
  SUPPORTED_AUTH_METHODS: struct({ methods: list(announcement, { each: 'method', max: numbersMax }) }),
} as const satisfies Readonly<Partial<Record<keyof typeof notifyTypes.number, Codec<unknown>>>>;

export type NotifyDataOf<K extends keyof typeof notifyData> = Decoded<(typeof notifyData)[K]>;

/** Decodes the data of a notification whose type has a structure. */
export function decodeNotifyData<K extends keyof typeof notifyData>(
  type: K,
  data: Uint8Array,
): Decoding<NotifyDataOf<K>> {
  return decode(notifyData[type] as unknown as Codec<NotifyDataOf<K>>, data);
}

/** The codec of a notification's data, where its type has a structure. */
export function notifyDataCodec(type: number): Codec<unknown> | undefined {
  const name = notifyTypes.name(type);
  return name !== undefined && name in notifyData ? notifyData[name as keyof typeof notifyData] : undefined;
}

const secretTypes: ReadonlySet<number> = new Set([
  notifyTypes.number.TICKET_LT_OPAQUE,
  notifyTypes.number.TICKET_OPAQUE,
  notifyTypes.number.QUICK_CRASH_DETECTION,
  // An IKE SA without PPK authenticated by it: only peers need it, and it may be an offline target.
  notifyTypes.number.NO_PPK_AUTH,
]);

/** Is the data something that a report must not show, because having it is having a right? */
export function notifyDataIsSecret(type: number): boolean {
  return secretTypes.has(type);
}

function secret(codec: Codec<Uint8Array>): Codec<Uint8Array> {
  return shown(codec, () => '[secret]');
}
