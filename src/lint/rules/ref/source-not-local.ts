import { type AddressRange, formatAddress, formatRange, parseAddress, singleAddress } from '../../../model/address.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

const addresses = (...texts: readonly string[]) => texts.map((text) => parseAddress(text)!);

export default defineRule({
  scope: 'system',
  code: 'REF007',
  slug: 'source-not-local',
  severity: 'warning',
  summary: 'A host policy is for no address of its host, or a tunnel begins at an address that the host does not have.',
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
    {
      text: 'add tunnel t -tsource 10.1.1.7 -tdestination 10.9.9.9',
      host: { addresses: addresses('10.1.1.1'), roles: ['gateway'] },
    },
  ],
  good: [
    {
      text: 'add host h -source 10.1.0.0/16 -destination 10.2.2.2/32 -action PASS',
      host: { addresses: addresses('10.1.1.1') },
    },
    {
      text: 'add host h -source 10.7.0.0/16 -destination 10.2.2.2/32 -tunnel t -action PASS\nadd tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9',
      host: { addresses: addresses('10.1.1.1'), roles: ['gateway'] },
    },
    'add host h -source 10.9.9.9/32 -destination 10.2.2.2/32 -action PASS',
  ],
  *check({ policies, host }) {
    if (!host || host.addresses.length === 0) return;
    const own = `addresses of ${host.name}: ${host.addresses.map(({ family, value }) => formatAddress(family, value)).join(', ')}`;
    const holdsOwn = (range: AddressRange) =>
      host.addresses.some(
        ({ family, value }) => family === range.family && range.first <= value && value <= range.last,
      );
    for (const record of policies.tunnels) {
      const { tunnelSource } = record;
      if (!tunnelSource || holdsOwn(singleAddress(tunnelSource.value))) continue;
      const { family, value } = tunnelSource.value;
      yield {
        message: `${recordText(record)} begins at ${formatAddress(family, value)}, and ${host.name} has no such address`,
        at: placeOf(record, tunnelSource.origin),
        record: recordRef(record),
        notes: [own],
        help: 'correct -tsource, or add the address to the inventory',
      };
    }
    // What a gateway protects comes from the networks behind it.
    if (host.roles.includes('gateway')) return;
    for (const record of policies.hosts) {
      const isLocal = record.sources.some(({ value }) => holdsOwn(value.range));
      const [source] = record.sources;
      if (isLocal || !source) continue;
      yield {
        message: `${recordText(record)} is for ${record.sources.map(({ value }) => formatRange(value.range)).join(', ')}, and ${host.name} has no such address`,
        at: placeOf(record, source.origin),
        record: recordRef(record),
        notes: [own],
        help: 'correct -source, move the record to the host that has the address, or add the address to the inventory',
      };
    }
  },
});
