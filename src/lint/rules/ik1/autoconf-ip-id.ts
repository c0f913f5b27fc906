import { isAutoconf } from '../../peers.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1004',
  slug: 'autoconf-ip-id',
  severity: 'error',
  summary: 'AUTOCONF peers are to be identified by their address.',
  rationale:
    'Their addresses come from a pool and belong to somebody else tomorrow, so an address identifies nobody. The product refuses IPV4 and IPV6 as -rtype of such peers.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV1 -exchange AM -rtype IPV4 -rid 10.8.0.0/16 -flags AUTOCONF',
    'add auth pool -remote 2001:db8:8::/64 -priority 10 -kmp IKEV2 -rtype IPV6 -flags AUTOCONF',
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -flags AUTOCONF',
  ],
  good: [
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
    'add auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype IPV4 -rid 10.8.0.0/16',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      if (!isAutoconf(record)) continue;
      const type = record.remoteIdType?.value;
      if (type && type !== 'IPV4' && type !== 'IPV6') continue;
      yield {
        message: type
          ? `${recordText(record)} identifies AUTOCONF peers by ${type}`
          : `${recordText(record)} does not say how AUTOCONF peers are identified, which means by their address`,
        at: placeOf(record, record.remoteIdType?.origin),
        severity: type ? 'error' : 'warning',
        related: [{ at: placeOf(record, record.flags.origin), text: 'AUTOCONF' }],
        help: 'write -rtype FQDN, USER-FQDN or X500-DN with -rid',
        record: recordRef(record),
      };
    }
  },
});
