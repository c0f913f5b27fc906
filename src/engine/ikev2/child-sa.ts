/** Child SAs of IKEv2 — RFC 7296 §1.3, §2.8, §2.9, §2.17: a pair of ESP or AH SAs, and the attempt to make one. */
import { carriedRegion } from '../../model/carried.js';
import type { Packet } from '../../model/packet.js';
import type { GroupedProposal } from '../../model/peer/child-proposals.js';
import type { ChosenTransforms } from '../../model/proposal.js';
import type { Region } from '../../model/selector/box.js';
import type { ChildProposal, SaTemplate, SpdEntry } from '../../model/system-config.js';
import { listsRegion, type SelectorLists } from '../../model/traffic-selector.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import type { KeyExchange } from '../crypto/provider.js';
import type { ChildSaDescription } from '../event.js';
import type { ChildRequest, ChildSaName } from '../input.js';
import type { Ends } from '../ipsec/bundle.js';
import type { SaId, SaKeys, SaLimits, SaParameters } from '../ipsec/sa.js';
import type { Role } from './ike-sa.js';
import type { WrittenOffer } from './offers.js';

/** Where a Child SA is in its life; which steps there are says `childTransitions`. */
export type ChildState =
  /** It carries packets. */
  | 'Installed'
  /** We asked for a successor. */
  | 'Rekeying'
  /** It has a successor and waits to be deleted. */
  | 'Replaced'
  /** We sent a Delete for it. */
  | 'Deleting'
  | 'Gone';

export const childTransitions = {
  Installed: {
    'rekey sent': 'Rekeying',
    'rekeyed by the peer': 'Replaced',
    'delete sent': 'Deleting',
    deleted: 'Gone',
  },
  Rekeying: {
    'rekey answered': 'Replaced',
    'rekey refused': 'Installed',
    'rekeyed by the peer': 'Rekeying',
    'delete sent': 'Deleting',
    deleted: 'Gone',
  },
  Replaced: { 'delete sent': 'Deleting', deleted: 'Gone', 'rekey refused': 'Replaced', 'rekey answered': 'Replaced' },
  Deleting: { deleted: 'Gone' },
  Gone: {},
} as const satisfies Readonly<Record<ChildState, Readonly<Partial<Record<string, ChildState>>>>>;

export type ChildEvent = {
  [S in keyof typeof childTransitions]: keyof (typeof childTransitions)[S];
}[keyof typeof childTransitions];

/** What a Child SA is for: the request as it came, or what a responder found for the peer's. */
export interface ChildPurpose {
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
  readonly ends: Ends;
  readonly populateFromPacket: boolean;
  readonly packet?: Packet;
}

export interface Child {
  readonly name: ChildSaName;
  /** In the exchange that made it. */
  readonly role: Role;
  /** Its ends change when the peer moves. */
  purpose: ChildPurpose;
  readonly protocol: 'ESP' | 'AH';
  readonly mode: 'transport' | 'tunnel';
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly transforms: ChosenTransforms;
  readonly selectors: SelectorLists;
  /** The proposal of our template that its algorithms and lifetimes come from. */
  readonly proposal: ChildProposal;
  readonly udpEncapsulation: boolean;
  state: ChildState;
  /** The one that has taken its place. */
  successor: Child | undefined;
  /** An outbound SA that is not to be used before the peer is known to have its end of it. */
  waitingOutbound: SaParameters | undefined;
  /** A rekeying of it that the peer began while ours was under way: the pair that it made and its nonces. */
  collision: { readonly child: Child; readonly ni: Uint8Array; readonly nr: Uint8Array } | undefined;
}

/** What we asked a peer for. */
export interface ChildAttempt {
  readonly purpose: ChildPurpose;
  /** The request that waits for it; absent for rekeyings. */
  readonly request?: ChildRequest;
  /** As they are offered. */
  readonly own: readonly GroupedProposal[];
  readonly offer: WrittenOffer;
  readonly proposed: SelectorLists;
  readonly inboundSpi: number;
  readonly replaces?: Child;
  readonly ni?: Uint8Array;
  readonly exchange?: KeyExchange;
  readonly group?: KeyExchangeTransform;
  /** Groups that were tried, this one included. */
  readonly groups: readonly string[];
}

/** The inbound or the outbound SA of a pair, as the data path names it. */
export function saIdOf(
  {
    protocol,
    inboundSpi,
    outboundSpi,
    purpose: { ends },
  }: Pick<Child, 'protocol' | 'inboundSpi' | 'outboundSpi' | 'purpose'>,
  direction: 'inbound' | 'outbound',
): SaId {
  return direction === 'inbound'
    ? { direction, protocol, spi: inboundSpi, destination: ends.local }
    : { direction, protocol, spi: outboundSpi, destination: ends.remote };
}

/** What both SAs of a pair carry. */
export function selectedBy({ purpose, selectors }: Pick<Child, 'purpose' | 'selectors'>): Region {
  return carriedRegion(purpose.template, listsRegion(selectors));
}

/** What the data path needs of one direction; `selected` as `selectedBy` gives it. */
export function saParameters(
  child: Omit<Child, 'state'>,
  direction: 'inbound' | 'outbound',
  selected: Region,
  keys: SaKeys,
  limits: SaLimits,
  udp: { readonly localPort: number; readonly remotePort: number } | undefined,
): SaParameters {
  const { protocol, mode, transforms, purpose } = child;
  const { encryption, integrity, esn } = transforms;
  return {
    direction,
    protocol,
    spi: direction === 'inbound' ? child.inboundSpi : child.outboundSpi,
    mode,
    local: purpose.ends.local,
    remote: purpose.ends.remote,
    selectors: selected,
    ...(protocol === 'ESP' && encryption ? { encryption } : {}),
    ...(integrity ? { authentication: integrity } : {}),
    keys,
    esn: esn === 'esn',
    replayWindow: purpose.template.antiReplayWindow?.value ?? replayWindowDefault,
    limits,
    manual: false,
    ...(udp && protocol === 'ESP' ? { udpEncapsulation: udp } : {}),
    ...(purpose.populateFromPacket && purpose.packet ? { populatedFrom: purpose.packet } : {}),
  };
}

/** RFC 4303 §3.4.3 recommends 64. */
const replayWindowDefault = 64;

/** The limits of a pair by its proposal; `softSeconds` is when this one seeks a successor. */
export function limitsOf(proposal: ChildProposal, softSeconds: number | undefined, marginPercent: number): SaLimits {
  const kept = (hard: number) => Math.max(1, Math.floor((hard * (100 - marginPercent)) / 100));
  const hardSeconds = proposal.lifetimeSeconds.value;
  const hardKilobytes = proposal.lifetimeKilobytes.value;
  const hardPackets = proposal.lifetimePackets?.value ?? 0;
  const softKilobytes = proposal.rekeyKilobytes?.value ?? (hardKilobytes ? kept(hardKilobytes) : 0);
  const softPackets = proposal.rekeyPackets?.value ?? (hardPackets ? kept(hardPackets) : 0);
  return {
    ...(softSeconds ? { softSeconds } : {}),
    ...(hardSeconds ? { hardSeconds } : {}),
    ...(softKilobytes ? { softKilobytes } : {}),
    ...(hardKilobytes ? { hardKilobytes } : {}),
    ...(softPackets ? { softPackets } : {}),
    ...(hardPackets ? { hardPackets } : {}),
  };
}

/** For events. */
export function describeChild(child: Child): ChildSaDescription {
  const { name, role, protocol, mode, purpose, transforms, selectors, proposal, udpEncapsulation } = child;
  return {
    name,
    role,
    protocol,
    mode,
    inbound: saIdOf(child, 'inbound'),
    outbound: saIdOf(child, 'outbound'),
    ends: purpose.ends,
    transforms,
    selectors,
    udpEncapsulation,
    lifetimeSeconds: proposal.lifetimeSeconds.value,
    lifetimeKilobytes: proposal.lifetimeKilobytes.value,
    entry: purpose.entry.source,
    template: purpose.template.source,
  };
}
