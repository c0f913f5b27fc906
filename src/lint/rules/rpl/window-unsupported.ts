import { protectingRecords } from '../../algorithm-lists.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { type Target, targetsOf } from '../../targets.js';

/** The largest window that can be set; 0: none can. */
const windowMax: Readonly<Record<Target, number>> = {
  hpux: 0,
  // XFRMA_REPLAY_ESN_MAX of include/uapi/linux/xfrm.h
  'linux-xfrm': 4096,
  userspace: Number.POSITIVE_INFINITY,
};

export default defineRule({
  scope: 'system',
  code: 'RPL005',
  slug: 'window-unsupported',
  severity: 'warning',
  summary: 'The target cannot have an anti-replay window of this size.',
  rationale:
    'A size beyond what a system can keep is cut without a word, or the SA is refused when it is installed. HP-UX has no setting for it at all; Linux keeps up to 4096 packets.',
  references: ['RFC 4303 §3.4.3', 'linux/xfrm.h'],
  bad: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 1024 -action ESP_AES128_HMAC_SHA2_256',
      host: { target: 'hpux' },
    },
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 8192 -action ESP_AES128_GCM16',
      host: { target: 'linux-xfrm' },
    },
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 64 -action ESP_AES128_HMAC_SHA2_256',
      profiles: ['hpux'],
    },
  ],
  good: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 1024 -action ESP_AES128_GCM16',
      host: { target: 'linux-xfrm' },
    },
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -replay_window 1024 -action ESP_AES128_GCM16',
  ],
  *check(context) {
    for (const { target, why } of targetsOf(context)) {
      const max = windowMax[target];
      for (const record of protectingRecords(context.policies)) {
        const window = record.replayWindow;
        if (!window || window.value <= max) continue;
        yield {
          message:
            max === 0
              ? `${recordText(record)} sets an anti-replay window, and ${target} has no setting for it`
              : `${recordText(record)} has an anti-replay window of ${window.value} packets; ${target} keeps at most ${max}`,
          at: placeOf(record, window.origin),
          notes: [why],
          help: max === 0 ? 'leave -replay_window out' : `write -replay_window ${max} or less`,
          record: recordRef(record),
        };
      }
    }
  },
});
