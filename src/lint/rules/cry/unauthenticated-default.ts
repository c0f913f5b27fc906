import type { IkeRecord } from '../../../model/record/ike.js';
import { isAsShipped } from '../../algorithm-lists.js';
import { withIke } from '../../peer-policies.js';
import { recordRef } from '../../places.js';
import { soundIkeArguments } from '../../replacements.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'CRY022',
  slug: 'unauthenticated-default',
  severity: 'warning',
  restsOn: 'records',
  summary: 'Peers get a preloaded IKE policy that is as it was shipped.',
  rationale:
    'The product brings default IKE policies of the 1990s: 3DES, MD5 or HMAC-SHA-1, a group of 1024 bits, no PFS. Every peer that no policy of your own matches gets them, so one statement mends them all.',
  references: ['ipsec_config_add(1M)', 'RFC 8247 §2', 'RFC 4308 (VPN-A)'],
  bad: [
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    '# ipsec-dialect: A.03.00\nadd auth b -remote 10.2.0.0/16 -priority 10 -kmp IKEV1\nadd ikev1 b -remote 10.2.2.2 -priority 10 -group 5 -hash SHA1 -encryption AES128-CBC',
  ],
  good: [
    'add ikev2 default -group 19 -hash HMAC-SHA2-256 -encryption AES256-CBC -prf HMAC-SHA2-256 -pfs ON\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key\nadd ikev2 b -remote 10.2.0.0/16 -priority 10 -group 19 -hash HMAC-SHA2-256 -encryption AES256-CBC -prf HMAC-SHA2-256',
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action PASS',
  ],
  *check({ policies }) {
    for (const [version, preloaded] of [
      [1, policies.defaultIkev1],
      [2, policies.defaultIkev2],
    ] as const) {
      if (!preloaded || !isAsShipped(preloaded)) continue;
      const users = policies.auths.filter(
        (auth) =>
          auth.kmp.value.includes(version) &&
          [...withIke(policies, version, auth.remote.value.range, auth)].some(({ ike }) => ike === preloaded),
      );
      const [first, ...others] = users;
      if (!first) continue;
      const kind = version === 1 ? 'ikev1' : 'ikev2';
      const statement = `add ${kind} default ${soundIkeArguments(kind, policies.dialect)}`;
      yield {
        message: `the preloaded ${kind} policy is as shipped (${shipped(preloaded)}), and auth '${first.name}'${others.length > 0 ? ` and ${others.length} more` : ''} can get it`,
        at: first.nameAt,
        help: `change it: ${statement}`,
        fixes: [
          {
            safety: 'unsafe',
            title: `add ${kind} default`,
            edits: [{ at: { ...first.at, end: first.at.start }, newText: `${statement}\n` }],
          },
        ],
        record: recordRef(first),
      };
    }
  },
});

function shipped({ encryption, hash, groups }: IkeRecord): string {
  return `${encryption.value[0]?.word}, ${hash.value[0]?.word}, group ${groups.value[0]}, no PFS`;
}
