import { childLists } from '../../algorithm-lists.js';
import { configuredProposals, entryText, proposalText } from '../../configured.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { encrypts } from '../../strength.js';
import { listNotes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'CRY008',
  slug: 'esp-null',
  severity: 'info',
  summary: 'ESP protects integrity only; the packets stay readable.',
  rationale:
    'Null encryption is right where packets must be inspected on their way, and it is what replaces AH. It is also easily taken for encryption by a person who reads "ESP", so it is worth a comment in the file.',
  references: ['RFC 2410', 'RFC 4543', 'RFC 8221 §5'],
  bad: [
    'add host bak -source 10.1.1.1 -destination 10.6.6.7 -priority 20 -action ESP_NULL_HMAC_SHA2_256/28800/0',
    'add tunnel bak -tsource 10.1.1.1 -tdestination 10.6.6.1 -source 10.1.1.1 -destination 10.7.0.0/16 -action ESP_NULL_AES256_GMAC',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = null-sha256 } } } }',
  ],
  good: [
    'add host bak -source 10.1.1.1 -destination 10.6.6.7 -priority 20 -action ESP_AES128_HMAC_SHA2_256/28800/0',
    // Behind a transform that encrypts it is no intention but a way to lose encryption: CRY019.
    'add host bak -source 10.1.1.1 -destination 10.6.6.7 -priority 20 -action ESP_AES128_HMAC_SHA2_256,ESP_NULL_HMAC_SHA2_256',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes128-sha256 } } } }',
  ],
  *check({ policies }) {
    for (const list of childLists(policies)) {
      const firstEncrypts = list.elements.findIndex(encrypts);
      for (const element of list.elements) {
        const [row] = element.rows;
        if (row?.protocol !== 'ESP' || encrypts(element)) continue;
        if (firstEncrypts !== -1 && firstEncrypts < element.index) continue;
        yield {
          message: `${recordText(list.record)} does not encrypt: ${row.word}`,
          at: element.rowPlace(row),
          notes: listNotes(list, element),
          help: 'if that is meant, say so in a comment; otherwise take a transform with a cipher',
          record: recordRef(list.record),
        };
      }
    }
  },
  *imported(context) {
    for (const proposal of configuredProposals(context)) {
      if (proposal.of !== 'child') continue;
      const { encryption, authentication } = proposal.proposal;
      // Without integrity it is CRY006.
      if (!encryption.some(({ name }) => name === 'NULL') || authentication.length === 0) continue;
      yield {
        message: `${entryText(proposal.owner)} does not encrypt (${proposalText(proposal)})`,
        at: proposal.at,
        help: 'if that is meant, say so in a comment; otherwise take a cipher',
        record: proposal.owner,
      };
    }
  },
});
