/** Paths that turned out narrow — RFC 1191, RFC 8201, RFC 4301 §8.2: learned when the host refuses a packet, forgotten after a while. */
import { type Address, addressToOctets, formatAddress } from '../../../model/address.js';
import type { Native } from '../system/native.js';
import { kernelPathMtu } from '../system/socket.js';

/** Milliseconds after which a path is tried again (RFC 1191 §6.3). */
const forgottenMillis = 600_000;
/** Paths that are remembered; beyond that the oldest is tried again. */
const pathsMax = 4096;
/** Less is no path for IPsec: an attacker's, or a mistake (RFC 8200 §5; for IPv4 Linux' own lower bound). */
const mtuMin = { 4: 552, 6: 1280 } as const;

export class PathMtus {
  readonly #native: Native;
  readonly #mark: number;
  readonly #paths = new Map<string, { readonly mtu: number; readonly until: number }>();

  constructor(native: Native, mark: number) {
    this.#native = native;
    this.#mark = mark;
  }

  /** What is known of the path to an address. */
  get(remote: Address): number | undefined {
    return this.#paths.get(keyOf(remote))?.mtu;
  }

  /** Asks the host, after it refused a packet of `length` octets as too long. Gives whether that was news. */
  learn(remote: Address, length: number, now: number): boolean {
    const told = kernelPathMtu(this.#native, remote.family, addressToOctets(remote), this.#mark);
    if (told === undefined || told >= length) return false;
    const mtu = Math.max(told, mtuMin[remote.family]);
    const key = keyOf(remote);
    if (this.#paths.get(key)?.mtu === mtu) return false;
    this.#paths.delete(key);
    this.#paths.set(key, { mtu, until: now + forgottenMillis });
    if (this.#paths.size > pathsMax) this.#paths.delete(this.#paths.keys().next().value!);
    return true;
  }

  /** Forgets what is old; gives whether anything was. */
  expire(now: number): boolean {
    let isAny = false;
    for (const [key, { until }] of this.#paths) {
      if (now < until) continue;
      this.#paths.delete(key);
      isAny = true;
    }
    return isAny;
  }

  /** When `expire` will have something to do. */
  get nextTimeout(): number | undefined {
    let first: number | undefined;
    for (const { until } of this.#paths.values()) if (first === undefined || until < first) first = until;
    return first;
  }
}

function keyOf({ family, value }: Address): string {
  return formatAddress(family, value);
}
