/** Packets that wait for their first SA (RFC 4301 §5.1 leaves it open; without it every connection begins with a loss and a second's wait). */

/** Packets that wait at most, and their octets in all. */
const packetsMax = 256;
const octetsMax = 1 << 20;
/** Longer than any negotiation that will still succeed; what TCP has sent again by then is sent again anyway. */
const waitMillis = 10_000;

interface Waiting {
  readonly octets: Uint8Array;
  readonly until: number;
}

export class WaitingPackets {
  #packets: Waiting[] = [];
  #octets = 0;

  get size(): number {
    return this.#packets.length;
  }

  /** Takes a packet in; false where there is no room. `until` is for one that has waited before. */
  add(octets: Uint8Array, now: number, until = now + waitMillis): boolean {
    if (this.#packets.length >= packetsMax || this.#octets + octets.length > octetsMax) return false;
    this.#packets.push({ octets, until });
    this.#octets += octets.length;
    return true;
  }

  /** Takes all of them out, oldest first, but for those that have waited too long; gives the number of these too. */
  take(now: number): { readonly packets: readonly Waiting[]; readonly late: number } {
    const packets = this.#packets.filter(({ until }) => now < until);
    const late = this.#packets.length - packets.length;
    this.#packets = [];
    this.#octets = 0;
    return { packets, late };
  }

  /** Throws away those that have waited too long, and gives their number. */
  expire(now: number): number {
    const { packets, late } = this.take(now);
    for (const { octets, until } of packets) this.add(octets, now, until);
    return late;
  }

  /** When `expire` will have something to do. */
  get nextTimeout(): number | undefined {
    return this.#packets[0]?.until;
  }
}
