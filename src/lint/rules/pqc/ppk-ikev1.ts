import { keyExchange } from '../../../model/transform.js';
import { ikeLists, writtenIkeRecords } from '../../algorithm-lists.js';
import { allowsIkev1 } from '../../peers.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'PQC005',
  slug: 'ppk-ikev1',
  severity: 'error',
  restsOn: 'records',
  summary: 'Protection against quantum computers is asked of IKEv1, which has none.',
  rationale:
    'Postquantum preshared keys and ML-KEM are defined for IKEv2 only. Where IKEv1 is used, or the peer may choose it, what the record promises is not there.',
  references: ['RFC 8784', 'RFC 9370', 'RFC 9395 §4.1'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key -ppk file:b.ppk -ppk_id b -ppk_required ON',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2,IKEV1 -preshared file:b.key -ppk file:b.ppk -ppk_id b -ppk_required ON',
    'add ikev1 b -remote 10.2.2.2 -priority 10 -group 36 -hash SHA2-256 -encryption AES256-CBC',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -ppk file:b.ppk -ppk_id b -ppk_required ON',
    'add ikev2 b -remote 10.2.2.2 -priority 10 -group 36 -hash HMAC-SHA2-256 -encryption AES256-CBC -prf HMAC-SHA2-256',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      if (!record.ppk || !allowsIkev1(record)) continue;
      const isFirst = record.kmp.value[0] === 1;
      yield {
        message: `${recordText(record)} has a postquantum preshared key, and ${isFirst ? 'uses IKE version 1, which knows none' : 'accepts IKE version 1, which goes without it'}`,
        at: placeOf(record, record.ppk.origin),
        related: [{ at: placeOf(record, record.kmp.origin), text: 'IKEV1 here' }],
        help: 'write -kmp IKEV2',
        record: recordRef(record),
      };
    }
    for (const record of writtenIkeRecords(policies)) {
      if (record.kind === 'ikev2') continue;
      for (const list of ikeLists(record)) {
        if (list.argument !== 'group') continue;
        for (const element of list.elements) {
          const method = keyExchange(Number(element.word));
          if (method?.kind !== 'ML-KEM') continue;
          yield {
            message: `${recordText(record)} offers group ${element.word} (${method.name}), which IKE version 1 does not have`,
            at: element.place(),
            notes: listNotes(list, element),
            help: 'use an ikev2 policy and -kmp IKEV2',
            record: recordRef(record),
          };
        }
      }
    }
  },
});
