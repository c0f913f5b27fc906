import type { HostRecord } from '../../../model/record/policy.js';
import { peersOfRecord } from '../../peer-policies.js';
import { isAutoconf } from '../../peers.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1005',
  slug: 'autoconf-outbound',
  severity: 'warning',
  summary: 'A policy makes connections to AUTOCONF peers, which this system cannot open.',
  rationale:
    'Towards AUTOCONF peers this system only answers. A policy that has this side as the client of a service, or that is to start by itself, has nothing to send until the peer has negotiated: its packets are dropped.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host push -source 10.1.1.1 -destination 10.8.0.0/16/22 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA2_256\nadd auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
    'add host pool -source 10.1.1.1 -destination 10.8.0.0/16 -priority 10 -start START -action ESP_AES128_GCM16\nadd auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
  ],
  good: [
    'add host pool -source 10.1.1.1 -destination 10.8.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA2_256\nadd auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
    'add host serve -source 10.1.1.1/32/22 -destination 10.8.0.0/16 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA2_256\nadd auth pool -remote 10.8.0.0/16 -priority 10 -kmp IKEV2 -rtype FQDN -rid .clients.example.com -flags AUTOCONF',
  ],
  *check({ policies }) {
    // Most systems have no such peers.
    if (!policies.auths.some(isAutoconf)) return;
    for (const record of policies.hosts) {
      if (record.action.value.kind !== 'TRANSFORMS') continue;
      const reason = initiates(record);
      if (!reason) continue;
      const peer = [...peersOfRecord(policies, record)].find(({ auth }) => auth && isAutoconf(auth))?.auth;
      if (!peer) continue;
      yield {
        message: `${recordText(record)} ${reason.text} AUTOCONF peers of ${recordText(peer)}, to which this system cannot initiate`,
        at: reason.at,
        related: [{ at: placeOf(peer, peer.flags.origin), text: 'respond only' }],
        help: 'let the peers open the connection, or give them fixed addresses and leave AUTOCONF out',
        record: recordRef(record),
      };
    }
  },
});

/** What makes this side the one that opens: a remote port, or a start of its own. */
function initiates(record: HostRecord) {
  if (record.start?.value === 'START')
    return { text: 'is to start negotiations with', at: placeOf(record, record.start.origin) };
  const service = record.destinations.find(({ value }) => value.port !== undefined);
  const own = record.sources.some(({ value }) => value.port !== undefined);
  return service && !own
    ? { text: 'is for connections to services of', at: placeOf(record, service.origin) }
    : undefined;
}
