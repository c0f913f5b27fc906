import type { IkeRecord } from '../../../model/record/ike.js';
import { type KeyExchangeTransform, keyExchange } from '../../../model/transform.js';
import { withIke } from '../../peer-policies.js';
import { placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'PQC004',
  slug: 'pq-needs-intermediate',
  severity: 'error',
  restsOn: 'records',
  summary: 'ML-KEM is to be used with a peer for which IKE fragmentation is off.',
  rationale:
    'Public values of ML-KEM have 800 to 1568 octets and travel in IKE_INTERMEDIATE messages, which IKE itself cuts into pieces that fit (RFC 7383). Without that IP fragments them, and many firewalls drop fragments of UDP: the negotiation then never ends.',
  references: ['RFC 9370 §2.2', 'RFC 9242', 'RFC 7383'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -fragmentation OFF\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 19,36 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
    'add auth b -remote 10.2.0.0/16 -priority 10 -kmp IKEV2 -preshared file:b.key -fragmentation OFF\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 37 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -fragmentation ON\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 19,36 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -fragmentation OFF\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      if (record.fragmentation?.value !== false || !record.kmp.value.includes(2)) continue;
      const peer = [...withIke(policies, 2, record.remote.value.range, record)].find(({ ike }) => mlKemOf(ike));
      const group = mlKemOf(peer?.ike);
      if (!peer?.ike || !group) continue;
      yield {
        message: `${recordText(record)} has IKE fragmentation off, and ${recordText(peer.ike)} has ${group.name}, whose messages need it`,
        at: placeOf(record, record.fragmentation.origin),
        related: [{ at: placeOf(peer.ike, peer.ike.groups.origin), text: `group ${group.id}` }],
        help: 'write -fragmentation ON on both ends',
        fixes: [
          {
            safety: 'unsafe',
            title: 'write -fragmentation ON',
            edits: [setArgument(record, 'fragmentation', record.fragmentation.origin, 'ON')],
          },
        ],
        record: recordRef(record),
      };
    }
  },
});

function mlKemOf(ike: IkeRecord | undefined): KeyExchangeTransform | undefined {
  return ike?.groups.value.map(keyExchange).find((method) => method?.kind === 'ML-KEM');
}
