import { anyAddress } from '../../../model/address.js';
import { formatPacket, type Packet, protocolNumbers } from '../../../model/packet.js';
import { intersectBoxes } from '../../../model/selector/algebra.js';
import { type Box, fullBox } from '../../../model/selector/box.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { describeAction } from '../../../model/treatment.js';
import { hostAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { defaultEntry } from '../../default-policy.js';
import { atEntry, entryName } from '../../entries.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const { ICMP, ICMPV6 } = protocolNumbers;

/** Inbound "fragmentation needed" (RFC 792 type 3 code 4) and "packet too big" (RFC 4443 §3.2): what path MTU discovery hears. */
const tooBig: Readonly<Record<4 | 6, Box>> = {
  4: { ...fullBox(4), direction: { lo: 1, hi: 1 }, protocol: { lo: ICMP, hi: ICMP }, x: { lo: 772, hi: 772 } },
  6: { ...fullBox(6), direction: { lo: 1, hi: 1 }, protocol: { lo: ICMPV6, hi: ICMPV6 }, x: { lo: 512, hi: 512 } },
};

export default defineRule({
  scope: 'system',
  code: 'ACT004',
  slug: 'icmp-blocked',
  severity: 'warning',
  summary: 'ICMP error messages are dropped, or accepted only under protection.',
  rationale:
    'Routers on the way report in the clear that a packet was too big or could not be delivered. Without these messages path MTU discovery fails, large packets vanish and sessions hang; gateway probes go unanswered too. Policies for every protocol between two ends are not meant, and ICMPv6 errors pass on the product unless a policy names them.',
  references: ['RFC 4301 §6 and §8', 'RFC 1191', 'RFC 8201', 'ipsec_config(1M)'],
  bad: [
    'add host icmp -source 10.1.1.1 -destination 0.0.0.0/0 -protocol ICMP -priority 10 -action DISCARD',
    'add host icmp -source 10.1.1.1 -destination 10.2.0.0/16 -protocol ICMP -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host default -action DISCARD',
    'add host big -source 2001:db8::1 -destination ::/0 -protocol ICMPV6 -src_icmpv6_type 2 -dst_icmpv6_type 2 -priority 10 -action DISCARD',
  ],
  good: [
    'add host errors -source 10.1.1.1 -destination 0.0.0.0/0 -protocol ICMP -src_icmp_type 3,11 -dst_icmp_type 3,11 -priority 10 -action PASS\nadd host icmp -source 10.1.1.1 -destination 0.0.0.0/0 -protocol ICMP -priority 20 -action DISCARD\nadd host default -action DISCARD',
    'add host ping -source 10.1.1.1 -destination 0.0.0.0/0 -protocol ICMP -src_icmp_type 0,8 -dst_icmp_type 0,8 -priority 10 -action DISCARD',
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host six -source 2001:db8::1 -destination ::/0 -priority 10 -action DISCARD\nadd host default -action DISCARD',
  ],
  *check(context) {
    const { spd } = hostAnomalies(context);
    for (const number of spd.policies) {
      const entry = spd.entries[number]!;
      if (entry.action.kind === 'BYPASS') continue;
      const packet = blockedBy(entry);
      if (packet && spd.index.classify(packet) === number) yield* finding(context, entry, packet);
    }
    const last = defaultEntry(context);
    if (last.action.kind !== 'DISCARD') return;
    const own = context.config.addresses.find(({ family }) => family === 4);
    const usesV4 = spd.policies.some((number) => spd.entries[number]!.selectors.some(({ family }) => family === 4));
    const packet = witnessPacket(own ? { ...tooBig[4], local: { lo: own.value, hi: own.value } } : tooBig[4]);
    if (usesV4 && spd.index.classify(packet) === spd.entries.length - 1) yield* finding(context, last, packet);
  },
});

/** An error message that an entry selects which is about ICMP, or drops everything from everywhere. */
function blockedBy({ selectors, action }: SpdEntry): Packet | undefined {
  for (const box of selectors) {
    const isAboutIcmp = box.protocol.lo === box.protocol.hi;
    const any = anyAddress(box.family);
    const isEverywhere = box.remote.lo === any.first && box.remote.hi === any.last;
    if (!isAboutIcmp && !(action.kind === 'DISCARD' && isEverywhere)) continue;
    const part = intersectBoxes(box, tooBig[box.family]);
    if (part) return witnessPacket(part);
  }
  return undefined;
}

function* finding(context: SystemContext, entry: SpdEntry, packet: Packet): Iterable<RuleFinding> {
  const place = atEntry(context, entry);
  if (!place) return;
  const what = packet.family === 4 ? 'destination unreachable, fragmentation needed' : 'packet too big';
  yield {
    ...place,
    message:
      entry.action.kind === 'DISCARD'
        ? `${entryName(entry)} drops ICMP error messages`
        : `${entryName(entry)} takes ICMP error messages only under protection, which routers on the way cannot give`,
    notes: [`${formatPacket(packet)} (${what}): ${describeAction(entry.action)}`],
    help:
      packet.family === 4
        ? 'let at least types 3, 4, 5 and 11 pass by a policy before it'
        : 'leave types 1 to 4 out of the policy',
  };
}
