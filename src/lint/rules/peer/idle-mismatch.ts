import type { AuthRecord } from '../../../model/record/auth.js';
import type { PadEntry } from '../../../model/system-config.js';
import { mutualWalks } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, pairFinding } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const key = '-kmp IKEV2 -preshared file:keys/a-b.psk';

export default defineRule({
  scope: 'pair',
  code: 'PEER020',
  slug: 'idle-mismatch',
  severity: 'warning',
  summary: 'One side probes its peer and drops dead SAs, the other one has probing turned off.',
  rationale:
    'The side that probes deletes its SAs after an outage and negotiates new ones when it has packets to send. The other side does not notice, keeps the old ones until they expire, and sends into them: traffic in that direction disappears for hours.',
  references: ['RFC 7296 §2.4', 'RFC 3706 §1'],
  bad: [examplePair({ auth: `${key} -dpd 30` }, { auth: `${key} -dpd 0` })],
  good: [
    examplePair({ auth: `${key} -dpd 30` }, { auth: `${key} -dpd 60` }),
    examplePair({ auth: `${key} -dpd 30` }, { auth: key }),
  ],
  *check(pair) {
    const seen = new Set<PadEntry>();
    for (const { ike, initiator, flow } of mutualWalks(pair)) {
      if (!ike?.initiatorPad || !ike.responderPad || initiator !== 'a') continue;
      const pads = { a: ike.initiatorPad, b: ike.responderPad };
      const [probes, silent] = [probing(pads.a), probing(pads.b)];
      if (seen.has(pads.a) || probes === undefined || silent === undefined || probes === silent) continue;
      seen.add(pads.a);
      const [on, off] = probes ? (['a', 'b'] as const) : (['b', 'a'] as const);
      yield* pairFinding(pair, [pads.a.source, flow.a.entry.source], [pads.b.source, flow.b.entry.source], {
        message: `${ofSystem(pair[on], pads[on].source)} probes its peer every ${pads[on].dpdSeconds?.value} seconds, ${ofSystem(pair[off], pads[off].source)} never does`,
        help: `write -dpd in ${pair[off].name} too`,
        origin: (record) => (record.kind === 'auth' ? (record as AuthRecord).dpdSeconds?.origin : undefined),
      });
    }
  },
});

/** Only what is written counts: defaults are the implementation's own. */
function probing({ dpdSeconds }: PadEntry): boolean | undefined {
  return dpdSeconds === undefined ? undefined : dpdSeconds.value > 0;
}
