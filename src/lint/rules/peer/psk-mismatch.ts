import type { AuthRecord } from '../../../model/record/auth.js';
import { failuresAt } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, packetNotes } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'pair',
  code: 'PEER006',
  slug: 'psk-mismatch',
  severity: 'error',
  summary: 'Two systems authenticate each other with different preshared keys, or one has none.',
  rationale:
    'A wrong key cannot be told from a wrong identity or an attack: IKEv2 answers AUTHENTICATION_FAILED, IKEv1 Main Mode cannot even read the message. Each side sees only its own key, so the fault is found by comparing both.',
  references: ['RFC 7296 §2.15', 'RFC 2409 §5.4'],
  bad: [
    examplePair(
      { auth: '-kmp IKEV2 -preshared Sand7-Plover_99x-Reed' },
      { auth: '-kmp IKEV2 -preshared Sand7-Plover_99y-Reed' },
    ),
    examplePair({ auth: '-kmp IKEV1 -preshared 0x5361' }, { auth: '-kmp IKEV1 -preshared 0x5362' }),
    examplePair({ auth: '-kmp IKEV2 -local_method PSK -remote_method PSK' }, { auth: '-kmp IKEV2 -preshared file:k' }),
  ],
  good: [
    // 0x makes hexadecimal of it: these are the same octets.
    examplePair({ auth: '-kmp IKEV1 -preshared 0x5361' }, { auth: '-kmp IKEV1 -preshared Sa' }),
    examplePair({ auth: '-kmp IKEV2 -preshared env:KEY_A_B' }, { auth: '-kmp IKEV2 -preshared file:keys/a-b.psk' }),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'preshared-key')) {
      yield* faultFinding(pair, fault, {
        message: fault.step.text,
        notes: [
          'the keys are compared as octets: 0x makes a key hexadecimal, and quotation marks are part of it',
          ...packetNotes(pair, fault),
        ],
        help: 'write the same key on both sides, best by reference: -preshared file:PATH or env:NAME',
        origin: (auth) => (auth.kind === 'auth' ? (auth as AuthRecord).preshared?.origin : undefined),
      });
    }
  },
});
