import type { AuthRecord } from '../../../model/record/auth.js';
import { type Fault, type StepOf, stepsAt } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, ofSystem, whoStarts } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const certificates = '-kmp IKEV2 -ltype X500-DN -rtype X500-DN -local_method RSASIG -remote_method RSASIG';

export default defineRule({
  scope: 'pair',
  code: 'PEER017',
  slug: 'needs-fragmentation',
  severity: 'warning',
  summary: 'IKE messages will be larger than a packet, and one side has IKE fragmentation off.',
  rationale:
    'A certificate chain, or the keys of ML-KEM, make IKE messages longer than the path carries. Without fragmentation by IKE the network has to fragment UDP, and firewalls drop such fragments without a word. Both sides must have it on.',
  references: ['RFC 7383 §1', 'RFC 7383 §2.3', 'RFC 9370 §2.2.4'],
  bad: [
    examplePair({ auth: certificates }, { auth: `${certificates} -fragmentation OFF` }),
    examplePair({ auth: `${certificates} -fragmentation OFF` }, { auth: `${certificates} -fragmentation ON` }),
  ],
  good: [
    examplePair({ auth: certificates }, { auth: `${certificates} -fragmentation ON` }),
    examplePair({}, { auth: '-kmp IKEV2 -preshared file:keys/a-b.psk -fragmentation OFF' }),
  ],
  *check(pair) {
    const large = stepsAt(pair, 'ike-proposal', (step, walk) => step.verdict !== 'fail' && isLarge(walk));
    const [fault] = large as Fault<StepOf<'ike-proposal'>>[];
    if (!fault) return;
    const { ike, initiator } = fault.walk;
    const sides =
      initiator === 'a'
        ? { a: ike?.initiatorPad, b: ike?.responderPad }
        : { a: ike?.responderPad, b: ike?.initiatorPad };
    const off = (['a', 'b'] as const).filter((side) => sides[side]?.fragmentation?.value === false);
    const [side] = off;
    const pad = side && sides[side];
    if (!side || !pad) return;
    const why = usesMlKem(fault.walk) ? 'the keys of ML-KEM' : 'certificates';
    yield* faultFinding(
      pair,
      { ...fault, step: { ...fault.step, initiator: ike?.initiatorPad?.source, responder: ike?.responderPad?.source } },
      {
        message: `${why} make IKE messages of ${pair.a.name} and ${pair.b.name} longer than a packet${whoStarts(pair, fault)}, and ${ofSystem(pair[side], pad.source)} has fragmentation off`,
        help: 'write -fragmentation ON on both sides',
        origin: (record) => (record.kind === 'auth' ? (record as AuthRecord).fragmentation?.origin : undefined),
      },
    );
  },
});

type LargeWalk = Fault['walk'];

function isLarge(walk: LargeWalk): boolean {
  const { ike } = walk;
  if (ike?.version !== 2) return false;
  const signs = (method: string | undefined) => method !== undefined && method !== 'PSK';
  return usesMlKem(walk) || signs(ike.initiatorPad?.localMethod.value) || signs(ike.responderPad?.localMethod.value);
}

function usesMlKem({ ike }: LargeWalk): boolean {
  return ike?.proposal?.transforms.keyExchange?.kind === 'ML-KEM';
}
