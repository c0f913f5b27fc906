import { childLists } from '../../algorithm-lists.js';
import { recordRef, recordText } from '../../places.js';
import { transformOf } from '../../replacements.js';
import { defineRule } from '../../rule.js';
import { listNotes, namesPlace, replacementFixes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'CRY010',
  slug: 'ah-over-esp',
  severity: 'warning',
  summary: 'AH is put around ESP instead of integrity inside of ESP.',
  rationale:
    'Two SAs are negotiated, kept and rekeyed where one does the work, every packet grows by another header, and no NAT may stand between the ends. RFC 8221 advises against the combination.',
  references: ['RFC 8221 §4', 'RFC 4301 §3.2'],
  bad: [
    '# ipsec-dialect: A.02\nadd host old -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_MD5+ESP_3DES/28800/0',
    '# ipsec-dialect: A.02\nadd host old -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1+ESP_AES128_HMAC_SHA1',
  ],
  good: [
    '# ipsec-dialect: A.02\nadd host old -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1/28800/0',
    '# ipsec-dialect: A.02\nadd host old -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1',
  ],
  *check({ policies }) {
    for (const list of childLists(policies)) {
      for (const element of list.elements) {
        const [ah, esp] = element.rows;
        if (!ah || !esp) continue;
        const single = transformOf(policies.dialect, 'ESP', esp.encryption?.name, ah.authentication?.name);
        yield {
          message: `${recordText(list.record)} puts AH around ESP: ${element.word}`,
          at: namesPlace(element),
          notes: listNotes(list, element),
          help: single
            ? `write ${single.word}: the same cipher and the same hash in one SA`
            : 'take one ESP transform with integrity',
          fixes: single ? replacementFixes(list, element, single.word) : [],
          record: recordRef(list.record),
        };
      }
    }
  },
});
