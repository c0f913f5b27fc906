import type { Fix } from '../../../model/finding.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { failuresAt, sourceOf } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, packetNotes, recordOf, whoStarts } from '../../pair-finding.js';
import { recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

const key = '-kmp IKEV1 -preshared file:keys/a-b.psk';

export default defineRule({
  scope: 'pair',
  code: 'PEER005',
  slug: 'exchange-mismatch',
  severity: 'error',
  summary: 'One system starts Main Mode where the other takes Aggressive Mode, or the reverse.',
  rationale:
    'The exchange is not negotiated: the responder checks that the one it gets is the one in its auth record, and drops it otherwise.',
  references: ['RFC 2409 §5', 'ipsec_config(1M)'],
  bad: [
    examplePair({ auth: `${key} -exchange MM` }, { auth: `${key} -exchange AM` }),
    examplePair({ auth: `${key} -exchange AM` }, { auth: key }),
  ],
  good: [
    examplePair({ auth: `${key} -exchange MM` }, { auth: key }),
    examplePair({ auth: `${key} -exchange AM` }, { auth: `${key} -exchange AM` }),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'exchange')) {
      const fixes: Fix[] = [];
      for (const side of ['a', 'b'] as const) {
        const source = sourceOf(fault, side);
        const record = source && (recordOf(pair[side], source) as AuthRecord | undefined);
        // Main Mode is the one to keep: the other shows identities, and with preshared keys the hash to guess against.
        if (record?.kind !== 'auth' || record.exchange.value !== 'AM') continue;
        fixes.push({
          safety: 'unsafe',
          title: `use Main Mode in ${recordText(record)} of ${pair[side].name}`,
          edits: [setArgument(record, 'exchange', record.exchange.origin, 'MM')],
        });
      }
      yield* faultFinding(pair, fault, {
        message: `${fault.step.text}${whoStarts(pair, fault)}`,
        notes: packetNotes(pair, fault),
        help: 'give both sides the same -exchange, MM where addresses are fixed',
        fixes,
        origin: (auth) => (auth.kind === 'auth' ? (auth as AuthRecord).exchange.origin : undefined),
      });
    }
  },
});
