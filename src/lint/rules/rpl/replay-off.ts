import { protectingRecords } from '../../algorithm-lists.js';
import { configuredTemplates, entryPlace, entryText } from '../../configured.js';
import { isManual } from '../../peer-policies.js';
import { placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { cite, guidanceOf } from '../../profiles/active.js';
import { defineRule } from '../../rule.js';

/** What Linux and most daemons use, and RFC 4303 recommends. */
const usualWindow = 64;

export default defineRule({
  scope: 'system',
  code: 'RPL001',
  slug: 'replay-off',
  severity: 'warning',
  summary: 'Old packets may be sent again and are accepted.',
  rationale:
    'With a window of 0 the receiver checks no sequence numbers: anybody who recorded packets can send them again, which repeats what they did. With keys from IKE nothing is gained by that; with manual keys the check cannot survive a restart anyway.',
  references: ['RFC 4303 §3.4.3', 'RFC 4302 §3.4.3'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 0 -action ESP_AES128_GCM16',
    'add tunnel a -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16 -replay_window 0',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { replay_window = 0 } } } }',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 64 -action ESP_AES128_GCM16',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { replay_window = 64 } } } }',
  ],
  *check({ policies, settings }) {
    const demands = guidanceOf(settings).demands('anti-replay');
    for (const record of protectingRecords(policies)) {
      if (record.replayWindow?.value !== 0) continue;
      const manual = isManual(record);
      yield {
        message: `${recordText(record)} has anti-replay off`,
        at: placeOf(record, record.replayWindow.origin),
        severity: manual ? 'warning' : 'error',
        notes: [
          ...(manual ? ['its keys are manual: the count cannot be kept over a restart'] : []),
          ...demands.map((demand) => `anti-replay is demanded by ${cite(demand)}`),
        ],
        help: `write -replay_window ${usualWindow} or more, or leave it out`,
        fixes: [
          {
            safety: 'unsafe',
            title: `write -replay_window ${usualWindow}`,
            edits: [setArgument(record, 'replay_window', record.replayWindow.origin, String(usualWindow))],
          },
        ],
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    const demands = guidanceOf(context.settings).demands('anti-replay');
    for (const { source, antiReplayWindow, manual } of configuredTemplates(context.config)) {
      const at = antiReplayWindow?.value === 0 ? entryPlace(context, source, antiReplayWindow.origin) : undefined;
      if (!at) continue;
      yield {
        message: `${entryText(source.record)} has anti-replay off`,
        at,
        severity: manual ? 'warning' : 'error',
        notes: [
          ...(manual ? ['its keys are manual: the count cannot be kept over a restart'] : []),
          ...demands.map((demand) => `anti-replay is demanded by ${cite(demand)}`),
        ],
        help: `give it a window of ${usualWindow} packets or more, or leave it to the product`,
        record: source.record,
      };
    }
  },
});
