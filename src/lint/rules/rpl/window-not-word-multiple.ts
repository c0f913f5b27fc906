import { protectingRecords } from '../../algorithm-lists.js';
import { placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

const wordBits = 32;

export default defineRule({
  scope: 'system',
  code: 'RPL003',
  slug: 'window-not-word-multiple',
  severity: 'info',
  summary: 'The anti-replay window is no multiple of 32 packets.',
  rationale:
    'The window is kept in machine words. Sizes between two multiples cost what the larger one costs and are rounded by some systems, so that the two ends differ.',
  references: ['RFC 4303 §3.4.3', 'RFC 6479'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 100 -action ESP_AES128_GCM16',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 33 -action ESP_AES128_GCM16',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 96 -action ESP_AES128_GCM16',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 1024 -action ESP_AES128_GCM16',
    // Below 32 it is RPL002's.
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 31 -action ESP_AES128_GCM16',
  ],
  *check({ policies }) {
    for (const record of protectingRecords(policies)) {
      const window = record.replayWindow;
      if (!window || window.value <= wordBits || window.value % wordBits === 0) continue;
      const rounded = Math.ceil(window.value / wordBits) * wordBits;
      yield {
        message: `${recordText(record)} has an anti-replay window of ${window.value} packets, which is kept as ${rounded}`,
        at: placeOf(record, window.origin),
        help: `write -replay_window ${rounded}`,
        fixes: [
          {
            safety: 'safe',
            title: `write -replay_window ${rounded}`,
            edits: [setArgument(record, 'replay_window', window.origin, String(rounded))],
          },
        ],
        record: recordRef(record),
      };
    }
  },
});
