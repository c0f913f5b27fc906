import { formatPacket } from '../../../model/packet.js';
import { describeAction } from '../../../model/treatment.js';
import { allAnomalies } from '../../anomalies.js';
import { atEntry, entryName, relatedEntries } from '../../entries.js';
import { defineRule } from '../../rule.js';
import { notDecided } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'SHD004',
  slug: 'correlated',
  severity: 'warning',
  summary: 'Two policies overlap, neither within the other, and treat what they share differently.',
  rationale:
    'One is narrower in one selector, the other in another one: only the priority decides about the packets of both, and the reader cannot tell which was meant. A policy for just these packets, before both, says it.',
  references: ['RFC 4301 §4.4.1', 'Hamed, Al-Shaer and Marrero 2005'],
  bad: [
    'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host db -source 10.1.1.1 -destination 10.7.7.7 -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add host from -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action DISCARD\nadd host to -source 10.1.0.0/16 -destination 10.2.2.2 -priority 20 -action PASS',
  ],
  good: [
    'add host db -source 10.1.1.1/32 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host site -source 10.1.1.1/32 -destination 10.7.0.0/16 -priority 20 -action PASS',
    'add host in -source 15.1.1.1/32/TELNET -destination 15.2.2.2 -priority 20 -action ESP_AES128_HMAC_SHA1\nadd host out -source 15.1.1.1 -destination 15.2.2.2/32/TELNET -priority 30 -action ESP_AES128_HMAC_SHA1',
    'add host both -source 10.1.1.1/32/HTTP-TCP -destination 10.7.7.7 -priority 5 -action DISCARD\nadd host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host db -source 10.1.1.1 -destination 10.7.7.7 -priority 20 -action ESP_AES128_HMAC_SHA1',
  ],
  *check(context) {
    for (const { spd, crossings } of allAnomalies(context)) {
      for (const [number, crossing] of crossings) {
        if (crossing === 'undecided') {
          yield* notDecided(context, spd, number, 'whether its order among those it overlaps matters');
          continue;
        }
        const entry = spd.entries[number]!;
        const earlier = spd.entries[crossing.with]!;
        const place = atEntry(context, entry);
        if (!place) continue;
        yield {
          ...place,
          message: `${entryName(entry)} and ${entryName(earlier)} overlap, neither within the other: their order decides between ${describeAction(entry.action)} and ${describeAction(earlier.action)}`,
          notes: [
            `${formatPacket(crossing.witness)} is selected by both, and meets ${entryName(earlier)}: ${describeAction(earlier.action)}`,
          ],
          related: relatedEntries(context, [earlier]),
          help: 'say what is meant by a policy for the packets of both, with a lower priority number than either',
        };
      }
    }
  },
});
