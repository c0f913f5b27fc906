/**
 * The policy side of a worker: the reference stack with its SAD, and beside it the same SAs for the fast path. Both directions' cores
 * are built on it.
 */
import type { CryptoProvider } from '../../../engine/crypto/provider.js';
import type { DropReason } from '../../../engine/ipsec/drop.js';
import type { IcmpErrorPolicy } from '../../../engine/ipsec/icmp-errors.js';
import type { IkePorts } from '../../../engine/ipsec/inbound.js';
import { movePeer, type PeerMove } from '../../../engine/ipsec/peer-move.js';
import type { KeyFault, Sa, SaEvent, SaId, SaParameters } from '../../../engine/ipsec/sa.js';
import { createSad, type Sad } from '../../../engine/ipsec/sad.js';
import { createSpdLookup, type SpdLookup } from '../../../engine/ipsec/spd-lookup.js';
import { createIpsecStack, type IpsecStack } from '../../../engine/ipsec/stack.js';
import type { Address } from '../../../model/address.js';
import type { SystemConfig } from '../../../model/system-config.js';
import type { CipherEngine } from '../cipher/packet-cipher.js';
import type { Counters } from '../counters.js';
import { Borrowed, type FastSa, fastSa } from '../fast/fast-sa.js';
import type { SaUsageReport } from '../report.js';
import { EventLimiter, eventKey } from './events.js';

export interface CoreOptions {
  readonly provider: CryptoProvider;
  readonly engine: CipherEngine;
  readonly counters: Counters;
  readonly ikePorts: IkePorts;
  /** Does the host forward packets of others into the TUN device? */
  readonly forwards: boolean;
  /** As for the stack. */
  readonly icmpErrors?: IcmpErrorPolicy | undefined;
  /** Octets that the path to an address takes, where they are known to be few. */
  readonly pathMtu: (remote: Address) => number | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where SAs are kept; a new database when absent. */
  readonly sad?: Sad;
}

/** What a core tells; the caller sends it on. */
export interface Telling {
  sa(event: SaEvent, more: number): void;
  drop(reason: DropReason, why: string, more: number): void;
}

export const noPolicy: SystemConfig = {
  name: '',
  addresses: [],
  spd: [],
  forwardSpd: [],
  pad: [],
  ikePolicies: [],
  padSearch: 'first-match',
};

/** Which direction's SAs are carried here; the others are only known. */
export class Policies {
  readonly sad: Sad;
  readonly fast = new Map<Sa, FastSa>();
  readonly borrowed = new Borrowed();
  stack: IpsecStack;
  spd: SpdLookup;
  forwardSpd: SpdLookup;
  config: SystemConfig = noPolicy;
  /** Of the packets that are being dealt with. */
  now: number;
  readonly #options: CoreOptions;
  readonly #direction: 'inbound' | 'outbound';
  readonly #telling: Telling;
  readonly #limiter: EventLimiter;

  constructor(options: CoreOptions, direction: 'inbound' | 'outbound', telling: Telling) {
    this.#options = options;
    this.#direction = direction;
    this.#telling = telling;
    this.#limiter = new EventLimiter(options.counters);
    this.sad = options.sad ?? createSad();
    this.now = options.now();
    this.stack = this.#makeStack();
    this.spd = createSpdLookup([]);
    this.forwardSpd = createSpdLookup([]);
  }

  #makeStack(): IpsecStack {
    const { provider, forwards, ikePorts, pathMtu, icmpErrors } = this.#options;
    const { config, sad } = this;
    const options = { config, provider, forwards, ikePorts, pathMtu, sad, ...(icmpErrors ? { icmpErrors } : {}) };
    return createIpsecStack({ ...options, manualSasAreAdded: true, hopsAreCounted: true }, this.now).stack;
  }

  /** From now on by other policies, with the SAs that there are. */
  setConfig(config: SystemConfig): void {
    this.borrowed.giveBack();
    this.config = config;
    this.stack = this.#makeStack();
    this.spd = createSpdLookup(config.spd);
    this.forwardSpd = createSpdLookup(config.forwardSpd);
  }

  addSa(parameters: SaParameters): Sa | KeyFault {
    this.borrowed.giveBack();
    const sa = this.stack.addSa(parameters, this.now);
    if (!('why' in sa)) this.#makeFast(sa);
    return sa;
  }

  #makeFast(sa: Sa): void {
    if (sa.id.direction !== this.#direction) return;
    const fast = fastSa(sa, this.#options.engine, this.borrowed);
    if (fast) this.fast.set(sa, fast);
  }

  /** Takes an SA out, and gives its fast side to close. */
  removeSa(id: SaId): { readonly sa: Sa; readonly fast: FastSa | undefined } | undefined {
    this.borrowed.giveBack();
    const sa = this.stack.removeSa(id);
    if (!sa) return undefined;
    const fast = this.fast.get(sa);
    this.fast.delete(sa);
    return { sa, fast };
  }

  /** The same SA, its usage and its key, with the peer elsewhere. The caller puts fast sides in place. */
  movePeer(move: PeerMove): readonly { readonly before: FastSa; readonly after: FastSa }[] {
    this.borrowed.giveBack();
    const moved: { before: FastSa; after: FastSa }[] = [];
    for (const { before: sa, after } of movePeer(this.sad, move)) {
      const before = this.fast.get(sa);
      if (!before) continue;
      this.fast.delete(sa);
      this.#makeFast(after);
      const made = this.fast.get(after);
      if (made) moved.push({ before, after: made });
    }
    return moved;
  }

  /** Is it this system's own packet, by its source? Without forwarding all are. */
  isOwn(family: 4 | 6, source: Address['value']): boolean {
    if (!this.#options.forwards) return true;
    return this.config.addresses.some((own) => own.family === family && own.value === source);
  }

  tell(event: SaEvent): void {
    const key = eventKey(event);
    const more = key === undefined ? 0 : this.#limiter.admit(key, this.now);
    if (more !== undefined) this.#telling.sa(event, more);
  }

  /** Counts a drop of the reference, and tells it for audit. */
  dropped(reason: DropReason, why: string): void {
    this.#options.counters.dropped(reason);
    const more = this.#limiter.admit(`drop ${reason} ${why}`, this.now);
    if (more !== undefined) this.#telling.drop(reason, why, more);
  }

  usage(ids: readonly SaId[] | undefined): readonly SaUsageReport[] {
    this.borrowed.giveBack();
    const all = ids === undefined ? [...this.sad.all()] : ids.flatMap((id) => this.sad.get(id) ?? []);
    return all
      .filter(({ id }) => id.direction === this.#direction)
      .map(({ id, usage, window }) => ({
        id,
        packets: usage.packets,
        octets: usage.octets,
        sequence: id.direction === 'outbound' ? usage.sequence : window.top,
        replays: usage.replays,
        icvFailures: usage.icvFailures,
        addedAt: usage.addedAt,
        ...(usage.lastUsedAt === undefined ? {} : { lastUsedAt: usage.lastUsedAt }),
      }));
  }

  close(): void {
    this.borrowed.giveBack();
    for (const fast of this.fast.values()) fast.cipher.close();
    this.fast.clear();
  }
}
