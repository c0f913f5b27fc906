import { allowsIkev1, isAutoconf } from '../../peers.js';
import { originNotes, placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1003',
  slug: 'autoconf-needs-am',
  severity: 'error',
  summary: 'AUTOCONF peers with IKEv1 are to use Main Mode.',
  rationale:
    'In Main Mode the key is chosen by the address of the peer before the peer has said who it is, and these peers have a different address every day. The product refuses the combination: with IKEv1 it must be Aggressive Mode.',
  references: ['ipsec_config_add(1M)', 'RFC 2409 §5.4'],
  bad: [
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV1 -exchange MM -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
    'add auth pool -remote 10.8.0.0/16 -priority 10 -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
  ],
  good: [
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV1 -exchange AM -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      const { value, origin } = record.exchange;
      if (!isAutoconf(record) || !allowsIkev1(record) || value !== 'MM') continue;
      yield {
        message: `${recordText(record)} is for AUTOCONF peers with IKEv1 and has Main Mode`,
        at: placeOf(record, origin),
        related: [{ at: placeOf(record, record.flags.origin), text: 'AUTOCONF' }],
        notes: originNotes('exchange', origin),
        help: 'write -exchange AM, or better -kmp IKEV2',
        fixes: [
          { safety: 'unsafe', title: 'write -exchange AM', edits: [setArgument(record, 'exchange', origin, 'AM')] },
        ],
        record: recordRef(record),
      };
    }
  },
});
