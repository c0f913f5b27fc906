import type { Sourced } from '../../../model/origin.js';
import { protocolNumbers } from '../../../model/packet.js';
import type { AddressSpec, HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import { recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

/** UDP services whose messages fit into one packet: DHCP, NTP, IKE, DHCPv6. */
const smallServices: readonly number[] = [67, 68, 123, 500, 4500, 546, 547];

export default defineRule({
  scope: 'system',
  code: 'ACT010',
  slug: 'port-selector-fragments',
  severity: 'warning',
  summary: 'Ports select traffic that comes in fragments, of which only the first has ports.',
  rationale:
    'Later fragments of a datagram carry no ports and are selected by another policy: they travel in the clear, or are dropped, and the datagram with them. UDP services with large messages are concerned, and tunnels, whose inner packets may be fragments already; TCP finds the path MTU instead.',
  references: ['RFC 4301 §7', 'RFC 4301 §4.4.1.1'],
  bad: [
    'add host dns -source 10.1.1.1 -destination 10.2.2.2/32/DNS-UDP -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add tunnel web -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16/443 -protocol TCP -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host time -source 10.1.1.1 -destination 10.2.2.2/32/NTP -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host telnet -source 10.1.1.1 -destination 10.2.2.2/32/TELNET -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host udp -source 10.1.1.1 -destination 10.2.2.2 -protocol UDP -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  *check({ policies }) {
    for (const tunnel of policies.tunnels) {
      const limited = portsOf(tunnel)[0];
      if (!limited) continue;
      yield {
        at: limited.origin.kind === 'explicit' ? limited.origin.at : tunnel.nameAt,
        record: recordRef(tunnel),
        message: `tunnel '${tunnel.name}' selects by port ${portText(limited)}: inner packets that are fragments have none`,
        help: 'select by port in the host policy, and leave ports out of the tunnel',
      };
    }
    for (const host of policies.hosts) {
      if (host.action.value.kind !== 'TRANSFORMS' && !host.tunnel) continue;
      const limited = portsOf(host).find((spec) => isLarge(host, spec.value));
      if (!limited) continue;
      yield {
        at: limited.origin.kind === 'explicit' ? limited.origin.at : host.nameAt,
        record: recordRef(host),
        message: `host '${host.name}' protects UDP port ${portText(limited)}: fragments after the first have no ports and meet another policy`,
        help: 'protect the whole protocol between these addresses, or keep datagrams below the path MTU',
      };
    }
  },
});

function portsOf({ sources, destinations }: HostRecord | TunnelRecord): readonly Sourced<AddressSpec>[] {
  return [...sources, ...destinations].filter(({ value }) => value.port !== undefined);
}

function isLarge(host: HostRecord, { port, service }: AddressSpec): boolean {
  const protocol = service?.protocol ?? host.protocol.value;
  const isSmall = port?.lo === port?.hi && smallServices.includes(port?.lo ?? -1);
  return protocol === protocolNumbers.UDP && !isSmall;
}

function portText({ value: { port, service } }: Sourced<AddressSpec>): string {
  if (!port) return '';
  const number = port.lo === port.hi ? `${port.lo}` : `${port.lo}-${port.hi}`;
  return service ? `${number} (${service.word})` : number;
}
