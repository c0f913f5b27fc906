import { formatPacket } from '../../../model/packet.js';
import { mirrorBox } from '../../../model/peer/mirror.js';
import type { Walk } from '../../../model/peer/steps.js';
import { addressKey } from '../../../model/peer/system-view.js';
import { intersectRegions } from '../../../model/selector/algebra.js';
import type { Region } from '../../../model/selector/box.js';
import { formatBox } from '../../../model/selector/format-box.js';
import { simplify } from '../../../model/selector/simplify.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import type { EntrySource } from '../../../model/system-config.js';
import type { PairContext } from '../../context.js';
import { bySide, mutualWalks, type Side } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, pairFinding } from '../../pair-finding.js';
import { ownProfile } from '../../peer-products.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const tunnel = (own: string, peer: string, source: string, destination: string) =>
  `add tunnel t -tsource ${own} -tdestination ${peer} -source ${source} -destination ${destination} -action ESP_AES128_HMAC_SHA2_256\nadd host nets -source ${source} -destination ${destination} -priority 10 -tunnel t -action PASS\nadd ikev2 peer -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256\nadd auth peer -remote ${peer} -priority 10 -kmp IKEV2 -preshared file:keys/a-b.psk`;

/** Boxes of what is lost that are shown. */
const boxesMax = 4;

export default defineRule({
  scope: 'pair',
  code: 'SEL004',
  slug: 'will-be-narrowed',
  severity: 'warning',
  summary: 'The selectors of two systems differ: IKEv2 narrows them, and part of the traffic is left out.',
  rationale:
    'The responder answers with what both sides have in common, the SA comes up, and everything looks well. Packets that only one side selects are then dropped by it, or find another policy, or travel in the clear, depending on what else it has.',
  references: ['RFC 7296 §2.9', 'RFC 4301 §4.4.1'],
  bad: [
    {
      text: tunnel('10.1.1.1', '10.2.2.2', '10.1.0.0/16', '10.2.0.0/16'),
      peer: tunnel('10.2.2.2', '10.1.1.1', '10.2.0.0/24', '10.1.0.0/16'),
    },
    examplePair({}, { host: '-protocol TCP -action ESP_AES128_HMAC_SHA2_256' }),
  ],
  good: [
    {
      text: tunnel('10.1.1.1', '10.2.2.2', '10.1.0.0/16', '10.2.0.0/16'),
      peer: tunnel('10.2.2.2', '10.1.1.1', '10.2.0.0/16', '10.1.0.0/16'),
    },
    examplePair({}, {}),
    // The SA of transport mode is between two hosts, whatever nets their policies name.
    examplePair(
      {},
      {
        records:
          'add host nets -source 10.2.2.2 -destination 10.1.0.0/16 -priority 10 -action ESP_AES128_HMAC_SHA2_256\nadd ikev2 peer -remote 10.1.0.0/16 -priority 10 -group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256\nadd auth peer -remote 10.1.0.0/16 -priority 10 -kmp IKEV2 -preshared file:keys/a-b.psk',
      },
    ),
  ],
  *check(pair) {
    for (const lost of losses(pair)) yield* report(pair, lost);
  },
});

/** What one policy selects and no policy of the other side that it meets. */
interface Loss {
  readonly side: Side;
  readonly source: EntrySource;
  readonly others: readonly EntrySource[];
  /** In the side's terms; undefined: too costly to tell. */
  readonly region: Region | undefined;
}

/** Several policies of the other side may make up for each other: only what none of them has is lost. */
function losses(pair: PairContext): Loss[] {
  const found = new Map<string, { loss: Loss; others: Set<EntrySource> }>();
  for (const walk of mutualWalks(pair)) {
    for (const { side, source, other, region } of lossesOf(walk)) {
      // In transport mode the selectors are those of two addresses, and of other two nothing can make up for them.
      const ends = [walk.initiatorAddress, walk.responderAddress].map(addressKey).sort().join(' ');
      const key = `${side} ${source.record.kind} ${source.record.name} ${ends}`;
      const known = found.get(key);
      if (!known) {
        found.set(key, { loss: { side, source, others: [other], region }, others: new Set([other]) });
        continue;
      }
      known.others.add(other);
      const before = known.loss.region;
      known.loss = {
        ...known.loss,
        others: [...known.others],
        region: before && region ? simplify(intersectRegions(before, region)) : (before ?? region),
      };
    }
  }
  const bySource = new Map<string, Loss>();
  for (const { loss } of found.values()) {
    const key = `${loss.side} ${loss.source.record.kind} ${loss.source.record.name}`;
    if (loss.region?.length !== 0 && !bySource.has(key)) bySource.set(key, loss);
  }
  return [...bySource.values()];
}

interface SideLoss {
  readonly side: Side;
  readonly source: EntrySource;
  readonly other: EntrySource;
  readonly region: Region | undefined;
}

function lossesOf({ steps, initiator, initiatorTemplate, responderTemplate }: Walk): SideLoss[] {
  const step = steps.find(({ kind }) => kind === 'selectors');
  if (step?.kind !== 'selectors' || !responderTemplate) return [];
  if (step.selectors.kind !== 'equal' && step.selectors.kind !== 'narrowed') return [];
  const { onlyInitiator, onlyResponder } =
    step.selectors.kind === 'narrowed' ? step.selectors : { onlyInitiator: [], onlyResponder: [] };
  const [mine, theirs] = [initiatorTemplate.source, responderTemplate.source];
  return [
    { side: initiator, source: mine, other: theirs, region: onlyInitiator },
    {
      side: initiator === 'a' ? 'b' : 'a',
      source: theirs,
      other: mine,
      region: onlyResponder?.map(mirrorBox),
    },
  ];
}

function report(pair: PairContext, { side, source, others, region }: Loss): RuleFinding[] {
  const other = side === 'a' ? 'b' : 'a';
  const [first] = others;
  if (!first) return [];
  const [context, peer] = [pair[side], pair[other]];
  const sources = bySide<readonly EntrySource[]>(side, [source], others);
  const boxes = (region ?? []).map((box) => ({ ...box, direction: { lo: 0, hi: 1 } }));
  const witness = boxes[0] && witnessPacket({ ...boxes[0], direction: { lo: 0, hi: 0 } });
  const strict = [context, peer].find((one) => ownProfile(one)?.narrowing.value === 'exact');
  const findings = pairFinding(pair, sources.a, sources.b, {
    message: region
      ? `${ofSystem(context, source)} selects more than ${ofSystem(peer, first)}: ${strict ? `${strict.name} does not narrow, and refuses when it responds` : 'IKEv2 narrows the SA to what both have'}`
      : `${ofSystem(context, source)} and ${ofSystem(peer, first)} differ; what is lost by narrowing was too costly to work out`,
    notes: [
      ...boxes.slice(0, boxesMax).map((box) => `only ${context.name}: ${formatBox(box)}`),
      ...(boxes.length > boxesMax ? [`and ${boxes.length - boxesMax} more such sets of packets`] : []),
      ...(witness ? [`for example ${formatPacket(witness)} from ${context.name} gets no SA`] : []),
      ...(strict ? [`${ownProfile(strict)?.title}: ${ownProfile(strict)?.narrowing.note}`] : []),
    ],
    help: 'write the same selectors on both sides, sources and destinations exchanged',
  });
  return strict ? findings.map((finding) => ({ ...finding, severity: 'error' })) : findings;
}
