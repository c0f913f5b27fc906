import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1007',
  slug: 'kmp-is-not-fallback',
  severity: 'warning',
  summary: 'Two IKE versions are listed, and only the first is ever tried.',
  rationale:
    'The list looks like a fallback and is none: this system initiates with the first version only, and reports an error when that fails. The second one is merely accepted from the peer, which is also how a peer is talked down to the older version.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2,IKEV1 -preshared file:b.key',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1,IKEV2 -preshared file:b.key',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const { value, origin } = record.kmp;
      const [first, second] = value;
      if (first === undefined || second === undefined) continue;
      yield {
        message: `${recordText(record)} initiates with IKEv${first} only; IKEv${second} is accepted, never tried`,
        at: placeOf(record, origin),
        help: 'list the one version that both ends have',
        record: recordRef(record),
      };
    }
  },
});
