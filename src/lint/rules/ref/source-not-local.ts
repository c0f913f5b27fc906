import { formatAddress, formatRange, parseAddress } from '../../../model/address.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

const addresses = (...texts: readonly string[]) => texts.map((text) => parseAddress(text)!);

export default defineRule({
  scope: 'system',
  code: 'REF007',
  slug: 'source-not-local',
  severity: 'warning',
  summary: "None of a host policy's sources holds an address of the host.",
  rationale:
    'The source of a host policy is the local side. When no address of the host is in it the policy never takes effect there: it stands in the wrong file, or source and destination are swapped. Nodes of a cluster share one file on purpose; suppress the finding there.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    {
      text: 'add host h -source 10.9.9.9/32 -destination 10.2.2.2/32 -action PASS',
      host: { addresses: addresses('10.1.1.1') },
    },
    {
      text: 'add host h -source 10.2.0.0/16 -destination 10.1.1.1/32 -action PASS',
      host: { addresses: addresses('10.1.1.1') },
    },
  ],
  good: [
    {
      text: 'add host h -source 10.1.0.0/16 -destination 10.2.2.2/32 -action PASS',
      host: { addresses: addresses('10.1.1.1') },
    },
    'add host h -source 10.9.9.9/32 -destination 10.2.2.2/32 -action PASS',
  ],
  *check({ policies, host }) {
    if (!host || host.addresses.length === 0 || host.roles.includes('gateway')) return;
    for (const record of policies.hosts) {
      const isLocal = record.sources.some(({ value: { range } }) =>
        host.addresses.some(
          ({ family, value }) => family === range.family && range.first <= value && value <= range.last,
        ),
      );
      const [source] = record.sources;
      if (isLocal || !source) continue;
      yield {
        message: `${recordText(record)} is for ${record.sources.map(({ value }) => formatRange(value.range)).join(', ')}, and ${host.name} has no such address`,
        at: source.origin.kind === 'explicit' ? source.origin.at : record.nameAt,
        record: recordRef(record),
        notes: [
          `addresses of ${host.name}: ${host.addresses.map(({ family, value }) => formatAddress(family, value)).join(', ')}`,
        ],
        help: 'correct -source, move the record to the host that has the address, or add the address to the inventory',
      };
    }
  },
});
