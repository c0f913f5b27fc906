import { configuredProposals, entryText } from '../../configured.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'CRY006',
  slug: 'null-null',
  severity: 'error',
  summary: 'An ESP proposal has neither a cipher nor an integrity check.',
  rationale:
    'Such an SA protects nothing, and looks in every list of SAs as if it did. RFC 4303 forbids it; some products take it all the same.',
  references: ['RFC 4303 §1', 'RFC 4301 §4.2', 'RFC 8221 §4'],
  bad: [
    {
      text: 'path pre_shared_key "/etc/racoon/psk.txt";\nremote 192.0.2.1 { exchange_mode main; proposal { encryption_algorithm aes 128; hash_algorithm sha256; authentication_method pre_shared_key; dh_group modp2048; } }\nsainfo anonymous { encryption_algorithm null_enc; authentication_algorithm non_auth; compression_algorithm deflate; }\n',
      more: 'spdadd 10.1.0.0/16 10.2.0.0/16 any -P out ipsec esp/tunnel/192.0.2.2-192.0.2.1/require;\nspdadd 10.2.0.0/16 10.1.0.0/16 any -P in ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;\n',
    },
  ],
  good: ['connections { c { remote_addrs = 192.0.2.1\n children { n { esp_proposals = null-sha256 } } } }'],
  check: () => [],
  *imported(context) {
    for (const proposal of configuredProposals(context)) {
      if (proposal.of !== 'child' || proposal.proposal.protocol !== 'ESP') continue;
      const { encryption, authentication } = proposal.proposal;
      const isBare = authentication.length === 0 && encryption.some(({ name }) => name === 'NULL');
      if (!isBare) continue;
      yield {
        message: `${entryText(proposal.owner)} neither encrypts nor authenticates (${proposal.name})`,
        at: proposal.at,
        help: 'add an integrity algorithm, or take a combined-mode cipher',
        record: proposal.owner,
      };
    }
  },
});
