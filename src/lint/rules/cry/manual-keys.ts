import { protectingRecords } from '../../algorithm-lists.js';
import { configuredTemplates, entryText } from '../../configured.js';
import { isManual } from '../../peer-policies.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'CRY015',
  slug: 'manual-keys',
  severity: 'warning',
  summary: 'SAs have keys that somebody wrote down.',
  rationale:
    'Such keys are never renewed, stand readable in a file on both ends, and start again at sequence number 1 after each boot, so that old packets can be replayed. RFC 8221 advises against them; NIST forbids them.',
  references: ['RFC 8221 §3', 'RFC 4303 §3.4.3', 'NIST SP 800-77r1 §3.10'],
  bad: [
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1 -in ESP/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f -out ESP/2500202/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5/0x0f1e2d3c4b5a69788796a5b4c3d2e1f1',
    'add tunnel mk -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.1 -action ESP_NULL_HMAC_SHA1 -in ESP/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out ESP/2500202/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
  ],
  good: [
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add tunnel mk -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.1 -action ESP_AES128_GCM16',
  ],
  *check({ policies }) {
    for (const record of protectingRecords(policies)) {
      if (!isManual(record)) continue;
      const first = record.manualIn ?? record.manualOut;
      yield {
        message: `${recordText(record)} has manual keys`,
        at: placeOf(record, first?.origin),
        notes: ['no rekeying, no replay protection that outlives a restart, no proof of who the peer is'],
        help: 'let IKE make the keys: leave -in and -out away and add an auth record for the peer',
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    for (const { source, manual } of configuredTemplates(context.config)) {
      if (!manual) continue;
      yield {
        message: `${entryText(source.record)} has manual keys`,
        at: manual.outbound.at,
        notes: ['no rekeying, no replay protection that outlives a restart, no proof of who the peer is'],
        help: 'let IKE make the keys',
        record: source.record,
      };
    }
  },
});
