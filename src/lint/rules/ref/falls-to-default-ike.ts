import { formatRange } from '../../../model/address.js';
import { recordRef, recordText } from '../../places.js';
import { usedRecords } from '../../protected-peers.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'REF004',
  slug: 'falls-to-default-ike',
  severity: 'warning',
  absenceOf: ['ike', 'ikev1', 'ikev2'],
  summary: 'Protected peers get the preloaded default IKE policy.',
  rationale:
    'No IKE policy of the version that is used first matches these peers, so the default one counts, which was made in the nineties: as shipped it has 3DES, MD5 or HMAC-SHA-1 and group 2. In A.02 there is no default, and the negotiation fails.',
  references: ['ipsec_config_add(1M)', 'RFC 8247 §2'],
  bad: [
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1\nadd auth a -remote 10.2.2.2/32 -kmp IKEV2 -preshared Plover-Sand-77',
    'add host h -source 10.1.1.1/32 -destination 10.2.2.0/24 -action ESP_AES128_HMAC_SHA1\nadd auth a -remote 10.2.2.0/24 -kmp IKEV2 -preshared Plover-Sand-77\nadd ikev2 half -remote 10.2.2.0/25 -group 14',
  ],
  good: [
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1\nadd auth a -remote 10.2.2.2/32 -kmp IKEV2 -preshared Plover-Sand-77\nadd ikev2 a -remote 10.2.2.2/32 -group 14',
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1\nadd auth a -remote 10.2.2.2/32 -kmp IKEV2 -preshared Plover-Sand-77\nadd ikev2 default -group 14 -hash HMAC-SHA2-256 -encryption AES256-CBC -prf HMAC-SHA2-256 -life 28800',
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -action PASS\nadd auth a -remote 10.2.2.2/32 -kmp IKEV2 -preshared Plover-Sand-77',
  ],
  *check(context) {
    const { fallsToDefault } = usedRecords(context);
    const isA02 = context.policies.dialect === 'A.02';
    for (const [auth, { version, peers }] of fallsToDefault) {
      // Somebody who changed the default policy meant it.
      const preloaded = version === 1 ? context.policies.defaultIkev1 : context.policies.defaultIkev2;
      if (preloaded && preloaded.lifeSeconds.origin.kind !== 'builtin') continue;
      const kind = isA02 ? 'ike' : `ikev${version}`;
      yield {
        message: isA02
          ? `no ike policy matches peers of ${recordText(auth)}, such as ${formatRange(peers)}: negotiation fails`
          : `no ${kind} policy matches peers of ${recordText(auth)}, such as ${formatRange(peers)}: they get the default one`,
        at: auth.nameAt,
        record: recordRef(auth),
        help: `add ${kind} NAME -remote ${formatRange(peers)} ...`,
        ...(isA02 ? { severity: 'error' as const } : {}),
      };
    }
  },
});
