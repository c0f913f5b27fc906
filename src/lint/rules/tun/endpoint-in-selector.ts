import { formatAddress } from '../../../model/address.js';
import type { Fix } from '../../../model/finding.js';
import { formatPacket, type Packet, protocolNumbers } from '../../../model/packet.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import type { Prioritised } from '../../../model/resolve.js';
import { contains } from '../../../model/selector/witness.js';
import type { SaTemplate } from '../../../model/system-config.js';
import type { SystemContext } from '../../context.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { type AnyRecord, placeOf } from '../../places.js';
import { defineRule } from '../../rule.js';

const rest = '-source 10.1.1.1 -destination 10.2.0.0/16';

export default defineRule({
  scope: 'system',
  code: 'TUN001',
  slug: 'endpoint-in-selector',
  severity: 'error',
  summary: 'A tunnel protects packets to its own far end: its outer packets would enter it again.',
  rationale:
    'The far end is part of the protected network, so the encapsulated packets, and what both ends have to say to each other outside of the tunnel, match the policy that made them. Some stacks encapsulate for ever, others drop, and the rest depend on an exception that nobody sees.',
  references: ['RFC 4301 §5.1', 'RFC 4301 §4.4.1'],
  bad: [
    `add tunnel t -tsource 10.1.1.1 -tdestination 10.2.0.1 ${rest} -action ESP_AES128_HMAC_SHA1\nadd host h ${rest} -priority 10 -tunnel t -action PASS`,
  ],
  good: [
    `add tunnel t -tsource 10.1.1.1 -tdestination 10.3.0.1 ${rest} -action ESP_AES128_HMAC_SHA1\nadd host h ${rest} -priority 10 -tunnel t -action PASS`,
    // Between two hosts the ends are all that is protected: that is meant.
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1 -destination 10.2.2.2 -action ESP_AES128_HMAC_SHA1\nadd host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -tunnel t -action PASS',
    `add tunnel t -tsource 10.1.1.1 -tdestination 10.2.0.1 ${rest} -action ESP_AES128_HMAC_SHA1\nadd host outer -source 10.1.1.1 -destination 10.2.0.1 -protocol 50 -priority 5 -action PASS\nadd host h ${rest} -priority 10 -tunnel t -action PASS`,
  ],
  *check(context) {
    const { config, spdIndex } = context;
    const seen = new Set<string>();
    for (const { action } of config.spd) {
      if (action.kind !== 'PROTECT') continue;
      for (const template of action.bundle) {
        const key = sourceText(template.source.record);
        if (template.mode !== 'tunnel' || seen.has(key)) continue;
        seen.add(key);
        const packet = outerPacket(context, template);
        const entry = packet && config.spd[spdIndex.classify(packet)];
        if (!packet || entry?.action.kind !== 'PROTECT') continue;
        const again = entry.action.bundle.find(({ source }) => sourceText(source.record) === key);
        const box = again?.selectors.find((candidate) => contains(candidate, packet));
        // A box of the two ends alone is an end-to-end tunnel.
        if (!again || !box || box.remote.lo === box.remote.hi) continue;
        const record = recordOf(context, template.source) as TunnelRecord | undefined;
        const at = record ? placeOf(record, record.tunnelDestination?.origin) : template.source.at;
        if (!at) continue;
        const outer = recordOf(context, entry.source);
        yield {
          message: `${key} protects packets to its own far end ${formatAddress(packet.family, packet.remote)}`,
          at,
          record: template.source.record,
          ...(outer
            ? { related: [{ at: outer.nameAt, text: `${sourceText(entry.source.record)} selects the outer packets` }] }
            : {}),
          notes: [`its outer packets are selected again: ${formatPacket(packet)}`],
          help: 'take the far end out of the destination, or let its packets pass by a policy before',
          fixes: fixesOf(context, outer, packet),
        };
      }
    }
  },
});

/** The encapsulated packet of a tunnel; undefined where its ends are those of each packet. */
function outerPacket({ config }: SystemContext, template: SaTemplate): Packet | undefined {
  const { remoteEndpoint, localEndpoint, proposals } = template;
  if (!remoteEndpoint) return undefined;
  const local = localEndpoint ?? config.addresses.find(({ family }) => family === remoteEndpoint.family);
  if (local?.family !== remoteEndpoint.family) return undefined;
  return {
    family: remoteEndpoint.family,
    direction: 'outbound',
    local: local.value,
    remote: remoteEndpoint.value,
    protocol: proposals[0]?.protocol === 'AH' ? protocolNumbers.AH : protocolNumbers.ESP,
  };
}

/** A policy for the outer packets in front of the one that catches them. */
function fixesOf({ policies }: SystemContext, outer: AnyRecord | undefined, packet: Packet): Fix[] {
  if (outer?.kind !== 'host') return [];
  const host = outer as Prioritised<HostRecord>;
  const taken = new Set(policies.hosts.map(({ priority }) => priority.value));
  let priority = host.priority.value - 1;
  while (taken.has(priority)) priority -= 1;
  if (priority < 1) return [];
  const name = `${host.name.slice(0, 50)}-outer`;
  if (policies.hosts.some((other) => other.name === name)) return [];
  const [local, remote] = [packet.local, packet.remote].map((value) => formatAddress(packet.family, value));
  const text = `add host ${name} -source ${local} -destination ${remote} -protocol ${packet.protocol} -priority ${priority} -action PASS\n`;
  const at = { source: host.at.source, start: host.at.start, end: host.at.start };
  return [
    {
      safety: 'unsafe',
      title: `let the outer packets pass before host '${host.name}'`,
      edits: [{ at, newText: text }],
    },
  ];
}
