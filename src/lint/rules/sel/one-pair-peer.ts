import { formatAddress } from '../../../model/address.js';
import type { TunnelRecord } from '../../../model/record/policy.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

/** Peer profiles of gateways that keep one SA pair for a tunnel. */
const onePair: readonly string[] = ['cloud-one-pair'];

export default defineRule({
  scope: 'system',
  code: 'SEL009',
  slug: 'one-pair-peer',
  severity: 'warning',
  summary: 'Several pairs of selectors go to a peer that keeps only one SA pair.',
  rationale:
    'Such gateways replace the SAs of one pair when the next one is negotiated: the tunnels flap, and only the last one carries traffic. One pair that is wide enough, with routes and policies doing the rest, works. The rule speaks when the profile of such a peer is on.',
  references: ['RFC 7296 §2.9'],
  bad: [
    {
      text: 'add tunnel cloud -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.20.0.0/16 -destination 10.30.0.0/16 -action ESP_AES128_HMAC_SHA1',
      profiles: ['cloud-one-pair'],
    },
    {
      text: 'add tunnel a -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd tunnel b -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.30.0.0/16 -action ESP_AES128_HMAC_SHA1',
      profiles: ['cloud-one-pair'],
    },
  ],
  good: [
    {
      text: 'add tunnel cloud -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.16.0.0/12 -action ESP_AES128_HMAC_SHA1',
      profiles: ['cloud-one-pair'],
    },
    'add tunnel cloud -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.20.0.0/16 -destination 10.30.0.0/16 -action ESP_AES128_HMAC_SHA1',
  ],
  *check({ policies, settings }) {
    const profile = settings.profiles.find((name) => onePair.includes(name));
    if (!profile) return;
    const byPeer = new Map<string, TunnelRecord>();
    for (const tunnel of policies.tunnels) {
      if (tunnel.manualIn || tunnel.manualOut) continue;
      const pairs = tunnel.sources.length * tunnel.destinations.length;
      const second = tunnel.sources[1] ?? tunnel.destinations[1];
      if (pairs > 1) {
        yield {
          at: placeOf(tunnel, second?.origin),
          record: recordRef(tunnel),
          message: `tunnel '${tunnel.name}' has ${pairs} pairs of selectors, and ${profile} peers keep one SA pair`,
          help: 'write one source and one destination that hold all of them',
        };
      }
      const peer = tunnel.tunnelDestination?.value;
      if (!peer) continue;
      const address = formatAddress(peer.family, peer.value);
      const first = byPeer.get(address);
      if (!first) byPeer.set(address, tunnel);
      else {
        yield {
          at: placeOf(tunnel, tunnel.tunnelDestination?.origin),
          record: recordRef(tunnel),
          message: `tunnel '${tunnel.name}' goes to ${address}, as tunnel '${first.name}' does, and ${profile} peers keep one SA pair`,
          related: [{ at: first.nameAt, text: `tunnel '${first.name}'` }],
          help: 'use one tunnel to this peer, wide enough for both',
        };
      }
    }
  },
});
