import { type Address, anyAddress, formatAddress } from '../../../model/address.js';
import { formatPacket } from '../../../model/packet.js';
import { intersectRegions } from '../../../model/selector/algebra.js';
import type { Region } from '../../../model/selector/box.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import { describeAction } from '../../../model/treatment.js';
import { hostAnomalies } from '../../anomalies.js';
import { entryName, entryNames, relatedEntries } from '../../entries.js';
import { defineRule } from '../../rule.js';

/** Policies that are named for one bypass entry. */
const namedMax = 4;

export default defineRule({
  scope: 'system',
  code: 'SHD010',
  slug: 'bypass-list-wins',
  severity: 'error',
  summary: 'The bypass list exempts a local address that a policy protects or closes.',
  rationale:
    'The bypass list comes before all policies: for its addresses IPsec is off in both directions, whatever the policies say. A policy that names such an address looks as if it protected it. Where only policies for every local address are concerned, the exemption may be meant, and it is a warning.',
  references: ['ipsec_config(1M)', 'RFC 4301 §4.4.1'],
  bad: [
    'add bypass 10.0.0.1\nadd host db -source 10.0.0.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add bypass 10.0.0.1\nadd host guest -source 10.0.0.0/24 -destination 10.9.0.0/16 -priority 10 -action DISCARD',
    'add bypass 10.0.0.1\nadd host all -destination 10.9.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add bypass 15.1.1.1\nadd host old -source 16.1.1.1 -destination 16.2.2.2 -priority 40 -action ESP_AES128_HMAC_SHA1',
    'add bypass 10.0.0.1\nadd host web -source 10.0.0.1 -destination 10.7.7.7 -priority 10 -action PASS',
  ],
  *check(context) {
    const { spd } = hostAnomalies(context);
    for (const [number, entry] of spd.entries.entries()) {
      const { source, selectors } = entry;
      const [box] = selectors;
      if (source.record.kind !== 'bypass' || !source.at || !box) continue;
      const address = { family: box.family, value: box.local.lo };
      const isLost = (other: number, named: boolean) =>
        spd.entries[other]!.action.kind !== 'BYPASS' && namesAddress(spd.entries[other]!.selectors, address) === named;
      const search = (named: boolean) =>
        spd.index.overlaps(box, {
          from: number + 1,
          to: spd.end,
          limit: namedMax,
          accept: (other) => isLost(other, named),
        });
      const named = search(true);
      const lost = (named.length > 0 ? named : search(false)).map((other) => spd.entries[other]!);
      const [first] = lost;
      if (!first) continue;
      const packet = witnessPacket(intersectRegions(selectors, first.selectors)[0]!);
      yield {
        at: source.at,
        record: source.record,
        message: `bypass '${formatAddress(address.family, address.value)}' exempts the address from ${entryNames(lost)}`,
        notes: [
          `${formatPacket(packet)} passes in the clear: ${entryName(first)} (${describeAction(first.action)}) is not looked at`,
        ],
        related: relatedEntries(context, lost, namedMax),
        help: 'take the address off the bypass list, or out of the policies',
        ...(named.length > 0 ? {} : { severity: 'warning' }),
      };
    }
  },
});

/** Does a region hold the local address without being about every local address? */
function namesAddress(region: Region, { family, value }: Address): boolean {
  const any = anyAddress(family);
  return region.some(
    ({ family: own, local }) =>
      own === family && local.lo <= value && value <= local.hi && (local.lo !== any.first || local.hi !== any.last),
  );
}
