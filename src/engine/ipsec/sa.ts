/**
 * A security association in one direction — RFC 4301 §4.4.2: its parameters, which never change, and its usage, which
 * counts. Sequence numbers, lifetimes (soft and hard; seconds, kilobytes, packets) and what they give rise to.
 *
 * The usage is changed in place by the functions of this file and of inbound.ts only; equal calls give equal states.
 */
import type { Address } from '../../model/address.js';
import type { Packet } from '../../model/packet.js';
import type { Region } from '../../model/selector/box.js';
import type { SaTemplate } from '../../model/system-config.js';
import type { AuthenticationTransform, EncryptionTransform } from '../../model/transform.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { type AhKey, ahKey } from './ah.js';
import { type EspKey, espKey, type KeyFault, type SaKeys } from './esp.js';
import { createReplayWindow, type ReplayWindow } from './replay-window.js';

export type { KeyFault, SaKeys } from './esp.js';

/** Milliseconds since some beginning that the caller chose. */
export type Millis = number;

/** Limits of an SA; an absent one or 0 is none. Soft ones ask for a successor, hard ones end the SA. */
export interface SaLimits {
  readonly softSeconds?: number;
  readonly hardSeconds?: number;
  readonly softKilobytes?: number;
  readonly hardKilobytes?: number;
  readonly softPackets?: number;
  readonly hardPackets?: number;
}

/** How a tunnel's outer header is made (RFC 4301 §5.1.2). */
export interface TunnelOptions {
  /** `copy` from the inner header, or a value 0..63. */
  readonly dscp: 'copy' | number;
  /** For an IPv4 outer header; an IPv6 packet inside counts as one with DF (RFC 4301 §8.1). */
  readonly dontFragment: 'copy' | 'set' | 'clear';
  /** 1..255 */
  readonly hopLimit: number;
}

export const tunnelDefaults: TunnelOptions = { dscp: 'copy', dontFragment: 'copy', hopLimit: 64 };

export interface SaParameters {
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: 'ESP' | 'AH';
  /** 1..2^32-1 */
  readonly spi: number;
  readonly mode: 'transport' | 'tunnel';
  /** The ends of the SA: the addresses of the IP header that its ESP or AH follows. */
  readonly local: Address;
  readonly remote: Address;
  /** What it may carry, in local/remote terms. */
  readonly selectors: Region;
  /** ESP only. */
  readonly encryption?: EncryptionTransform;
  readonly authentication?: AuthenticationTransform;
  readonly keys: SaKeys;
  readonly esn: boolean;
  /** Packets; 0 is off. Inbound only. */
  readonly replayWindow: number;
  readonly limits: SaLimits;
  /** Keys from a record, not from IKE: no limits, no anti-replay (RFC 4303 §3.3.3, §3.4.3). */
  readonly manual: boolean;
  /** ESP in UDP (RFC 3948). */
  readonly udpEncapsulation?: { readonly localPort: number; readonly remotePort: number };
  /** The packet that filled the selectors, for SAs that are for one flow only (RFC 4301 §4.4.1, PFP). */
  readonly populatedFrom?: Packet;
  readonly tunnel?: TunnelOptions;
  /** Tunnel mode with ESP: packets are filled with TFC padding to so many octets. */
  readonly tfcLength?: number;
  /**
   * The template that it was negotiated for, where it has come about in the other mode than that one asks for. Products that
   * leave the mode to the peer (strongSwan) make their policies as the SA is, so that it carries the template's packets.
   */
  readonly agreedFor?: SaTemplate;
  /** Refuse padding other than 1, 2, 3 …; true when absent. */
  readonly checkPadding?: boolean;
}

/** What names an SA (RFC 4301 §4.1). `destination` is where its packets go. */
export interface SaId {
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: 'ESP' | 'AH';
  readonly spi: number;
  readonly destination: Address;
}

export type SaLimit = 'seconds' | 'kilobytes' | 'packets' | 'sequence';

/** What an SA tells the one who manages it, IKE or an operator. */
export type SaEvent =
  /** Time for a successor. Once for each SA. */
  | { readonly kind: 'soft-expire'; readonly sa: SaId; readonly limit: SaLimit }
  /** It carries no more packets. Once for each SA. */
  | { readonly kind: 'hard-expire'; readonly sa: SaId; readonly limit: SaLimit }
  | { readonly kind: 'replay'; readonly sa: SaId; readonly sequence: bigint; readonly verdict: 'old' | 'seen' }
  | { readonly kind: 'icv-failure'; readonly sa: SaId; readonly sequence: bigint }
  /** An authenticated packet came from elsewhere: a NAT has a new mapping (RFC 7296 §2.23). */
  | { readonly kind: 'mapping-changed'; readonly sa: SaId; readonly remote: Address; readonly remotePort: number }
  | {
      readonly kind: 'unknown-spi';
      readonly protocol: 'ESP' | 'AH';
      readonly spi: number;
      readonly source: Address;
      readonly destination: Address;
    };

export interface SaUsage {
  /** Outbound: the number sent last; 0 before the first. */
  sequence: bigint;
  /** Octets of the packets before protection, and their number. */
  octets: number;
  packets: number;
  readonly addedAt: Millis;
  lastUsedAt: Millis | undefined;
  softExpired: boolean;
  hardExpired: boolean;
  /** Inbound: refused packets. */
  replays: number;
  icvFailures: number;
  /** Since the last right ICV, for the resynchronisation of ESN. */
  icvFailuresInARow: number;
}

export interface Sa {
  readonly id: SaId;
  readonly parameters: SaParameters;
  readonly key: EspKey | AhKey;
  readonly window: ReplayWindow;
  readonly usage: SaUsage;
}

/** Numbers of an SA without ESN, and with it: the counter must not come round (RFC 4303 §3.3.3). */
const sequenceMax = (1n << 32n) - 1n;
const esnMax = (1n << 64n) - 1n;
/** A successor is asked for when a 16th of the numbers is left: at 100,000 packets a second three quarters of an hour. */
const sequenceReserve = 16n;
const octetsPerKilobyte = 1024;

/** Makes an SA, or says what in its parameters does not go together. */
export function createSa(parameters: SaParameters, provider: CryptoProvider, now: Millis): Sa | KeyFault {
  const { direction, protocol, spi, mode, local, remote, encryption, authentication, manual } = parameters;
  if (!Number.isInteger(spi) || spi < 1 || spi > 0xffff_ffff)
    return { why: `SPI ${spi} is not one of 1 to 4294967295` };
  if (local.family !== remote.family) return { why: 'the ends of an SA must be of one IP version' };
  if (protocol === 'AH' && parameters.udpEncapsulation)
    return { why: 'AH cannot be encapsulated in UDP (RFC 3948 §1)' };
  if (manual && parameters.esn) return { why: 'extended sequence numbers need key management (RFC 4303 §2.2.1)' };
  if (manual && encryption?.saltOctets !== undefined) {
    // Its counter starts again with the system, and would use IVs again (RFC 4106 §2, RFC 3686 §2.1).
    return { why: `${encryption.name} must not be used with manual keys` };
  }
  if (parameters.tfcLength !== undefined && (mode !== 'tunnel' || protocol !== 'ESP')) {
    return { why: 'TFC padding is for ESP in tunnel mode' };
  }
  const key = keyOf(parameters, provider);
  if ('why' in key) return key;
  const hasIntegrity = key.icvLength > 0;
  const window = manual || !hasIntegrity || direction === 'outbound' ? 0 : parameters.replayWindow;
  if (!hasIntegrity && parameters.esn) return { why: 'extended sequence numbers need integrity' };
  return {
    id: { direction, protocol, spi, destination: direction === 'outbound' ? remote : local },
    parameters,
    key,
    window: createReplayWindow(window, parameters.esn),
    usage: {
      sequence: 0n,
      octets: 0,
      packets: 0,
      addedAt: now,
      lastUsedAt: undefined,
      softExpired: false,
      hardExpired: false,
      replays: 0,
      icvFailures: 0,
      icvFailuresInARow: 0,
    },
  };
  function keyOf({ keys }: SaParameters, from: CryptoProvider): EspKey | AhKey | KeyFault {
    if (protocol === 'AH') {
      if (encryption) return { why: `AH does not encrypt, so ${encryption.name} has no place in it` };
      if (!authentication) return { why: 'AH without an integrity algorithm' };
      return ahKey(from, authentication, keys.authentication);
    }
    if (!encryption) return { why: 'ESP without an encryption algorithm; NULL is one' };
    return espKey(from, encryption, authentication, keys);
  }
}

/** The next sequence number of an outbound SA; undefined when they are used up. With manual keys they start again. */
export function nextSequence({ parameters, usage }: Sa): bigint | undefined {
  const max = parameters.esn ? esnMax : sequenceMax;
  if (usage.sequence < max) {
    usage.sequence += 1n;
    return usage.sequence;
  }
  if (!parameters.manual) return undefined;
  usage.sequence = 0n;
  return 0n;
}

/** Which limit an SA has come to; with `octets` about to be added, whether one more packet would go beyond a hard one. */
function reached(sa: Sa, now: Millis, level: 'soft' | 'hard', octets?: number): SaLimit | undefined {
  const { parameters, usage } = sa;
  if (parameters.manual) return undefined;
  const { limits } = parameters;
  const [seconds, kilobytes, packets] =
    level === 'soft'
      ? [limits.softSeconds, limits.softKilobytes, limits.softPackets]
      : [limits.hardSeconds, limits.hardKilobytes, limits.hardPackets];
  if (seconds && now - usage.addedAt >= seconds * 1000) return 'seconds';
  const octetsMax = (kilobytes ?? 0) * octetsPerKilobyte;
  if (kilobytes && (octets === undefined ? usage.octets >= octetsMax : usage.octets + octets > octetsMax))
    return 'kilobytes';
  if (packets && usage.packets >= packets) return 'packets';
  if (parameters.direction === 'inbound') return undefined;
  const last = parameters.esn ? esnMax : sequenceMax;
  return usage.sequence >= (level === 'hard' ? last : last - last / sequenceReserve) ? 'sequence' : undefined;
}

/** May the SA carry a packet of so many octets? Otherwise it is ended; the event comes the first time only. */
export function admit(sa: Sa, octets: number, now: Millis): { readonly admitted: boolean; readonly events: SaEvent[] } {
  if (sa.usage.hardExpired) return { admitted: false, events: [] };
  const limit = reached(sa, now, 'hard', octets);
  return limit ? { admitted: false, events: expire(sa, limit) } : { admitted: true, events: [] };
}

/** Counts a packet that the SA has carried. */
export function charge(sa: Sa, octets: number, now: Millis): SaEvent[] {
  sa.usage.octets += octets;
  sa.usage.packets += 1;
  sa.usage.lastUsedAt = now;
  return softExpire(sa, now);
}

/** What becomes of an SA as time passes, whether it is used or not. */
export function age(sa: Sa, now: Millis): SaEvent[] {
  if (sa.usage.hardExpired) return [];
  const limit = reached(sa, now, 'hard');
  if (limit === 'seconds') return expire(sa, limit);
  return softExpire(sa, now);
}

/** When `age` will have something to say next, as far as time alone decides. */
export function nextAging({ parameters, usage }: Sa): Millis | undefined {
  const { softSeconds, hardSeconds } = parameters.limits;
  if (usage.hardExpired || parameters.manual) return undefined;
  const seconds = !usage.softExpired && softSeconds ? Math.min(softSeconds, hardSeconds || softSeconds) : hardSeconds;
  return seconds ? usage.addedAt + seconds * 1000 : undefined;
}

function softExpire(sa: Sa, now: Millis): SaEvent[] {
  if (sa.usage.softExpired) return [];
  const limit = reached(sa, now, 'soft');
  if (!limit) return [];
  sa.usage.softExpired = true;
  return [{ kind: 'soft-expire', sa: sa.id, limit }];
}

function expire(sa: Sa, limit: SaLimit): SaEvent[] {
  sa.usage.hardExpired = true;
  return [{ kind: 'hard-expire', sa: sa.id, limit }];
}
