import type { TunnelRecord } from '../../../model/record/policy.js';
import type { Span } from '../../../model/span.js';
import { recordRef, removeArgument } from '../../places.js';
import { defineRule } from '../../rule.js';
import { hasTransforms, usersOf } from '../../tunnel-users.js';

export default defineRule({
  scope: 'system',
  code: 'ACT007',
  slug: 'tunnel-protocol-not-all',
  severity: 'error',
  summary: 'A tunnel is limited to a protocol or a port while a host policy with a transform uses it.',
  rationale:
    'The packets that such a tunnel gets are ESP or AH of the inner SA, not TCP or UDP any more: protocol and ports are hidden, and nothing would match. The product refuses the policy. The fix widens what the tunnel carries, so a person has to agree.',
  references: ['ipsec_config(1M)', 'RFC 4301 §4.4.1.1'],
  bad: [
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.3.3 -protocol TCP -action ESP_AES128_HMAC_SHA1\nadd host far -source 15.1.1.1 -destination 10.20.3.3 -priority 10 -tunnel via -action AH_SHA1',
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.3.3/32/TELNET -action ESP_AES128_HMAC_SHA1\nadd host far -source 15.1.1.1 -destination 10.20.3.3 -priority 10 -tunnel via -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.3.3 -protocol ALL -action ESP_AES128_HMAC_SHA1\nadd host far -source 15.1.1.1 -destination 10.20.3.3 -priority 10 -tunnel via -action AH_SHA1',
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.3.3 -protocol TCP -action ESP_AES128_HMAC_SHA1\nadd host far -source 15.1.1.1 -destination 10.20.3.3 -protocol TCP -priority 10 -tunnel via -action PASS',
  ],
  *check({ policies }) {
    for (const tunnel of policies.tunnels) {
      const limit = limitOf(tunnel);
      const users = limit ? usersOf(policies, tunnel.name).filter(hasTransforms) : [];
      const [first] = users;
      if (!limit || !first) continue;
      const { what, at } = limit;
      const edit = what === 'a protocol' ? removeArgument(tunnel.protocol.origin) : undefined;
      const others = users.length > 1 ? ` and ${users.length - 1} more` : '';
      yield {
        at,
        record: recordRef(tunnel),
        message: `tunnel '${tunnel.name}' is limited to ${what}, and host '${first.name}'${others} with a transform of its own uses it`,
        related: [{ at: first.nameAt, text: `host '${first.name}' applies its transform before the tunnel` }],
        help: what === 'a protocol' ? 'write -protocol ALL, or leave -protocol out' : 'leave the port out',
        ...(edit ? { fixes: [{ safety: 'unsafe', title: 'remove -protocol', edits: [edit] }] } : {}),
      };
    }
  },
});

function limitOf(tunnel: TunnelRecord): { what: 'a protocol' | 'a port'; at: Span } | undefined {
  const { protocol, sources, destinations } = tunnel;
  for (const { value, origin } of [...sources, ...destinations]) {
    if (value.port) return { what: 'a port', at: origin.kind === 'explicit' ? origin.at : tunnel.nameAt };
  }
  if (protocol.value === 0) return undefined;
  return { what: 'a protocol', at: protocol.origin.kind === 'explicit' ? protocol.origin.at : tunnel.nameAt };
}
