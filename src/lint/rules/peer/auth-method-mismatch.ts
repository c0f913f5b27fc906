import type { AuthRecord } from '../../../model/record/auth.js';
import { failuresAt } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, packetNotes } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'pair',
  code: 'PEER008',
  slug: 'auth-method-mismatch',
  severity: 'error',
  summary: 'A system proves itself by a method that the other does not expect.',
  rationale:
    'The method of an auth record without -local_method and -remote_method follows from -preshared: with a key it is PSK, without one RSASIG. So a key that is written on one side only makes the methods differ. IKEv1 negotiates the method with the proposal and needs one for both directions; IKEv2 allows two.',
  references: ['RFC 7296 §2.15', 'RFC 2409 §5', 'ipsec_config(1M)'],
  bad: [
    examplePair({ auth: '-kmp IKEV2 -preshared file:keys/a-b.psk' }, { auth: '-kmp IKEV2' }),
    examplePair(
      { auth: '-kmp IKEV1 -preshared file:keys/a-b.psk' },
      { auth: '-kmp IKEV1 -local_method RSASIG -remote_method RSASIG' },
    ),
  ],
  good: [
    examplePair({ auth: '-kmp IKEV2' }, { auth: '-kmp IKEV2' }),
    examplePair(
      { auth: '-kmp IKEV2 -local_method PSK -remote_method RSASIG -preshared file:k' },
      { auth: '-kmp IKEV2 -local_method RSASIG -remote_method PSK -preshared file:k' },
    ),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'method')) {
      yield* faultFinding(pair, fault, {
        message: fault.step.text,
        notes: packetNotes(pair, fault),
        help: 'give both sides the same method: -preshared on both, or on neither with certificates',
        origin: (auth) => (auth.kind === 'auth' ? (auth as AuthRecord).localMethod.origin : undefined),
      });
    }
  },
});
