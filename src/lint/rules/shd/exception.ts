import { describeAction } from '../../../model/treatment.js';
import { allAnomalies } from '../../anomalies.js';
import { atEntry, entryName, relatedEntries } from '../../entries.js';
import { defineRule } from '../../rule.js';
import { notDecided } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'SHD005',
  slug: 'exception',
  severity: 'info',
  summary: 'A specific policy makes an exception to a general one behind it.',
  rationale:
    'Specific before general is how exceptions are written, and each of them is a decision: the list of all exceptions is what a review reads. The default policy does not count as a general one.',
  references: ['RFC 4301 §4.4.1', 'Hamed, Al-Shaer and Marrero 2005'],
  bad: [
    'add host telnet -source 10.1.1.1 -destination 10.2.0.0/16/TELNET -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host net -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action PASS',
    'add host guest -source 10.1.1.1 -destination 10.2.9.0/24 -priority 10 -action DISCARD\nadd host net -source 10.1.1.1 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host net -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action PASS\nadd host other -source 10.1.1.1 -destination 10.3.0.0/16 -priority 20 -action DISCARD',
    'add host db -source 10.1.1.1 -destination 10.2.3.4 -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  *check(context) {
    for (const { spd, fates, followers } of allAnomalies(context)) {
      for (const number of spd.policies) {
        const fate = fates[number];
        if (fate?.kind !== 'reachable') continue;
        const holder = followers.holder(number);
        if (holder === 'undecided') yield* notDecided(context, spd, number, 'which later policy holds all of it');
        if (typeof holder === 'string' || spd.keys[holder] === spd.keys[number]) continue;
        const entry = spd.entries[number]!;
        const general = spd.entries[holder]!;
        const place = atEntry(context, entry);
        if (!place) continue;
        const [does, instead] = [describeAction(entry.action), describeAction(general.action)];
        yield {
          ...place,
          message: `${entryName(entry)} is an exception to ${entryName(general)}: ${instead === does ? `${does} with other options or lifetimes` : `${does} instead of ${instead}`}`,
          related: relatedEntries(context, [general]),
        };
      }
    }
  },
});
