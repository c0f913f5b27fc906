/**
 * When sequence numbers run out. Without extended sequence numbers an SA ends after 2^32 - 1 packets, because a number must
 * not be used twice while anti-replay is on (RFC 4303 §3.3.3); a fast link gets there within the lifetime of a key.
 */

/** Packets that an SA without ESN may send. */
export const sequenceNumbers = 2 ** 32 - 1;

/** The largest packets that most links carry: the fewest packets, so the latest wrap. */
export const fullPacketOctets = 1500;

/** An ordinary mixture of packets on a busy link, acknowledgements included. */
export const mixedPacketOctets = 400;

export interface WrapForecast {
  /** Seconds until the numbers run out with nothing but full-size packets at line rate. */
  readonly atBest: number;
  /** The same with an ordinary mixture of packet sizes. */
  readonly mixed: number;
}

/**
 * The forecast for one SA that gets the whole of a link. `linkMbps` is in megabits per second and positive; a volume limit
 * (0: none) that renews the key before the numbers run out gives Infinity.
 */
export function forecastWrap(linkMbps: number, kilobytesMax: number): WrapForecast {
  const secondsFor = (packetOctets: number) => {
    const octets = sequenceNumbers * packetOctets;
    if (kilobytesMax > 0 && kilobytesMax * 1024 < octets) return Number.POSITIVE_INFINITY;
    return octets / octetsPerSecond(linkMbps);
  };
  return { atBest: secondsFor(fullPacketOctets), mixed: secondsFor(mixedPacketOctets) };
}

/** Megabits per second as octets per second. */
export function octetsPerSecond(linkMbps: number): number {
  return (linkMbps * 1_000_000) / 8;
}
