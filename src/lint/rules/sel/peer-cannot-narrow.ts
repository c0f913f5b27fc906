import { usesVersion, versionNote } from '../../ike-version.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';
import { rangesOf, specText } from '../../selector-lists.js';
import { hasTransforms } from '../../tunnel-users.js';

/** Peer profiles whose systems refuse ranges in transport mode. */
const refusing: readonly string[] = ['windows'];

export default defineRule({
  scope: 'system',
  code: 'SEL006',
  slug: 'peer-cannot-narrow',
  severity: 'warning',
  summary: 'A transport-mode policy offers ranges to peers that refuse them.',
  rationale:
    'An IKEv2 responder may narrow what is offered, but some, as Windows, reject address and port ranges in transport mode altogether: the negotiation fails although a part would fit. The rule speaks when the profile of such a peer is on.',
  references: ['RFC 7296 §2.9'],
  bad: [
    {
      text: 'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
      profiles: ['windows'],
    },
    {
      text: 'add host farm -source 10.1.1.1 -destination 10.3.3.10-10.3.3.20 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth farm -remote 10.3.3.0/24 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-farm',
      profiles: ['rfc', 'windows'],
    },
  ],
  good: [
    'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
    {
      text: 'add host app -source 10.1.1.1 -destination 10.2.0.1/32/443 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
      profiles: ['windows'],
    },
  ],
  *check({ policies, settings }) {
    const profile = settings.profiles.find((name) => refusing.includes(name));
    if (!profile) return;
    for (const record of policies.hosts) {
      const [first] = hasTransforms(record) ? rangesOf(record) : [];
      const use = first && usesVersion(policies, record, 2);
      if (!first || !use) continue;
      yield {
        at: placeOf(record, first.origin),
        record: recordRef(record),
        message: `host '${record.name}' offers the range ${specText(first.value)} in transport mode, which ${profile} peers reject`,
        notes: [versionNote(use, 2)],
        help: 'write single addresses or prefixes, and one port or any',
      };
    }
  },
});
