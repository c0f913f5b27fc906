import { usesPsk } from '../../peers.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT005',
  slug: 'psk-with-subtree-id',
  severity: 'error',
  summary: 'A preshared key is for every name below a domain.',
  rationale:
    'The identity of a peer is only as good as its proof, and all these names have the same proof: each peer can claim each of the names. For a subtree of names the product asks for certificates.',
  references: ['ipsec_config_add(1M)', 'RFC 4301 §4.4.3.1'],
  bad: [
    'add auth lab -remote 10.2.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .example.com -preshared file:lab.key',
    'add auth lab -remote 10.2.0.0/16 -priority 10 -kmp IKEV2 -rtype USER-FQDN -rid @example.com -preshared file:lab.key',
  ],
  good: [
    'add auth lab -remote 10.2.2.2 -priority 10 -kmp IKEV2 -rtype FQDN -rid host1.example.com -preshared file:lab.key',
    'add auth lab -remote 10.2.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .example.com -local_method RSASIG -remote_method RSASIG',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const id = record.remoteId;
      if (id?.value.kind !== 'subtree' || record.remoteMethod.value !== 'PSK' || !usesPsk(record)) continue;
      yield {
        message: `${recordText(record)} accepts every name below ${id.value.suffix} with one preshared key`,
        at: placeOf(record, id.origin),
        help: 'use certificates (-remote_method RSASIG), or name each peer in a record of its own',
        record: recordRef(record),
      };
    }
  },
});
