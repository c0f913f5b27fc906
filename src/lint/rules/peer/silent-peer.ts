import type { SystemContext } from '../../context.js';
import { mutualWalks, type Side } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { pairFinding } from '../../pair-finding.js';
import { ownProfile } from '../../peer-products.js';
import { defineRule } from '../../rule.js';

const key = '-kmp IKEV1 -preshared file:keys/a-b.psk';
const product = (text: string | undefined) =>
  `# ipsec-dialect: A.03.02\n${(text ?? '').replaceAll('file:keys/a-b.psk', 'Sand7-Plover_99x-Reed')}`;
const onProduct = ({ text, peer }: ReturnType<typeof examplePair>) => ({ text: product(text), peer: product(peer) });

export default defineRule({
  scope: 'pair',
  code: 'PEER014',
  slug: 'silent-peer',
  severity: 'info',
  summary: 'The responder says nothing about a mismatch: it will look like packet loss.',
  rationale:
    'The product does not answer an IKEv1 proposal, exchange or version that it does not take, so the initiator retransmits until it gives up and logs a timeout. A mismatch and a firewall in the way look the same from there.',
  references: ["HP-UX IPSec Administrator's Guide, troubleshooting", 'RFC 2408 §5.4'],
  bad: [
    onProduct(
      examplePair(
        { auth: key, ike: '-group 2 -hash SHA1 -encryption AES128-CBC' },
        { auth: key, ike: '-group 14 -hash SHA1 -encryption AES128-CBC' },
      ),
    ),
  ],
  good: [
    onProduct(
      examplePair(
        { auth: key, ike: '-group 2 -hash SHA1 -encryption AES128-CBC' },
        { auth: key, ike: '-group 2 -hash SHA1 -encryption AES128-CBC' },
      ),
    ),
    examplePair(
      { auth: key, ike: '-group 2 -hash SHA1 -encryption AES128-CBC' },
      { auth: key, ike: '-group 14 -hash SHA1 -encryption AES128-CBC' },
    ),
  ],
  *check(pair) {
    const seen = new Set<Side>();
    for (const { ike, failure, initiator, flow } of mutualWalks(pair)) {
      const other = initiator === 'a' ? 'b' : 'a';
      if (ike?.version !== 1 || !failure || seen.has(other) || !isSilent(pair[other])) continue;
      if (!['version', 'exchange', 'ike-policy', 'ike-proposal'].includes(failure.kind)) continue;
      seen.add(other);
      yield* pairFinding(pair, [flow.a.entry.source], [flow.b.entry.source], {
        message: `${pair[other].name} does not answer what it cannot take: ${pair[initiator].name} will report a timeout`,
        notes: [`the cause: ${failure.text}`],
        help: `look at the audit file of ${pair[other].name}, not at the network`,
      });
    }
  },
});

/** Does the product say nothing about what it cannot take? */
function isSilent(context: SystemContext): boolean {
  return ownProfile(context)?.ikev1NoProposal.value === 'silent';
}
