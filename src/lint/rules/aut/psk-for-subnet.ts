import { formatRange } from '../../../model/address.js';
import { isOneAddress, usesPsk } from '../../peers.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT004',
  slug: 'psk-for-subnet',
  severity: 'warning',
  summary: 'A preshared key is for a whole range of peers.',
  rationale:
    'Every host of the range holds the same key, so each can pose as each other one and as this system. The product allows it and advises strongly against it; certificates tell peers apart.',
  references: ['ipsec_config_add(1M)', 'RFC 7296 §2.15'],
  bad: [
    'add auth site -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -preshared file:site.key',
    'add auth any -remote 0.0.0.0/0 -priority 900 -kmp IKEV1 -exchange MM -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    'add auth site -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG -rtype FQDN -rid .example.com',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const { value, origin } = record.remote;
      if (!usesPsk(record) || isOneAddress(value.range)) continue;
      yield {
        message: `${recordText(record)} has one preshared key for all peers of ${formatRange(value.range)}`,
        at: placeOf(record, origin),
        help: 'write one auth record for each peer with a key of its own, or use certificates',
        record: recordRef(record),
      };
    }
  },
});
