import { encryption } from '../../../model/transform.js';
import { ikeLists, isAsShipped, type ListElement, transformList } from '../../algorithm-lists.js';
import { childrenByIke } from '../../peer-policies.js';
import { recordRef, recordText } from '../../places.js';
import { stronger } from '../../replacements.js';
import { defineRule } from '../../rule.js';
import { weaknessOf } from '../../strength.js';
import { listNotes, replacementFixes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'CRY013',
  slug: 'ike-below-child',
  severity: 'warning',
  restsOn: 'records',
  summary: 'An IKE policy prefers a weaker cipher than the SAs that it makes keys for.',
  rationale:
    'The IKE SA carries the negotiation of its child SAs and lends them its keys. If it is protected by less, breaking it is the cheaper way to the packets, and the stronger cipher of the child is only decoration.',
  references: ['RFC 7296 §2.17', 'NIST SP 800-57 part 1 §5.6.2'],
  bad: [
    'add host hq -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16\nadd ikev2 hq -remote 10.2.2.2 -priority 10 -group 19 -encryption AES128-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256\nadd auth hq -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:hq.key',
    'add tunnel hq -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES256_HMAC_SHA2_256\nadd ikev1 hq -remote 10.9.0.0/16 -priority 10 -group 14 -encryption AES128-CBC -hash SHA2-256\nadd auth hq -remote 10.9.9.9 -priority 10 -kmp IKEV1 -preshared file:hq.key',
  ],
  good: [
    'add host hq -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16\nadd ikev2 hq -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-GCM16 -prf HMAC-SHA2-384\nadd auth hq -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:hq.key',
    // The version that is used is the one of the auth record.
    'add host hq -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16\nadd ikev1 hq -remote 10.2.2.2 -priority 10 -group 14 -encryption AES128-CBC -hash SHA2-256\nadd auth hq -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:hq.key',
  ],
  *check({ policies }) {
    for (const [ike, children] of childrenByIke(policies)) {
      if (isAsShipped(ike)) continue;
      const list = [...ikeLists(ike)].find((candidate) => candidate.argument === 'encryption');
      const element = list?.elements[0];
      const use = element?.uses[0];
      // A cipher that is weak in itself is told about already.
      if (!list || !element || !use || weaknessOf(use)) continue;
      const bits = encryption(use.name).strengthBits;
      let best: { element: ListElement; bits: number; child: (typeof children)[number] } | undefined;
      for (const child of children) {
        const first = transformList(child).elements[0];
        const childBits = Math.max(0, ...(first?.rows ?? []).map((row) => row.encryption?.strengthBits ?? 0));
        if (first && childBits > bits && (!best || childBits > best.bits))
          best = { element: first, bits: childBits, child };
      }
      if (!best) continue;
      const better = stronger(list, element.word, best.bits, policies.dialect);
      yield {
        message: `${recordText(ike)} prefers ${use.name} and makes keys for ${recordText(best.child)}, which prefers ${best.element.word}`,
        at: element.place(),
        related: [
          { at: best.element.place(), text: `this SA is protected by ${best.bits} bits, its IKE SA by ${bits}` },
        ],
        notes: listNotes(list, element),
        help: better ? `write ${better}` : 'take a cipher that is as strong',
        fixes: better ? replacementFixes(list, element, better) : [],
        record: recordRef(ike),
      };
    }
  },
});
