import { isAllCombined, writtenIkeRecords } from '../../algorithm-lists.js';
import { placeOf, recordRef, recordText, removeArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'CRY018',
  slug: 'aead-plus-integrity',
  severity: 'warning',
  restsOn: 'records',
  summary: 'An IKE policy names an integrity algorithm beside combined-mode ciphers only.',
  rationale:
    'A combined-mode cipher brings its own integrity; a proposal that adds another one is invalid (RFC 5282 §8). This tool leaves -hash out of such proposals, so what is written has no effect, but a reader or another product takes it for real.',
  references: ['RFC 5282 §8', 'RFC 7296 §3.3.3'],
  bad: [
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16 -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -hash HMAC-SHA2-512,HMAC-SHA2-256 -group 19 -encryption CHACHA20-POLY1305 -prf HMAC-SHA2-256',
  ],
  good: [
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-256',
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16,AES256-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
  ],
  *check({ policies }) {
    for (const record of writtenIkeRecords(policies)) {
      if (record.kind !== 'ikev2' || record.hash.origin.kind !== 'explicit' || !isAllCombined(record)) continue;
      const edit = removeArgument(record.hash.origin);
      yield {
        message: `${recordText(record)} names -hash ${record.hash.value.map((row) => row.word).join(',')}, which no cipher of it uses`,
        at: placeOf(record, record.hash.origin),
        related: [{ at: placeOf(record, record.encryption.origin), text: 'these ciphers bring their own integrity' }],
        help: 'leave -hash out; the PRF is named by -prf',
        ...(edit ? { fixes: [{ safety: 'safe', title: 'leave -hash out', edits: [edit] }] } : {}),
        record: recordRef(record),
      };
    }
  },
});
