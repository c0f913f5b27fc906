import { formatProtocol, protocolNumbers } from '../../../model/packet.js';
import type { GatewayRecord, HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import { placeOf, recordRef, recordText, removeArgument } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

type Selecting = HostRecord | GatewayRecord | TunnelRecord;

export default defineRule({
  scope: 'system',
  code: 'SYN012',
  slug: 'protocol-conflict',
  severity: 'error',
  summary: 'The protocol of a policy contradicts its service, its message types or its address family.',
  rationale:
    'A service name brings its own protocol and excludes -protocol. ICMP and IGMP exist with IPv4 only, ICMPV6 and MH with IPv6 only, and message types belong to their protocol. The product refuses the batch.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -destination 10.2.2.2/32/TELNET -protocol TCP -action PASS',
    'add host h -source ::1/128 -destination 2001:db8::1/128 -protocol ICMP -action PASS',
    'add host h -source 2001:db8::1/128 -destination 2001:db8::2/128 -protocol ICMPV6 -src_icmp_type 128 -action PASS',
    'add host h -source 10.1.1.1/32/NTP -destination 10.2.2.2/32/TELNET -action PASS',
  ],
  good: [
    'add host h -destination 10.2.2.2/32/TELNET -action PASS',
    'add host h -source 2001:db8::1/128 -destination 2001:db8::2/128 -protocol ICMPV6 -src_icmpv6_type 128 -action PASS',
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -protocol ICMP -src_icmp_type 3,4 -action PASS',
  ],
  *check({ policies }) {
    for (const record of [...policies.hosts, ...policies.gateways, ...policies.tunnels]) {
      const found = conflict(record);
      if (found) yield { ...found, record: recordRef(record) };
    }
  },
});

const familyOf: ReadonlyMap<number, 4 | 6> = new Map([
  [protocolNumbers.ICMP, 4],
  [protocolNumbers.IGMP, 4],
  [protocolNumbers.ICMPV6, 6],
  [protocolNumbers.MH, 6],
]);

function conflict(record: Selecting): RuleFinding | undefined {
  const { protocol, messageTypes } = record;
  const name = recordText(record);
  const services = [...record.sources, ...record.destinations].flatMap(({ value, origin }) =>
    value.service ? [{ ...value.service, origin }] : [],
  );
  const [service] = services;
  if (service && protocol.origin.kind === 'explicit') {
    const removal = removeArgument(protocol.origin);
    const same = protocol.value === service.protocol;
    return {
      message: `${name} has -protocol beside the service ${service.word}, which means ${formatProtocol(service.protocol)}`,
      at: protocol.origin.at,
      related: [{ at: placeOf(record, service.origin), text: `${service.word} brings its protocol` }],
      help: 'leave -protocol out, or write the port as a number',
      fixes: removal ? [{ safety: same ? 'safe' : 'unsafe', title: 'remove -protocol', edits: [removal] }] : [],
    };
  }
  const other = services.find((candidate) => candidate.protocol !== service?.protocol);
  if (service && other) {
    return {
      message: `${name}: ${service.word} is a service of ${formatProtocol(service.protocol)} and ${other.word} of ${formatProtocol(other.protocol)}`,
      at: placeOf(record, other.origin),
      help: 'split the policy',
    };
  }
  const family = familyOf.get(protocol.value);
  const wrong =
    family && [...record.sources, ...record.destinations].find(({ value }) => value.range.family !== family);
  if (wrong) {
    return {
      message: `${name}: ${formatProtocol(protocol.value)} exists with IPv${family} only`,
      at: placeOf(record, protocol.origin),
      related: [{ at: placeOf(record, wrong.origin), text: `IPv${wrong.value.range.family}` }],
      help:
        protocol.value === protocolNumbers.ICMP
          ? 'write -protocol ICMPV6'
          : protocol.value === protocolNumbers.ICMPV6
            ? 'write -protocol ICMP'
            : 'correct the addresses or the protocol',
    };
  }
  const types = messageTypes.find(
    (candidate) =>
      candidate.protocol !== protocol.value && !(candidate.protocol === protocolNumbers.MH && protocol.value === 0),
  );
  if (!types) return undefined;
  return {
    message: `${name} gives message types of ${formatProtocol(types.protocol)}, and its protocol is ${protocol.value === 0 ? 'ALL' : formatProtocol(protocol.value)}`,
    at: placeOf(record, types.types.origin),
    help: `write -protocol ${formatProtocol(types.protocol)}, or the types of the protocol`,
  };
}
