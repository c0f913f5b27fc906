import { smallestChanges } from '../../../model/proposal-changes.js';
import { failuresAt } from '../../pair-analysis.js';
import { adviseChanges, ikeOrigin } from '../../pair-changes.js';
import { examplePair } from '../../pair-examples.js';
import { attributeWord, faultFinding, packetNotes, tableNotes, whoStarts } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'pair',
  code: 'PEER001',
  slug: 'no-common-ike',
  severity: 'error',
  summary: 'Two systems have no IKE proposal in common.',
  rationale:
    'The responder takes one proposal as a whole: cipher, integrity or hash, PRF and group all have to be in both policies. An IKEv2 responder answers NO_PROPOSAL_CHOSEN; an IKEv1 responder often says nothing, and the initiator sees a timeout as if a firewall were in the way.',
  references: ['RFC 7296 §2.7', 'RFC 7296 §3.3.6', 'RFC 2409 §5'],
  bad: [
    examplePair(
      { ike: '-group 2 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1' },
      { ike: '-group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1' },
    ),
    examplePair(
      { auth: '-kmp IKEV1 -preshared file:keys/a-b.psk', ike: '-group 14 -hash SHA1 -encryption 3DES' },
      { auth: '-kmp IKEV1 -preshared file:keys/a-b.psk', ike: '-group 14 -hash SHA1 -encryption AES256-CBC' },
    ),
  ],
  good: [
    examplePair({}, {}),
    examplePair(
      { ike: '-group 19,14 -hash HMAC-SHA2-256 -encryption AES256-CBC,AES128-CBC -prf HMAC-SHA2-256' },
      { ike: '-group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256' },
    ),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'ike-proposal')) {
      const { selection, text } = fault.step;
      const { ike, initiator } = fault.walk;
      if (selection.kind !== 'mismatch' || !ike?.initiatorPolicy || !ike.responderPolicy) continue;
      const [first] = selection.closest?.differing ?? [];
      const names = { offered: pair[initiator].name, accepted: pair[initiator === 'a' ? 'b' : 'a'].name };
      const changes = smallestChanges(ike.initiatorPolicy.proposals, ike.responderPolicy.proposals);
      yield* faultFinding(pair, fault, {
        message: `${text}${whoStarts(pair, fault)}${first ? `: the ${attributeWord(first, ike.version)} differs` : ''}`,
        notes: [...tableNotes(selection.comparison, names, ike.version), ...packetNotes(pair, fault)],
        origin: (record) => ikeOrigin(record, first),
        ...adviseChanges(pair, fault, changes),
      });
    }
  },
});
