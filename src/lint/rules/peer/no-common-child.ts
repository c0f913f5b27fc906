import { pfsGroups } from '../../../model/peer/child.js';
import { compareProposals, withGroups } from '../../../model/proposal.js';
import { smallestChanges } from '../../../model/proposal-changes.js';
import { failuresAt } from '../../pair-analysis.js';
import { actionOrigin, adviseChanges } from '../../pair-changes.js';
import { examplePair } from '../../pair-examples.js';
import { attributeWord, faultFinding, packetNotes, tableNotes, whoStarts } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'pair',
  code: 'PEER002',
  slug: 'no-common-child',
  severity: 'error',
  summary: 'Two systems protect the same traffic, but have no ESP or AH proposal in common.',
  rationale:
    'Both agree on an IKE SA, and then no SA for the traffic comes about: the transforms, the mode (transport or tunnel), the number of nested SAs or, in IKEv1, the group for perfect forward secrecy do not fit. In IKEv2 the product deletes the IKE SA as well.',
  references: ['RFC 7296 §2.7', 'RFC 7296 §3.3.6', 'RFC 2407 §4.5'],
  bad: [
    examplePair({ host: '-action ESP_3DES_HMAC_SHA1' }, { host: '-action ESP_AES128_HMAC_SHA1' }),
    examplePair({ host: '-action AH_SHA1' }, { host: '-action ESP_AES128_HMAC_SHA1' }),
    examplePair(
      {},
      {
        records:
          'add tunnel t -tsource 10.2.2.2 -tdestination 10.1.1.1 -source 10.2.2.2 -destination 10.1.1.1 -action ESP_AES128_HMAC_SHA2_256\nadd host to_a -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -tunnel t -action PASS\nadd ikev2 a_ike -remote 10.1.1.1 -priority 10 -group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256\nadd auth a_auth -remote 10.1.1.1 -priority 10 -kmp IKEV2 -preshared file:keys/a-b.psk',
      },
    ),
  ],
  good: [
    examplePair({}, {}),
    examplePair(
      { host: '-action ESP_AES256_HMAC_SHA2_256,ESP_AES128_HMAC_SHA1' },
      { host: '-action ESP_AES128_HMAC_SHA1' },
    ),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'mode')) {
      yield* faultFinding(pair, fault, {
        message: `${fault.step.text}${whoStarts(pair, fault)}`,
        notes: packetNotes(pair, fault),
        help: 'use a tunnel policy on both sides or on neither',
      });
    }
    for (const fault of failuresAt(pair, 'child-proposal')) {
      const { selection, text } = fault.step;
      const { initiatorTemplate, responderTemplate, ike, initiator } = fault.walk;
      if (selection.kind !== 'mismatch' || !responderTemplate) continue;
      const differing = selection.closest?.differing ?? [];
      // Sequence numbers alone are a matter of their own.
      if (differing.length === 1 && differing[0] === 'esn') continue;
      const names = { offered: pair[initiator].name, accepted: pair[initiator === 'a' ? 'b' : 'a'].name };
      const groups =
        ike?.version === 1
          ? {
              offered: pfsGroups(initiatorTemplate, ike.initiatorPolicy),
              own: pfsGroups(responderTemplate, ike.responderPolicy),
            }
          : { offered: [], own: [] };
      const offered = withGroups(initiatorTemplate.proposals, groups.offered);
      const own = withGroups(responderTemplate.proposals, groups.own);
      const isPfs = differing[0] === 'key-exchange';
      const advice = adviseChanges(pair, fault, smallestChanges(offered, own, { acceptAnyGroup: true }));
      yield* faultFinding(pair, fault, {
        message: `${text}${whoStarts(pair, fault)}${differing[0] ? `: the ${attributeWord(differing[0], ike?.version)} differs` : ''}`,
        notes: [...tableNotes(compareProposals(offered, own), names, ike?.version), ...packetNotes(pair, fault)],
        ...(isPfs
          ? { help: 'give both sides the same -pfs, and with ON the same -group' }
          : {
              ...advice,
              origin: actionOrigin,
            }),
      });
    }
  },
});
