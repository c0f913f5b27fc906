import type { Origin } from '../../../model/origin.js';
import type { IkeRecord } from '../../../model/record/ike.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import { failuresAt } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { faultFinding, packetNotes, tableNotes, whoStarts } from '../../pair-finding.js';
import type { AnyRecord } from '../../places.js';
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
      const { initiator, ike } = walk;
      if (step.selection.kind !== 'mismatch') continue;
      const names = { offered: pair[initiator].name, accepted: pair[initiator === 'a' ? 'b' : 'a'].name };
      const rows = step.selection.comparison.filter(({ attribute }) => attribute === 'key-exchange');
      const lifetime = walk.initiatorTemplate.proposals[0]?.lifetimeSeconds.value ?? 0;
      yield* faultFinding(pair, fault, {
        message: `SAs of ${sourcesOf(pair, fault)} work until the first rekey${whoStarts(pair, fault)}, which fails: the groups for it differ`,
        notes: [
          ...tableNotes(rows, names, 2),
          ...(lifetime > 0 ? [`the first rekey comes after at most ${lifetime} seconds`] : []),
          ...(ike?.initiatorPolicy && ike.responderPolicy
            ? [
                `groups are those of ${groupsFrom(walk.initiatorTemplate, ike.initiatorPolicy.source.record)} and of ${groupsFrom(walk.responderTemplate, ike.responderPolicy.source.record)}`,
              ]
            : []),
          ...packetNotes(pair, fault),
        ],
        help: 'give both sides the same -pfs and the same groups',
        origin: groupOrigin,
      });
    }
  },
});

function sourcesOf(
  pair: Parameters<typeof faultFinding>[0],
  { walk }: { walk: { initiatorTemplate: Template; responderTemplate?: Template; initiator: 'a' | 'b' } },
): string {
  const [a, b] =
    walk.initiator === 'a'
      ? [walk.initiatorTemplate, walk.responderTemplate]
      : [walk.responderTemplate, walk.initiatorTemplate];
  return [a && `${words(a)} of ${pair.a.name}`, b && `${words(b)} of ${pair.b.name}`].filter(Boolean).join(' and ');
}

interface Template {
  readonly source: { readonly record: { readonly kind: string; readonly name: string } };
  readonly pfsGroups?: unknown;
}

function words({ source: { record } }: Template): string {
  return `${record.kind} '${record.name}'`;
}

function groupsFrom(template: Template | undefined, policyRecord: Template['source']['record']): string {
  return template?.pfsGroups ? words(template) : `${policyRecord.kind} '${policyRecord.name}'`;
}

function groupOrigin(record: AnyRecord): Origin | undefined {
  if (record.kind === 'host' || record.kind === 'tunnel')
    return (record as HostRecord | TunnelRecord).pfsGroups?.origin;
  return record.kind === 'ikev2' ? (record as IkeRecord).pfs.origin : undefined;
}
