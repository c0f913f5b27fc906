import { usesVersion, versionNote } from '../../ike-version.js';
import { newHostNames } from '../../new-records.js';
import { placeOf, recordRef } from '../../places.js';
import { freeNumbers } from '../../priorities.js';
import { defineRule } from '../../rule.js';
import { splitPolicy } from '../../split-selectors.js';
import { hasTransforms } from '../../tunnel-users.js';

export default defineRule({
  scope: 'system',
  code: 'SEL002',
  slug: 'many-selectors-ikev1',
  severity: 'warning',
  summary: 'A host policy with several sources or destinations is negotiated in IKEv1.',
  rationale:
    'IKEv1 sends one pair of client identities: the first source and the first destination that fit the packet. The others are not part of the SA, and a peer that expects the whole list does not find its policy.',
  references: ['RFC 2409 §5.5', 'ipsec_config(1M)'],
  bad: [
    'add host farm -source 10.1.1.1 -source 10.1.2.1 -source 10.1.3.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth farm -remote 10.2.2.2 -priority 10 -preshared Larch-7-Quill-farm',
    'add host two -source 10.1.1.1 -destination 10.2.0.0/16 -destination 10.3.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth two -remote 10.3.0.0/16 -priority 10 -kmp IKEV1,IKEV2 -preshared Larch-7-Quill-two',
  ],
  good: [
    'add host two -source 10.1.1.1 -destination 10.2.0.0/16 -destination 10.3.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth two -remote 10.0.0.0/8 -priority 10 -kmp IKEV2,IKEV1 -preshared Larch-7-Quill-two',
    'add host one -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth one -remote 10.2.0.0/16 -priority 10 -kmp IKEV1 -preshared Larch-7-Quill-one',
  ],
  *check({ policies }) {
    const free = freeNumbers(policies.hosts);
    const names = newHostNames(policies);
    for (const record of policies.hosts) {
      const { sources, destinations, name } = record;
      const pairs = sources.length * destinations.length;
      const use = pairs > 1 && hasTransforms(record) ? usesVersion(policies, record, 1) : undefined;
      if (!use) continue;
      const fix = splitPolicy(record, free, names);
      const second = sources[1] ?? destinations[1];
      const count = (what: string, number: number) => `${number} ${what}${number > 1 ? 's' : ''}`;
      yield {
        at: placeOf(record, second?.origin),
        record: recordRef(record),
        message: `host '${name}' has ${count('source', sources.length)} and ${count('destination', destinations.length)}: IKEv1 proposes the first pair that fits the packet only`,
        notes: [versionNote(use, 1)],
        help: 'write a policy for each pair, or negotiate with these peers in IKEv2',
        ...(fix ? { fixes: [fix] } : {}),
      };
    }
  },
});
