import { entryText } from '../../configured.js';
import { defineRule } from '../../rule.js';

const text = `add host web -source 10.1.1.1 -destination 10.2.2.2/32/80 -protocol TCP -priority 10 -action ESP_AES256_GCM16
add host dns -source 10.1.1.1 -destination 10.3.3.3/32/53 -protocol UDP -priority 20 -action PASS`;

export default defineRule({
  scope: 'system',
  code: 'HYG004',
  slug: 'unused-by-traffic',
  severity: 'info',
  summary: 'No packet of the captures that were given is taken by a policy.',
  rationale:
    'A policy that no traffic ever hits is dead, or written for other addresses than those that are used. Whether the captures are long enough to tell is for people to judge: what happens once a month is not in a capture of an hour.',
  references: ['ipsec-policy-lint(1), --capture'],
  bad: [{ text, traffic: ['outbound TCP 10.1.1.1:4000 > 10.2.2.2:80'] }],
  good: [
    { text, traffic: ['outbound TCP 10.1.1.1:4000 > 10.2.2.2:80', 'outbound UDP 10.1.1.1:4000 > 10.3.3.3:53'] },
    // No captures were given, or none of this system.
    { text },
    { text, traffic: [] },
  ],
  *check({ config, traffic }) {
    if (!traffic || traffic.packets === 0) return;
    for (const entry of config.spd) {
      const { record, at } = entry.source;
      if (!at || traffic.hit.has(entry) || record.name === 'default') continue;
      yield {
        message: `${entryText(record)} takes none of the ${traffic.packets} packets of this system in the captures`,
        at,
        help: 'take it out if it is not needed, or see with policy query what takes its packets',
        record,
      };
    }
  },
});
