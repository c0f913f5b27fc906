import { type Address, anyAddress, formatAddress, rangeContains, singleAddress } from '../../../model/address.js';
import type { Sourced } from '../../../model/origin.js';
import type { AddressSpec, HostRecord } from '../../../model/record/policy.js';
import type { SystemContext } from '../../context.js';
import { addressText } from '../../new-records.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';
import { specText } from '../../selector-lists.js';
import { hasTransforms } from '../../tunnel-users.js';

export default defineRule({
  scope: 'system',
  code: 'SEL010',
  slug: 'transport-not-endpoint',
  severity: 'error',
  summary: 'A transport-mode policy speaks for addresses of other systems.',
  rationale:
    'Transport mode protects packets whose ends are the two systems with the SA. A policy whose source is a net would protect packets of others that this system only forwards, which needs tunnel mode; a peer that gets them cannot answer. Every local address (0.0.0.0/0) is not meant, nor is a net on a system that is known to be no gateway and to have an address in it.',
  references: ['RFC 4301 §4.1', 'RFC 7296 §1.3.1'],
  bad: [
    'add host net -source 10.1.0.0/16 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host few -source 10.1.1.1-10.1.1.9 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host one -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host all -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add tunnel net -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host net -source 10.1.0.0/16 -destination 10.2.0.0/16 -priority 10 -tunnel net -action PASS',
    {
      text: 'add host net -source 10.1.1.0/24 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1',
      host: { addresses: [{ family: 4, value: 0x0a010107 }], roles: ['host'] },
    },
  ],
  *check(context) {
    for (const record of context.policies.hosts) {
      const source = hasTransforms(record) ? foreignSource(record, context) : undefined;
      if (!source) continue;
      const own = ownWithin(source.value, context);
      const [only] = own;
      const fix =
        only && own.length === 1 && source.origin.kind === 'explicit'
          ? addressText(singleAddress(only), source.value.port)
          : undefined;
      yield {
        at: placeOf(record, source.origin),
        record: recordRef(record),
        message: `host '${record.name}' protects packets of ${specText(source.value)} in transport mode, which is not one address of this system`,
        ...(only ? { notes: [`${formatAddress(only.family, only.value)} is an address of the system`] } : {}),
        help: "write the system's own address, or send the net through a tunnel",
        ...(fix !== undefined && source.origin.kind === 'explicit'
          ? {
              fixes: [
                {
                  safety: 'unsafe',
                  title: `write the system's own address ${fix}`,
                  edits: [{ at: source.origin.at, newText: fix }],
                },
              ],
            }
          : {}),
      };
    }
  },
});

/** A source that is neither one address nor every address, nor excused by what is known of the system. */
function foreignSource({ sources }: HostRecord, context: SystemContext): Sourced<AddressSpec> | undefined {
  const isPlainHost = context.host !== undefined && !context.host.roles.includes('gateway');
  return sources.find(({ value }) => {
    const { range } = value;
    if (range.first === range.last || rangeContains(range, anyAddress(range.family))) return false;
    return !isPlainHost || ownWithin(value, context).length === 0;
  });
}

/** Addresses within a source that the inventory says are the system's own. */
function ownWithin({ range }: AddressSpec, { host }: SystemContext): readonly Address[] {
  return (host?.addresses ?? []).filter((address) => rangeContains(range, singleAddress(address)));
}
