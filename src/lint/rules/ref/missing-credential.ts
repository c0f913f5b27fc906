import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'REF006',
  slug: 'missing-credential',
  severity: 'error',
  summary: 'A method of authentication has nothing to work with: no key, or on Linux no certificate.',
  rationale:
    'With PSK and no key the exchange fails at its last message, and so do signatures without a certificate and the authorities to check the other one. HP-UX keeps certificates outside of its records; where the policies run on Linux the record has to name them.',
  references: ['RFC 7296 §2.15', 'RFC 2409 §5'],
  bad: [
    'add auth a -remote 10.2.2.2/32 -local_method PSK -remote_method PSK',
    'add auth a -remote 10.2.2.2/32 -kmp IKEV2 -local_method RSASIG -remote_method PSK',
  ],
  good: [
    'add auth a -remote 10.2.2.2/32 -preshared Plover-Sand-77',
    'add auth a -remote 10.2.2.2/32 -local_method RSASIG -remote_method RSASIG',
    'add auth a -remote 10.2.2.2/32 -local_method RSASIG -remote_method RSASIG -certificate /etc/ipsec/me.pem -ca /etc/ipsec/ca.pem',
  ],
  *check({ policies, host }) {
    const onLinux = host?.target === 'linux-xfrm' || host?.target === 'userspace';
    for (const auth of policies.auths) {
      const methods = [
        { side: 'local', method: auth.localMethod },
        { side: 'remote', method: auth.remoteMethod },
      ] as const;
      const missing = methods.flatMap(({ side, method }) => {
        if (method.value === 'PSK') return auth.preshared ? [] : [{ side, method, what: '-preshared' }];
        if (!onLinux) return [];
        if (side === 'local')
          return auth.certificate || policies.certificates.some(({ kind }) => kind === 'mycert')
            ? []
            : [{ side, method, what: '-certificate' }];
        return auth.ca || policies.certificates.some(({ kind }) => kind === 'cacert')
          ? []
          : [{ side, method, what: '-ca' }];
      });
      const [first] = missing;
      if (!first) continue;
      const needs = [...new Set(missing.map(({ what }) => what))];
      yield {
        message: `${recordText(auth)} uses ${first.method.value} and has no ${needs.join(' and no ')}`,
        at: first.method.origin.kind === 'explicit' ? first.method.origin.at : auth.nameAt,
        record: recordRef(auth),
        help: `write ${needs.join(' and ')}, or choose another -${first.side}_method`,
      };
    }
  },
});
