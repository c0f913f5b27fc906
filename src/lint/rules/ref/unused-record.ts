import type { RecordBase } from '../../../model/record/policy.js';
import { removeStatement } from '../../entries.js';
import { authLookup, ikeLookup } from '../../lookup.js';
import { recordRef, recordText } from '../../places.js';
import { usedRecords } from '../../protected-peers.js';
import { defineRule, type RuleFinding } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'REF002',
  slug: 'unused-record',
  severity: 'warning',
  absenceOf: ['host', 'gateway', 'tunnel', 'auth'],
  summary: 'No policy or protected peer ever uses a tunnel, authentication record or IKE policy.',
  rationale:
    'A record that nothing refers to hides mistakes: somebody meant a peer to get it, and the peer gets something else or nothing. Records that an earlier one hides completely are reported by their own rules.',
  references: ['RFC 4301 §4.4.3'],
  bad: [
    'add tunnel old -tsource 10.1.1.1 -tdestination 10.9.9.9',
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1\nadd auth used -remote 10.2.2.2/32 -preshared Plover-Sand-77\nadd auth spare -remote 10.7.7.7/32 -preshared Plover-Sand-78',
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1\nadd auth used -remote 10.2.2.2/32 -kmp IKEV2 -preshared Plover-Sand-77\nadd ikev1 wrong -remote 10.2.2.2/32',
  ],
  good: [
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9\nadd host h -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel t -action PASS\nadd auth gw -remote 10.9.9.9/32 -preshared Plover-Sand-77',
    'add host h -source 10.1.1.1/32 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd auth near -remote 10.2.2.0/24 -kmp IKEV2 -preshared Plover-Sand-77\nadd ikev2 near -remote 10.2.2.0/25',
  ],
  *check(context) {
    const { policies } = context;
    const named = new Set([...policies.hosts, ...policies.gateways].map((record) => record.tunnel?.value));
    for (const tunnel of policies.tunnels) {
      if (!named.has(tunnel.name)) yield unused(tunnel, 'no host or gateway policy names it');
    }
    const used = usedRecords(context);
    const auths = authLookup(policies);
    for (const [number, auth] of auths.records.entries()) {
      if (!used.auths.has(auth) && auths.index.wins(number))
        yield unused(auth, 'no policy protects traffic with a peer that would get it');
    }
    for (const version of [1, 2] as const) {
      const ike = ikeLookup(policies, version);
      for (const [number, policy] of ike.records.entries()) {
        if (!used.ike.has(policy) && ike.index.wins(number))
          yield unused(policy, `no protected peer that speaks IKEv${version} would get it`);
      }
    }
  },
});

function unused(record: RecordBase & { readonly kind: string }, why: string): RuleFinding {
  return {
    message: `${recordText(record)} is never used: ${why}`,
    at: record.nameAt,
    record: recordRef(record),
    help: 'remove it, or correct what should lead to it',
    fixes: [{ safety: 'unsafe', title: 'remove the record', edits: [removeStatement(record.at)] }],
  };
}
