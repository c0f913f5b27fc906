import { formatPacket } from '../../../model/packet.js';
import { startingPacket } from '../../../model/peer/analysis.js';
import { type OneSidedFlow, oneSidedFlows } from '../../one-sided.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, pairFinding, sourceText } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const rest =
  'add ikev2 peer -remote 0.0.0.0/0 -priority 10 -group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256\nadd auth peer -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -preshared file:keys/a-b.psk';
const inA = (web: number, all: number) =>
  `add host web -source 10.1.1.1 -destination 10.2.2.2/32/80 -protocol TCP -priority ${web} -action PASS\nadd host all -source 10.1.1.1 -destination 10.2.2.2 -priority ${all} -action ESP_AES128_HMAC_SHA2_256\n${rest}`;
const inB = (web: number, all: number) =>
  `add host web -source 10.2.2.2/32/80 -destination 10.1.1.1 -protocol TCP -priority ${web} -action PASS\nadd host all -source 10.2.2.2 -destination 10.1.1.1 -priority ${all} -action ESP_AES128_HMAC_SHA2_256\n${rest}`;

export default defineRule({
  scope: 'pair',
  code: 'PRI004',
  slug: 'order-differs-between-peers',
  severity: 'warning',
  summary: 'Two systems have the same overlapping rules in another order.',
  rationale:
    'First match decides, on each system by its own priorities. Where two rules overlap and the ends order them differently, one end protects what the other passes in the clear or drops, although every rule has its counterpart.',
  references: ['RFC 4301 §4.4.1', 'Hamed, Al-Shaer and Marrero 2005'],
  bad: [
    examplePair({ records: inA(10, 20) }, { records: inB(20, 10) }),
    examplePair({ records: inA(20, 10) }, { records: inB(10, 20) }),
  ],
  good: [
    examplePair({ records: inA(10, 20) }, { records: inB(10, 20) }),
    examplePair({ records: inA(10, 20) }, { records: inB(5, 300) }),
  ],
  *check(pair) {
    const seen = new Set<string>();
    for (const found of oneSidedFlows(pair)) {
      const { cause, mine, theirs, protector, flow } = found;
      if (cause.kind !== 'order') continue;
      const key = `${protector} ${mine.number} ${theirs.number}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const [from, to] = protector === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
      const texts = orderTexts(found);
      yield* pairFinding(pair, [flow.a.entry.source], [flow.b.entry.source], {
        message: `${ofSystem(from, mine.entry.source)} protects packets that ${ofSystem(to, theirs.entry.source)} ${texts.does}: the two systems order the same rules differently`,
        notes: [
          `${from.name} takes ${texts.mine} first, ${to.name} ${texts.theirs}`,
          `for example ${formatPacket(startingPacket(flow, protector))} from ${from.name}`,
        ],
        help: 'give the rules the same order on both systems',
      });
    }
  },
});

function orderTexts({ mine, theirs, cause }: OneSidedFlow): { mine: string; theirs: string; does: string } {
  const text = (end: OneSidedFlow['mine'], number: number) => sourceText(end.list.entries[number]!.source.record);
  const behind = cause.kind === 'order' ? cause : { behindMine: mine.number, behindTheirs: theirs.number };
  return {
    mine: `${text(mine, mine.number)} before ${text(mine, behind.behindMine)}`,
    theirs: `${text(theirs, theirs.number)} before ${text(theirs, behind.behindTheirs)}`,
    does: theirs.entry.action.kind === 'BYPASS' ? 'passes in the clear' : 'discards',
  };
}
