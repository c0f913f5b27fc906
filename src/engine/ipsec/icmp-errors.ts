/**
 * Policy for ICMP errors — RFC 4301 §6. An error is about a packet and quotes its beginning, so it reveals what that packet says, and who
 * believes it can be misled. Three things follow:
 *
 * - An error that no SPD entry carries by its own header goes through the SAs that would carry the answer to the packet that it is about,
 *   and is let in through them (§6.2).
 * - Where an entry for everything would bypass it, an error about protected traffic leaks that traffic, or comes from somebody who
 *   cannot know it. An entry that names ICMP is taken at its word: that is how the RFC has an administrator ask for it.
 * - Errors about ESP and AH packets come from routers that have no SA. Which of them are heeded is a setting (§6.1.1); path MTUs are
 *   taken over with a lower bound.
 */
import type { Address, AddressValue, Family } from '../../model/address.js';
import { formatPacket } from '../../model/packet.js';
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import { bundleMismatch, mayFallBack, planBundle, sameAddress } from './bundle.js';
import { type Drop, drop } from './drop.js';
import { hasRightChecksum, icmpErrorOf, isAddressedRight, returnTraffic } from './icmp.js';
import type { IkePorts } from './inbound.js';
import { type Classified, type IpPacket, ipProtocols, viewOf } from './packet.js';
import type { Sa } from './sa.js';
import type { Sad } from './sad.js';
import { holds, namesProtocol, type SpdDecision, type SpdLookup } from './spd-lookup.js';

export interface IcmpErrorPolicy {
  /** Do errors go and come through the SAs of the packet that they are about, where no entry carries them themselves? */
  readonly byQuotedPacket: boolean;
  /** May errors about protected traffic go and come in the clear, where an entry that does not name ICMP bypasses them? */
  readonly inTheClear: boolean;
  /**
   * Errors in the clear about packets of our own SAs that are heeded whatever the SPD says: path MTUs are taken over, others are delivered.
   */
  readonly heeded: readonly { readonly family: 4 | 6; readonly type: number; readonly code?: number }[];
}

/** RFC 4301, without leaks: path MTUs are heeded, other errors about ESP and AH packets are left to the SPD. */
export const icmpErrorDefaults: IcmpErrorPolicy = {
  byQuotedPacket: true,
  inTheClear: false,
  heeded: [
    { family: 4, type: 3, code: 4 },
    { family: 6, type: 2 },
  ],
};

/** How a product treats ICMP errors. */
export function icmpErrorPolicy({ icmpErrorsBy, icmpErrorsInTheClear }: PeerProfile): IcmpErrorPolicy {
  return {
    ...icmpErrorDefaults,
    byQuotedPacket: icmpErrorsBy.value === 'quoted-packet',
    inTheClear: icmpErrorsInTheClear.value,
  };
}

/** No path of IPsec is narrower, whatever somebody says (RFC 4301 §6.1.1; RFC 791 §3.2, RFC 8200 §5). */
export const pathMtuMin = { 4: 576, 6: 1280 } as const;

export interface IcmpSurroundings {
  readonly policy: IcmpErrorPolicy;
  readonly sad: Sad;
  readonly spd: SpdLookup;
  readonly forwardSpd: SpdLookup;
  readonly addresses: readonly Address[];
  readonly ikePorts: IkePorts;
  /** Does the system send packets of others on? Without it every packet is its own. */
  readonly forwards: boolean;
}

/** What is made of an outbound error that is not left to the decision on its own header. */
export type ErrorWay = { readonly kind: 'through'; readonly sas: readonly Sa[] } | { readonly kind: 'bypass' } | Drop;

/**
 * The way of an outbound packet that is an ICMP error; undefined where the decision on its own header stands, as it does for all
 * other packets. `carriesOwn` is false where the SAs of the entry that selects it cannot carry it.
 */
export function outboundErrorWay(
  around: IcmpSurroundings,
  ip: IpPacket,
  classified: Classified,
  decision: SpdDecision,
  carriesOwn = true,
): ErrorWay | undefined {
  const error = icmpErrorOf(ip);
  if (!error) return undefined;
  const { action } = decision;
  if (action.kind === 'PROTECT' ? carriesOwn : namesProtocol(decision, classified)) return undefined;
  const answer = returnTraffic(error, 'outbound');
  if (!answer) return undefined;
  const { policy, sad, spd, forwardSpd, addresses } = around;
  const isOwn = isOwnAddress(around, ip.family, answer.packet.local);
  if (isOwn && isIpsecItself(around, answer)) return undefined;
  const about = (isOwn ? spd : forwardSpd).decide(answer);
  const isRight = isAddressedRight(ip.destination, error);
  if (about.action.kind !== 'PROTECT' || !about.entry) {
    // A gateway that lets the answer pass lets the error pass that comes in its place.
    const isPassed = !isOwn && about.action.kind === 'BYPASS' && policy.byQuotedPacket && isRight;
    return isPassed && action.kind === 'DISCARD' ? { kind: 'bypass' } : undefined;
  }
  const plan = planBundle(sad, about.entry, ip, answer, addresses);
  const isClear = plan.kind !== 'ready' && mayFallBack(about.action);
  const isReady = plan.kind === 'ready' && hasRightSource(plan.sas, ip, answer.packet.local);
  if (policy.byQuotedPacket && isRight && isReady) return { kind: 'through', sas: plan.sas };
  if (action.kind === 'BYPASS' && (policy.inTheClear || isClear)) return undefined;
  if (action.kind !== 'BYPASS' && !policy.byQuotedPacket) return undefined;
  const { record } = about.entry.source;
  const lacking = policy.byQuotedPacket && isRight ? 'of which there is no SA' : 'whose SAs are not for it';
  const what = `${formatPacket(classified.packet)} is about traffic of ${record.kind} '${record.name}'`;
  return drop('policy', `${what}, ${lacking} (RFC 4301 §6.2)`);
}

/**
 * The second look at an inbound packet that the policy check has refused or passed by its own header: an ICMP error that came through SAs
 * may pass by the packet that it is about, and one that came in the clear may not if that packet is protected. Gives what is wrong,
 * `refused` where nothing changes. `through` is outermost first; `forOther` as in inbound-policy.ts.
 */
export function checkInboundError(
  around: IcmpSurroundings,
  ip: IpPacket,
  classified: Classified,
  decision: SpdDecision,
  through: readonly Sa[],
  refused: Drop | undefined,
): Drop | undefined {
  const isBypassed = decision.action.kind === 'BYPASS';
  const { policy, spd, forwardSpd } = around;
  if (through.length > 0 ? !refused || !policy.byQuotedPacket : refused || (isBypassed && policy.inTheClear))
    return refused;
  const error = icmpErrorOf(ip);
  const answer = error && returnTraffic(error, 'inbound');
  if (!answer || (decision.action.kind !== 'PROTECT' && namesProtocol(decision, classified))) return refused;
  const isOwn = isOwnAddress(around, ip.family, answer.packet.local);
  if (isOwn && isIpsecItself(around, answer)) return refused;
  const outward: Classified = { ...answer, packet: { ...answer.packet, direction: 'outbound' } };
  const { entry, action } = isOwn ? spd.decide(answer) : forwardSpd.decide(outward);
  if (through.length > 0) {
    const mayPass =
      action.kind === 'PROTECT' &&
      isAddressedRight(ip.destination, error) &&
      through.every(
        ({ parameters }) => holds(parameters.selectors, answer) || holds(parameters.selectors, classified),
      ) &&
      hasRightSource(through, ip, answer.packet.remote) &&
      bundleMismatch(action.bundle, through) === undefined;
    return mayPass ? undefined : refused;
  }
  if (action.kind !== 'PROTECT' || !entry) return refused;
  const sent = { ...ip, source: ip.destination, destination: ip.source };
  if (mayFallBack(action) && planBundle(around.sad, entry, sent, outward, around.addresses).kind !== 'ready')
    return refused;
  const { record } = entry.source;
  const what = `${formatPacket(classified.packet)} is about traffic of ${record.kind} '${record.name}'`;
  return drop('unprotected', `${what}, and came in the clear`);
}

/** Without a tunnel only the end itself that the packet was for can send an error about it: routers between the ends have no SA. */
function hasRightSource(sas: readonly Sa[], ip: IpPacket, end: AddressValue): boolean {
  return sas.some(({ parameters }) => parameters.mode === 'tunnel') || ip.source === end;
}

/** What protects, and how it comes about, passes whatever the SPD says, and shows nothing. */
function isIpsecItself({ ikePorts }: IcmpSurroundings, { packet }: Classified): boolean {
  const { protocol, localPort } = packet;
  if (protocol === ipProtocols.ESP || protocol === ipProtocols.AH) return true;
  return protocol === ipProtocols.UDP && (localPort === ikePorts.ike || localPort === ikePorts.natTraversal);
}

function isOwnAddress({ forwards, addresses }: IcmpSurroundings, family: Family, value: AddressValue): boolean {
  return !forwards || addresses.some((own) => own.family === family && own.value === value);
}

export interface Heeded {
  /** What it says about the path to the other end of the SA: octets of an IP packet. */
  readonly pathMtu?: PathMtu;
}

export interface PathMtu {
  readonly remote: Address;
  /** Octets of an IP packet, at least `pathMtuMin`. */
  readonly mtu: number;
}

/**
 * What an ICMP error in the clear, for this system, says about one of its SAs; undefined where it is none, is about something else, or of a
 * type that is not heeded. Who guesses an SPI can forge it, so no path becomes narrower than `pathMtuMin`.
 */
export function heedError({ policy, sad }: IcmpSurroundings, ip: IpPacket): Heeded | undefined {
  const error = icmpErrorOf(ip);
  if (!error?.quoted) return undefined;
  const { quoted, type, code, mtu } = error;
  const isHeeded = policy.heeded.some(
    (heeded) => heeded.family === ip.family && heeded.type === type && (heeded.code ?? code) === code,
  );
  if (!isHeeded || !isAddressedRight(ip.destination, error) || !hasRightChecksum(ip)) return undefined;
  if (!quotedSa(sad, quoted)) return undefined;
  if (mtu === undefined) return {};
  const pathMtu = toldPathMtu(ip);
  return pathMtu && { pathMtu };
}

/** What an ICMP error tells about the path to where a packet of `ip.destination` was going; undefined for all others. */
export function toldPathMtu(ip: IpPacket): PathMtu | undefined {
  const error = icmpErrorOf(ip);
  if (error?.mtu === undefined || !error.quoted || !isAddressedRight(ip.destination, error)) return undefined;
  const { mtu, quoted, quotedLength } = error;
  // Who takes as much as it was sent has told nothing, nor has a router older than RFC 1191.
  if (mtu === 0 || mtu >= quotedLength) return undefined;
  return {
    remote: { family: ip.family, value: quoted.destination },
    mtu: Math.max(mtu, pathMtuMin[ip.family]),
  };
}

/** The outbound SA of a packet of which the beginning is there. */
function quotedSa(sad: Sad, quoted: IpPacket): Sa | undefined {
  const { protocol, payload, family, fragment } = quoted;
  if ((fragment && fragment.offset > 0) || payload.length < 8) return undefined;
  const view = viewOf(payload);
  const [local, destination]: readonly Address[] = [
    { family, value: quoted.source },
    { family, value: quoted.destination },
  ];
  switch (protocol) {
    case ipProtocols.ESP:
    case ipProtocols.AH: {
      const [name, spiAt] = protocol === ipProtocols.ESP ? (['ESP', 0] as const) : (['AH', 4] as const);
      const sa = sad.get({
        direction: 'outbound',
        protocol: name,
        spi: view.getUint32(spiAt),
        destination: destination!,
      });
      return sa && sameAddress(sa.parameters.local, local!) && !sa.parameters.udpEncapsulation ? sa : undefined;
    }
    case ipProtocols.UDP:
      return [...sad.outbound('tunnel', local!, destination!), ...sad.outbound('transport', local!, destination!)].find(
        ({ parameters: { udpEncapsulation: ports, spi } }) =>
          ports?.localPort === view.getUint16(0) &&
          ports.remotePort === view.getUint16(2) &&
          // Old routers quote the ports and nothing behind them: what is said about one SA goes for all between them.
          (payload.length < 12 || view.getUint32(8) === spi),
      );
    default:
      return undefined;
  }
}
