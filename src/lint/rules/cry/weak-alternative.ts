import { algorithmLists, type ListElement } from '../../algorithm-lists.js';
import { originNotes, recordRef, recordText, removeElements } from '../../places.js';
import { defineRule } from '../../rule.js';
import { encrypts, isStruckOut } from '../../strength.js';

/** Places that are shown of a long list. */
const placesMax = 8;

export default defineRule({
  scope: 'system',
  code: 'CRY019',
  slug: 'weak-alternative',
  severity: 'warning',
  summary: 'A list begins well and ends with weak alternatives.',
  rationale:
    'A list is worth its weakest element: the peer may choose it, and so may somebody who got hold of the peer. Old alternatives are left behind when a list is strengthened at its head. What is wrong with each of them is told by its own rule; this one tells that the list would do without.',
  references: ['RFC 7296 §2.7', 'RFC 4303 §3.2'],
  bad: [
    '# ipsec-dialect: A.02\nadd host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES128_HMAC_SHA1,ESP_DES_HMAC_SHA1',
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 19,14,2 -encryption AES256-GCM16 -prf HMAC-SHA2-256',
    'add host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES128_HMAC_SHA2_256,ESP_NULL_HMAC_SHA2_256',
  ],
  good: [
    'add host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES256_HMAC_SHA2_256,ESP_AES128_HMAC_SHA2_256',
    // Weak from its first element on: the rules about single algorithms say all there is to say.
    'add host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_3DES_HMAC_SHA1,ESP_3DES_HMAC_MD5',
  ],
  *check({ policies }) {
    for (const { record, argument, origin, elements } of algorithmLists(policies)) {
      const [first, ...rest] = elements;
      if (!first || rest.length === 0 || isStruckOut(first)) continue;
      const hides = argument === 'action' && encrypts(first);
      const doomed = rest.filter((element) => isStruckOut(element) || (hides && !encrypts(element)));
      if (doomed.length === 0) continue;
      const words = new Set(doomed.map((element) => element.word));
      const edit = removeElements(origin, (word) => words.has(word.split('/')[0] ?? word));
      const title = `leave ${list(doomed)} out`;
      yield {
        message: `${recordText(record)} offers ${first.word} first, and ${list(doomed)} as well`,
        at: doomed[0]!.place(),
        related: doomed.slice(1, placesMax).map((element) => ({ at: element.place(), text: 'and this' })),
        notes: [
          ...(hides && doomed.some((element) => !encrypts(element))
            ? ['an alternative without encryption lets the peer turn it off']
            : []),
          ...originNotes(argument, origin),
        ],
        help: `${title}, once no peer needs it any more`,
        ...(edit ? { fixes: [{ safety: 'unsafe', title, edits: [edit] }] } : {}),
        record: recordRef(record),
      };
    }
  },
});

function list(elements: readonly ListElement[]): string {
  const words = elements.slice(0, placesMax).map((element) => element.word);
  const more = elements.length - words.length;
  return more > 0 ? `${words.join(', ')} and ${more} more` : words.join(', ');
}
