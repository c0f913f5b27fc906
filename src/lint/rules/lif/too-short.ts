import { ranges } from '../../../model/language/limits.js';
import { writtenIkeRecords } from '../../algorithm-lists.js';
import { childLifetimes, formatSeconds, lifetimePlace, rekeyMarginSeconds } from '../../lifetimes.js';
import { originNotes, placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

/** A key should live at least this many times as long as the margin in which it is renewed. */
const marginsMin = 3;
const secondsMin = marginsMin * rekeyMarginSeconds;

export default defineRule({
  scope: 'system',
  code: 'LIF004',
  slug: 'too-short',
  severity: 'warning',
  restsOn: 'records',
  summary: 'A key lives so briefly that its renewal takes a large part of it.',
  rationale:
    'Renewal begins some minutes before the end. Where that is a large part of the whole life, both ends renew at the same time again and again, collisions leave doubled or lost SAs, and a short outage of the peer ends the connection.',
  references: ['RFC 7296 §2.8', 'ipsec_config_add(1M)'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/600',
    'add ikev2 a -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-256 -life 600',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/900',
    // Below 600 the product refuses it: SYN002.
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/60',
  ],
  *check({ policies }) {
    const tooShort = (seconds: number) => seconds >= ranges.lifetimeSeconds.min && seconds < secondsMin;
    const notes = [`less than ${marginsMin} times the ${rekeyMarginSeconds} s in which a key is usually renewed`];
    for (const lifetime of childLifetimes(policies)) {
      const { record, list, element, seconds } = lifetime;
      if (!tooShort(seconds)) continue;
      yield {
        message: `${recordText(record)}: ${element.word} lives only ${formatSeconds(seconds)}`,
        at: lifetimePlace(lifetime, 'seconds'),
        notes: [...notes, ...listNotes(list, element)],
        help: `give it ${secondsMin} seconds or more; an hour is common`,
        record: recordRef(record),
      };
    }
    for (const record of writtenIkeRecords(policies)) {
      const { value, origin } = record.lifeSeconds;
      if (!tooShort(value)) continue;
      yield {
        message: `${recordText(record)} keeps its IKE SAs only for ${formatSeconds(value)}`,
        at: placeOf(record, origin),
        notes: [...notes, ...originNotes('life', origin)],
        help: `give it ${secondsMin} seconds or more; some hours are common`,
        record: recordRef(record),
      };
    }
  },
});
