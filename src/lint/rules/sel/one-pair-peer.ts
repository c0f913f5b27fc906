import { formatAddress, singleAddress } from '../../../model/address.js';
import type { TunnelRecord } from '../../../model/record/policy.js';
import type { LintSettings } from '../../context.js';
import { type KnownPeer, peersWithin } from '../../peer-products.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SEL009',
  slug: 'one-pair-peer',
  severity: 'warning',
  summary: 'Several pairs of selectors go to a peer that keeps only one SA pair.',
  rationale:
    'Such gateways replace the SAs of one pair when the next one is negotiated: the tunnels flap, and only the last one carries traffic. One pair that is wide enough, with routes and policies doing the rest, works. The rule speaks of peers whose product is known, from the inventory or by --peer-profile.',
  references: ['RFC 7296 §2.9'],
  bad: [
    {
      text: 'add tunnel cloud -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.20.0.0/16 -destination 10.30.0.0/16 -action ESP_AES128_HMAC_SHA1',
      peers: { cloud: { address: '15.9.9.9', product: 'cloud-one-pair' } },
    },
    {
      text: 'add tunnel a -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd tunnel b -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.30.0.0/16 -action ESP_AES128_HMAC_SHA1',
      peerProfile: 'cloud-one-pair',
    },
  ],
  good: [
    {
      text: 'add tunnel cloud -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.16.0.0/12 -action ESP_AES128_HMAC_SHA1',
      peerProfile: 'cloud-one-pair',
    },
    'add tunnel cloud -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.20.0.0/16 -destination 10.30.0.0/16 -action ESP_AES128_HMAC_SHA1',
  ],
  *check({ policies, settings }) {
    if (!settings.peers && !settings.peerProfile) return;
    const byPeer = new Map<string, TunnelRecord>();
    for (const tunnel of policies.tunnels) {
      if (tunnel.manualIn || tunnel.manualOut) continue;
      const limited = limitedPeer(settings, tunnel);
      if (!limited) continue;
      const { profile, name, why } = limited;
      const who = name ? `${name} (${profile.title})` : `a ${profile.title}`;
      const notes = [why, profile.selectorPairsMax.note];
      const pairs = tunnel.sources.length * tunnel.destinations.length;
      const second = tunnel.sources[1] ?? tunnel.destinations[1];
      if (pairs > profile.selectorPairsMax.value) {
        yield {
          at: placeOf(tunnel, second?.origin),
          record: recordRef(tunnel),
          message: `tunnel '${tunnel.name}' has ${pairs} pairs of selectors, and ${who} keeps ${profile.selectorPairsMax.value} for an SA pair`,
          notes,
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
          message: `tunnel '${tunnel.name}' goes to ${address}, as tunnel '${first.name}' does, and ${who} keeps one SA pair`,
          related: [{ at: first.nameAt, text: `tunnel '${first.name}'` }],
          notes,
          help: 'use one tunnel to this peer, wide enough for both',
        };
      }
    }
  },
});

/** The product at the other end, where it takes only so many pairs of selectors. Without an endpoint it is the destination. */
function limitedPeer(settings: LintSettings, { tunnelDestination, destinations }: TunnelRecord): KnownPeer | undefined {
  const ranges = tunnelDestination
    ? [singleAddress(tunnelDestination.value)]
    : destinations.map(({ value }) => value.range);
  return peersWithin(settings, ranges).find(({ profile }) => profile.selectorPairsMax.value > 0);
}
