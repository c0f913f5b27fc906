import { anyAddress, rangeContains } from '../../../model/address.js';
import type { Sourced } from '../../../model/origin.js';
import type { AddressSpec } from '../../../model/record/policy.js';
import { placeOf, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SEL012',
  slug: 'peer-may-claim-anything',
  severity: 'warning',
  summary: 'A tunnel is negotiated for every address on both sides.',
  rationale:
    'Whoever authenticates as the peer may ask for an SA for any traffic, also that of other peers. The PAD should bound what a peer may claim to the nets behind it, and a tunnel from everywhere to everywhere bounds nothing. One side alone may be everything, as for a client that sends all through its gateway.',
  references: ['RFC 4301 §4.4.3.2'],
  bad: [
    'add tunnel any -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 0.0.0.0/0 -destination 0.0.0.0/0 -action ESP_AES128_HMAC_SHA1',
    'add tunnel bare -tsource 15.1.1.1 -tdestination 15.9.9.9 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add tunnel out -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 0.0.0.0/0 -action ESP_AES128_HMAC_SHA1',
    'add tunnel net -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 10.1.0.0/16 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1',
  ],
  *check({ policies: { tunnels } }) {
    for (const tunnel of tunnels) {
      if (tunnel.manualIn || tunnel.manualOut || tunnel.protocol.value !== 0) continue;
      const source = tunnel.sources.find(isEverything);
      const destination = tunnel.destinations.find(isEverything);
      if (!source || !destination) continue;
      yield {
        at: placeOf(tunnel, destination.origin.kind === 'explicit' ? destination.origin : source.origin),
        record: recordRef(tunnel),
        message: `tunnel '${tunnel.name}' lets its peer claim every address on both sides`,
        help: 'write the nets behind this system and behind the peer',
      };
    }
  },
});

function isEverything({ value: { range, port } }: Sourced<AddressSpec>): boolean {
  return port === undefined && rangeContains(range, anyAddress(range.family));
}
