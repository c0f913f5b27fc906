import { algorithmLists } from '../../algorithm-lists.js';
import { recordRef, recordText } from '../../places.js';
import { guidanceOf } from '../../profiles/active.js';
import { defineRule } from '../../rule.js';
import { weaknessOf } from '../../strength.js';
import { describeUse, guidanceNotes, listNotes, objectionSeverity, usePlace } from '../../weak-algorithms.js';
import { unapprovedProposals } from '../../weak-proposals.js';

export default defineRule({
  scope: 'system',
  code: 'PRO001',
  slug: 'algorithm-not-approved',
  severity: 'error',
  summary: 'An algorithm is not among those that an active guidance profile approves.',
  rationale:
    'The algorithm is not weak in itself, but whoever follows the profile has agreed to use others: for a higher level of strength, for a certificate of conformity, or because the profile’s time for it is over. Algorithms that are weak by themselves are told by the rules about them.',
  references: ['the citation of the profile, which the finding names'],
  bad: [
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256',
      profiles: ['cnsa1'],
    },
    {
      text: 'add ikev2 b -remote 10.2.2.2 -priority 10 -group 31 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
      profiles: ['stig'],
    },
    {
      text: 'add ikev2 b -remote 10.2.2.2 -priority 10 -group 20,14 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
      profiles: ['nist-800-77r1', 'bsi-tr-02102-3'],
    },
    {
      text: 'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes128-sha256 } } } }',
      profiles: ['cnsa1'],
    },
    {
      text: 'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes256gcm16-ecp384 } } } }',
      profiles: ['cnsa1'],
    },
  ],
  good: [
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256',
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
      profiles: ['cnsa1', 'stig', 'nist-800-77r1', 'bsi-tr-02102-3'],
    },
    // Weak by itself: CRY002.
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_3DES_HMAC_SHA2_384',
      profiles: ['cnsa1'],
    },
    {
      text: 'connections { c { remote_addrs = 192.0.2.1\n proposals = aes256gcm16-prfsha384-ecp384\n children { n { esp_proposals = aes256gcm16-ecp384 } } } }',
      profiles: ['cnsa1'],
    },
  ],
  *check({ policies, settings }) {
    const active = guidanceOf(settings);
    if (active.demands('algorithms').length === 0) return;
    for (const list of algorithmLists(policies)) {
      for (const element of list.elements) {
        for (const use of element.uses) {
          const severity = objectionSeverity(active, use);
          if (!severity || weaknessOf(use)) continue;
          yield {
            message: `${recordText(list.record)} ${describeUse(list, element, use)}, which is not approved`,
            at: usePlace(element, use),
            severity,
            notes: [...guidanceNotes(active, use), ...listNotes(list, element)],
            help: 'take an algorithm that the profile approves',
            record: recordRef(list.record),
          };
        }
      }
    }
  },
  imported: unapprovedProposals,
});
