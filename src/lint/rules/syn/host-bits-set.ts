import { formatAddress } from '../../../model/address.js';
import { serviceRows } from '../../../model/language/values.js';
import type { Sourced } from '../../../model/origin.js';
import { formatAddressSpec } from '../../../model/record/describe.js';
import type { AddressSpec } from '../../../model/record/policy.js';
import { type AnyRecord, recordRef, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SYN006',
  slug: 'host-bits-set',
  severity: 'warning',
  restsOn: 'values',
  summary: 'An address has bits set beyond its prefix length.',
  rationale:
    'They take no part in the comparison: a reader sees one host or another network than the product. Sometimes the number was meant as a port, and the prefix length was forgotten.',
  references: ['ipsec_config_add(1M)', 'RFC 4632 §3.1'],
  bad: [
    'add host h -source 10.1.1.7/24 -destination 10.2.2.2/32 -action PASS',
    'add host h -source 10.1.1.7/23 -destination 10.2.2.2/32 -protocol TCP -action PASS',
    'add auth a -remote 10.1.1.1/24 -preshared Plover-Sand-77',
  ],
  good: [
    'add host h -source 10.1.1.0/24 -destination 10.2.2.2/32 -action PASS',
    'add auth a -remote 2001:db8::/32 -preshared Plover-Sand-77',
  ],
  *check({ policies }) {
    for (const record of [...policies.hosts, ...policies.gateways, ...policies.tunnels]) {
      for (const source of record.sources) yield* finding(record, source);
      for (const destination of record.destinations) yield* finding(record, destination);
    }
    for (const record of [...policies.ike, ...policies.ikev1, ...policies.ikev2, ...policies.auths])
      yield* finding(record, record.remote);
  },
});

function* finding(record: AnyRecord, { value, origin }: Sourced<AddressSpec>): Iterable<RuleFinding> {
  if (!value.hostBits || origin.kind !== 'explicit') return;
  const { source, start, end } = origin.at;
  const slash = source.text.slice(start, end).indexOf('/');
  const network = formatAddress(value.range.family, value.range.first);
  const service = serviceRows.find(({ port }) => port === value.prefixLength);
  yield {
    message: `${recordText(record)}: ${formatAddressSpec({ ...value, port: undefined })} means ${network}/${value.prefixLength}`,
    at: origin.at,
    record: recordRef(record),
    notes: service ? [`if ${service.port} is the port of ${service.word}, the prefix length is missing before it`] : [],
    help: `write ${network}/${value.prefixLength}, or the prefix length of one address`,
    fixes:
      slash > 0
        ? [
            {
              // It changes nothing, but takes away what shows that a port may have been meant.
              safety: service ? 'unsafe' : 'safe',
              title: `write ${network}`,
              edits: [{ at: { source, start, end: start + slash }, newText: network }],
            },
          ]
        : [],
  };
}
