/**
 * The security association database — RFC 4301 §4.4.2: inbound SAs by SPI, destination and protocol, outbound ones by their mode
 * and ends, and by flow where an SA is for one flow only.
 */
import type { Address } from '../../model/address.js';
import type { Packet } from '../../model/packet.js';
import { packetPoint } from '../../model/selector/witness.js';
import type { Sa, SaId } from './sa.js';

/** SAs that a system holds at most, in both directions: what is beyond is refused, so that a peer cannot fill the memory. */
export const sasMax = 1_000_000;

export interface Sad {
  /** Adds an SA. False where its name is taken (RFC 4301 §4.4.2.1), or the database is full. */
  add(sa: Sa): boolean;
  /** Takes an SA out and gives it back. */
  remove(id: SaId): Sa | undefined;
  get(id: SaId): Sa | undefined;
  /** The inbound SA of a packet. */
  inbound(protocol: 'ESP' | 'AH', spi: number, destination: Address): Sa | undefined;
  /**
   * Outbound SAs of a mode between two ends, the newest first: the one for the flow of `flow`, or where it is absent all that
   * are for no single flow.
   */
  outbound(mode: 'transport' | 'tunnel', local: Address, remote: Address, flow?: Packet): readonly Sa[];
  /**
   * The newest outbound tunnel for packets to an address, whoever its peer is, of those that `fits` takes. `question` is the same for
   * questions that `fits` answers alike: what was found is remembered until SAs come or go.
   */
  tunnelFor(destination: Address, question: object, fits: (sa: Sa) => boolean): Sa | undefined;
  /** Every SA, in the order in which they came. */
  all(): Iterable<Sa>;
  readonly size: number;
}

/** Addresses for which it is remembered what a question about tunnels found. */
const rememberedMax = 4_096;

function newest(sas: Iterable<Sa>, fits: (sa: Sa) => boolean): Sa | undefined {
  return [...sas].reverse().find(fits);
}

/** An empty database. */
export function createSad(): Sad {
  const byId = new Map<string, Sa>();
  const outbound = new Map<string, Sa[]>();
  /** Outbound tunnels by the one address that is behind them, and those that more is behind. */
  const behind = new Map<string, Set<Sa>>();
  const wide = new Set<Sa>();
  let remembered = new WeakMap<object, Map<string, Sa>>();

  /** Where a tunnel is kept; undefined for those that are found by their ends alone. */
  function placesOf({ id, parameters }: Sa): readonly string[] | undefined {
    if (id.direction !== 'outbound' || parameters.mode !== 'tunnel' || parameters.manual) return undefined;
    const hosts = parameters.selectors.map(({ family, remote }) =>
      remote.lo === remote.hi ? addressKey({ family, value: remote.lo }) : undefined,
    );
    return hosts.every((host) => host !== undefined) ? [...new Set(hosts)] : [];
  }

  function keepTunnel(sa: Sa): void {
    remembered = new WeakMap();
    const places = placesOf(sa);
    if (places?.length === 0) wide.add(sa);
    for (const place of places ?? []) {
      const there = behind.get(place);
      if (there) there.add(sa);
      else behind.set(place, new Set([sa]));
    }
  }

  function forgetTunnel(sa: Sa): void {
    remembered = new WeakMap();
    wide.delete(sa);
    for (const place of placesOf(sa) ?? []) {
      const there = behind.get(place);
      there?.delete(sa);
      if (there?.size === 0) behind.delete(place);
    }
  }

  return {
    add(sa) {
      const key = idKey(sa.id);
      if (byId.has(key) || byId.size >= sasMax) return false;
      byId.set(key, sa);
      if (sa.id.direction === 'outbound') {
        const ends = outboundKey(sa);
        const list = outbound.get(ends);
        if (list) list.unshift(sa);
        else outbound.set(ends, [sa]);
        keepTunnel(sa);
      }
      return true;
    },
    remove(id) {
      const key = idKey(id);
      const sa = byId.get(key);
      if (!sa) return undefined;
      byId.delete(key);
      if (id.direction === 'outbound') {
        const ends = outboundKey(sa);
        const list = (outbound.get(ends) ?? []).filter((other) => other !== sa);
        if (list.length > 0) outbound.set(ends, list);
        else outbound.delete(ends);
        forgetTunnel(sa);
      }
      return sa;
    },
    get: (id) => byId.get(idKey(id)),
    inbound: (protocol, spi, destination) => byId.get(idKey({ direction: 'inbound', protocol, spi, destination })),
    outbound: (mode, local, remote, flow) => outbound.get(endsKey(mode, local, remote, flow)) ?? [],
    tunnelFor(destination, question, fits) {
      const key = addressKey(destination);
      const known = remembered.get(question)?.get(key);
      if (known && fits(known)) return known;
      const found = newest(behind.get(key) ?? [], fits) ?? newest(wide, fits);
      if (!found) return undefined;
      const answers = remembered.get(question) ?? new Map<string, Sa>();
      if (answers.size < rememberedMax) remembered.set(question, answers.set(key, found));
      return found;
    },
    all: () => byId.values(),
    get size() {
      return byId.size;
    },
  };
}

function idKey({ direction, protocol, spi, destination }: SaId): string {
  return `${direction} ${protocol} ${spi} ${addressKey(destination)}`;
}

function outboundKey({ parameters }: Sa): string {
  return endsKey(parameters.mode, parameters.local, parameters.remote, parameters.populatedFrom);
}

function endsKey(mode: 'transport' | 'tunnel', local: Address, remote: Address, flow: Packet | undefined): string {
  const ends = `${mode} ${addressKey(local)} ${addressKey(remote)}`;
  return flow ? `${ends} ${flowKey(flow)}` : ends;
}

function addressKey({ family, value }: Address): string {
  return `${family}:${value.toString(36)}`;
}

/** The flow that a packet is of, either direction. */
export function flowKey(packet: Packet): string {
  const { family, local, remote, protocol, x, y } = packetPoint(packet);
  return `${family} ${local.toString(36)} ${remote.toString(36)} ${protocol} ${x} ${y}`;
}
