import type { AddressRange } from '../../../model/address.js';
import type { HostRecord } from '../../../model/record/policy.js';
import { usesVersion, versionNote } from '../../ike-version.js';
import { peersWithin } from '../../peer-products.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';
import { rangesOf, specText } from '../../selector-lists.js';
import { hasTransforms } from '../../tunnel-users.js';

export default defineRule({
  scope: 'system',
  code: 'SEL006',
  slug: 'peer-cannot-narrow',
  severity: 'warning',
  summary: 'A transport-mode policy offers ranges to peers that refuse them.',
  rationale:
    'An IKEv2 responder may narrow what is offered, but some, as Windows, reject address and port ranges in transport mode altogether: the negotiation fails although a part would fit. The rule speaks of peers whose product is known, from the inventory or by --peer-profile.',
  references: ['RFC 7296 §2.9'],
  bad: [
    {
      text: 'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
      peers: { app: { address: '10.2.0.1', product: 'windows' } },
    },
    {
      text: 'add host farm -source 10.1.1.1 -destination 10.3.3.10-10.3.3.20 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth farm -remote 10.3.3.0/24 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-farm',
      peerProfile: 'windows',
    },
  ],
  good: [
    'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
    {
      text: 'add host app -source 10.1.1.1 -destination 10.2.0.1/32/443 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
      peerProfile: 'windows',
    },
    {
      text: 'add host app -source 10.1.1.1 -destination 10.2.0.1/32/1024-2048 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth app -remote 10.2.0.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-app',
      peers: { app: { address: '10.2.0.0/24', product: 'strongswan' } },
      peerProfile: 'windows',
    },
  ],
  *check({ policies, settings }) {
    if (!settings.peers && !settings.peerProfile) return;
    for (const record of policies.hosts) {
      const [first] = hasTransforms(record) ? rangesOf(record) : [];
      if (!first) continue;
      const refusing = peersWithin(settings, remotesOf(record)).find(
        ({ profile }) => profile.narrowing.value === 'exact-in-transport',
      );
      const use = refusing && usesVersion(policies, record, 2);
      if (!refusing || !use) continue;
      const { profile, name, why } = refusing;
      yield {
        at: placeOf(record, first.origin),
        record: recordRef(record),
        message: `host '${record.name}' offers the range ${specText(first.value)} in transport mode, which ${name ? `${name} (${profile.title}) rejects` : `${profile.title} rejects`}`,
        notes: [why, profile.narrowing.note, versionNote(use, 2)],
        help: 'write single addresses or prefixes, and one port or any',
      };
    }
  },
});

function remotesOf({ destinations }: HostRecord): AddressRange[] {
  return destinations.map(({ value }) => value.range);
}
