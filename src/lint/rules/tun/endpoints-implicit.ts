import { isManual } from '../../peer-policies.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'TUN002',
  slug: 'endpoints-implicit',
  severity: 'warning',
  summary: "A tunnel policy names no endpoint: each packet's own addresses are taken.",
  rationale:
    'Without -tsource or -tdestination the tunnel runs between the end hosts of each packet, and every destination is a peer of its own that needs an auth record. That is seldom meant, and impossible with manual keys, whose SAs have two fixed ends.',
  references: ['ipsec_config(1M)', 'RFC 4301 §4.4.1.2'],
  bad: [
    'add tunnel t -source 10.1.1.1 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1',
    'add tunnel t -tsource 10.1.1.1 -source 10.1.1.1 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1',
    'add tunnel t -tsource 2001:db8::1 -tdestination 2001:db8::2 -source 2001:db8::1 -destination 2001:db8::2 -action ESP_AES128_HMAC_SHA1',
  ],
  *check({ policies }) {
    for (const tunnel of policies.tunnels) {
      const missing = [
        ...(tunnel.tunnelSource ? [] : ['-tsource']),
        ...(tunnel.tunnelDestination ? [] : ['-tdestination']),
      ];
      if (missing.length === 0) continue;
      const manual = isManual(tunnel);
      yield {
        message: `tunnel '${tunnel.name}' has no ${missing.join(' and no ')}${manual ? ', which its manual keys need' : ''}`,
        at: tunnel.nameAt,
        record: { kind: 'tunnel', name: tunnel.name },
        ...(manual ? { severity: 'error' as const } : {}),
        notes: [
          missing.length === 2
            ? "the tunnel's ends are the source and the destination of each packet"
            : `the missing end is the ${tunnel.tunnelSource ? 'destination' : 'source'} of each packet`,
        ],
        help: `write ${missing.join(' and ')}`,
      };
    }
  },
});
