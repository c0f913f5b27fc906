import { type AddressRange, formatAddress, formatRange } from '../../../model/address.js';
import { entryName, entryPlace } from '../../entries.js';
import { authLookup } from '../../lookup.js';
import { mergeRanges, peerRanges } from '../../protected-peers.js';
import { defineRule } from '../../rule.js';

/** Uncovered ranges that are named. */
const shownMax = 3;

export default defineRule({
  scope: 'system',
  code: 'REF003',
  slug: 'peer-without-auth',
  severity: 'error',
  summary: 'A policy protects traffic with peers that no authentication record matches.',
  rationale:
    'From A.03 on every peer needs an authentication record, also each address of a peer that has several; without one IKE cannot start and the packets are dropped. Where only some of the peers have no record the finding is a warning, because the policy may be wider than the peers that exist.',
  references: ['RFC 4301 §4.4.3', 'ipsec_config_add(1M)'],
  bad: [
    'add host h -source 10.1.1.1/32 -destination 10.10.10.10/32 -action ESP_AES128_HMAC_SHA1',
    'add host h -source 10.1.1.1/32 -destination 10.2.0.9/32 -action ESP_AES128_HMAC_SHA1\nadd auth a -remote 10.1.0.0/16 -preshared Plover-Sand-77',
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9\nadd host h -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel t -action PASS\nadd auth inner -remote 10.4.0.0/16 -preshared Plover-Sand-77',
  ],
  good: [
    'add host h -source 10.1.1.1/32 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd auth low -remote 10.2.0.0/17 -preshared Plover-Sand-77\nadd auth high -remote 10.2.128.0/17 -preshared Plover-Sand-78',
    'add host h -source 10.1.1.1/32 -destination 10.10.10.10/32 -action PASS',
    '# ipsec-dialect: A.02\nadd host h -source 10.1.1.1/32 -destination 10.10.10.10/32 -action ESP_3DES_HMAC_SHA1',
  ],
  *check(context) {
    const { config, policies } = context;
    // In A.02 a missing record only meant that the local address was sent as the identity (M0201 p.9).
    if (policies.dialect === 'A.02') return;
    const { index } = authLookup(policies);
    const known = new Map<string, { bare: AddressRange[]; all: boolean }>();
    for (const entry of [...config.spd, ...config.forwardSpd]) {
      if (entry.action.kind !== 'PROTECT') continue;
      const told = new Set<string>();
      for (const template of entry.action.bundle) {
        const ranges = mergeRanges(peerRanges(entry, template));
        const key = ranges.map(formatRange).join();
        let coverage = known.get(key);
        if (!coverage) {
          const pieces = ranges.flatMap((range) => [...index.segments(range)]);
          coverage = {
            bare: mergeRanges(pieces.filter(({ winner }) => winner < 0).map(({ range }) => range)),
            all: pieces.every(({ winner }) => winner < 0),
          };
          known.set(key, coverage);
        }
        const [first] = coverage.bare;
        const at = entryPlace(context, entry);
        if (!first || !at || told.has(key)) continue;
        told.add(key);
        const shown = coverage.bare.slice(0, shownMax).map(formatRange).join(', ');
        const more = coverage.bare.length - shownMax;
        yield {
          message: `${entryName(entry)} protects traffic with ${coverage.all ? '' : 'some '}peers that no auth record matches: ${shown}${more > 0 ? ` and ${more} more ranges` : ''}`,
          at,
          record: entry.source.record,
          notes: [`IKE with ${formatAddress(first.family, first.first)} cannot start`],
          help: `add auth NAME -remote ${formatRange(first)} ...`,
          ...(coverage.all ? {} : { severity: 'warning' as const }),
        };
      }
    }
  },
});
