import { parseAddress } from '../../../model/address.js';
import { protocolNumbers } from '../../../model/packet.js';
import { systemView } from '../../../model/peer/system-view.js';
import type { GatewayRecord, TunnelRecord } from '../../../model/record/policy.js';
import type { SystemContext } from '../../context.js';
import { defineRule } from '../../rule.js';

const net =
  'add tunnel t -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.5.0.0/16 -destination 10.6.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host h -source 10.5.0.0/16 -destination 10.6.0.0/16 -priority 10 -tunnel t -action PASS';

export default defineRule({
  scope: 'system',
  code: 'TUN010',
  slug: 'target-cannot-forward',
  severity: 'error',
  summary: 'A policy is for forwarded packets, on a system that cannot protect them.',
  rationale:
    'The product protects what it sends and receives itself. It is no security gateway; the one exception is a home agent of Mobile IPv6. A policy for a network behind it is accepted and never applies to that network.',
  references: ["HP-UX IPSec Administrator's Guide, restrictions", 'RFC 4301 §4.1'],
  bad: [
    {
      text: 'add gateway g -source 10.5.0.0/16 -destination 10.6.0.0/16 -priority 10 -action FORWARD',
      host: { target: 'hpux' },
    },
    { text: net, host: { target: 'hpux', addresses: [parseAddress('10.1.1.1')!] } },
  ],
  good: [
    { text: net, host: { target: 'linux-xfrm', roles: ['gateway'] } },
    {
      text: 'add tunnel t -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1 -destination 10.6.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host h -source 10.1.1.1 -destination 10.6.0.0/16 -priority 10 -tunnel t -action PASS',
      host: { target: 'hpux', addresses: [parseAddress('10.1.1.1')!] },
    },
    {
      text: 'add gateway g -source 2001:db8::100 -destination 0::0/0 -protocol MH -priority 10 -action FORWARD',
      host: { target: 'hpux' },
    },
  ],
  *check(context) {
    const { host, policies } = context;
    if (host?.target !== 'hpux') return;
    const notes = [`the inventory says that ${host.name} is a target of kind hpux`];
    const record = ({ kind, name }: GatewayRecord | TunnelRecord) => ({ kind, name });
    for (const gateway of policies.gateways) {
      if (gateway.protocol.value === protocolNumbers.MH) continue;
      yield {
        message: `gateway '${gateway.name}' is for forwarded packets, which the target does not protect`,
        at: gateway.nameAt,
        record: record(gateway),
        notes,
        help: 'move it to a host whose target can forward, or take it out',
      };
    }
    // Without addresses of the inventory nobody knows what is behind the host and what its own.
    if (host.addresses.length === 0) return;
    for (const tunnel of policies.tunnels) {
      const behind = networkBehind(context, tunnel);
      if (!behind) continue;
      yield {
        message: `tunnel '${tunnel.name}' is for packets of a network behind ${host.name}, which the target does not forward protected`,
        at: behind.origin.kind === 'explicit' ? behind.origin.at : tunnel.nameAt,
        record: record(tunnel),
        notes,
        help: `write addresses of ${host.name} itself as -source, or move the tunnel to a gateway`,
      };
    }
  },
});

/** A written source of a tunnel that none of the host's own addresses is in, or that is a part of a wider network. */
function networkBehind(
  { config, policies }: SystemContext,
  tunnel: TunnelRecord,
): TunnelRecord['sources'][number] | undefined {
  if (tunnel.protocol.value === protocolNumbers.MH || !isUsed(policies, tunnel.name)) return undefined;
  const view = systemView(config);
  return tunnel.sources.find(({ value: { range }, origin }) => {
    if (origin.kind !== 'explicit') return false;
    const own = config.addresses.some(
      ({ family, value }) => family === range.family && range.first <= value && value <= range.last,
    );
    return !own && !view.isOwn({ family: range.family, value: range.first });
  });
}

function isUsed(policies: SystemContext['policies'], name: string): boolean {
  return [...policies.hosts, ...policies.gateways].some(({ tunnel }) => tunnel?.value === name);
}
