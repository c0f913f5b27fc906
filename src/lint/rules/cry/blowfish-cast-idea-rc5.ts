import { defineRule } from '../../rule.js';
import { weakAlgorithms } from '../../weak-algorithms.js';
import { weakProposals } from '../../weak-proposals.js';

export default defineRule({
  scope: 'system',
  code: 'CRY003',
  slug: 'blowfish-cast-idea-rc5',
  severity: 'error',
  summary: 'Blowfish, CAST, IDEA or RC5 is offered: ciphers that came with IKEv1 and were left behind.',
  rationale:
    'They have blocks of 64 bits, nobody examines them for IPsec any more, and kernels and libraries drop them without notice, so that a tunnel which depends on one ends with an update. The record language has none of them.',
  references: ['RFC 8221 §5', 'RFC 8247 §2.1', 'RFC 9395 §5'],
  bad: [
    'connections { c { remote_addrs = 192.0.2.1\n proposals = blowfish-sha256-modp2048\n children { n { } } } }',
    'connections { c { remote_addrs = 192.0.2.1\n children { n { esp_proposals = aes128-sha256, cast128-sha256 } } } }',
  ],
  good: ['connections { c { remote_addrs = 192.0.2.1\n proposals = aes128-sha256-modp2048\n children { n { } } } }'],
  check: (context) => weakAlgorithms(context, 'CRY003'),
  imported: (context) => weakProposals(context, 'CRY003'),
});
