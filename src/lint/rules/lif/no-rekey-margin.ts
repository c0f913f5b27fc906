import { ranges } from '../../../model/language/limits.js';
import { octetsPerSecond } from '../../estimate-wrap.js';
import { childLifetimes, formatSeconds, lifetimeFixes, lifetimePlace, renewalSeconds } from '../../lifetimes.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

/** Renewal begins when this share of a limit of volume is left. */
const softShare = 0.1;

export default defineRule({
  scope: 'system',
  code: 'LIF008',
  slug: 'no-rekey-margin',
  severity: 'warning',
  restsOn: 'records',
  summary: 'A limit of volume is reached before the new key is there.',
  rationale:
    'Renewal begins when a tenth of the volume is left. If the link sends that in less time than IKE needs when a message is lost, the SA ends first: packets are dropped, or go out in the clear where nothing holds them back.',
  references: ['RFC 4301 §4.4.2.1', 'RFC 7296 §2.8'],
  bad: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800/102400',
      host: { linkMbps: 1_000 },
    },
    {
      text: 'add tunnel a -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA2_256/3600/5120',
      host: { linkMbps: 10 },
    },
  ],
  good: [
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800/102400000',
      host: { linkMbps: 1_000 },
    },
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800/0',
      host: { linkMbps: 1_000 },
    },
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16/28800/5120',
  ],
  *check({ policies, host }) {
    const linkMbps = host?.linkMbps;
    if (linkMbps === undefined || !(linkMbps > 0)) return;
    const perSecond = octetsPerSecond(linkMbps);
    const wanted = Math.ceil((renewalSeconds * perSecond) / softShare / 1024 / 1024) * 1024;
    for (const lifetime of childLifetimes(policies)) {
      const { record, list, element, seconds, kilobytes } = lifetime;
      const left = (kilobytes * 1024 * softShare) / perSecond;
      if (kilobytes === 0 || left >= renewalSeconds) continue;
      yield {
        message: `${recordText(record)}: at ${linkMbps} Mb/s the last tenth of the ${kilobytes} kilobytes of ${element.word} is sent in ${left < 1 ? 'less than a second' : formatSeconds(Math.floor(left))}; renewing the key can take ${renewalSeconds} s`,
        at: lifetimePlace(lifetime, 'kilobytes'),
        notes: listNotes(list, element),
        help: `give ${wanted} kilobytes or more, or no limit of volume`,
        ...(wanted <= ranges.lifetimeKilobytes.max
          ? {
              fixes: lifetimeFixes(lifetime, seconds, wanted),
            }
          : {}),
        record: recordRef(record),
      };
    }
  },
});
