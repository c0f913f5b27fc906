import { formatRange } from '../../../model/address.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { allowsIkev1, isAutoconf, isOneAddress, usesPsk } from '../../peers.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1006',
  slug: 'mm-psk-dynamic-peer',
  severity: 'warning',
  summary: 'Main Mode with a preshared key is used for peers without a fixed address.',
  rationale:
    'In Main Mode the preshared key is needed before the identity of the peer arrives, so it can only be chosen by address. A record that tells its peers apart by name gets its key by address all the same, and two such records for one range can never both be used.',
  references: ['RFC 2409 §5.4', 'RFC 7296 §2.15'],
  bad: [
    'add auth any -remote 0.0.0.0/0 -priority 900 -kmp IKEV1 -exchange MM -preshared file:any.key',
    'add auth ann -remote 10.8.0.0/16 -priority 10 -kmp IKEV1 -exchange MM -rtype FQDN -rid ann.example.com -preshared file:ann.key',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -exchange MM -rtype FQDN -rid b.example.com -preshared file:b.key',
    'add auth any -remote 0.0.0.0/0 -priority 900 -kmp IKEV2 -rtype FQDN -rid ann.example.com -preshared file:ann.key',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const { value, origin } = record.remote;
      // AUTOCONF with Main Mode is IK1003's.
      if (!allowsIkev1(record) || record.exchange.value !== 'MM' || !usesPsk(record) || isAutoconf(record)) continue;
      if (isOneAddress(value.range) || !(value.prefixLength === 0 || isByName(record))) continue;
      yield {
        message: `${recordText(record)} has Main Mode with a preshared key for peers of any address in ${formatRange(value.range)}`,
        at: placeOf(record, origin),
        notes: ['the key is chosen by address, before the peer has said who it is'],
        help: 'use IKEv2, where the identity comes first, or certificates',
        record: recordRef(record),
      };
    }
  },
});

/** Does the record know its peer by a name? */
function isByName({ remoteId }: AuthRecord): boolean {
  return remoteId !== undefined && remoteId.value.kind !== 'addresses';
}
