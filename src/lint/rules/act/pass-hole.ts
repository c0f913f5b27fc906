import { formatPacket } from '../../../model/packet.js';
import { describeAction } from '../../../model/treatment.js';
import { witnessOf } from '../../anomalies/fates.js';
import { hostAnomalies } from '../../anomalies.js';
import { atEntry, entryName, relatedEntries } from '../../entries.js';
import { isInfrastructure } from '../../infrastructure.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'ACT002',
  slug: 'pass-hole',
  severity: 'warning',
  summary: 'A policy lets packets pass in the clear inside what a later policy protects.',
  rationale:
    'It comes first, so what it selects leaves and enters unprotected although the net around it is protected: a leak that no session notices. Exceptions for ICMP, IKE, ESP, AH and DHCP are not meant.',
  references: ['RFC 4301 §4.4.1', 'Fu et al. 2001'],
  bad: [
    'add host printer -source 10.1.1.1 -destination 10.2.0.5/32 -priority 10 -action PASS\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add tunnel branch -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host web -source 15.1.1.1 -destination 10.20.0.0/16/HTTP-TCP -priority 10 -action PASS\nadd host branch -source 15.1.1.1 -destination 10.20.0.0/16 -priority 50 -tunnel branch -action PASS',
  ],
  good: [
    'add host printer -source 10.1.1.1 -destination 10.2.0.5/32 -priority 10 -action DISCARD\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add host ike -source 10.1.1.1/32/500 -destination 10.2.0.0/16/500 -protocol UDP -priority 10 -action PASS\nadd host site -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add tunnel branch -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host branch -source 15.1.1.1 -destination 10.20.0.0/16 -priority 50 -tunnel branch -action PASS',
  ],
  *check(context) {
    const { spd, fates, followers } = hostAnomalies(context);
    for (const number of spd.policies) {
      const entry = spd.entries[number]!;
      const fate = fates[number];
      if (entry.action.kind !== 'BYPASS' || fate?.kind !== 'reachable' || isInfrastructure(entry.selectors)) continue;
      const holder = followers.holder(number);
      const general = typeof holder === 'number' ? spd.entries[holder]! : undefined;
      const place = atEntry(context, entry);
      if (general?.action.kind !== 'PROTECT' || !place) continue;
      yield {
        ...place,
        message: `${entryName(entry)} lets packets pass in the clear that ${entryName(general)} would protect`,
        notes: [`${formatPacket(witnessOf(spd, number, fate))}: PASS, not ${describeAction(general.action)}`],
        related: relatedEntries(context, [general]),
        help: 'if clear text is meant here, suppress this with a reason; else remove the policy or protect it',
      };
    }
  },
});
