/**
 * AH — RFC 4302: the ICV over the whole packet but for its mutable fields (ah-mutable.ts), for one packet under one key.
 * Packets go in and out whole, because the IP header is protected too.
 */
import type { Secret } from '../../model/secret.js';
import type { AuthenticationTransform } from '../../model/transform.js';
import { concat } from '../crypto/octets.js';
import type { CryptoProvider, IntegrityKey } from '../crypto/provider.js';
import { ahPayloadLength } from '../wire/ipsec-headers.js';
import { withoutMutableFields } from './ah-mutable.js';
import { integrityKey, type KeyFault, sequenceHigh } from './esp.js';
import { type Insertion, payloadInsertion, replaceFrom } from './ip-build.js';
import { type IpPacket, ipProtocols, isIpFault, parseIp, viewOf } from './packet.js';

/** Up to the ICV. */
const fixedLength = 12;
/** More padding behind the ICV than any alignment asks for. */
const paddingMax = 7;

export interface AhKey {
  readonly kind: 'AH';
  readonly transform: AuthenticationTransform;
  readonly icvLength: number;
  readonly integrity: IntegrityKey;
}

/** Keys the algorithm of an AH SA; refused where the provider lacks it or the key has a wrong length. */
export function ahKey(
  provider: CryptoProvider,
  transform: AuthenticationTransform,
  keymat: Secret | undefined,
): AhKey | KeyFault {
  const made = integrityKey(provider, transform, keymat);
  if ('why' in made) return made;
  return { kind: 'AH', transform, icvLength: transform.icvBits / 8, integrity: made.key };
}

/** The octets of the AH header: a multiple of 4 for IPv4 and of 8 for IPv6 (RFC 4302 §2.2, §3.3.3.2.1). */
export function ahLength({ icvLength }: AhKey, family: 4 | 6): number {
  const unit = family === 4 ? 4 : 8;
  return Math.ceil((fixedLength + icvLength) / unit) * unit;
}

export interface AhHeader {
  readonly spi: number;
  readonly sequence: bigint;
  readonly esn: boolean;
}

/**
 * The packet with AH put in at a place; undefined where it would be too long for IP, or its options contradict themselves
 * so that they cannot be protected.
 */
export function sealAh(key: AhKey, header: AhHeader, ip: IpPacket, place: Insertion): Uint8Array | undefined {
  const length = ahLength(key, ip.family);
  const ah = new Uint8Array(length);
  ah[0] = place.nextHeader;
  ah[1] = ahPayloadLength(length - fixedLength);
  viewOf(ah).setUint32(4, header.spi);
  viewOf(ah).setUint32(8, Number(header.sequence & 0xffff_ffffn));
  const octets = replaceFrom(ip, place, ipProtocols.AH, concat([ah, ip.octets.subarray(place.at)]));
  const whole = octets && parseIp(octets);
  if (!whole || isIpFault(whole)) return undefined;
  const covered = withoutMutableFields(whole, place.at);
  if (!covered) return undefined;
  octets.set(key.integrity.sign(covered, ...sequenceHigh(header)), place.at + fixedLength);
  return octets;
}

export interface AhNumbers {
  readonly spi: number;
  readonly sequenceLow: number;
}

/** SPI and sequence number of a packet whose payload is AH, or undefined where it is too short. */
export function ahNumbers(ip: IpPacket): AhNumbers | undefined {
  if (ip.payload.length < fixedLength) return undefined;
  const view = viewOf(ip.payload);
  return { spi: view.getUint32(4), sequenceLow: view.getUint32(8) };
}

export type AhOpened =
  | {
      readonly kind: 'opened';
      readonly nextHeader: number;
      /** What is behind the AH header. */
      readonly payload: Uint8Array;
      /** The packet without AH, for transport mode. */
      readonly octets: Uint8Array;
    }
  | { readonly kind: 'refused'; readonly reason: 'malformed' | 'icv'; readonly why: string };

/** Checks the AH that is a packet's payload. `sequence` is the whole number that was inferred. Never throws on any packet. */
export function openAh(key: AhKey, ip: IpPacket, { sequence, esn }: { sequence: bigint; esn: boolean }): AhOpened {
  const { payload, payloadOffset } = ip;
  const length = payload.length < 2 ? 0 : (payload[1]! + 2) * 4;
  const padding = length - fixedLength - key.icvLength;
  // A sender may pad to 8 octets for IPv4 too, as Linux does.
  if (padding < 0 || padding > paddingMax || length > payload.length) {
    return malformed(`an AH header of ${length} octets cannot hold an ICV of ${key.icvLength}`);
  }
  if (ip.family === 6 && length % 8 !== 0) return malformed(`an AH header of ${length} octets in IPv6`);
  const covered = withoutMutableFields(ip, payloadOffset);
  if (!covered) return malformed('options or routing header contradict themselves');
  const icvAt = payloadOffset + fixedLength;
  const icv = ip.octets.slice(icvAt, icvAt + key.icvLength);
  covered.fill(0, icvAt, icvAt + key.icvLength);
  if (!key.integrity.verify(icv, covered, ...sequenceHigh({ sequence, esn }))) {
    return { kind: 'refused', reason: 'icv', why: 'the ICV is wrong' };
  }
  const nextHeader = payload[0]!;
  const rest = payload.subarray(length);
  // Shorter than what came, so that it always fits.
  const octets = replaceFrom(ip, payloadInsertion(ip), nextHeader, rest)!;
  return { kind: 'opened', nextHeader, payload: rest, octets };
}

function malformed(why: string): AhOpened {
  return { kind: 'refused', reason: 'malformed', why };
}
