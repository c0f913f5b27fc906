import { formatPacket } from '../../../model/packet.js';
import { startingPacket } from '../../../model/peer/analysis.js';
import { formatBox } from '../../../model/selector/format-box.js';
import { oneSidedFlows } from '../../one-sided.js';
import { failuresAt } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, ofSystem, packetNotes, pairFinding, whoStarts } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const tunnel = (own: string, peer: string, source: string, destination: string) =>
  `add tunnel t -tsource ${own} -tdestination ${peer} -source ${source} -destination ${destination} -action ESP_AES128_HMAC_SHA2_256\nadd host nets -source ${source} -destination ${destination} -priority 10 -tunnel t -action PASS\nadd ikev2 peer -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256\nadd auth peer -remote ${peer} -priority 10 -kmp IKEV2 -preshared file:keys/a-b.psk`;

export default defineRule({
  scope: 'pair',
  code: 'SEL005',
  slug: 'disjoint-selectors',
  severity: 'error',
  summary: 'Two systems protect traffic towards each other, but not the same.',
  rationale:
    'The selectors have nothing in common, so the responder finds no policy for what is proposed and answers TS_UNACCEPTABLE (IKEv2) or INVALID-ID-INFORMATION (IKEv1). Mostly a network is mistyped on one side, or sources and destinations are not exchanged.',
  references: ['RFC 7296 §2.9', 'RFC 2408 §3.14.1'],
  bad: [
    {
      text: tunnel('10.1.1.1', '10.2.2.2', '10.1.0.0/16', '10.2.0.0/16'),
      peer: tunnel('10.2.2.2', '10.1.1.1', '10.3.0.0/16', '10.1.0.0/16'),
    },
    examplePair(
      { host: '-protocol TCP -action ESP_AES128_HMAC_SHA2_256' },
      { host: '-protocol UDP -action ESP_AES128_HMAC_SHA2_256' },
    ),
  ],
  good: [
    {
      text: tunnel('10.1.1.1', '10.2.2.2', '10.1.0.0/16', '10.2.0.0/16'),
      peer: tunnel('10.2.2.2', '10.1.1.1', '10.2.0.0/24', '10.1.0.0/16'),
    },
    examplePair({}, {}),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'selectors', ({ selectors }) => selectors.kind === 'disjoint')) {
      yield* faultFinding(pair, fault, {
        message: `${fault.step.text}${whoStarts(pair, fault)}`,
        notes: packetNotes(pair, fault),
        help: 'write the same selectors on both sides, sources and destinations exchanged',
      });
    }
    // Each side has policies that meet none of the other's: one finding for all of them.
    const disjoint = oneSidedFlows(pair).filter(({ cause }) => cause.kind === 'disjoint');
    const [first] = disjoint;
    if (first?.cause.kind !== 'disjoint') return;
    const { flow, protector, mine, cause } = first;
    const [a, b] = protector === 'a' ? [mine, cause.partner] : [cause.partner, mine];
    const [from, to] = protector === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
    const sets = (end: typeof mine) => end.entry.selectors.slice(0, 3).map(formatBox).join('; ');
    const others = new Set(
      disjoint
        .map((each) => ofSystem(pair[each.protector], each.mine.entry.source))
        .filter((name) => name !== ofSystem(pair.a, a.entry.source) && name !== ofSystem(pair.b, b.entry.source)),
    );
    yield* pairFinding(pair, [a.entry.source], [b.entry.source], {
      message: `${ofSystem(pair.a, a.entry.source)} and ${ofSystem(pair.b, b.entry.source)} protect traffic towards each other, but none in common`,
      notes: [
        `${pair.a.name} protects ${sets(a)}`,
        `${pair.b.name} protects ${sets(b)}`,
        `for example ${formatPacket(startingPacket(flow, protector))} from ${from.name} is not protected by ${to.name}`,
        ...(others.size > 0 ? [`the same holds for ${[...others].slice(0, 8).join(', ')}`] : []),
      ],
      help: 'write the same selectors on both sides, sources and destinations exchanged',
    });
  },
});
