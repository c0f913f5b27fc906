import { writtenIkeRecords } from '../../algorithm-lists.js';
import { configuredProposals, entryPlace, entryText } from '../../configured.js';
import { childLifetimes, formatSeconds, lifetimeFixes, lifetimeNotes, lifetimePlace } from '../../lifetimes.js';
import { originNotes, placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { cite, guidanceOf, lifetimeCeiling } from '../../profiles/active.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

/** Where no profile has a ceiling: nobody recommends more than a day for any SA. */
const generalSecondsMax = 86400;

export default defineRule({
  scope: 'system',
  code: 'LIF003',
  slug: 'too-long',
  severity: 'warning',
  summary: 'A key lives longer than the guidance allows, or than a day.',
  rationale:
    'The longer a key lives, the more one theft or one weakness opens. Profiles set ceilings (DISA: eight hours for both, NIST: a day for IKE and eight hours for packets); without one a day is the limit.',
  references: ['NIST SP 800-77r1 table 1', 'DISA VPN SRG V-207237 and V-207238', 'BSI TR-02102-3 §2.1.2'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/604800',
    'add ikev2 a -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-256 -life 172800',
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16/43200',
      profiles: ['stig'],
    },
    {
      text: 'add ikev2 a -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-GCM16 -prf HMAC-SHA2-384 -life 86400',
      profiles: ['stig'],
    },
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { rekey_time = 100h } } } }',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/86400',
    {
      text: 'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16\nadd ikev2 a -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
      profiles: ['stig'],
    },
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { rekey_time = 1h } } } }',
  ],
  *check({ policies, settings }) {
    const active = guidanceOf(settings);
    const childDemand = lifetimeCeiling(active, 'child');
    const childMax = childDemand?.secondsMax ?? generalSecondsMax;
    for (const lifetime of childLifetimes(policies)) {
      const { record, list, element, seconds, kilobytes } = lifetime;
      if (seconds <= childMax) continue;
      yield {
        message: `${recordText(record)}: ${element.word} lives ${formatSeconds(seconds)}; the limit is ${formatSeconds(childMax)}`,
        at: lifetimePlace(lifetime, 'seconds'),
        severity: childDemand?.severity ?? 'warning',
        notes: [
          ...(childDemand ? [`demanded by ${cite(childDemand)}`] : []),
          ...lifetimeNotes(lifetime),
          ...listNotes(list, element),
        ],
        help: `write /${childMax} or less`,
        fixes: lifetimeFixes(lifetime, childMax, kilobytes),
        record: recordRef(record),
      };
    }
    const ikeDemand = lifetimeCeiling(active, 'ike');
    const ikeMax = ikeDemand?.secondsMax ?? generalSecondsMax;
    for (const record of writtenIkeRecords(policies)) {
      const { value, origin } = record.lifeSeconds;
      if (value <= ikeMax) continue;
      yield {
        message: `${recordText(record)} keeps its IKE SAs for ${formatSeconds(value)}; the limit is ${formatSeconds(ikeMax)}`,
        at: placeOf(record, origin),
        severity: ikeDemand?.severity ?? 'warning',
        notes: [...(ikeDemand ? [`demanded by ${cite(ikeDemand)}`] : []), ...originNotes('life', origin)],
        help: `write -life ${ikeMax} or less`,
        fixes: [
          {
            safety: 'unsafe',
            title: `write -life ${ikeMax}`,
            edits: [setArgument(record, 'life', origin, String(ikeMax))],
          },
        ],
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    const active = guidanceOf(context.settings);
    const told = new Set<string>();
    for (const proposal of configuredProposals(context)) {
      const demand = lifetimeCeiling(active, proposal.of);
      const ceiling = demand?.secondsMax ?? generalSecondsMax;
      const holder = proposal.of === 'ike' ? proposal.policy : proposal.proposal;
      // What counts is when the key is replaced; without that, when it ends.
      const time = holder.rekeySeconds?.value ? holder.rekeySeconds : holder.lifetimeSeconds;
      const key = `${proposal.of} ${entryText(proposal.owner)}`;
      const at = entryPlace(
        context,
        proposal.of === 'ike' ? proposal.policy.source : proposal.template.source,
        time.origin,
      );
      if (time.value <= ceiling || told.has(key) || !at) continue;
      told.add(key);
      yield {
        message: `${entryText(proposal.owner)} keeps ${proposal.of === 'ike' ? 'IKE SAs' : 'keys of packets'} for ${formatSeconds(time.value)}; the limit is ${formatSeconds(ceiling)}`,
        at,
        severity: demand?.severity ?? 'warning',
        notes: demand ? [`demanded by ${cite(demand)}`] : [],
        help: `write ${ceiling} seconds or less`,
        record: proposal.owner,
      };
    }
  },
});
