import type { Fix } from '../../../model/finding.js';
import { formatPacket } from '../../../model/packet.js';
import { startingPacket } from '../../../model/peer/analysis.js';
import type { HostRecord } from '../../../model/record/policy.js';
import type { PairContext } from '../../context.js';
import { mirrorEdit } from '../../mirror-record.js';
import { type OneSidedFlow, oneSidedFlows } from '../../one-sided.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, pairFinding, recordOf, sourceText } from '../../pair-finding.js';
import { defineRule, type RuleFinding } from '../../rule.js';

export default defineRule({
  scope: 'pair',
  code: 'PEER009',
  slug: 'one-sided',
  severity: 'error',
  absenceOf: ['host', 'gateway', 'tunnel'],
  summary: 'A system protects traffic towards another one that does not protect it.',
  rationale:
    'SAs come in pairs: a system without a policy for them refuses the negotiation, drops what arrives in the clear where it should be protected, or answers in the clear what its peer then drops. Either way the traffic stops in one direction at least.',
  references: ['RFC 4301 §5.2', 'Hamed, Al-Shaer and Marrero 2005', 'ipsec_config(1M)'],
  bad: [
    examplePair(
      {},
      {
        records:
          'add auth a -remote 10.1.1.1 -priority 10\nadd host other -source 10.2.2.2 -destination 10.3.3.3 -priority 10 -action ESP_AES128_HMAC_SHA1',
      },
    ),
    examplePair(
      {},
      {
        records:
          'add host web -source 10.2.2.2/32/80 -destination 10.1.1.1 -protocol TCP -priority 5 -action PASS\nadd host to_a -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -action ESP_AES128_HMAC_SHA2_256\nadd ikev2 a_ike -remote 10.1.1.1 -priority 10 -group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256\nadd auth a_auth -remote 10.1.1.1 -priority 10 -kmp IKEV2 -preshared file:keys/a-b.psk',
      },
    ),
  ],
  good: [
    examplePair({}, {}),
    examplePair({}, { records: 'add host other -source 10.2.2.3 -destination 10.3.3.3 -priority 10 -action PASS' }),
  ],
  *check(pair) {
    const groups = new Map<string, OneSidedFlow[]>();
    for (const flow of oneSidedFlows(pair)) {
      if (flow.cause.kind !== 'missing' && flow.cause.kind !== 'exception') continue;
      // One finding for everything that the other side has nothing for, one for each exception.
      const key =
        flow.cause.kind === 'missing'
          ? flow.protector
          : `${flow.protector} ${flow.mine.number} ${flow.mine.list.kind} ${flow.theirs.number} ${flow.theirs.list.kind}`;
      const list = groups.get(key);
      if (list) list.push(flow);
      else groups.set(key, [flow]);
    }
    for (const flows of groups.values()) yield* report(pair, flows);
  },
});

function report(pair: PairContext, flows: readonly OneSidedFlow[]): RuleFinding[] {
  const { flow, protector, mine, theirs, cause } = flows[0]!;
  const [from, to] = protector === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
  const subject = ofSystem(from, mine.entry.source);
  const { action } = theirs.entry;
  const does =
    action.kind === 'BYPASS'
      ? 'lets pass in the clear'
      : action.kind === 'DISCARD'
        ? 'discards'
        : `protects, but not towards ${from.name}`;
  const records = [...new Set(flows.map((each) => sourceText(each.mine.entry.source.record)))];
  const message =
    cause.kind === 'missing'
      ? `${subject} protects traffic towards ${to.name}, which has no policy for it`
      : `${subject} protects traffic towards ${to.name}, which ${sourceText(theirs.entry.source.record)} ${does}`;
  const record = recordOf(from, mine.entry.source);
  // Meant to be so: the other system is not rolled out yet, and its traffic goes on in the clear.
  const isFallback =
    mine.entry.action.kind === 'PROTECT' && mine.entry.action.fallbackToClear && action.kind === 'BYPASS';
  const edit =
    cause.kind === 'missing' && record?.kind === 'host' ? mirrorEdit(from, record as HostRecord, to) : undefined;
  const fixes: Fix[] = edit
    ? [{ safety: 'unsafe', title: `add the mirror image of ${subject} to ${to.name}`, edits: [edit] }]
    : [];
  const notes = [
    `for example ${formatPacket(startingPacket(flow, protector))} from ${from.name}`,
    ...(cause.kind === 'missing' && theirs.entry.source.record.name === 'default'
      ? [`${to.name} leaves it to its default, which ${does} what no policy selects`]
      : []),
    ...(records.length > 1
      ? [`the same holds for ${records.slice(1, 9).join(', ')}${records.length > 9 ? ' and others' : ''}`]
      : []),
  ];
  if (isFallback) notes.push('FALLBACK_TO_CLEAR lets the traffic pass in the clear until then');
  const places = { a: [flow.a.entry.source], b: [flow.b.entry.source] };
  return pairFinding(pair, places.a, places.b, {
    message,
    notes,
    help:
      cause.kind === 'missing'
        ? `write the mirror image in ${to.name}: sources and destinations exchanged, the same transforms`
        : `make the same exception in ${from.name}, or take it out of ${to.name}`,
    fixes,
  }).map((finding) => (isFallback ? { ...finding, severity: 'info' as const } : finding));
}
