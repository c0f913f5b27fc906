import { closest } from '../../../model/did-you-mean.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

/** Pairs of names that are compared letter by letter; where thousands of tunnels are unknown, the rest gets no guess. */
const comparedMax = 200_000;

export default defineRule({
  scope: 'system',
  code: 'REF001',
  slug: 'unknown-tunnel',
  severity: 'error',
  absenceOf: ['tunnel'],
  summary: 'A policy names a tunnel that does not exist.',
  rationale:
    'There is nothing to encapsulate its packets with, and the product refuses the batch. Until it is mended this tool treats the packets as discarded, so that a slip in a name never looks like clear text.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host far -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel missing -action PASS',
    'add tunnel branch -tsource 10.1.1.1 -tdestination 10.9.9.9\nadd host far -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel Branch -action PASS',
  ],
  good: [
    'add tunnel branch -tsource 10.1.1.1 -tdestination 10.9.9.9\nadd host far -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel branch -action PASS',
    'add host far -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel later -action PASS\nadd tunnel later -tsource 10.1.1.1 -tdestination 10.9.9.9',
  ],
  *check({ policies }) {
    const nearest = nearestName([...policies.tunnelByName.keys()]);
    for (const record of [...policies.hosts, ...policies.gateways]) {
      const { tunnel } = record;
      if (!tunnel || policies.tunnelByName.has(tunnel.value)) continue;
      const at = tunnel.origin.kind === 'explicit' ? tunnel.origin.at : record.nameAt;
      const guess = nearest(tunnel.value);
      yield {
        message: `${recordText(record)} names tunnel '${tunnel.value}', which does not exist`,
        at,
        record: recordRef(record),
        help: guess
          ? `did you mean '${guess}'? Names of records are case-sensitive`
          : `add tunnel ${tunnel.value}, or leave -tunnel out`,
        ...(guess
          ? { fixes: [{ safety: 'unsafe', title: `name tunnel '${guess}'`, edits: [{ at, newText: guess }] }] }
          : {}),
      };
    }
  },
});

/** Guesses what was meant: a name that is equal but for case, else a near one. */
function nearestName(names: readonly string[]): (word: string) => string | undefined {
  const byLetters = new Map(names.toReversed().map((name) => [name.toLowerCase(), name]));
  const known = new Map<string, string | undefined>();
  let left = comparedMax;
  return (word) => {
    const equal = byLetters.get(word.toLowerCase());
    if (equal !== undefined || known.has(word)) return equal ?? known.get(word);
    left -= names.length;
    const guess = left < 0 ? undefined : closest(word, names);
    known.set(word, guess);
    return guess;
  };
}
