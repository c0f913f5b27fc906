import { childLifetimes, defaultSeconds, lifetimeFixes, lifetimePlace } from '../../lifetimes.js';
import { recordRef, recordText } from '../../places.js';
import { cite, guidanceOf, lifetimeCeiling } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'LIF002',
  slug: 'infinite',
  severity: 'warning',
  summary: 'A key is never renewed: it has no limit at all.',
  rationale:
    'What one key protects grows without end, and with it what a stolen key opens. Sequence numbers end after 2^32 packets all the same, and then the SA stops.',
  references: ['RFC 4301 §4.4.2.1', 'RFC 4303 §3.3.3'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/0/0',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/3600,ESP_AES256_HMAC_SHA2_256/0',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/0/100000',
  ],
  *check({ policies, settings }) {
    const ceiling = lifetimeCeiling(guidanceOf(settings), 'child');
    const wanted = Math.min(ceiling?.secondsMax ?? defaultSeconds, defaultSeconds);
    for (const lifetime of childLifetimes(policies)) {
      const { record, list, element, seconds, kilobytes } = lifetime;
      if (seconds !== 0 || kilobytes !== 0) continue;
      yield {
        message: `${recordText(record)}: ${element.word} never ends`,
        at: lifetimePlace(lifetime, 'seconds'),
        severity: worst(['warning', ...(ceiling ? [ceiling.severity] : [])])!,
        notes: [
          ...(ceiling ? [`at most ${ceiling.secondsMax} s are allowed by ${cite(ceiling)}`] : []),
          ...listNotes(list, element),
        ],
        help: `give it a lifetime, as /${wanted}`,
        fixes: lifetimeFixes(lifetime, wanted, 0),
        record: recordRef(record),
      };
    }
  },
});
