import { protectingRecords } from '../../algorithm-lists.js';
import { isManual } from '../../peer-policies.js';
import { placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

/** From this rate on a link is fed by several queues, which put packets into another order. */
const fastLinkMbps = 10_000;
const smallWindow = 64;
const wantedWindow = 1024;

export default defineRule({
  scope: 'system',
  code: 'RPL004',
  slug: 'window-too-small',
  severity: 'warning',
  summary: 'The anti-replay window is too small for a link that reorders packets.',
  rationale:
    'Several transmit queues, QoS classes and bonded links overtake one another by more than 64 packets at such rates. Whatever falls behind the window is dropped as a replay, and connections crawl for no visible reason.',
  references: ['RFC 4303 §3.4.3 and appendix A2', 'RFC 6479'],
  bad: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 64 -action ESP_AES128_GCM16',
      host: { linkMbps: 10_000 },
    },
    {
      text: 'add tunnel a -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16 -replay_window 32',
      host: { linkMbps: 40_000 },
    },
  ],
  good: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 1024 -action ESP_AES128_GCM16',
      host: { linkMbps: 10_000 },
    },
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 64 -action ESP_AES128_GCM16',
      host: { linkMbps: 1_000 },
    },
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 64 -action ESP_AES128_GCM16',
  ],
  *check({ policies, host }) {
    if (host?.linkMbps === undefined || host.linkMbps < fastLinkMbps) return;
    for (const record of protectingRecords(policies)) {
      const window = record.replayWindow;
      if (!window || window.value === 0 || window.value > smallWindow || isManual(record)) continue;
      yield {
        message: `${recordText(record)} has an anti-replay window of ${window.value} packets on a link of ${host.linkMbps} Mb/s`,
        at: placeOf(record, window.origin),
        help: `write -replay_window ${wantedWindow}`,
        fixes: [
          {
            safety: 'unsafe',
            title: `write -replay_window ${wantedWindow}`,
            edits: [setArgument(record, 'replay_window', window.origin, String(wantedWindow))],
          },
        ],
        record: recordRef(record),
      };
    }
  },
});
