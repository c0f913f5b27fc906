import { type AddressValue, formatAddress } from '../../../model/address.js';
import { formatPacket, type Packet, protocolNumbers } from '../../../model/packet.js';
import { type Box, fullBox } from '../../../model/selector/box.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';
import { entryFor, isBehind, type TunnelUse, tunnelMap, tunnelOf, undecided } from '../../tunnel-paths.js';

const host =
  'add tunnel to_c -tsource 10.1.1.1 -tdestination 10.3.3.3 -source 10.1.1.1 -destination 10.9.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host net -source 10.1.1.1 -destination 10.9.0.0/16 -priority 10 -tunnel to_c -action PASS';
const gateway = (net: string) =>
  `add tunnel to_d -tsource 10.2.2.2 -tdestination 10.4.4.4 -source 0.0.0.0/0 -destination 0.0.0.0/0 -action ESP_AES128_HMAC_SHA1\nadd gateway c -source 10.1.1.1 -destination 10.3.3.3 -priority 10 -tunnel to_d -action FORWARD\nadd gateway net -source 0.0.0.0/0 -destination ${net} -priority 20 -tunnel to_d -action FORWARD`;

/** Pairs of tunnels that are looked at. */
const triedMax = 500_000;

export default defineRule({
  scope: 'repository',
  code: 'TUN003',
  slug: 'overlapping-session',
  severity: 'error',
  summary: 'Two tunnels overlap, so that packets leave the later one too early and travel on in the clear.',
  rationale:
    'A tunnel from A to C passes B, which sends it to D, and the network it is for lies behind D. D takes its own headers off and forwards to C, C takes off the others, and sends the packet back to D in the clear. Tunnels have to be one inside the other or one after the other.',
  references: ['Hamed, Al-Shaer and Marrero 2005', 'Fu et al. 2001'],
  bad: [{ text: host, peer: gateway('10.9.0.0/16') }],
  good: [
    { text: host, peer: gateway('10.8.0.0/16') },
    {
      text: host,
      peer: 'add gateway c -source 10.1.1.1 -destination 10.3.3.3 -priority 10 -action FORWARD',
    },
  ],
  *check(repository) {
    const map = tunnelMap(repository);
    const told = new Set<string>();
    let tried = 0;
    for (const use of map.uses) {
      const outer = outerPacket(use);
      if (!outer) continue;
      const box = packetBox(outer);
      for (const { context, view, entry } of map.usesMeeting(box)) {
        tried += 1;
        if (tried > triedMax) {
          yield* undecided(
            use.context,
            use.entry.source,
            'tunnels were compared for overlaps only in part: there are too many',
          );
          return;
        }
        if (context === use.context || view.isOwn(use.template.remoteEndpoint)) continue;
        // Only the first entry that takes the outer packet counts.
        const second = entryFor(view, outer) === entry ? tunnelOf(entry) : undefined;
        if (!second) continue;
        const [c, d] = [use.template.remoteEndpoint, second.remoteEndpoint];
        if (c.family === d.family && c.value === d.value) continue;
        const net = use.entry.selectors.find(
          (box) => isBehind(map, d, box, use.context) && !isBehind(map, c, box, use.context),
        );
        const key = `${use.context.name} ${sourceText(use.template.source.record)} ${context.name} ${sourceText(second.source.record)}`;
        if (!net || told.has(key)) continue;
        told.add(key);
        const first = recordOf(use.context, use.template.source);
        const at = first?.nameAt ?? use.template.source.at;
        const place = recordOf(context, second.source)?.nameAt ?? second.source.at;
        if (!at) continue;
        const text = (address: typeof c) => formatAddress(address.family, address.value);
        yield {
          message: `${sourceText(use.template.source.record)} of ${use.context.name} ends at ${text(c)}, but ${context.name} takes its packets to ${text(d)}, behind which their destination lies`,
          at,
          record: use.template.source.record,
          ...(place
            ? { related: [{ at: place, text: `${sourceText(second.source.record)} of ${context.name}` }] }
            : {}),
          notes: [
            `the outer packets: ${formatPacket(outer)}`,
            `from ${text(c)} the packets travel back to ${text(d)} in the clear`,
          ],
          help: `end the first tunnel at ${text(d)}, or the second one at ${text(c)}`,
        };
      }
    }
  },
});

/** The encapsulated packet of a tunnel between written ends. */
function outerPacket({ template }: TunnelUse): Packet | undefined {
  const { localEndpoint, remoteEndpoint, proposals } = template;
  if (localEndpoint?.family !== remoteEndpoint.family) return undefined;
  return {
    family: remoteEndpoint.family,
    direction: 'outbound',
    local: localEndpoint.value,
    remote: remoteEndpoint.value,
    protocol: proposals[0]?.protocol === 'AH' ? protocolNumbers.AH : protocolNumbers.ESP,
  };
}

function packetBox({ family, local, remote, protocol }: Packet): Box {
  const single = <T extends AddressValue>(value: T) => ({ lo: value, hi: value });
  return {
    ...fullBox(family),
    direction: single(0),
    local: single(local),
    remote: single(remote),
    protocol: single(protocol),
  };
}
