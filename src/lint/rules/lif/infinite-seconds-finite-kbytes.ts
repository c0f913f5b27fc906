import { childLifetimes, defaultSeconds, lifetimeFixes, lifetimePlace } from '../../lifetimes.js';
import { recordRef, recordText } from '../../places.js';
import { cite, guidanceOf, lifetimeCeiling } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'LIF001',
  slug: 'infinite-seconds-finite-kbytes',
  severity: 'warning',
  summary: 'A key has a limit of volume and none of time.',
  rationale:
    'A quiet connection never reaches the volume, so its key stays the same for months. The product warns of the combination: the two ends count volume differently, and then one has rekeyed while the other has not.',
  references: ['ipsec_config_add(1M)', 'RFC 4301 §4.4.2.1'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/0/5120',
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16/3600,ESP_AES256_GCM16/0/100000',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/28800/5120',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/28800/0',
  ],
  *check({ policies, settings }) {
    const ceiling = lifetimeCeiling(guidanceOf(settings), 'child');
    const wanted = Math.min(ceiling?.secondsMax ?? defaultSeconds, defaultSeconds);
    for (const lifetime of childLifetimes(policies)) {
      const { record, list, element, seconds, kilobytes } = lifetime;
      if (seconds !== 0 || kilobytes === 0) continue;
      yield {
        message: `${recordText(record)}: ${element.word} lives until ${kilobytes} kilobytes are sent, however long that takes`,
        at: lifetimePlace(lifetime, 'seconds'),
        severity: worst(['warning', ...(ceiling ? [ceiling.severity] : [])])!,
        notes: [
          ...(ceiling ? [`at most ${ceiling.secondsMax} s are allowed by ${cite(ceiling)}`] : []),
          ...listNotes(list, element),
        ],
        help: 'give a limit of time as well',
        fixes: lifetimeFixes(lifetime, wanted, kilobytes),
        record: recordRef(record),
      };
    }
  },
});
