import { icmpv6PassedTypes } from '../../../model/compile/selectors.js';
import { protocolNumbers } from '../../../model/packet.js';
import type { HostRecord } from '../../../model/record/policy.js';
import type { Prioritised } from '../../../model/resolve.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'ACT005',
  slug: 'icmpv6-false-safety',
  severity: 'info',
  summary: 'A policy for ICMPv6 or every protocol looks as if it covered neighbour discovery, and does not.',
  rationale:
    'Without types, ICMPV6 and ALL select echo request and reply and two messages of Mobile IPv6 only. Neighbour and router discovery, redirects and error messages pass in the clear whatever the action is. Naming their types would change that, and cut the system off.',
  references: ['ipsec_config(1M)', 'RFC 4301 §6', 'RFC 4861'],
  bad: [
    'add host six -source 2001:db8:1::1 -destination 2001:db8:2::2 -protocol ICMPV6 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host six -source 2001:db8:1::1 -destination 2001:db8:2::2 -priority 10 -action DISCARD',
  ],
  good: [
    'add host echo -source 2001:db8:1::1 -destination 2001:db8:2::2 -protocol ICMPV6 -src_icmpv6_type 128,129 -dst_icmpv6_type 128,129 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host data -source 2001:db8:1::1 -destination 2001:db8:2::2 -protocol TCP -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add host four -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action DISCARD',
  ],
  *check({ policies }) {
    const wide = policies.hosts.filter((record) => isMisleading(record, 0));
    const types = `types ${icmpv6PassedTypes.join(', ')}`;
    for (const record of policies.hosts.filter((each) => isMisleading(each, protocolNumbers.ICMPV6))) {
      yield {
        at: placeOf(record, record.protocol.origin),
        record: recordRef(record),
        message: `host '${record.name}' does not cover neighbour discovery: ICMPV6 without types selects echo and mobile prefix messages only`,
        notes: [`${types} pass in the clear unless a policy names them`],
        help: 'name the types that are meant, as -src_icmpv6_type 128,129 -dst_icmpv6_type 128,129',
      };
    }
    // Almost every IPv6 policy is for every protocol: once is enough.
    const [first] = wide;
    if (!first) return;
    const others = wide.length > 1 ? `, and ${wide.length - 1} more` : '';
    yield {
      at: first.nameAt,
      record: recordRef(first),
      message: `host '${first.name}'${others}, for every IPv6 protocol, do${wide.length > 1 ? '' : 'es'} not cover neighbour discovery`,
      notes: [`ICMPv6 ${types} pass in the clear unless a policy names them`],
    };
  },
});

/** Is it an IPv6 policy of a protocol (0: every one) that does more than let pass, without ICMPv6 types? */
function isMisleading(record: Prioritised<HostRecord>, protocol: number): boolean {
  const isV6 = [record.sources, record.destinations].every((specs) =>
    specs.some(({ value }) => value.range.family === 6),
  );
  const passes = record.action.value.kind === 'PASS' && !record.tunnel;
  const hasTypes = record.messageTypes.some((types) => types.protocol === protocolNumbers.ICMPV6);
  const hasPorts = [...record.sources, ...record.destinations].some(({ value }) => value.port !== undefined);
  return isV6 && !passes && !hasTypes && !hasPorts && record.protocol.value === protocol;
}
