import { algorithmLists } from '../../algorithm-lists.js';
import { configuredProposals, entryText, proposalText } from '../../configured.js';
import { recordRef, recordText } from '../../places.js';
import { guidanceOf } from '../../profiles/active.js';
import { betterTransform } from '../../replacements.js';
import { defineRule } from '../../rule.js';
import { lacksIntegrity } from '../../strength.js';
import { approvedBy, listNotes, replacementFixes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'CRY007',
  slug: 'encryption-without-integrity',
  severity: 'error',
  summary: 'An ESP transform encrypts and does not authenticate.',
  rationale:
    'Without an integrity check a packet can be changed on its way, and the answers to changed packets tell the plaintext bit by bit: encryption alone does not even keep secrets. An AH around the ESP, or a combined-mode cipher, is a check.',
  references: ['RFC 8221 §4', 'RFC 4303 §3.2', 'Degabriele, Paterson 2007'],
  bad: [
    '# ipsec-dialect: A.02\nadd host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES128',
    '# ipsec-dialect: A.02\nadd host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES128_HMAC_SHA1/3600,ESP_3DES/3600',
  ],
  good: [
    '# ipsec-dialect: A.02\nadd host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action AH_SHA1+ESP_AES128',
    'add host lab -source 10.1.1.1 -destination 10.2.3.3 -priority 20 -action ESP_AES256_GCM16',
  ],
  *check({ policies, settings }) {
    const approves = approvedBy(guidanceOf(settings));
    for (const list of algorithmLists(policies)) {
      const { record } = list;
      for (const element of list.elements) {
        const [row] = element.rows;
        if (!row || !lacksIntegrity(element)) continue;
        const at = element.rowPlace(row);
        const better = betterTransform(row, 'authentication', policies.dialect, approves);
        const fixes = better ? replacementFixes(list, element, better.word, row) : [];
        yield {
          message: `${recordText(record)} encrypts without integrity: ${row.word}`,
          at,
          notes: ['RFC 8221 §4: encryption without authentication MUST NOT be used', ...listNotes(list, element)],
          help: better ? `write ${better.word}` : 'take a transform with an integrity algorithm',
          fixes,
          record: recordRef(record),
        };
      }
    }
  },
  *imported(context) {
    for (const proposal of configuredProposals(context)) {
      if (proposal.of !== 'child' || proposal.proposal.protocol !== 'ESP') continue;
      const { encryption, authentication } = proposal.proposal;
      const bare = encryption.filter(({ icvOctets, strengthBits }) => icvOctets === undefined && strengthBits > 0);
      if (authentication.length > 0 || bare.length === 0) continue;
      yield {
        message: `${entryText(proposal.owner)} encrypts without integrity (${proposalText(proposal)})`,
        at: proposal.at,
        notes: ['RFC 8221 §4: encryption without authentication MUST NOT be used'],
        help: 'add an integrity algorithm, or take a combined-mode cipher',
        record: proposal.owner,
      };
    }
  },
});
