import type { AuthRecord } from '../../../model/record/auth.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT013',
  slug: 'dss-auth',
  severity: 'warning',
  summary: 'A side proves itself by a DSS signature.',
  rationale:
    'The method is bound to SHA-1 and in practice to keys of 1024 bits; one repeated random number gives the key away. RFC 8247 advises against it, and FIPS 186-5 has dropped DSA.',
  references: ['RFC 8247 §3.1', 'FIPS 186-5'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DSSSIG -remote_method RSASIG',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -local_method DSSSIG -remote_method DSSSIG',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method ECDSASIG -remote_method ECDSASIG',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method RSASIG',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const places = (['localMethod', 'remoteMethod'] as const).filter((side) => record[side].value === 'DSSSIG');
      const [side] = places;
      if (!side) continue;
      yield {
        message: `${recordText(record)} ${describe(places)} DSS signatures`,
        at: placeOf(record, record[side].origin),
        help: 'use DIGSIG or ECDSASIG with IKEv2, RSASIG with IKEv1',
        record: recordRef(record),
      };
    }
  },
});

function describe(sides: readonly (keyof AuthRecord)[]): string {
  if (sides.length === 2) return 'makes and accepts';
  return sides[0] === 'localMethod' ? 'makes' : 'accepts';
}
