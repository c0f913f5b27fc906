import { childLifetimes, lifetimeFixes, lifetimePlace } from '../../lifetimes.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { isStruckOut, volumeBoundCiphers } from '../../strength.js';
import { listNotes } from '../../weak-algorithms.js';

/** 2^32 blocks of 8 octets: from there on two equal blocks are more likely than not. */
const birthdayKilobytes = 2 ** 35 / 1024;
/** A gigabyte: a chance of about one in two thousand. */
const wantedKilobytes = 2 ** 20;

export default defineRule({
  scope: 'system',
  code: 'LIF006',
  slug: 'block-cipher-volume',
  severity: 'warning',
  restsOn: 'records',
  summary: 'A cipher with blocks of 64 bits may encrypt too much under one key.',
  rationale:
    'After 2^32 blocks (32 GiB) two blocks of ciphertext are probably equal, and each pair tells the difference of two blocks of plaintext. A limit of volume well below renews the key in time; NIST allows 3DES no more than 2^20 blocks.',
  references: ['Bhargavan, Leurent 2016 (Sweet32)', 'NIST SP 800-67r2 §3.3', 'RFC 8221 §5'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_3DES_HMAC_SHA2_256/28800/0',
    'add tunnel a -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_3DES_HMAC_SHA1/28800/40000000',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_3DES_HMAC_SHA2_256/28800/1048576',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/28800/0',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256,ESP_3DES_HMAC_SHA1',
  ],
  *check({ policies }) {
    for (const lifetime of childLifetimes(policies)) {
      const { record, list, element, seconds, kilobytes } = lifetime;
      if (kilobytes > 0 && kilobytes <= birthdayKilobytes) continue;
      // An old alternative behind a good one is to be struck out, not to be limited: CRY019.
      if (element.index > 0 && list.elements[0] && !isStruckOut(list.elements[0])) continue;
      if (!element.rows.some(({ encryption }) => encryption && volumeBoundCiphers.has(encryption.name))) continue;
      yield {
        message: `${recordText(record)}: ${element.word} may encrypt ${kilobytes === 0 ? 'any volume' : `${kilobytes} kilobytes`} under one key; with blocks of 64 bits ${birthdayKilobytes} kilobytes are too much`,
        at: lifetimePlace(lifetime, 'kilobytes'),
        notes: listNotes(list, element),
        help: 'take AES; until then give a limit of volume',
        fixes: lifetimeFixes(lifetime, seconds, wantedKilobytes),
        record: recordRef(record),
      };
    }
  },
});
