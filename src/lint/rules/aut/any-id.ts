import { formatRange } from '../../../model/address.js';
import { isOneAddress } from '../../peers.js';
import { originNotes, placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT006',
  slug: 'any-id',
  severity: 'warning',
  summary: 'The identity of the peer is not constrained.',
  rationale:
    'With certificates, whoever has one of an accepted authority is accepted as this peer: a printer as well as the gateway. RFC 4301 wants the PAD to say which identity may come from where.',
  references: ['RFC 4301 §4.4.3', 'RFC 7296 §4'],
  bad: [
    'add auth hq -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG -rtype FQDN',
    'add auth site -remote 10.4.0.0/16 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG',
  ],
  good: [
    'add auth hq -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG -rtype FQDN -rid hq.example.com',
    'add auth site -remote 10.4.0.0/16 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG -rtype FQDN -rid .example.com',
    // Without -rid the identity must be the address that the packets come from: here one.
    'add auth hq -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG',
    'add auth hq -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:hq.key',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const { remoteId, remoteIdType, remote } = record;
      if (remoteId?.value.kind === 'any') {
        yield {
          message: `${recordText(record)} accepts any identity of type ${remoteId.value.type}`,
          at: placeOf(record, remoteIdType?.origin),
          help: 'say which one with -rid',
          record: recordRef(record),
        };
      } else if (!remoteId && record.remoteMethod.value !== 'PSK' && !isOneAddress(remote.value.range)) {
        yield {
          message: `${recordText(record)} accepts every certificate that names an address of ${formatRange(remote.value.range)}`,
          at: record.nameAt,
          notes: [
            'without -rtype and -rid the identity must be the address that the packets come from',
            ...originNotes('remote_method', record.remoteMethod.origin),
          ],
          help: 'say which identities are meant with -rtype and -rid',
          record: recordRef(record),
        };
      }
    }
  },
});
