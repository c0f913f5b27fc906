import type { Sourced } from '../../../model/origin.js';
import { formatPacket } from '../../../model/packet.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { witnessOf } from '../../anomalies/fates.js';
import { followerOf } from '../../anomalies/spd.js';
import { hostAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { entryName, policyOf, relatedEntries } from '../../entries.js';
import { recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'ACT012',
  slug: 'outage-on-sa-loss',
  severity: 'warning',
  summary: 'While no SA is up, packets of a protecting policy pass in the clear.',
  rationale:
    'With -start TRAP a packet without an SA waits for one. With START or NONE daemons put the policy into the kernel only together with the SA: before it is up, and between its end and the next one, what is behind the policy decides, and here that lets the packets pass. FALLBACK_TO_CLEAR says so openly: whoever can hold up the negotiation gets clear text.',
  references: ['RFC 4301 §5.1', 'ipsec_config(1M)'],
  bad: [
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1 -start NONE',
    'add tunnel branch -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1 -start START\nadd host branch -source 15.1.1.1 -destination 10.20.0.0/16 -priority 50 -tunnel branch -action PASS',
    'add host rollout -source 10.1.1.1 -destination 10.5.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1 -flags FALLBACK_TO_CLEAR',
  ],
  good: [
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1 -start TRAP',
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1 -start NONE\nadd host guard -source 10.1.1.1 -destination 10.7.7.7 -priority 20 -action DISCARD',
    {
      text: 'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1 -start NONE',
      host: { target: 'hpux' },
    },
  ],
  *check(context) {
    const { spd, fates } = hostAnomalies(context);
    // A tunnel is told once, with the first policy that uses it.
    const told = new Set<HostRecord | TunnelRecord>();
    for (const number of spd.policies) {
      const entry = spd.entries[number]!;
      const fate = fates[number];
      const record = policyOf(context, entry);
      if (entry.action.kind !== 'PROTECT' || fate?.kind !== 'reachable' || record?.kind !== 'host') continue;
      const packet = () => formatPacket(witnessOf(spd, number, fate));
      if (entry.action.fallbackToClear) {
        const { origin } = record.flags;
        yield {
          at: origin.kind === 'explicit' ? origin.at : record.nameAt,
          record: recordRef(record),
          message: `${entryName(entry)} falls back to clear text when no SA can be negotiated`,
          notes: [`${packet()} passes in the clear then, in both directions, until the policy changes`],
          help: 'remove FALLBACK_TO_CLEAR once all peers of the policy run IPsec',
        };
        continue;
      }
      const loose = looseStart(context, record);
      if (!loose || told.has(loose.of)) continue;
      const next = followerOf(spd, witnessOf(spd, number, fate), number + 1);
      const behind: SpdEntry = next < 0 ? spd.entries.at(-1)! : spd.entries[next]!;
      if (behind.action.kind !== 'BYPASS') continue;
      const { start, of } = loose;
      told.add(of);
      yield {
        at: start.origin.kind === 'explicit' ? start.origin.at : of.nameAt,
        record: recordRef(of),
        message: `-start ${start.value} of ${recordText(of)} leaves packets of ${entryName(entry)} to ${entryName(behind)} while no SA is up`,
        notes: [`${packet()} passes in the clear then`],
        related: relatedEntries(context, [behind]),
        help: 'write -start TRAP, or a policy behind it that discards the same packets',
        fixes: [
          { safety: 'unsafe', title: 'write -start TRAP', edits: [setArgument(of, 'start', start.origin, 'TRAP')] },
        ],
      };
    }
  },
});

/** A -start, of a policy or of its tunnel, by which SAs are not asked for by packets. The product knows no such argument. */
function looseStart(
  { policies, host }: SystemContext,
  record: HostRecord,
): { start: Sourced<string>; of: HostRecord | TunnelRecord } | undefined {
  if (host?.target === 'hpux') return undefined;
  const tunnel = record.tunnel && policies.tunnelByName.get(record.tunnel.value);
  const transforms = record.action.value.kind === 'TRANSFORMS' ? [record] : [];
  for (const of of [...transforms, ...(tunnel ? [tunnel] : [])]) {
    if (of.start && of.start.value !== 'TRAP' && !of.manualIn) return { start: of.start, of };
  }
  return undefined;
}
