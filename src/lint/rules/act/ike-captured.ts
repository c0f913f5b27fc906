import type { Fix } from '../../../model/finding.js';
import { formatPacket, formatProtocol, type Packet, protocolNumbers } from '../../../model/packet.js';
import type { Box } from '../../../model/selector/box.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { describeAction } from '../../../model/treatment.js';
import { hostAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { atEntry, entryName, policyOf } from '../../entries.js';
import { hasIkePeer } from '../../ike-peers.js';
import { ikePorts, portsOf } from '../../infrastructure.js';
import { addressText, newHostNames, statementsAfter } from '../../new-records.js';
import { freeNumbers } from '../../priorities.js';
import { defineRule } from '../../rule.js';

const { UDP, ESP, AH } = protocolNumbers;

export default defineRule({
  scope: 'system',
  code: 'ACT003',
  slug: 'ike-captured',
  severity: 'error',
  summary: 'A policy protects or drops IKE, ESP or AH packets themselves.',
  rationale:
    'Keys are negotiated over UDP 500 and 4500, and protected packets are ESP or AH: a policy that asks for an SA before these may pass can never get one. A policy for whole UDP is a warning, since daemons commonly exempt their own socket; a policy for every protocol is not meant.',
  references: ['RFC 7296 §2', 'RFC 4301 §4.4.1', 'ipsec_config(1M)'],
  bad: [
    'add host keys -source 10.1.1.1/32/500 -destination 10.2.2.2/32/500 -protocol UDP -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host udp -source 10.1.1.1 -destination 10.2.2.2 -protocol UDP -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host noesp -source 10.1.1.1 -destination 10.2.0.0/16 -protocol 50 -priority 10 -action DISCARD\nadd host site -source 10.1.1.1 -destination 10.2.2.2 -priority 20 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host all -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host ike -source 10.1.1.1/32/500 -destination 10.2.2.2/32/500 -protocol UDP -priority 5 -action PASS\nadd host natt -source 10.1.1.1/32/4500 -destination 10.2.2.2/32/4500 -protocol UDP -priority 6 -action PASS\nadd host udp -source 10.1.1.1 -destination 10.2.2.2 -protocol UDP -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host noike -source 10.1.1.1 -destination 10.3.0.0/16/500 -protocol UDP -priority 10 -action DISCARD',
  ],
  *check(context) {
    const { spd } = hostAnomalies(context);
    const free = freeNumbers(context.policies.hosts);
    const names = newHostNames(context.policies);
    for (const number of spd.policies) {
      const entry = spd.entries[number]!;
      if (entry.action.kind === 'BYPASS') continue;
      const captured = capturedBy(context, entry, (packet) => spd.index.classify(packet) === number);
      const place = captured && atEntry(context, entry);
      if (!place) continue;
      const { packet, isNamed } = captured;
      const what = packet.protocol === UDP ? `IKE (UDP port ${packet.localPort})` : formatProtocol(packet.protocol);
      const fix = packet.protocol === UDP && !isNamed ? exceptions(context, entry, free, names) : undefined;
      yield {
        ...place,
        message: `${entryName(entry)} selects ${what}, which protection itself needs: ${describeAction(entry.action)}`,
        ...(isNamed ? {} : { severity: 'warning' }),
        notes: [
          `${formatPacket(packet)}: ${describeAction(entry.action)}`,
          ...(isNamed ? [] : ['where the IKE daemon exempts its own packets this does no harm']),
        ],
        help: isNamed ? 'let these packets pass' : 'let UDP ports 500 and 4500 pass by policies before it',
        ...(fix ? { fixes: [fix] } : {}),
      };
    }
  },
});

/** A packet of IKE, ESP or AH, from or to somebody we negotiate with, that an entry of UDP, ESP or AH takes. */
function capturedBy(
  context: SystemContext,
  { selectors }: SpdEntry,
  takes: (packet: Packet) => boolean,
): { packet: Packet; isNamed: boolean } | undefined {
  for (const box of selectors) {
    const { protocol, x, y } = box;
    if (protocol.lo !== protocol.hi || !hasIkePeer(context, box)) continue;
    if (protocol.lo === ESP || protocol.lo === AH) {
      const packet = witnessPacket(box);
      if (takes(packet)) return { packet, isNamed: true };
    }
    if (protocol.lo !== UDP) continue;
    for (const port of ikePorts) {
      const part = portsOf(box, UDP, port, port);
      const packet = part && witnessPacket(part);
      const isNamed = [x, y].some(({ lo, hi }) => lo === port && hi === port);
      if (packet && takes(packet)) return { packet, isNamed };
    }
  }
  return undefined;
}

/** Policies for IKE before one that has a single pair of addresses. */
function exceptions(
  context: SystemContext,
  entry: SpdEntry,
  free: ReturnType<typeof freeNumbers>,
  names: ReturnType<typeof newHostNames>,
): Fix | undefined {
  const record = policyOf(context, entry);
  const [box, ...more] = entry.selectors;
  if (record?.kind !== 'host' || !box || more.length > 0) return undefined;
  const statements: string[] = [];
  for (const port of ikePorts) {
    const priority = free.before(record.priority.value);
    if (priority === undefined) return undefined;
    const end = ({ lo, hi }: Box['local']) =>
      addressText({ family: box.family, first: lo, last: hi }, { lo: port, hi: port });
    statements.push(
      `add host ${names.next(`${record.name}-ike`)} -source ${end(box.local)} -destination ${end(box.remote)} -protocol UDP -priority ${priority} -action PASS`,
    );
  }
  return {
    safety: 'unsafe',
    title: 'let IKE pass before it',
    edits: [statementsAfter(record.at, statements)],
  };
}
