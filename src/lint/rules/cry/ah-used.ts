import { childLists } from '../../algorithm-lists.js';
import { configuredProposals, entryText, proposalText } from '../../configured.js';
import { recordRef, recordText } from '../../places.js';
import { transformOf } from '../../replacements.js';
import { defineRule } from '../../rule.js';
import { listNotes, replacementFixes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'CRY009',
  slug: 'ah-used',
  severity: 'info',
  summary: 'AH protects packets where ESP with null encryption would do.',
  rationale:
    'AH covers the addresses of a packet and therefore breaks at every NAT; it cannot be carried in UDP, and fewer systems implement it every year. ESP with null encryption or AES-GMAC gives the same service to what the packet carries.',
  references: ['RFC 8221 §6', 'NIST SP 800-77r1 §4.5', 'RFC 7296 §2.23'],
  bad: [
    'add host met -source 10.1.1.1 -destination 10.6.6.6 -protocol UDP -priority 10 -action AH_SHA2_256/28800/0',
    'add tunnel far -tsource 10.1.1.1 -tdestination 10.6.6.1 -source 10.1.1.1 -destination 10.7.0.0/16 -action AH_SHA1,AH_MD5',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { ah_proposals = sha256 } } } }',
  ],
  good: [
    'add host met -source 10.1.1.1 -destination 10.6.6.6 -protocol UDP -priority 10 -action ESP_NULL_HMAC_SHA2_256/28800/0',
    // A nested pair is CRY010's.
    '# ipsec-dialect: A.02\nadd host met -source 10.1.1.1 -destination 10.6.6.6 -priority 10 -action AH_SHA1+ESP_AES128',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes128gcm16 } } } }',
  ],
  *check({ policies }) {
    for (const list of childLists(policies)) {
      const { record } = list;
      for (const element of list.elements) {
        const [row, nested] = element.rows;
        if (!row || nested || row.protocol !== 'AH') continue;
        const at = element.rowPlace(row);
        const esp = transformOf(policies.dialect, 'ESP', 'NULL', row.authentication?.name);
        // One element cannot become ESP alone: a list holds AH or ESP, not both.
        const fixes = esp && list.elements.length === 1 ? replacementFixes(list, element, esp.word, row) : [];
        yield {
          message: `${recordText(record)} uses AH: ${row.word}`,
          at,
          notes: listNotes(list, element),
          help: esp
            ? `write ${esp.word} unless the outer addresses themselves need protection`
            : 'take ESP with null encryption',
          fixes,
          record: recordRef(record),
        };
      }
    }
  },
  *imported(context) {
    for (const proposal of configuredProposals(context)) {
      if (proposal.of !== 'child' || proposal.proposal.protocol !== 'AH') continue;
      yield {
        message: `${entryText(proposal.owner)} uses AH (${proposalText(proposal)})`,
        at: proposal.at,
        help: 'take ESP with null encryption unless the outer addresses themselves need protection',
        record: proposal.owner,
      };
    }
  },
});
