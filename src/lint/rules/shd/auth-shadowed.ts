import type { AuthRecord } from '../../../model/record/auth.js';
import { hiddenParts, hiddenRecords, peerRecordName } from '../../hidden-peers.js';
import { authLookup } from '../../lookup.js';
import { freeNumbers } from '../../priorities.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SHD008',
  slug: 'auth-shadowed',
  severity: 'error',
  summary: 'An authentication record is never chosen: earlier ones are for every address of its peers.',
  rationale:
    "An initiator, and a responder in Main Mode, takes the first record whose -remote holds the peer's address; its keys and methods are used, and no later record is tried. A responder in IKEv2 and Aggressive Mode looks for the peer's identity instead: a record that names one can still be chosen there, so it is only a warning that it is not used to initiate, and none if it never initiates. A.02 prefers the longest prefix, whatever the order.",
  references: ['ipsec_config(1M)', 'RFC 4301 §4.4.3'],
  bad: [
    'add auth site -remote 10.0.0.0/8 -priority 10 -preshared Larch-7-Quill-site\nadd auth db -remote 10.7.7.7/32 -priority 20 -preshared Larch-7-Quill-base',
    'add auth low -remote 10.2.0.0/25 -priority 10 -preshared Larch-7-Quill-low\nadd auth high -remote 10.2.0.128/25 -priority 20 -preshared Larch-7-Quill-high\nadd auth net -remote 10.2.0.0/24 -priority 30 -preshared Larch-7-Quill-net',
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid a.example.com\nadd auth other -remote 10.8.0.0/16 -priority 20 -kmp IKEV2 -rtype FQDN -rid b.example.com',
  ],
  good: [
    'add auth db -remote 10.7.7.7/32 -priority 10 -preshared Larch-7-Quill-base\nadd auth site -remote 10.0.0.0/8 -priority 20 -preshared Larch-7-Quill-site',
    'add auth a -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .a.example.com -flags AUTOCONF\nadd auth b -remote 10.8.0.0/16 -priority 20 -kmp IKEV2 -rtype FQDN -rid .b.example.com -flags AUTOCONF',
    '# ipsec-dialect: A.02\nadd auth site -remote 10.0.0.0/8 -preshared Larch-7-Quill-site\nadd auth db -remote 10.7.7.7/32 -preshared Larch-7-Quill-base',
  ],
  *check({ policies }) {
    const { auths, dialect } = policies;
    if (dialect === 'A.02') return;
    const free = freeNumbers(auths);
    for (const hidden of hiddenRecords(authLookup(policies))) {
      const { record } = hidden;
      const byIdentity = isFoundByIdentity(record);
      if (byIdentity && record.flags.value.includes('AUTOCONF')) continue;
      const { instead, ...parts } = hiddenParts(hidden, free, dialect);
      const name = peerRecordName(record);
      yield byIdentity
        ? {
            ...parts,
            severity: 'warning',
            message: `${name} is never used to initiate: ${instead}`,
            notes: ['a responder can still find it by the identity of the peer'],
          }
        : { ...parts, message: `${name} is never chosen: ${instead}` };
    }
  },
});

/** Does a responder look for the identity that the record names? */
function isFoundByIdentity({ remoteId, kmp, exchange }: AuthRecord): boolean {
  return remoteId !== undefined && (kmp.value.includes(2) || exchange.value === 'AM');
}
