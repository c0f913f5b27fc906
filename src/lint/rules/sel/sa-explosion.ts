import { protocolNumbers } from '../../../model/packet.js';
import type { AddressSpec, HostRecord } from '../../../model/record/policy.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';
import { specText } from '../../selector-lists.js';
import { hasTransforms } from '../../tunnel-users.js';

/** Services whose clients open a new connection for nearly every request. */
const briefServices: readonly number[] = [25, 53, 80, 88, 389, 443, 3128, 8080, 8443];
/** Without a port, so many peers are too many. */
const peersMax = 256;

export default defineRule({
  scope: 'system',
  code: 'SEL007',
  slug: 'sa-explosion',
  severity: 'warning',
  summary: 'Every connection gets a pair of SAs of its own, for traffic of many connections.',
  rationale:
    'EXCLUSIVE means one negotiation and one SA pair for each five-tuple. A web or name service opens thousands of connections: the negotiations cost more than the traffic, SAs outlive their connections, and tables fill up. Services with few long sessions, as TELNET, are not meant.',
  references: ['RFC 4301 §4.4.1.2', 'ipsec_config(1M)'],
  bad: [
    'add host web -source 10.1.1.1/32/443 -destination 10.4.0.0/16 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE',
    'add host all -source 10.1.1.1 -destination 10.4.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE',
  ],
  good: [
    'add host telnet -source 10.1.1.1/32/TELNET -destination 10.4.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1/3600/0 -flags EXCLUSIVE',
    'add host payroll -source 10.1.1.1 -destination 10.5.5.5 -priority 10 -action ESP_AES128_HMAC_SHA1/3600/0 -flags EXCLUSIVE',
    'add host web -source 10.1.1.1/32/443 -destination 10.4.0.0/16 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  *check({ policies }) {
    for (const record of policies.hosts) {
      if (!record.flags.value.includes('EXCLUSIVE') || !hasTransforms(record)) continue;
      const why = manyFlows(record);
      if (!why) continue;
      yield {
        at: placeOf(record, record.flags.origin),
        record: recordRef(record),
        message: `host '${record.name}' negotiates an SA pair for each connection of ${why}`,
        help: 'leave EXCLUSIVE out: the connections then share SAs',
      };
    }
  },
});

/** The traffic that makes many connections. */
function manyFlows({ sources, destinations, protocol }: HostRecord): string | undefined {
  const specs = [...sources, ...destinations].map(({ value }) => value);
  const limited = specs.filter(({ port }) => port !== undefined);
  const brief = limited.find(({ port }) => port && port.lo === port.hi && briefServices.includes(port.lo));
  if (brief) return `a service with brief connections, ${specText(brief)}`;
  const carriesPorts =
    protocol.value === 0 || protocol.value === protocolNumbers.TCP || protocol.value === protocolNumbers.UDP;
  const wide = destinations.map(({ value }) => value).find((value) => peers(value) >= peersMax);
  return limited.length === 0 && carriesPorts && wide ? `every service of ${specText(wide)}` : undefined;
}

function peers({ range }: AddressSpec): number {
  return Number(range.last) - Number(range.first) + 1;
}
