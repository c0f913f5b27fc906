import type { Fix } from '../../../model/finding.js';
import type { Origin } from '../../../model/origin.js';
import { pfsGroups } from '../../../model/peer/child.js';
import type { IkeRecord } from '../../../model/record/ike.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import type { EntrySource, IkePolicy, SaTemplate } from '../../../model/system-config.js';
import type { PairContext } from '../../context.js';
import { bySide, failuresAt, type Side } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, packetNotes, pairFinding, recordOf, tableNotes, whoStarts } from '../../pair-finding.js';
import { type AnyRecord, recordText, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

const policy = '-hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256';

export default defineRule({
  scope: 'pair',
  code: 'PEER003',
  slug: 'pfs-mismatch-delayed',
  severity: 'error',
  summary: 'The first SA works, and the first rekey fails: the groups for it do not fit.',
  rationale:
    'IKE_AUTH does not negotiate the group of the first Child SA, whose keys come from the IKE SA. Only CREATE_CHILD_SA does, hours later, when the SA is rekeyed: then one side asks for a key exchange that the other does not have, and traffic stops.',
  references: ['RFC 7296 §1.2', 'RFC 7296 §1.3.3', 'RFC 7296 §2.17'],
  bad: [
    examplePair(
      { ike: `-group 14,19 ${policy}`, host: '-action ESP_AES128_HMAC_SHA2_256 -pfs_group 14' },
      { ike: `-group 14,19 ${policy}`, host: '-action ESP_AES128_HMAC_SHA2_256 -pfs_group 19' },
    ),
    examplePair({ ike: `-group 14 ${policy} -pfs ON` }, { ike: `-group 14 ${policy} -pfs OFF` }),
  ],
  good: [
    examplePair({ ike: `-group 14 ${policy} -pfs ON` }, { ike: `-group 14 ${policy} -pfs ON` }),
    examplePair(
      { ike: `-group 14 ${policy} -pfs ON` },
      { ike: `-group 14 ${policy}`, host: '-action ESP_AES128_HMAC_SHA2_256 -pfs_group 14' },
    ),
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'pfs')) {
      const { walk, step } = fault;
      const { initiator, ike, initiatorTemplate, responderTemplate, flow } = walk;
      if (step.selection.kind !== 'mismatch' || !responderTemplate) continue;
      const titles = { offered: pair[initiator].name, accepted: pair[initiator === 'a' ? 'b' : 'a'].name };
      const rows = step.selection.comparison.filter(({ attribute }) => attribute === 'key-exchange');
      const lifetime = initiatorTemplate.proposals[0]?.lifetimeSeconds.value ?? 0;
      const sides = bySide<PfsSide>(
        initiator,
        { template: initiatorTemplate, policy: ike?.initiatorPolicy },
        { template: responderTemplate, policy: ike?.responderPolicy },
      );
      const name = (side: Side) => ofSystem(pair[side], sides[side].template.source);
      const places = (side: Side) => [groupSource(sides[side]), sides[side].template.source, flow[side].entry.source];
      yield* pairFinding(pair, places('a'), places('b'), {
        message: `SAs of ${name('a')} and ${name('b')} work until the first rekey${whoStarts(pair, fault)}, which fails: the groups for it differ`,
        notes: [
          ...tableNotes(rows, titles, 2),
          ...(lifetime > 0 ? [`the first rekey comes after at most ${lifetime} seconds`] : []),
          `the groups are those of ${(['a', 'b'] as const).map((side) => ofSystem(pair[side], groupSource(sides[side]))).join(' and ')}`,
          ...packetNotes(pair, fault),
        ],
        help: 'give both sides the same -pfs and the same groups',
        fixes: fixesOf(pair, sides),
        origin: groupOrigin,
      });
    }
  },
});

interface PfsSide {
  readonly template: SaTemplate;
  readonly policy: IkePolicy | undefined;
}

/** The record that the groups of a side come from. */
function groupSource({ template, policy }: PfsSide): EntrySource {
  return (template.pfsGroups ? template : (policy ?? template)).source;
}

function groupOrigin(record: AnyRecord): Origin | undefined {
  if (record.kind === 'host' || record.kind === 'tunnel')
    return (record as HostRecord | TunnelRecord).pfsGroups?.origin;
  return record.kind === 'ikev2' ? (record as IkeRecord).pfs.origin : undefined;
}

/** PFS on where one side has it off; or the first group of `a` for `b` too, where `b` has a list of its own for it. */
function fixesOf(pair: PairContext, sides: Readonly<Record<Side, PfsSide>>): Fix[] {
  const groups = { a: pfsGroups(sides.a.template, sides.a.policy), b: pfsGroups(sides.b.template, sides.b.policy) };
  const off = (['a', 'b'] as const).find((side) => groups[side].length === 0);
  const record = recordOf(pair[off ?? 'b'], groupSource(sides[off ?? 'b']));
  if (off) {
    const policy = record?.kind === 'ikev2' ? (record as IkeRecord) : undefined;
    const other = groups[off === 'a' ? 'b' : 'a'];
    if (!policy?.groups.value.some((id) => other.some((group) => group.id === id))) return [];
    const title = `turn PFS on in ${recordText(policy)} of ${pair[off].name}`;
    return [{ safety: 'unsafe', title, edits: [setArgument(policy, 'pfs', policy.pfs.origin, 'ON')] }];
  }
  const [wanted] = groups.a;
  const list = record && record.kind !== 'ikev2' ? (record as HostRecord | TunnelRecord).pfsGroups : undefined;
  if (!record || !wanted || list?.origin.kind !== 'explicit') return [];
  const words = [...list.value, wanted.id].join(',');
  const title = `take group ${wanted.id} too in ${recordText(record)} of ${pair.b.name}`;
  return [{ safety: 'unsafe', title, edits: [setArgument(record, 'pfs_group', list.origin, words)] }];
}
