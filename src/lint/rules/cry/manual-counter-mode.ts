import { protectingRecords, transformList } from '../../algorithm-lists.js';
import { isManual } from '../../peer-policies.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { listNotes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'CRY016',
  slug: 'manual-counter-mode',
  severity: 'error',
  summary: 'A cipher that counts its nonces has a manual key.',
  rationale:
    'CTR, GCM, CCM, GMAC and ChaCha20 must never use a nonce twice under one key. A manual key outlives a restart while the counter begins again: then two packets cancel out to their plaintexts, and with GCM packets can be forged. The RFCs of these modes forbid manual keys.',
  references: ['RFC 3686', 'RFC 4106', 'RFC 4309', 'RFC 7634', 'RFC 8221 §3'],
  bad: [
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16 -in ESP/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f -out ESP/2500202/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5/0x0f1e2d3c4b5a69788796a5b4c3d2e1f1',
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_CTR_HMAC_SHA1 -in ESP/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f -out ESP/2500202/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5/0x0f1e2d3c4b5a69788796a5b4c3d2e1f1',
  ],
  good: [
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1 -in ESP/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f -out ESP/2500202/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5/0x0f1e2d3c4b5a69788796a5b4c3d2e1f1',
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16',
  ],
  *check({ policies }) {
    for (const record of protectingRecords(policies)) {
      if (!isManual(record)) continue;
      const list = transformList(record);
      for (const element of list.elements) {
        const row = element.rows.find(({ encryption }) => encryption?.saltOctets !== undefined);
        if (!row) continue;
        yield {
          message: `${recordText(record)} has manual keys for ${row.word}, which repeats nonces after a restart`,
          at: element.rowPlace(row),
          notes: listNotes(list, element),
          help: 'let IKE make the keys; with manual keys take a CBC cipher',
          record: recordRef(record),
        };
      }
    }
  },
});
