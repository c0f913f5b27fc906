import type { AddressRange } from '../../../model/address.js';
import { ikeLookup } from '../../lookup.js';
import { allowsIkev1 } from '../../peers.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { buildRangeIndex } from '../../range-index.js';
import { defineRule } from '../../rule.js';

/** Pieces of a policy's peers that are looked at for one that uses Aggressive Mode. */
const piecesMax = 1_000;

export default defineRule({
  scope: 'system',
  code: 'SYN030',
  slug: 'only-first-group',
  severity: 'warning',
  restsOn: 'values',
  summary: 'An IKEv1 policy lists several groups for peers that use Aggressive Mode, which has only one.',
  rationale:
    'The first message of Aggressive Mode carries the public value already, so no group can be negotiated: the first of the list is used, and a peer that accepts only a later one never answers.',
  references: ['RFC 2409 §5.2', 'ipsec_config_add(1M)'],
  bad: [
    'add auth a -remote 10.8.0.0/16 -kmp IKEV1 -exchange AM -ltype FQDN -lid a.example.com\nadd ikev1 a -remote 10.8.0.0/16 -group 14,5,2',
    '# ipsec-dialect: A.02\nadd auth a -remote 10.8.1.1/32 -exchange AM -ltype FQDN -lid a.example.com\nadd ike a -remote 10.0.0.0/8 -group 2,1',
  ],
  good: [
    'add auth a -remote 10.8.0.0/16 -kmp IKEV1 -exchange AM -ltype FQDN -lid a.example.com\nadd ikev1 a -remote 10.8.0.0/16 -group 14',
    'add auth a -remote 10.8.0.0/16 -kmp IKEV1 -exchange MM\nadd ikev1 a -remote 10.8.0.0/16 -group 14,5,2',
    'add auth a -remote 10.9.0.0/16 -kmp IKEV1 -exchange AM -ltype FQDN -lid a.example.com\nadd ikev1 a -remote 10.8.0.0/16 -group 14,5,2',
  ],
  *check({ policies }) {
    const { records, index } = ikeLookup(policies, 1);
    if (!records.some((record) => record.groups.value.length > 1)) return;
    const aggressive = policies.auths.filter((auth) => auth.exchange.value === 'AM' && allowsIkev1(auth));
    if (aggressive.length === 0) return;
    const auths = buildRangeIndex(aggressive.map((auth) => auth.remote.value.range));
    for (const [number, record] of records.entries()) {
      const { groups } = record;
      if (groups.value.length < 2) continue;
      const auth = aggressive[firstMatch(record.remote.value.range, number)];
      if (!auth) continue;
      yield {
        message: `${recordText(record)} lists groups ${groups.value.join(', ')}, and Aggressive Mode with the peers of ${recordText(auth)} uses ${groups.value[0]} only`,
        at: placeOf(record, groups.origin),
        record: recordRef(record),
        related: [{ at: placeOf(auth, auth.exchange.origin), text: 'Aggressive Mode' }],
        help: 'write the one group that both sides use, or use Main Mode',
      };
    }

    /** The number of a record with Aggressive Mode for addresses that policy `number` wins, or -1. */
    function firstMatch(range: AddressRange, number: number): number {
      let pieces = 0;
      for (const own of index.segments(range)) {
        if (own.winner === number) {
          for (const { winner } of auths.segments(own.range)) if (winner >= 0) return winner;
        }
        pieces += 1;
        if (pieces > piecesMax) break;
      }
      return -1;
    }
  },
});
