import { selectorsOf } from '../../../model/compile/selectors.js';
import { formatPacket } from '../../../model/packet.js';
import type { TunnelRecord } from '../../../model/record/policy.js';
import { isRegionCovered } from '../../../model/selector/algebra.js';
import type { Region } from '../../../model/selector/box.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SEL011',
  slug: 'outside-tunnel-selectors',
  severity: 'warning',
  summary: 'A policy sends packets into a tunnel that the tunnel is not for.',
  rationale:
    "The tunnel's own sources and destinations are what its SAs are negotiated for. A packet that its policy selects and its tunnel does not can neither be sent through it nor past it: it is dropped.",
  references: ['RFC 4301 §4.4.1', 'ipsec_config(1M)'],
  bad: [
    'add tunnel branch -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host branch -source 15.1.1.1 -destination 10.16.0.0/12 -priority 50 -tunnel branch -action PASS',
    'add tunnel web -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16 -protocol TCP -action ESP_AES128_HMAC_SHA1\nadd host web -source 15.1.1.1 -destination 10.20.0.0/16 -priority 50 -tunnel web -action PASS',
  ],
  good: [
    'add tunnel branch -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host branch -source 15.1.1.1 -destination 10.20.3.0/24 -priority 50 -tunnel branch -action PASS',
    'add tunnel halves -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/17 -destination 10.20.128.0/17 -action ESP_AES128_HMAC_SHA1\nadd host whole -source 15.1.1.1 -destination 10.20.0.0/16 -priority 50 -tunnel halves -action PASS',
  ],
  *check({ policies, settings }) {
    const regions = new Map<TunnelRecord, Region>();
    const regionOf = (tunnel: TunnelRecord): Region => {
      const region = regions.get(tunnel) ?? selectorsOf(tunnel);
      regions.set(tunnel, region);
      return region;
    };
    for (const record of [...policies.hosts, ...policies.gateways]) {
      const tunnel = record.tunnel && policies.tunnelByName.get(record.tunnel.value);
      if (!tunnel || record.action.value.kind === 'DISCARD') continue;
      const coverage = isRegionCovered(selectorsOf(record), regionOf(tunnel), settings.budget);
      if (coverage.kind === 'covered') continue;
      const name = `${record.kind} '${record.name}'`;
      yield {
        at: placeOf(record, record.tunnel?.origin),
        record: recordRef(record),
        ...(coverage.kind === 'open'
          ? {
              message: `${name} selects packets that tunnel '${tunnel.name}' is not for: they are dropped`,
              notes: [`${formatPacket(coverage.witness)} does not fit the sources and destinations of the tunnel`],
            }
          : {
              severity: 'info' as const,
              message: `not decided for ${name}: whether tunnel '${tunnel.name}' is for every packet of it`,
              notes: [`the answer takes more than the budget of ${settings.budget} steps`],
            }),
        related: [{ at: tunnel.nameAt, text: `tunnel '${tunnel.name}'` }],
        help: 'widen the tunnel, or narrow the policy to it',
      };
    }
  },
});
