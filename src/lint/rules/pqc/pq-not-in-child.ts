import { keyExchange } from '../../../model/transform.js';
import { protectingRecords } from '../../algorithm-lists.js';
import { peersOfRecord } from '../../peer-policies.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'PQC003',
  slug: 'pq-not-in-child',
  severity: 'warning',
  restsOn: 'records',
  summary: 'The IKE SA has a quantum-safe exchange, and the PFS exchange of its child SAs has none.',
  rationale:
    'A rekeyed child gets its keys from the IKE SA and from an exchange of its own. Only the first part is quantum-safe here: the separation that PFS promises is gone as soon as there are quantum computers.',
  references: ['RFC 9370 §2.2.4', 'RFC 7296 §2.17'],
  bad: [
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -pfs_group 19 -action ESP_AES256_GCM16\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 36,19 -encryption AES256-GCM16 -prf HMAC-SHA2-384\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    'add tunnel b -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -pfs_group 31,20 -action ESP_AES256_GCM16\nadd ikev2 b -remote 10.9.9.9 -priority 10 -group 37 -encryption AES256-GCM16 -prf HMAC-SHA2-384\nadd auth b -remote 10.9.9.9 -priority 10 -kmp IKEV2 -preshared file:b.key',
  ],
  good: [
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -pfs_group 36,19 -action ESP_AES256_GCM16\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 36,19 -encryption AES256-GCM16 -prf HMAC-SHA2-384\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    // Without groups of its own the child takes those of the IKE policy.
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 36,19 -encryption AES256-GCM16 -prf HMAC-SHA2-384 -pfs ON\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
  ],
  *check({ policies }) {
    for (const record of protectingRecords(policies)) {
      const own = record.pfsGroups;
      if (!own || own.value.length === 0 || own.value.some(isQuantumSafe)) continue;
      const ike = [...peersOfRecord(policies, record)].find(
        (peer) => peer.version === 2 && peer.ike?.groups.value.some(isQuantumSafe),
      )?.ike;
      const group = ike?.groups.value.find(isQuantumSafe);
      if (!ike || group === undefined) continue;
      const at = placeOf(record, own.origin);
      const value = [group, ...own.value].join(',');
      yield {
        message: `${recordText(record)} renews its keys with classical groups only, while ${recordText(ike)} has group ${group} (${keyExchange(group)?.name})`,
        at,
        related: [{ at: placeOf(ike, ike.groups.origin), text: 'quantum-safe here' }],
        help: `write -pfs_group ${value}`,
        ...(own.origin.kind === 'explicit'
          ? { fixes: [{ safety: 'unsafe', title: `write -pfs_group ${value}`, edits: [{ at, newText: value }] }] }
          : {}),
        record: recordRef(record),
      };
    }
  },
});

function isQuantumSafe(group: number): boolean {
  return keyExchange(group)?.kind === 'ML-KEM';
}
