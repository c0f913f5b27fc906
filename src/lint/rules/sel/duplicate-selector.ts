import type { Sourced } from '../../../model/origin.js';
import type { AddressSpec } from '../../../model/record/policy.js';
import { placeOf, recordRef, removeArgument } from '../../places.js';
import { defineRule } from '../../rule.js';
import { specKey, specText } from '../../selector-lists.js';

export default defineRule({
  scope: 'system',
  code: 'SEL008',
  slug: 'duplicate-selector',
  severity: 'warning',
  summary: 'A list of sources or destinations holds the same value twice.',
  rationale:
    'It adds nothing, and often another value was meant. Daemons that install a policy for each pair of selectors fail or count wrong on the second one.',
  references: ['RFC 7296 §2.9', 'ipsec_config(1M)'],
  bad: [
    'add host farm -source 10.1.1.1 -destination 10.2.0.0/16 -destination 10.3.0.0/16 -destination 10.2.0.0/16 -priority 10 -action PASS',
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -source 10.1.5.0/16 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host farm -source 10.1.1.1 -destination 10.2.0.0/16 -destination 10.3.0.0/16 -priority 10 -action PASS',
    'add host farm -source 10.1.1.1 -destination 10.2.0.0/16/23 -destination 10.2.0.0/16/22 -protocol TCP -priority 10 -action PASS',
  ],
  *check({ policies: { hosts, tunnels, gateways } }) {
    for (const record of [...hosts, ...tunnels, ...gateways]) {
      const lists = [
        ['source', record.sources],
        ['destination', record.destinations],
      ] as const;
      for (const [argument, list] of lists) {
        for (const [first, again] of repeated(list)) {
          const edit = removeArgument(again.origin);
          yield {
            at: placeOf(record, again.origin),
            record: recordRef(record),
            message: `${record.kind} '${record.name}' has -${argument} ${specText(again.value)} twice`,
            related: first.origin.kind === 'explicit' ? [{ at: first.origin.at, text: 'the first time' }] : [],
            help: 'remove one of them, or write what was meant',
            ...(edit ? { fixes: [{ safety: 'safe', title: 'remove the second one', edits: [edit] }] } : {}),
          };
        }
      }
    }
  },
});

function* repeated(
  list: readonly Sourced<AddressSpec>[],
): Iterable<readonly [Sourced<AddressSpec>, Sourced<AddressSpec>]> {
  if (list.length < 2) return;
  const seen = new Map<string, Sourced<AddressSpec>>();
  for (const spec of list) {
    const key = specKey(spec.value);
    const first = seen.get(key);
    if (first) yield [first, spec];
    else seen.set(key, spec);
  }
}
