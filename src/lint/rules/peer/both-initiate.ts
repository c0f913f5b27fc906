import type { Fix } from '../../../model/finding.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import type { SaTemplate } from '../../../model/system-config.js';
import { analysisOf } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, pairFinding, recordOf } from '../../pair-finding.js';
import { recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'pair',
  code: 'PEER011',
  slug: 'both-initiate',
  severity: 'warning',
  summary: 'Both systems start the same SAs by themselves.',
  rationale:
    'When both ends come up together, each negotiates the same SAs, and two sets exist: some implementations keep both for hours, some delete one of them while the other end uses it. One side that starts, and one that waits or negotiates on demand, is enough.',
  references: ['RFC 7296 §2.8.2', 'RFC 7296 §2.25'],
  bad: [
    examplePair(
      { host: '-start START -action ESP_AES128_HMAC_SHA2_256' },
      { host: '-start START -action ESP_AES128_HMAC_SHA2_256' },
    ),
  ],
  good: [
    examplePair({ host: '-start START -action ESP_AES128_HMAC_SHA2_256' }, {}),
    examplePair(
      { host: '-start START -action ESP_AES128_HMAC_SHA2_256' },
      { host: '-start NONE -action ESP_AES128_HMAC_SHA2_256' },
    ),
  ],
  *check(pair) {
    const seen = new Set<SaTemplate>();
    for (const { a, b } of analysisOf(pair).flows) {
      for (const [number, mine] of a.templates.entries()) {
        const theirs = b.templates[number];
        if (mine.start?.value !== 'START' || theirs?.start?.value !== 'START' || seen.has(mine)) continue;
        seen.add(mine);
        const fixes: Fix[] = [];
        const record = recordOf(pair.b, theirs.source) as HostRecord | TunnelRecord | undefined;
        if (record && theirs.start.origin.kind === 'explicit') {
          fixes.push({
            safety: 'unsafe',
            title: `let ${recordText(record)} of ${pair.b.name} negotiate on demand`,
            edits: [{ at: theirs.start.origin.at, newText: 'TRAP' }],
          });
        }
        yield* pairFinding(pair, [mine.source], [theirs.source], {
          message: `${ofSystem(pair.a, mine.source)} and ${ofSystem(pair.b, theirs.source)} both start their SAs`,
          help: 'write -start TRAP or -start NONE on one side',
          fixes,
          origin: (each) => ('start' in each ? (each as HostRecord | TunnelRecord).start?.origin : undefined),
        });
      }
    }
  },
});
