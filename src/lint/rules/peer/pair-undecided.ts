import { analysisOf } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, pairFinding } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

/** Twenty by twenty ports that pass, three times: what is left between them is very many pieces. */
const grid = [1, 2, 3]
  .map((number) => {
    const ports = Array.from({ length: 20 }, (_, index) => 1_000 * number + 10 * index);
    const selectors = ports.map((port) => `-source 10.1.1.1/32/${port} -destination 10.2.2.2/32/${port}`).join(' ');
    return `add host grid${number} ${selectors} -protocol TCP -priority ${number} -action PASS`;
  })
  .join('\n');

export default defineRule({
  scope: 'pair',
  code: 'PEER022',
  slug: 'pair-undecided',
  severity: 'info',
  summary: 'What two systems protect towards each other was too costly to work out completely.',
  rationale:
    'The comparison of two systems is exact and bounded. Where a policy has very many exceptions, its remaining traffic is left out of the comparison; this finding says so, so that silence is not taken for agreement.',
  references: ['ipsec-rules(7)'],
  bad: [
    {
      text: `${grid}\nadd host to_b -source 10.1.1.1 -destination 10.2.2.2 -priority 20 -action ESP_AES128_HMAC_SHA1`,
      peer: 'add host to_a -source 10.2.2.2 -destination 10.1.1.1 -priority 5000 -action ESP_AES128_HMAC_SHA1',
    },
  ],
  good: [examplePair({}, {})],
  *check(pair) {
    const { undecided } = analysisOf(pair);
    const [first] = undecided;
    if (!first) return;
    const inA = pair.a.config.spd.includes(first) || pair.a.config.forwardSpd.includes(first);
    const others = undecided.length > 1 ? ` and ${undecided.length - 1} more` : '';
    yield* pairFinding(pair, inA ? [first.source] : [], inA ? [] : [first.source], {
      message: `the traffic of ${ofSystem(inA ? pair.a : pair.b, first.source)}${others} was not compared with ${inA ? pair.b.name : pair.a.name}: it is too costly to work out`,
      help: 'simplify the policies before it, or raise the budget of the configuration',
    });
  },
});
