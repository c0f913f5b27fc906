import { formatAddress } from '../../../model/address.js';
import { formatIdentity, sentIdentity } from '../../../model/peer/identity.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { mutualWalks } from '../../pair-analysis.js';
import { pairFinding } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const key = '-kmp IKEV2 -preshared file:keys/a-b.psk';
const side = (own: readonly string[], peer: readonly string[], me: string, you: string, ids: boolean) =>
  own
    .map((address, index) => {
      const other = peer[index] ?? peer[0]!;
      return `add host to_${index} -source ${address} -destination ${other} -priority ${10 * (index + 1)} -action ESP_AES128_HMAC_SHA2_256\nadd auth to_${index} -remote ${other} -priority ${10 * (index + 1)} ${key}${ids ? ` -ltype FQDN -lid ${me} -rtype FQDN -rid ${you}` : ''}`;
    })
    .join('\n');
const a = ['10.1.1.1', '10.1.2.1'];
const b = ['10.2.1.2', '10.2.2.2'];

export default defineRule({
  scope: 'pair',
  code: 'PEER019',
  slug: 'unique-vs-mesh',
  severity: 'warning',
  summary: 'Two systems hold several IKE SAs under the same identities: INITIAL_CONTACT of one ends the others.',
  rationale:
    'INITIAL_CONTACT and uniqueness checks go by the authenticated identities, not by addresses. Multihomed systems that send the same name from each address look like one peer that has restarted, and each new IKE SA deletes its siblings.',
  references: ['RFC 7296 §2.4', 'RFC 2407 §4.6.3.3'],
  bad: [
    {
      text: side(a, b, 'a.example.com', 'b.example.com', true),
      peer: side(b, a, 'b.example.com', 'a.example.com', true),
    },
  ],
  good: [
    { text: side(a, b, '', '', false), peer: side(b, a, '', '', false) },
    {
      text: side(a.slice(0, 1), b, 'a.example.com', 'b.example.com', true),
      peer: side(b.slice(0, 1), a, 'b.example.com', 'a.example.com', true),
    },
  ],
  *check(pair) {
    const byIdentities = new Map<string, Map<string, ReturnType<typeof mutualWalks>[number]>>();
    for (const walk of mutualWalks(pair)) {
      const { ike, initiator, initiatorAddress, responderAddress } = walk;
      if (initiator !== 'a' || !ike?.initiatorPad || !ike.responderPad) continue;
      const ids = [sentIdentity(ike.initiatorPad, initiatorAddress), sentIdentity(ike.responderPad, responderAddress)];
      const key = ids.map(formatIdentity).join(' and ');
      const ends = [initiatorAddress, responderAddress]
        .map(({ family, value }) => formatAddress(family, value))
        .join(' and ');
      const known = byIdentities.get(key);
      if (!known) byIdentities.set(key, new Map([[ends, walk]]));
      else if (!known.has(ends)) known.set(ends, walk);
    }
    for (const [ids, ends] of byIdentities) {
      if (ends.size < 2) continue;
      const [first] = [...ends.values()];
      const { ike, flow } = first!;
      yield* pairFinding(
        pair,
        [ike?.initiatorPad?.source, flow.a.entry.source],
        [ike?.responderPad?.source, flow.b.entry.source],
        {
          message: `${pair.a.name} and ${pair.b.name} have ${ends.size} IKE SAs between different addresses under the same identities, ${ids}`,
          notes: [...ends.keys()].slice(0, 8).map((text) => `one between ${text}`),
          help: 'send another identity from each address, or turn uniqueness off where that can be done',
          origin: (record) => (record.kind === 'auth' ? (record as AuthRecord).localId?.origin : undefined),
        },
      );
    }
  },
});
