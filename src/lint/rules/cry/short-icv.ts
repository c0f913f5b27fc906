import { encryption } from '../../../model/transform.js';
import { algorithmLists } from '../../algorithm-lists.js';
import { configuredProposals, entryText, proposalText } from '../../configured.js';
import { recordRef, recordText } from '../../places.js';
import { longerIcv, transformOf } from '../../replacements.js';
import { defineRule } from '../../rule.js';
import { describeUse, listNotes, replacementFixes, usePlace } from '../../weak-algorithms.js';

const shortIcvOctets = 8;

export default defineRule({
  scope: 'system',
  code: 'CRY017',
  slug: 'short-icv',
  severity: 'warning',
  summary: 'A combined-mode cipher has an integrity check of 8 octets.',
  rationale:
    'One forgery in 2^64 tries succeeds, and with GCM each success tells the key of the check, so that the next ones are easier. RFC 8221 and RFC 8247 keep 8 octets only for very small devices.',
  references: ['RFC 8221 §5', 'RFC 8247 §2.1', 'NIST SP 800-38D appendix C'],
  bad: [
    'add host iot -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_CCM8',
    'add ikev2 iot -remote 10.2.2.2 -priority 10 -group 19 -encryption AES128-GCM16,AES128-GCM8 -prf HMAC-SHA2-256',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes128gcm8 } } } }',
  ],
  good: [
    'add host iot -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_CCM16',
    'add ikev2 iot -remote 10.2.2.2 -priority 10 -group 19 -encryption AES128-GCM16 -prf HMAC-SHA2-256',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes128gcm16 } } } }',
  ],
  *check({ policies }) {
    for (const list of algorithmLists(policies)) {
      for (const element of list.elements) {
        for (const use of element.uses) {
          if (!use.slot.endsWith('encryption') || encryption(use.name).icvOctets !== shortIcvOctets) continue;
          const better = element.spec
            ? transformOf(policies.dialect, 'ESP', use.name.replace(/-8-/, '-16-'), undefined)?.word
            : longerIcv(list, element.word, policies.dialect);
          yield {
            message: `${recordText(list.record)} ${describeUse(list, element, use)}, with an integrity check of ${shortIcvOctets} octets`,
            at: usePlace(element, use),
            notes: listNotes(list, element),
            help: better ? `write ${better}` : 'take the form with 16 octets',
            fixes: better ? replacementFixes(list, element, better) : [],
            record: recordRef(list.record),
          };
        }
      }
    }
  },
  *imported(context) {
    for (const proposal of configuredProposals(context)) {
      const short = proposal.proposal.encryption.filter(({ icvOctets }) => icvOctets === shortIcvOctets);
      if (short.length === 0 || !proposal.isWritten) continue;
      yield {
        message: `${entryText(proposal.owner)} offers ${short.map(({ name }) => name).join(', ')}, with an integrity check of ${shortIcvOctets} octets (${proposalText(proposal)})`,
        at: proposal.at,
        help: 'take the form with 16 octets',
        record: proposal.owner,
      };
    }
  },
});
