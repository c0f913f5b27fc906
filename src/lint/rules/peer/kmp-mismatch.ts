import type { Fix } from '../../../model/finding.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { failuresAt, sourceOf } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, packetNotes, recordOf, whoStarts } from '../../pair-finding.js';
import { recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

const key = '-preshared file:keys/a-b.psk';

export default defineRule({
  scope: 'pair',
  code: 'PEER004',
  slug: 'kmp-mismatch',
  severity: 'error',
  summary: 'The IKE version that one system starts with is not one that the other takes.',
  rationale:
    'An initiator uses the first version of -kmp and never falls back to the second, which is only for answering. So IKEV2,IKEV1 on one side and IKEV1 on the other fail whenever the first side starts, and work when the second does.',
  references: ['ipsec_config(1M)', 'RFC 7296 §2.5'],
  bad: [
    examplePair({ auth: `-kmp IKEV2 ${key}` }, { auth: `-kmp IKEV1 ${key}` }),
    examplePair({ auth: `-kmp IKEV2,IKEV1 ${key}` }, { auth: `-kmp IKEV1 ${key}` }),
  ],
  good: [
    examplePair({ auth: `-kmp IKEV2 ${key}` }, { auth: `-kmp IKEV2 ${key}` }),
    examplePair({ auth: `-kmp IKEV2 ${key}` }, { auth: `-kmp IKEV2,IKEV1 ${key}` }),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'version')) {
      const { initiator } = fault.walk;
      const side = initiator === 'a' ? 'b' : 'a';
      const source = sourceOf(fault, side);
      const record = source && (recordOf(pair[side], source) as AuthRecord | undefined);
      const fixes: Fix[] = [];
      if (record?.kind === 'auth') {
        const versions = [...record.kmp.value, fault.step.version].map((version) => `IKEV${version}`).join(',');
        fixes.push({
          safety: 'unsafe',
          title: `let ${recordText(record)} of ${pair[side].name} answer IKEv${fault.step.version} too`,
          edits: [setArgument(record, 'kmp', record.kmp.origin, versions)],
        });
      }
      const both = fault.initiators.length === 2;
      yield* faultFinding(pair, fault, {
        message: both
          ? `no IKE version is common: ${fault.step.text}`
          : `${fault.step.text}, so nothing comes about${whoStarts(pair, fault)}`,
        notes: packetNotes(pair, fault),
        help: `put a version that both sides have first in -kmp, or add IKEV${fault.step.version} to that of ${pair[side].name}`,
        fixes,
        origin: (auth) => (auth.kind === 'auth' ? (auth as AuthRecord).kmp.origin : undefined),
      });
    }
  },
});
