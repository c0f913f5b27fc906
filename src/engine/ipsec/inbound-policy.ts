/**
 * The inbound policy check — RFC 4301 §5.2, steps 3b and 4: a packet is let in only if it is within the selectors of every SA
 * that it came through, and came through just those that its SPD entry demands.
 */
import { formatPacket } from '../../model/packet.js';
import { bundleMismatch, mayFallBack, planBundle } from './bundle.js';
import { type Drop, drop } from './drop.js';
import { checkInboundError, type IcmpSurroundings } from './icmp-errors.js';
import { type Classified, classifyIp, type IpPacket } from './packet.js';
import type { Sa } from './sa.js';
import { holds, type SpdDecision } from './spd-lookup.js';

/**
 * What is wrong with a packet that came through SAs (outermost first), or undefined where it may go on. A packet that is
 * `forOther` is checked against the forward SPD as the answer to it would be; whether it may go where it wants to
 * is decided when it is forwarded. ICMP errors get a second look (icmp-errors.ts).
 */
export function checkInbound(
  policy: IcmpSurroundings,
  ip: IpPacket,
  through: readonly Sa[],
  forOther: boolean,
): Drop | undefined {
  const classified = classifyIp(ip, 'inbound');
  const answer: Classified = { ...classified, packet: { ...classified.packet, direction: 'outbound' } };
  const decision = forOther ? policy.forwardSpd.decide(answer) : policy.spd.decide(classified);
  const refused = refusal(policy, ip, classified, decision, through, forOther);
  return checkInboundError(policy, ip, classified, decision, through, refused);
}

/** What is wrong by the packet's own header. */
function refusal(
  policy: IcmpSurroundings,
  ip: IpPacket,
  classified: Classified,
  { entry, action, why }: SpdDecision,
  through: readonly Sa[],
  forOther: boolean,
): Drop | undefined {
  const text = formatPacket(classified.packet);
  const outside = through.find(({ parameters }) => !holds(parameters.selectors, classified));
  if (outside) return drop('selectors', `${text} is outside of the selectors of SPI ${outside.id.spi}`);
  switch (action.kind) {
    case 'DISCARD':
      return forOther ? undefined : drop('policy', why);
    case 'BYPASS':
      // More protection than demanded does no harm, and the SAs' selectors hold.
      return undefined;
    case 'PROTECT': {
      const mismatch = bundleMismatch(action.bundle, through);
      if (mismatch === undefined) return undefined;
      if (through.length === 0 && mayFallBack(action)) {
        // Could we answer through the entry's SAs? Then its sender could have used them too, and clear text is no fallback.
        const answer: Classified = { ...classified, packet: { ...classified.packet, direction: 'outbound' } };
        const reversed: IpPacket = { ...ip, source: ip.destination, destination: ip.source };
        if (planBundle(policy.sad, entry!, reversed, answer, policy.addresses).kind !== 'ready') return undefined;
      }
      return drop('unprotected', `${text}: ${mismatch}`);
    }
  }
}
