import { formatRange } from '../../../model/address.js';
import type { Fix } from '../../../model/finding.js';
import type { TunnelRecord } from '../../../model/record/policy.js';
import { formatSelector, type SelectorPair, sameSelector } from '../../../model/traffic-selector.js';
import type { PairContext } from '../../context.js';
import { type Fault, failuresAt, type Side, type StepOf, sourceOf } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, ofSystem, packetNotes, recordOf, whoStarts } from '../../pair-finding.js';
import { recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

const key = '-kmp IKEV1 -preshared file:keys/a-b.psk';
const tunnel = (own: string, peer: string, source: string, destination: string) => ({
  records: `add tunnel t -tsource ${own} -tdestination ${peer} -source ${source} -destination ${destination} -action ESP_AES128_HMAC_SHA1\nadd host nets -source ${source} -destination ${destination} -priority 10 -tunnel t -action PASS\nadd ikev1 peer -remote ${peer} -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC\nadd auth peer -remote ${peer} -priority 10 ${key}`,
});

export default defineRule({
  scope: 'pair',
  code: 'SEL003',
  slug: 'proxy-id-mismatch',
  severity: 'error',
  summary: 'The client identities of IKEv1 (proxy IDs) are not the same on both sides.',
  rationale:
    'Quick Mode cannot narrow: the responder looks for a policy that means exactly the addresses, protocol and ports of the client identities. One bit of prefix length or a protocol on one side only, and the negotiation fails with INVALID-ID-INFORMATION or without an answer.',
  references: ['RFC 2409 §5.5', 'RFC 2407 §4.6.2', 'ipsec_config(1M)'],
  bad: [
    {
      text: tunnel('10.1.1.1', '10.2.2.2', '10.1.0.0/16', '10.2.0.0/24').records,
      peer: tunnel('10.2.2.2', '10.1.1.1', '10.2.0.0/25', '10.1.0.0/16').records,
    },
    examplePair({ auth: key }, { auth: key, host: '-protocol TCP -action ESP_AES128_HMAC_SHA2_256' }),
  ],
  good: [
    {
      text: tunnel('10.1.1.1', '10.2.2.2', '10.1.0.0/16', '10.2.0.0/24').records,
      peer: tunnel('10.2.2.2', '10.1.1.1', '10.2.0.0/24', '10.1.0.0/16').records,
    },
    examplePair({ auth: key }, { auth: key }),
  ],
  *check(pair) {
    const seen = new Set<string>();
    for (const fault of failuresAt(pair, 'selectors', ({ selectors }) => selectors.kind === 'proxy-ids')) {
      const { selectors } = fault.step;
      if (selectors.kind !== 'proxy-ids') continue;
      // The same two policies fail whoever starts; their entries may differ when one of them has others before it.
      const names = (['a', 'b'] as const).map((side) => sourceOf(fault, side)?.record.name).join(' ');
      if (seen.has(names)) continue;
      seen.add(names);
      const isA = fault.walk.initiator === 'a';
      const [a, b] = isA
        ? [selectors.initiator, mirror(selectors.responder)]
        : [mirror(selectors.responder), selectors.initiator];
      const [sourceA, sourceB] = [sourceOf(fault, 'a'), sourceOf(fault, 'b')];
      if (!sourceA || !sourceB) continue;
      yield* faultFinding(pair, fault, {
        message: `${ofSystem(pair.a, sourceA)} and ${ofSystem(pair.b, sourceB)} mean different traffic${whoStarts(pair, fault)}, and IKEv1 needs the same client identities`,
        notes: [
          ...(isA ? [a, b] : [b, a]).map((ids, index) => idText(pair, isA === (index === 0) ? 'a' : 'b', ids)),
          ...packetNotes(pair, fault),
        ],
        help: 'write the same addresses, protocol and ports on both sides, sources and destinations exchanged',
        fixes: fixesOf(pair, fault, a, b),
      });
    }
  },
});

function mirror({ local, remote }: SelectorPair): SelectorPair {
  return { local: remote, remote: local };
}

function idText(pair: PairContext, side: Side, { local, remote }: SelectorPair): string {
  return `${pair[side].name}: local ${formatSelector(local)}, remote ${formatSelector(remote)}`;
}

/** Where only one address range differs and the policy of `b` names just that one: write `a`'s there. */
function fixesOf(pair: PairContext, fault: Fault<StepOf<'selectors'>>, a: SelectorPair, b: SelectorPair): Fix[] {
  const source = sourceOf(fault, 'b');
  const record = source && (recordOf(pair.b, source) as TunnelRecord | undefined);
  if (record?.kind !== 'tunnel') return [];
  const [localFits, remoteFits] = [sameSelector(a.remote, b.local), sameSelector(a.local, b.remote)];
  if (localFits === remoteFits) return [];
  const [wanted, current, specs] = localFits
    ? [a.local, b.remote, record.destinations]
    : [a.remote, b.local, record.sources];
  const [spec] = specs;
  const onlyRange =
    wanted.protocol === current.protocol &&
    wanted.ports.lo === current.ports.lo &&
    wanted.ports.hi === current.ports.hi;
  if (!onlyRange || wanted.ports.lo !== 0 || wanted.ports.hi !== 65535) return [];
  if (!spec || specs.length !== 1 || spec.origin.kind !== 'explicit') return [];
  // Host policies that hand the same range to the tunnel have to go along.
  const before = spec.value.range;
  const handed = pair.b.policies.hosts
    .filter(({ tunnel }) => tunnel?.value === record.name)
    .map(({ sources, destinations }) => (localFits ? destinations : sources))
    .flatMap((list) => (list.length === 1 ? list : []))
    .filter(({ value: { range, port } }) => !port && range.first === before.first && range.last === before.last);
  const newText = formatRange(wanted.range);
  return [
    {
      safety: 'unsafe',
      title: `write ${newText} in ${recordText(record)} of ${pair.b.name}`,
      edits: [spec, ...handed].flatMap(({ origin }) =>
        origin.kind === 'explicit' ? [{ at: origin.at, newText }] : [],
      ),
    },
  ];
}
