import { protectingRecords } from '../../algorithm-lists.js';
import { placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

const windowMin = 32;

export default defineRule({
  scope: 'system',
  code: 'RPL002',
  slug: 'window-below-32',
  severity: 'error',
  summary: 'The anti-replay window is smaller than 32 packets.',
  rationale:
    'RFC 4303 demands a window of at least 32 packets. A smaller one drops packets that the network has merely put into another order.',
  references: ['RFC 4303 §3.4.3'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 16 -action ESP_AES128_GCM16',
    'add tunnel a -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16 -replay_window 1',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 32 -action ESP_AES128_GCM16',
    // Off is RPL001's.
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 0 -action ESP_AES128_GCM16',
  ],
  *check({ policies }) {
    for (const record of protectingRecords(policies)) {
      const window = record.replayWindow;
      if (!window || window.value === 0 || window.value >= windowMin) continue;
      yield {
        message: `${recordText(record)} has an anti-replay window of ${window.value} packets; the least is ${windowMin}`,
        at: placeOf(record, window.origin),
        help: `write -replay_window ${windowMin} or more; 64 is usual`,
        fixes: [
          {
            safety: 'safe',
            title: `write -replay_window ${windowMin}`,
            edits: [setArgument(record, 'replay_window', window.origin, String(windowMin))],
          },
        ],
        record: recordRef(record),
      };
    }
  },
});
