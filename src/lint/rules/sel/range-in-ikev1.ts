import { usesVersion, versionNote } from '../../ike-version.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';
import { rangesOf, specText } from '../../selector-lists.js';
import { hasTransforms } from '../../tunnel-users.js';

export default defineRule({
  scope: 'system',
  code: 'SEL001',
  slug: 'range-in-ikev1',
  severity: 'warning',
  summary: 'A host policy with an address or port range is negotiated in IKEv1.',
  rationale:
    "IKEv1's client identities hold no ranges: the packet's own address and port take their place, and every value of the range gets a pair of SAs of its own. Prefixes and wildcards can be sent.",
  references: ['RFC 2409 §5.5', 'RFC 2407 §4.6.2', 'ipsec_config(1M)'],
  bad: [
    'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV1 -preshared Larch-7-Quill-app',
    'add host farm -source 10.1.1.1 -destination 10.3.3.10-10.3.3.20 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth farm -remote 10.3.3.0/24 -priority 10 -preshared Larch-7-Quill-farm',
  ],
  good: [
    'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
    'add host net -source 10.1.1.1 -destination 10.3.3.0/24 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth net -remote 10.3.3.0/24 -priority 10 -kmp IKEV1 -preshared Larch-7-Quill-net',
    'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action PASS',
  ],
  *check({ policies }) {
    for (const record of policies.hosts) {
      if (!hasTransforms(record)) continue;
      const [first] = rangesOf(record);
      const use = first && usesVersion(policies, record, 1);
      if (!first || !use) continue;
      yield {
        at: placeOf(record, first.origin),
        record: recordRef(record),
        message: `host '${record.name}' selects the range ${specText(first.value)}, which IKEv1 cannot send: each value gets an SA pair of its own`,
        notes: [versionNote(use, 1)],
        help: 'write a prefix or any port, or negotiate with these peers in IKEv2',
      };
    }
  },
});
