import { formatProtocol, hasPorts } from '../../../model/packet.js';
import { placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SYN016',
  slug: 'port-needs-protocol',
  severity: 'error',
  summary: 'A policy has a port, and its protocol has none.',
  rationale:
    'Only TCP, UDP and their like carry ports, so -protocol must name one of them, or a service name must bring it. This tool takes a port without a protocol for both TCP and UDP; the product refuses the batch.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -source 10.1.1.1/32 -destination 10.3.3.3/32/8080 -action PASS',
    'add host h -source 10.1.1.1/32 -destination 10.3.3.3/32/8080 -protocol ICMP -action PASS',
  ],
  good: [
    'add host h -source 10.1.1.1/32 -destination 10.3.3.3/32/8080 -protocol TCP -action PASS',
    'add host h -source 10.1.1.1/32 -destination 10.3.3.3/32/TELNET -action PASS',
    'add host h -source 10.1.1.1/32/TELNET -destination 10.3.3.3/32/1024-65535 -action PASS',
  ],
  *check({ policies }) {
    for (const record of [...policies.hosts, ...policies.gateways, ...policies.tunnels]) {
      const specs = [...record.sources, ...record.destinations];
      const withPort = specs.find(({ value }) => value.port);
      if (!withPort || hasPorts(record.protocol.value) || specs.some(({ value }) => value.service)) continue;
      const isAll = record.protocol.value === 0;
      yield {
        message: `${recordText(record)} has a port, and its protocol is ${isAll ? 'ALL' : formatProtocol(record.protocol.value)}`,
        at: placeOf(record, withPort.origin),
        record: recordRef(record),
        help: 'write -protocol TCP or -protocol UDP',
        fixes: [
          {
            safety: 'unsafe',
            title: 'write -protocol TCP',
            edits: [setArgument(record, 'protocol', record.protocol.origin, 'TCP')],
          },
        ],
      };
    }
  },
});
