import { configuredProposals, entryText, proposalText } from '../../configured.js';
import { defineRule } from '../../rule.js';

/** Ciphers with several key lengths, written without one. What follows `aes_gcm` may be the length of its check. */
const withoutLength =
  /(?<![\w-])(?:encryption_algorithm\s+)?(aes|aes_cbc|aes_ctr|aesctr|camellia|camellia_cbc|aes_gcm|aes_gcm_16|aes_gcm_a|aes_gcm_b|aes_gcm_c|aesgcm|rijndael|blowfish)(?=$|[-;+,!\s])(?!\s+\d)/i;

export default defineRule({
  scope: 'system',
  code: 'CRY020',
  slug: 'key-length-missing',
  severity: 'error',
  summary: 'A cipher with several key lengths is named without one.',
  rationale:
    'What it then stands for is each product’s own matter: 128 bits for one, 256 and 128 for the next, and other versions differ. Two ends that both write `aes` may not agree, and a later version may choose another length.',
  references: ['RFC 7296 §3.3.5', 'ipsec.conf(5)', 'swanctl.conf(5)'],
  bad: [
    'connections { c { remote_addrs = 192.0.2.1\n proposals = aes-sha256-modp2048\n children { n { } } } }',
    'config setup\nconn n\n left=192.0.2.2\n right=192.0.2.1\n authby=secret\n esp=aes-sha2_256\n auto=start\n',
  ],
  good: [
    'connections { c { remote_addrs = 192.0.2.1\n proposals = aes256-sha256-modp2048\n children { n { esp_proposals = aes256gcm16 } } } }',
    'config setup\nconn n\n left=192.0.2.2\n right=192.0.2.1\n authby=secret\n esp=aes128-sha2_256\n auto=start\n',
  ],
  check: () => [],
  *imported(context) {
    const told = new Set<string>();
    for (const proposal of configuredProposals(context)) {
      if (!proposal.isWritten) continue;
      const { source, start, end } = proposal.at;
      const found = withoutLength.exec(source.text.slice(start, end));
      const key = `${source.path} ${start}`;
      if (!found || told.has(key)) continue;
      told.add(key);
      const word = found[1] ?? '';
      const at = start + found.index + found[0].length - word.length;
      const lengths = [...new Set(proposal.proposal.encryption.map(({ keyBits }) => keyBits))];
      yield {
        message: `${entryText(proposal.owner)} names ${word} without a key length (${proposalText(proposal)})`,
        at: { source, start: at, end: at + word.length },
        notes: [`this product reads it as ${lengths.join(' or ')} bits`],
        help: 'write the length, the same on both ends',
        record: proposal.owner,
      };
    }
  },
});
