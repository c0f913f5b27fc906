/**
 * IKE header — RFC 7296 §3.1, RFC 2408 §3.1: 28 octets, the same in both versions but for the names of fields and flags.
 *
 *   |                       IKE SA Initiator's SPI                  |   8 octets; Initiator Cookie (CKY-I)
 *   |                       IKE SA Responder's SPI                  |   8 octets; Responder Cookie (CKY-R)
 *   |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
 *   |                          Message ID                           |
 *   |                            Length                             |
 */
import { fault, readerOf } from './codec/core.js';
import { type Codec, cited, type Decoded, hexadecimal, mapped, shown, struct, u8, u32, u64 } from './codec.js';
import { exchangeTypes, payloadTypes } from './registry/ikev2.js';
import { isakmpExchangeTypes, isakmpPayloadTypes } from './registry/isakmp.js';

export const headerOctets = 28;

/** Flags of IKEv2: sent by the original initiator, version (ignored), response — RFC 7296 §3.1. */
export const ikev2Flags = { INITIATOR: 0x08, VERSION: 0x10, RESPONSE: 0x20 } as const;

/** Flags of ISAKMP: encryption, commit, authentication only — RFC 2408 §3.1. */
export const isakmpFlags = { ENCRYPTION: 0x01, COMMIT: 0x02, AUTHENTICATION_ONLY: 0x04 } as const;

export interface Version {
  /** 0..15 */
  readonly major: number;
  /** 0..15 */
  readonly minor: number;
}

const version: Codec<Version> = shown(
  mapped(
    u8,
    (octet) => ({ major: octet >> 4, minor: octet & 15 }),
    ({ major, minor }) => {
      if (major < 0 || major > 15 || minor < 0 || minor > 15) throw new RangeError(`no version ${major}.${minor}`);
      return (major << 4) | minor;
    },
  ),
  ({ major, minor }) => `${major}.${minor}`,
);

const isVersion1 = (of: unknown): boolean => (of as Version | undefined)?.major === 1;

/** All fields, those too that follow from the payloads. */
export const rawHeader = cited(
  'RFC 7296 §3.1',
  struct({
    initiatorSpi: u64,
    responderSpi: u64,
    nextPayload: u8, // shown by name in the payloads themselves: here the version is not known yet
    version,
    exchangeType: shown(u8, (type, scope) => exchangeTypeName(scope.version as Version, type)),
    flags: shown(u8, (flags, scope) => flagsText(scope.version as Version, flags)),
    messageId: hexadecimal(u32, 8),
    length: u32,
  }),
);
export type RawHeader = Decoded<typeof rawHeader>;

/** What a message's header says apart from its payloads. Any numbers: the exchange decides what to do about odd ones. */
export type Header = Omit<RawHeader, 'nextPayload' | 'length'>;

/** The header of a datagram whatever follows it; undefined where it is too short. For telling who a datagram is for. */
export function decodeHeader(octets: Uint8Array): Header | undefined {
  const raw = rawHeader.read(readerOf(octets), {});
  return raw === fault ? undefined : headerOf(raw);
}

/** The header without what the payloads imply. */
export function headerOf({
  initiatorSpi,
  responderSpi,
  version,
  exchangeType,
  flags,
  messageId,
}: Omit<RawHeader, 'nextPayload' | 'length'>): Header {
  return { initiatorSpi, responderSpi, version, exchangeType, flags, messageId };
}

/** `IKE_SA_INIT (34)`, `Main Mode (2)` */
export function exchangeTypeName(of: Version, type: number): string {
  return (isVersion1(of) ? isakmpExchangeTypes : exchangeTypes).describe(type);
}

/** `KE (34)` */
export function payloadTypeName(of: Version, type: number): string {
  return (isVersion1(of) ? isakmpPayloadTypes : payloadTypes).describe(type);
}

/** `INITIATOR (0x08)`; reserved bits are seen in the number. */
function flagsText(of: Version, flags: number): string {
  const names = Object.entries(isVersion1(of) ? isakmpFlags : ikev2Flags).filter(([, bit]) => flags & bit);
  return `${names.map(([name]) => name).join(', ') || 'none'} (0x${flags.toString(16).padStart(2, '0')})`;
}

/** Was an IKEv2 message sent by the initiator of the IKE SA (not of the exchange)? */
export function fromInitiator({ flags }: Header): boolean {
  return (flags & ikev2Flags.INITIATOR) !== 0;
}

/** Is an IKEv2 message a response? */
export function isResponse({ flags }: Header): boolean {
  return (flags & ikev2Flags.RESPONSE) !== 0;
}

/** Is the body of an ISAKMP message encrypted? */
export function isEncrypted({ flags }: Header): boolean {
  return (flags & isakmpFlags.ENCRYPTION) !== 0;
}
