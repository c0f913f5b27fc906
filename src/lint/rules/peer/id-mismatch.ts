import type { Fix } from '../../../model/finding.js';
import { identityAddress } from '../../../model/peer/identity.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import type { PairContext } from '../../context.js';
import { type Fault, failuresAt, type Side, type StepOf, sourceOf } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, packetNotes, recordOf, whoStarts } from '../../pair-finding.js';
import { recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

const key = '-kmp IKEV2 -preshared file:keys/a-b.psk';

export default defineRule({
  scope: 'pair',
  code: 'PEER007',
  slug: 'id-mismatch',
  severity: 'error',
  summary: 'The identity that a system sends is not the one that the other expects.',
  rationale:
    'Where nothing is written a system sends its own address and expects the address that packets come from. With a name on one side and nothing on the other, another type, or a NAT between them, authentication fails although the key or certificate is right. An IKEv2 responder also looks for its record by the identity first.',
  references: ['RFC 7296 §3.5', 'RFC 2407 §4.6.2', 'RFC 7296 §2.23'],
  bad: [
    examplePair({ auth: `${key} -ltype FQDN -lid a.example.com` }, { auth: key }),
    examplePair({ auth: `${key} -ltype FQDN -lid a.example.com` }, { auth: `${key} -rtype FQDN -rid a.example.org` }),
    examplePair({ auth: key }, { auth: `${key} -rtype IPV4 -rid 10.1.1.2` }),
  ],
  good: [
    examplePair({ auth: key }, { auth: key }),
    examplePair({ auth: `${key} -ltype FQDN -lid a.example.com` }, { auth: `${key} -rtype FQDN -rid .example.com` }),
    examplePair({ auth: key }, { auth: `${key} -rtype IPV4 -rid 10.1.1.0/24` }),
  ],
  *check(pair) {
    // Both negotiations stumble over the same identity, once as the initiator's and once as the responder's.
    const seen = new Set<string>();
    for (const fault of failuresAt(pair, 'identity')) {
      const from = senderOf(fault);
      const known = `${from} ${(['a', 'b'] as const).map((side) => sourceOf(fault, side)?.record.name).join(' ')}`;
      if (seen.has(known)) continue;
      seen.add(known);
      const to = from === 'a' ? 'b' : 'a';
      yield* faultFinding(pair, fault, {
        message: `${fault.step.text}${whoStarts(pair, fault)}`,
        notes: packetNotes(pair, fault),
        help: `write in ${pair[from].name} with -ltype and -lid what is sent, and in ${pair[to].name} with -rtype and -rid what is expected`,
        fixes: fixesOf(pair, fault, to),
        origin: (auth) =>
          auth.kind === 'auth' ? ((auth as AuthRecord).localId ?? (auth as AuthRecord).remoteId)?.origin : undefined,
      });
    }
  },
});

function senderOf({ walk, step }: Fault<StepOf<'identity'>>): Side {
  const isA = (walk.initiator === 'a') === (step.sender === 'initiator');
  return isA ? 'a' : 'b';
}

/** Expect what is sent, where a written value of the same type has to be replaced only. */
function fixesOf(pair: PairContext, fault: Fault<StepOf<'identity'>>, to: Side): Fix[] {
  const { sent } = fault.step;
  const source = sourceOf(fault, to);
  const record = source && (recordOf(pair[to], source) as AuthRecord | undefined);
  const written = record?.kind === 'auth' ? record.remoteId : undefined;
  if (!record || !written || written.origin.kind !== 'explicit' || written.value.type !== sent.type) return [];
  const isPlain = identityAddress(sent) !== undefined || sent.type === 'FQDN' || sent.type === 'USER-FQDN';
  if (!isPlain || sent.value === undefined || written.value.kind === 'any') return [];
  return [
    {
      safety: 'unsafe',
      title: `let ${recordText(record)} of ${pair[to].name} expect ${sent.value}`,
      edits: [{ at: written.origin.at, newText: sent.value }],
    },
  ];
}
