import { formatPacket, hasPorts, type Packet } from '../../../model/packet.js';
import type { Box } from '../../../model/selector/box.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import { hostAnomalies } from '../../anomalies.js';
import { atEntry, entryName } from '../../entries.js';
import { defineRule } from '../../rule.js';

/** Ports at which a service tells on which other port, chosen at its start, the real one is. */
const mappers: ReadonlyMap<number, string> = new Map([
  [111, 'the portmapper: NFS mountd, lockd, NIS'],
  [135, 'the RPC endpoint mapper'],
  [2049, 'NFS, whose mountd and lockd have ports chosen at their start'],
]);
/** A port as such services choose it. */
const chosenPort = 49_200;

export default defineRule({
  scope: 'system',
  code: 'ACT011',
  slug: 'dynamic-port-service',
  severity: 'warning',
  summary: 'A service that tells a port chosen at its start is protected by its well-known port only.',
  rationale:
    'Only the question for the port is protected then; the traffic itself goes to another port and meets another policy, which lets it pass in the clear. Such services cannot be selected by port at all.',
  references: ['RFC 1833', 'ipsec_config(1M)'],
  bad: [
    'add host rpc -source 10.1.1.1 -destination 10.2.2.2/32/111 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host nfs -source 10.1.1.1/32/2049 -destination 10.2.0.0/16 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host rpc -source 10.1.1.1 -destination 10.2.2.2/32/111 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host all -source 10.1.1.1 -destination 10.2.2.2 -protocol TCP -priority 20 -action ESP_AES128_HMAC_SHA1',
    'add host rpc -source 10.1.1.1 -destination 10.2.2.2/32/111 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host default -action DISCARD',
    'add host telnet -source 10.1.1.1 -destination 10.2.2.2/32/TELNET -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  *check(context) {
    const { spd } = hostAnomalies(context);
    for (const number of spd.policies) {
      const entry = spd.entries[number]!;
      if (entry.action.kind !== 'PROTECT') continue;
      const found = entry.selectors.map(serviceOf).find((service) => service !== undefined);
      const place = found && atEntry(context, entry);
      if (!place) continue;
      const taker = spd.entries[spd.index.classify(found.traffic)];
      if (taker?.action.kind !== 'BYPASS') continue;
      yield {
        ...place,
        message: `${entryName(entry)} protects port ${found.port} only: the service is ${mappers.get(found.port)}`,
        notes: [`${formatPacket(found.traffic)} meets ${entryName(taker)} and passes in the clear`],
        help: 'protect the whole protocol between these addresses',
      };
    }
  },
});

/** The mapper that a box selects, and a packet of the service behind it. */
function serviceOf(box: Box): { port: number; traffic: Packet } | undefined {
  const { protocol, x, y } = box;
  if (protocol.lo !== protocol.hi || !hasPorts(protocol.lo)) return undefined;
  const packet = witnessPacket(box);
  if (y.lo === y.hi && mappers.has(y.lo)) return { port: y.lo, traffic: { ...packet, remotePort: chosenPort } };
  if (x.lo === x.hi && mappers.has(x.lo)) return { port: x.lo, traffic: { ...packet, localPort: chosenPort } };
  return undefined;
}
