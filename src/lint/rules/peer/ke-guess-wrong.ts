import type { Fix } from '../../../model/finding.js';
import type { SelectedProposal } from '../../../model/proposal.js';
import type { IkeRecord } from '../../../model/record/ike.js';
import type { PairContext } from '../../context.js';
import { type Fault, sourceOf, stepsAt } from '../../pair-analysis.js';
import { ikeArgument, ikeOrigin } from '../../pair-changes.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, ofSystem, recordOf } from '../../pair-finding.js';
import { recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

const rest = '-hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256';

export default defineRule({
  scope: 'pair',
  code: 'PEER018',
  slug: 'ke-guess-wrong',
  severity: 'warning',
  summary: 'The first group that a system offers is not one that the other accepts.',
  rationale:
    'An IKEv2 initiator has to send a public value before it knows which group the responder takes, and guesses the first one. A wrong guess costs a round trip and a key generation each time, and some implementations fail instead of trying again.',
  references: ['RFC 7296 §1.2', 'RFC 7296 §1.3'],
  bad: [
    examplePair({ ike: `-group 19,14 ${rest}` }, { ike: `-group 14 ${rest}` }),
    examplePair(
      { ike: `-group 14 ${rest}`, host: '-pfs_group 19,14 -action ESP_AES128_HMAC_SHA2_256' },
      { ike: `-group 14 ${rest}`, host: '-pfs_group 14 -action ESP_AES128_HMAC_SHA2_256' },
    ),
  ],
  good: [
    examplePair({ ike: `-group 14,19 ${rest}` }, { ike: `-group 14 ${rest}` }),
    examplePair({ ike: `-group 19,14 ${rest}` }, { ike: `-group 14,19 ${rest}` }),
  ],
  *check(pair) {
    const isWrong = ({ verdict, selection }: { verdict: string; selection: { kind: string } }) =>
      verdict === 'warn' && selection.kind === 'selected';
    const ike = stepsAt(pair, 'ike-proposal', isWrong);
    const seen = new Set<string>();
    for (const fault of [...ike, ...stepsAt(pair, 'pfs', isWrong)]) {
      const { selection } = fault.step;
      if (selection.kind !== 'selected' || !selection.wrongGuess) continue;
      const { initiator } = fault.walk;
      const source = sourceOf(fault, initiator);
      // The groups of rekeys come from the IKE policy unless they are written: said once is enough.
      const key = `${initiator} ${selection.wrongGuess.guessed.name} ${selection.wrongGuess.wanted.name}`;
      if (!source || seen.has(key)) continue;
      seen.add(key);
      const other = initiator === 'a' ? 'b' : 'a';
      const what = fault.step.kind === 'pfs' ? 'rekeys' : 'the IKE SA';
      yield* faultFinding(pair, fault, {
        message: `${ofSystem(pair[initiator], source)} offers ${selection.wrongGuess.guessed.name} first for ${what}, and ${pair[other].name} takes only ${selection.wrongGuess.wanted.name} of its groups`,
        help: `put ${selection.wrongGuess.wanted.name} first in ${pair[initiator].name}, or let ${pair[other].name} take ${selection.wrongGuess.guessed.name} too`,
        fixes: fixesOf(pair, fault, selection),
        origin: (record) => ikeOrigin(record, 'key-exchange'),
      });
    }
  },
});

/** The wanted group first, the others as they were. */
function fixesOf(pair: PairContext, fault: Fault, { wrongGuess }: SelectedProposal): Fix[] {
  const { initiator } = fault.walk;
  const source = sourceOf(fault, initiator);
  const record = source && recordOf(pair[initiator], source);
  if (record?.kind !== 'ikev2' || !wrongGuess) return [];
  const ike = record as IkeRecord;
  const argument = ikeArgument(ike, 'key-exchange', pair[initiator].policies.dialect);
  const word = argument?.wordOf(wrongGuess.wanted.name);
  if (!argument || !word) return [];
  const words = [word, ...argument.words.filter((other) => other !== word)].join(',');
  return [
    {
      safety: 'unsafe',
      title: `offer group ${word} first in ${recordText(record)} of ${pair[initiator].name}`,
      edits: [setArgument(record, 'group', argument.origin, words)],
    },
  ];
}
