import { type Address, formatAddress } from '../../../model/address.js';
import type { Sourced } from '../../../model/origin.js';
import type { AddressSpec, HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import { recordRef, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';
import { hasTransforms, usersOf } from '../../tunnel-users.js';

/** Policies of one tunnel that are shown. */
const shownMax = 8;

export default defineRule({
  scope: 'system',
  code: 'ACT008',
  slug: 'e2e-tunnel-needs-pass',
  severity: 'error',
  summary: 'A tunnel ends at the end hosts themselves, and a host policy that uses it has a transform.',
  rationale:
    'In an end-to-end tunnel the tunnel SA already protects the packets from host to host. The product wants the action PASS in the host policy there; a transform would protect the same packets twice between the same two hosts.',
  references: ['ipsec_config(1M)', 'RFC 4301 §4.3'],
  bad: [
    'add tunnel ab -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1 -destination 10.2.2.2 -action ESP_AES128_HMAC_SHA1\nadd host ab -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -tunnel ab -action ESP_AES128_HMAC_SHA1',
    'add tunnel any -source 10.1.1.1 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host any -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -tunnel any -action AH_SHA1',
  ],
  good: [
    'add tunnel ab -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1 -destination 10.2.2.2 -action ESP_AES128_HMAC_SHA1\nadd host ab -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -tunnel ab -action PASS',
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.3.3 -action ESP_AES128_HMAC_SHA1\nadd host far -source 15.1.1.1 -destination 10.20.3.3 -priority 10 -tunnel via -action AH_SHA1',
  ],
  *check({ policies }) {
    for (const tunnel of policies.tunnels) {
      const users = usersOf(policies, tunnel.name).filter((host) => hasTransforms(host) && isEndToEnd(tunnel, host));
      const [first] = users;
      if (!first) continue;
      const to = tunnel.tunnelDestination?.value;
      const ends = to
        ? `ends at ${formatAddress(to.family, to.value)}, the end host`
        : "ends at the packets' own addresses";
      const others = users.length > 1 ? ` and ${users.length - 1} more` : '';
      yield {
        at: tunnel.nameAt,
        record: recordRef(tunnel),
        message: `tunnel '${tunnel.name}' ${ends}, but host '${first.name}'${others} that uses it has a transform instead of PASS`,
        related: users.slice(0, shownMax).map((host) => {
          const { origin } = host.action;
          return {
            at: origin.kind === 'explicit' ? origin.at : host.nameAt,
            text: `the action of host '${host.name}'`,
          };
        }),
        help: 'write -action PASS in the host policy',
        fixes: [
          {
            safety: 'unsafe',
            title: 'write -action PASS',
            edits: users.map((host) => setArgument(host, 'action', host.action.origin, 'PASS')),
          },
        ],
      };
    }
  },
});

/** Are the tunnel's endpoints the policy's own ends? An endpoint that is not written is the packet's own address. */
function isEndToEnd({ tunnelSource, tunnelDestination }: TunnelRecord, { sources, destinations }: HostRecord): boolean {
  const isEnd = (specs: readonly Sourced<AddressSpec>[], endpoint: Address | undefined) =>
    !endpoint ||
    specs.every(({ value: { range } }) => {
      return range.family === endpoint.family && range.first === endpoint.value && range.last === endpoint.value;
    });
  return isEnd(sources, tunnelSource?.value) && isEnd(destinations, tunnelDestination?.value);
}
