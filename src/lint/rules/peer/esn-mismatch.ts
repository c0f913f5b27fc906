import type { Fix } from '../../../model/finding.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import { failuresAt, sourceOf } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, packetNotes, recordOf, tableNotes, whoStarts } from '../../pair-finding.js';
import { recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

const action = '-action ESP_AES128_HMAC_SHA2_256';

export default defineRule({
  scope: 'pair',
  code: 'PEER015',
  slug: 'esn-mismatch',
  severity: 'error',
  summary: 'One system insists on extended sequence numbers, the other on 32-bit ones.',
  rationale:
    'Extended sequence numbers are a transform of their own in IKEv2. A side that offers only one of the two and meets a side with only the other has no proposal in common, although all algorithms fit.',
  references: ['RFC 7296 §3.3.2', 'RFC 4304'],
  bad: [examplePair({ host: `-esn ON ${action}` }, { host: action })],
  good: [
    examplePair({ host: `-esn BOTH ${action}` }, { host: action }),
    examplePair({ host: `-esn ON ${action}` }, { host: `-esn ON ${action}` }),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'child-proposal')) {
      const { selection, text } = fault.step;
      if (selection.kind !== 'mismatch') continue;
      const differing = selection.closest?.differing ?? [];
      if (differing.length !== 1 || differing[0] !== 'esn') continue;
      const { initiator } = fault.walk;
      const names = { offered: pair[initiator].name, accepted: pair[initiator === 'a' ? 'b' : 'a'].name };
      const fixes: Fix[] = [];
      for (const side of ['a', 'b'] as const) {
        const source = sourceOf(fault, side);
        const record = source && (recordOf(pair[side], source) as HostRecord | TunnelRecord | undefined);
        if (record?.esn?.value !== 'ON' || record.esn.origin.kind !== 'explicit') continue;
        fixes.push({
          safety: 'unsafe',
          title: `let ${recordText(record)} of ${pair[side].name} take both`,
          edits: [{ at: record.esn.origin.at, newText: 'BOTH' }],
        });
      }
      yield* faultFinding(pair, fault, {
        message: `${text}${whoStarts(pair, fault)}: one has only extended sequence numbers, the other has none`,
        notes: [
          ...tableNotes(
            selection.comparison.filter(({ attribute }) => attribute === 'esn'),
            names,
            2,
          ),
          ...packetNotes(pair, fault),
        ],
        help: 'write -esn BOTH on one side, or the same value on both',
        fixes,
        origin: (record) => ('esn' in record ? (record as HostRecord | TunnelRecord).esn?.origin : undefined),
      });
    }
  },
});
