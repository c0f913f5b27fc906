import type { Fix } from '../../../model/finding.js';
import { forecastWrap, fullPacketOctets, mixedPacketOctets } from '../../estimate-wrap.js';
import { childLifetimes, formatSeconds, lifetimeFixes, lifetimeNotes, lifetimePlace } from '../../lifetimes.js';
import { recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'LIF007',
  slug: 'wraps-before-rekey',
  severity: 'warning',
  summary: 'Sequence numbers run out before the key is renewed.',
  rationale:
    'Without extended sequence numbers an SA ends after 2^32 packets. On a fast link that comes before the lifetime does: the sender must stop, and what had seemed a lifetime of hours becomes an outage or a storm of renewals.',
  references: ['RFC 4303 §3.3.3', 'RFC 4304'],
  bad: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800',
      host: { linkMbps: 10_000 },
    },
    {
      text: 'add tunnel a -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -esn OFF -action ESP_AES128_GCM16',
      host: { linkMbps: 25_000 },
    },
  ],
  good: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800 -esn ON',
      host: { linkMbps: 10_000 },
    },
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800',
      host: { linkMbps: 1_000 },
    },
    // Nobody has said how fast the link is.
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800',
  ],
  *check({ policies, host }) {
    const linkMbps = host?.linkMbps;
    if (linkMbps === undefined || !(linkMbps > 0)) return;
    for (const lifetime of childLifetimes(policies)) {
      const { record, list, element, seconds, kilobytes } = lifetime;
      if (record.esn && record.esn.value !== 'OFF') continue;
      const { atBest, mixed } = forecastWrap(linkMbps, kilobytes);
      if (seconds !== 0 && atBest >= seconds) continue;
      if (!Number.isFinite(atBest)) continue;
      const shorter = Math.floor(mixed / 2);
      const fixes: Fix[] =
        policies.dialect === 'extended'
          ? [
              {
                safety: 'unsafe',
                title: 'write -esn ON',
                edits: [setArgument(record, 'esn', record.esn?.origin, 'ON')],
              },
            ]
          : shorter >= 600
            ? lifetimeFixes(lifetime, shorter, kilobytes)
            : [];
      yield {
        message: `${recordText(record)}: at ${linkMbps} Mb/s the sequence numbers of ${element.word} end after ${formatSeconds(Math.floor(atBest))}, ${seconds === 0 ? 'and its key never does' : `its key after ${formatSeconds(seconds)}`}`,
        at: lifetimePlace(lifetime, 'seconds'),
        notes: [
          `with packets of ${fullPacketOctets} octets; with a mixture of ${mixedPacketOctets} on average after ${formatSeconds(Math.floor(mixed))}`,
          ...lifetimeNotes(lifetime),
          ...listNotes(list, element),
        ],
        help: 'use extended sequence numbers, or renew the key earlier',
        fixes,
        record: recordRef(record),
      };
    }
  },
});
