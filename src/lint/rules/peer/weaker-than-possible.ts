import type { Fix } from '../../../model/finding.js';
import type { Walk } from '../../../model/peer/steps.js';
import type { ChosenTransforms, ProposalLike } from '../../../model/proposal.js';
import { chosenName } from '../../../model/proposal-changes.js';
import { type BetterSuite, strongerSuite } from '../../../model/proposal-strength.js';
import type { IkeRecord } from '../../../model/record/ike.js';
import type { EntrySource } from '../../../model/system-config.js';
import type { PairContext, SystemContext } from '../../context.js';
import { bySide, mutualWalks, type Side } from '../../pair-analysis.js';
import { actionOrigin, ikeArgument, ikeOrigin } from '../../pair-changes.js';
import { examplePair } from '../../pair-examples.js';
import { attributeWord, ofSystem, pairFinding, recordOf, transformWord } from '../../pair-finding.js';
import { listPieces, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const key = '-kmp IKEV2 -preshared file:keys/a-b.psk';

export default defineRule({
  scope: 'pair',
  code: 'PEER013',
  slug: 'weaker-than-possible',
  severity: 'warning',
  summary: 'The order of preference selects a weaker suite than one that both systems have.',
  rationale:
    "The initiator's order decides which of the common proposals is taken. An old algorithm that was listed first, or that stayed in front when a better one was added, wins although both ends can do better.",
  references: ['RFC 7296 §2.7', 'ipsec_config(1M)'],
  bad: [
    examplePair(
      { host: '-action ESP_3DES_HMAC_SHA1,ESP_AES128_HMAC_SHA1' },
      { host: '-action ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1' },
    ),
    examplePair(
      { auth: key, ike: '-group 2,14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256' },
      { auth: key, ike: '-group 14,2 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256' },
    ),
  ],
  good: [
    examplePair(
      { host: '-action ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1' },
      { host: '-action ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1' },
    ),
    // Both are strong enough, and the quicker one may come first.
    examplePair(
      { host: '-action ESP_AES128_HMAC_SHA2_256,ESP_AES256_HMAC_SHA2_512' },
      { host: '-action ESP_AES256_HMAC_SHA2_512,ESP_AES128_HMAC_SHA2_256' },
    ),
  ],
  *check(pair) {
    const seen = new Set<string>();
    for (const walk of mutualWalks(pair)) {
      for (const level of levelsOf(walk)) {
        const key = `${walk.initiator} ${level.mine.record.kind} ${level.mine.record.name} ${level.theirs.record.name}`;
        if (seen.has(key)) continue;
        seen.add(key);
        yield* report(pair, walk, level);
      }
    }
  },
});

interface Level {
  readonly what: 'IKE SA' | 'SAs';
  readonly mine: EntrySource;
  readonly theirs: EntrySource;
  readonly offered: readonly ProposalLike[];
  readonly own: readonly ProposalLike[];
  readonly chosen: ChosenTransforms;
}

function levelsOf({ ike, proposal, initiatorTemplate, responderTemplate }: Walk): Level[] {
  const levels: Level[] = [];
  if (ike?.proposal && ike.initiatorPolicy && ike.responderPolicy) {
    levels.push({
      what: 'IKE SA',
      mine: ike.initiatorPolicy.source,
      theirs: ike.responderPolicy.source,
      offered: ike.initiatorPolicy.proposals,
      own: ike.responderPolicy.proposals,
      chosen: ike.proposal.transforms,
    });
  }
  if (proposal && responderTemplate) {
    levels.push({
      what: 'SAs',
      mine: initiatorTemplate.source,
      theirs: responderTemplate.source,
      offered: initiatorTemplate.proposals,
      own: responderTemplate.proposals,
      chosen: proposal.transforms,
    });
  }
  return levels;
}

function report(pair: PairContext, { initiator, ike, flow }: Walk, level: Level): RuleFinding[] {
  const stronger = strongerSuite(level.offered, level.own, level.chosen);
  const [first] = stronger?.better ?? [];
  if (!stronger || !first) return [];
  const other: Side = initiator === 'a' ? 'b' : 'a';
  const names = (suite: ChosenTransforms) =>
    stronger.better
      .map((attribute) => `${attributeWord(attribute, ike?.version)} ${transformWord(chosenName(suite, attribute))}`)
      .join(', ');
  const places = bySide(initiator, [level.mine], [level.theirs]);
  // The records to change are the initiator's, so they are the ones to point at first.
  const [mine, theirs] = [ofSystem(pair[initiator], level.mine), ofSystem(pair[other], level.theirs)];
  return pairFinding(pair, [...places.a, flow.a.entry.source], [...places.b, flow.b.entry.source], {
    message: `when ${pair[initiator].name} starts, ${mine} leads to ${names(level.chosen)} for the ${level.what} with ${theirs}, although both have ${names(stronger.transforms)}`,
    help: `put the stronger algorithm first in ${mine}, or take the weaker one out`,
    fixes: fixesOf(pair[initiator], level, stronger),
    origin: (record) => ikeOrigin(record, first) ?? actionOrigin(record),
  });
}

/** The stronger word in front of its list, where one list is all there is to change. */
function fixesOf(context: SystemContext, { mine }: Level, { better, offered, transforms }: BetterSuite): Fix[] {
  const record = recordOf(context, mine);
  const origin = record && (actionOrigin(record) ?? ikeOrigin(record, better[0]));
  if (!record || origin?.kind !== 'explicit') return [];
  const pieces = listPieces(origin.at);
  let index = offered;
  if (record.kind !== 'host' && record.kind !== 'tunnel') {
    const [attribute] = better;
    if (better.length !== 1 || !attribute) return [];
    const word = ikeArgument(record as IkeRecord, attribute, context.policies.dialect)?.wordOf(
      chosenName(transforms, attribute),
    );
    index = pieces.findIndex((piece) => piece.word === word);
  }
  const text = ({ start, end }: { start: number; end: number }) => origin.at.source.text.slice(start, end);
  const first = pieces[index];
  if (!first || index === 0) return [];
  const rest = pieces.filter((piece) => piece !== first).map(text);
  return [
    {
      safety: 'unsafe',
      title: `put ${text(first)} first in ${recordText(record)} of ${context.name}`,
      edits: [{ at: origin.at, newText: [text(first), ...rest].join(',') }],
    },
  ];
}
