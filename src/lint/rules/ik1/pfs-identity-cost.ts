import type { IkeRecord } from '../../../model/record/ike.js';
import { peersOfRecord } from '../../peer-policies.js';
import { originNotes, placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1008',
  slug: 'pfs-identity-cost',
  severity: 'info',
  summary: 'Each of many SAs costs a key exchange, or a whole IKE negotiation.',
  rationale:
    'EXCLUSIVE makes one pair of SAs for each connection, and with PFS each of them takes a Diffie-Hellman exchange; with one Quick Mode for each ISAKMP SA it also takes a new authentication. A busy service then spends its time on that.',
  references: ['RFC 2409 §5.5', 'ipsec_config_add(1M)'],
  bad: [
    'add host web -source 10.1.1.1/32/443 -destination 10.2.2.2 -protocol TCP -priority 10 -flags EXCLUSIVE -action ESP_AES128_HMAC_SHA2_256\nadd ikev1 b -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -pfs ON\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key',
    '# ipsec-dialect: A.02\nadd host web -source 10.1.1.1/32/443 -destination 10.2.2.2 -protocol TCP -priority 10 -flags EXCLUSIVE -action ESP_AES128_HMAC_SHA1\nadd ike b -remote 10.2.2.2 -priority 10 -group 2 -hash SHA1 -encryption 3DES -maxqm 1\nadd auth b -remote 10.2.2.2 -exchange MM -preshared old-Copper-1',
  ],
  good: [
    'add host web -source 10.1.1.1/32/443 -destination 10.2.2.2 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA2_256\nadd ikev1 b -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -pfs ON\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key',
    'add host web -source 10.1.1.1/32/443 -destination 10.2.2.2 -protocol TCP -priority 10 -flags EXCLUSIVE -action ESP_AES128_HMAC_SHA2_256\nadd ikev1 b -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -pfs OFF\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key',
  ],
  *check({ policies }) {
    for (const record of policies.hosts) {
      if (record.action.value.kind !== 'TRANSFORMS' || !record.flags.value.includes('EXCLUSIVE')) continue;
      let ike: IkeRecord | undefined;
      for (const peer of peersOfRecord(policies, record)) {
        if (peer.ike?.pfs.value) ike ??= peer.ike;
        if (peer.ike?.quickModesMax?.value === 1) ike = peer.ike;
      }
      if (!ike) continue;
      const isIdentity = ike.quickModesMax?.value === 1;
      yield {
        message: `${recordText(record)} makes SAs for each connection, and ${recordText(ike)} ${isIdentity ? 'negotiates a new ISAKMP SA' : 'makes a Diffie-Hellman exchange'} for each of them`,
        at: placeOf(record, record.flags.origin),
        related: [
          {
            at: placeOf(ike, isIdentity ? ike.quickModesMax?.origin : ike.pfs.origin),
            text: isIdentity ? 'one Quick Mode for each ISAKMP SA' : 'PFS',
          },
        ],
        notes: originNotes('flags', record.flags.origin),
        help: 'leave EXCLUSIVE out unless connections must have keys of their own',
        record: recordRef(record),
      };
    }
  },
});
