import { protectingRecords } from '../../algorithm-lists.js';
import { isManual } from '../../peer-policies.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'RPL006',
  slug: 'replay-with-manual-keys',
  severity: 'warning',
  summary: 'A manual SA has an anti-replay window.',
  rationale:
    'After a restart the sender counts from 1 again, and a receiver that was not restarted drops everything as old, until the count has passed where it was. And after 2^32 packets the SA stops for good, because nobody renews it.',
  references: ['RFC 4303 §3.3.3 and §3.4.3', 'RFC 8221 §3'],
  bad: [
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 64 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
    'add tunnel mk -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.1 -replay_window 32 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
  ],
  good: [
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 64 -action ESP_AES128_GCM16',
  ],
  *check({ policies }) {
    for (const record of protectingRecords(policies)) {
      if (!isManual(record) || !record.replayWindow || record.replayWindow.value === 0) continue;
      yield {
        message: `${recordText(record)} has manual keys and an anti-replay window of ${record.replayWindow.value} packets`,
        at: placeOf(record, record.replayWindow.origin),
        help: 'let IKE make the keys; with manual keys leave the window out',
        record: recordRef(record),
      };
    }
  },
});
