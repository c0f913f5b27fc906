import type { Walk } from '../../../model/peer/steps.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import { mutualWalks } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { pairFinding } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const pool =
  '-kmp IKEV2 -preshared file:k -flags AUTOCONF -rtype FQDN -rid peer.example.com -ltype FQDN -lid peer.example.com';

export default defineRule({
  scope: 'pair',
  code: 'PEER012',
  slug: 'nobody-initiates',
  severity: 'error',
  summary: 'Both systems wait for the other one to start.',
  rationale:
    'AUTOCONF makes a system answer only, because the addresses of its peers are not known beforehand, and -start NONE waits as well. With both ends like that no SA ever comes up.',
  references: ['ipsec_config(1M)'],
  bad: [
    examplePair({ auth: pool }, { auth: pool }),
    examplePair({ auth: pool }, { host: '-start NONE -action ESP_AES128_HMAC_SHA2_256' }),
  ],
  good: [
    examplePair(
      { auth: pool },
      { auth: '-kmp IKEV2 -preshared file:k -rtype FQDN -rid peer.example.com -ltype FQDN -lid peer.example.com' },
    ),
    examplePair({ host: '-start NONE -action ESP_AES128_HMAC_SHA2_256' }, {}),
  ],
  *check(pair) {
    const waiting = mutualWalks(pair).filter(({ failure }) => failure?.kind === 'initiate');
    const seen = new Set<string>();
    for (const walk of waiting) {
      if (walk.initiator !== 'a') continue;
      const back = waiting.find(({ initiator, flow, sa }) => initiator === 'b' && flow === walk.flow && sa === walk.sa);
      if (!back) continue;
      const sources = [walk, back].map(({ failure }) => failure?.initiator);
      const key = sources.map((source) => `${source?.record.kind} ${source?.record.name}`).join(' ');
      if (seen.has(key)) continue;
      seen.add(key);
      yield* pairFinding(pair, [sources[0], entryOf(walk)], [sources[1], entryOf(back)], {
        message: `neither system starts: ${walk.failure?.text}, and ${back.failure?.text}`,
        help: 'let one side start: take AUTOCONF or -start NONE away from it',
        origin: (each) =>
          each.kind === 'auth'
            ? (each as AuthRecord).flags.origin
            : 'start' in each
              ? (each as HostRecord | TunnelRecord).start?.origin
              : undefined,
      });
    }
  },
});

function entryOf({ flow, initiator }: Walk) {
  return flow[initiator].entry.source;
}
