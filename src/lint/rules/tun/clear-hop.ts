import { judge } from '../../../model/assertion.js';
import { formatPacket } from '../../../model/packet.js';
import { entryText } from '../../configured.js';
import { defineRule } from '../../rule.js';

const text = `add host b -source 10.1.1.1 -destination 10.2.2.2 -tunnel gw -priority 10 -action PASS
add tunnel gw -tsource 10.1.1.1 -tdestination 10.2.0.1 -source 10.1.1.1 -destination 10.2.2.0/24 -action ESP_AES256_GCM16`;

export default defineRule({
  scope: 'repository',
  code: 'TUN011',
  slug: 'clear-hop',
  severity: 'warning',
  summary: 'Packets that must be protected end to end are in the clear on a part of their way.',
  rationale:
    'A tunnel protects as far as its ends. What was asked for is protection from end to end, so the network between the tunnel’s end and the host must be trusted as well, or an SA between the hosts themselves be put into the tunnel.',
  references: ['RFC 4301 §4.5', 'ipsec-policy(5)'],
  bad: [{ text, assertions: 'on a: any from 10.1.1.1 to 10.2.2.2 outbound must be protected end to end' }],
  good: [
    { text, assertions: 'on a: any from 10.1.1.1 to 10.2.2.2 outbound must be protected' },
    {
      text: text.replace('-action PASS', '-action ESP_AES256_GCM16'),
      assertions: 'on a: any from 10.1.1.1 to 10.2.2.2 outbound must be protected end to end',
    },
  ],
  *check({ systems, requirements = [], settings }) {
    const byName = new Map(systems.map((system) => [system.name, system]));
    for (const { system: name, requirement, packets, at } of requirements) {
      const system = requirement.endToEnd ? byName.get(name) : undefined;
      if (!system) continue;
      const result = judge(system.config.spd, packets, { treatment: 'PROTECT', endToEnd: true }, settings.budget);
      if (result.kind !== 'violated') continue;
      for (const { entry, because, witness } of result.violations) {
        // Packets that nothing protects are the business of `policy test`.
        if (entry.action.kind !== 'PROTECT') continue;
        yield {
          message: `${entryText(entry.source.record)} does not protect end to end: ${because}`,
          at,
          ...(entry.source.at ? { related: [{ at: entry.source.at, text: 'this takes the packets' }] } : {}),
          notes: [`for instance ${formatPacket(witness)}`],
          help: 'put an SA between the hosts into the tunnel, or end the tunnel at the hosts',
          record: entry.source.record,
        };
      }
    }
  },
});
