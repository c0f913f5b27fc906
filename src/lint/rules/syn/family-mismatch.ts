import type { Sourced } from '../../../model/origin.js';
import { describeOrigin } from '../../../model/origin.js';
import type { AddressSpec } from '../../../model/record/policy.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SYN003',
  slug: 'family-mismatch',
  severity: 'error',
  summary: 'A policy mixes IPv4 and IPv6 between its source and its destination, or between the ends of its tunnel.',
  rationale:
    'No packet has addresses of two families, so such a policy selects nothing. The usual cause is an IPv6 address on one side while the other is left out: the default for it is the IPv4 wildcard.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -source 10.0.0.1/32 -destination 2001:db8::1/128 -action PASS',
    'add host h -source 2001:db8::1/128 -action PASS',
    'add tunnel t -tsource 10.0.0.1 -tdestination 2001:db8::1',
  ],
  good: [
    'add host h -source 2001:db8::1/128 -destination 0::0/0 -action PASS',
    'add tunnel t -tsource 10.0.0.1 -tdestination 10.9.9.9 -source 2001:db8:1::/48 -destination 2001:db8:2::/48',
  ],
  *check({ policies }) {
    for (const record of [...policies.hosts, ...policies.gateways, ...policies.tunnels]) {
      const all: readonly Sourced<AddressSpec>[] = [...record.sources, ...record.destinations];
      const [first] = record.sources;
      const other = first && all.find(({ value }) => value.range.family !== first.value.range.family);
      if (first && other) {
        // Point at what somebody wrote; what came from a profile is told in words.
        const [shown, related] = other.origin.kind === 'explicit' ? [other, first] : [first, other];
        const unwritten = related.origin.kind === 'explicit' ? undefined : related;
        yield {
          message: `${recordText(record)} mixes IPv${first.value.range.family} and IPv${other.value.range.family} addresses and selects no packet of both`,
          at: placeOf(record, shown.origin),
          record: recordRef(record),
          ...(unwritten
            ? {
                notes: [
                  `the ${related === first ? 'source' : 'destination'} is not written: IPv${related.value.range.family} from ${describeOrigin(related.origin)}`,
                ],
              }
            : { related: [{ at: placeOf(record, related.origin), text: `IPv${related.value.range.family}` }] }),
          help:
            shown.value.range.family === 6 && unwritten
              ? 'write 0::0/0 for every IPv6 address'
              : 'split the policy by address family',
        };
      }
      if (record.kind !== 'tunnel') continue;
      const { tunnelSource, tunnelDestination } = record;
      if (!tunnelSource || !tunnelDestination || tunnelSource.value.family === tunnelDestination.value.family) continue;
      yield {
        message: `${recordText(record)} has endpoints of different address families`,
        at: placeOf(record, tunnelDestination.origin),
        record: recordRef(record),
        related: [{ at: placeOf(record, tunnelSource.origin), text: `IPv${tunnelSource.value.family}` }],
        help: 'both endpoints of a tunnel have one family',
      };
    }
  },
});
