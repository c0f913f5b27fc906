import { type Dialect, describeLifespan, isIn, type Lifespan } from '../../../model/language/dialect.js';
import type { ExtendedTables } from '../../../model/language/extra-values.js';
import {
  groupRows,
  ikev1Encryption,
  ikev1Hash,
  ikev2Encryption,
  ikev2Hash,
  ikev2Prf,
} from '../../../model/language/values.js';
import type { PolicySet } from '../../../model/resolve.js';
import { type AlgorithmList, algorithmLists, childLists, type ListElement } from '../../algorithm-lists.js';
import type { HostFacts, SystemContext } from '../../context.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';
import { type NamedTarget, targetsOf } from '../../targets.js';
import { listNotes } from '../../weak-algorithms.js';

export default defineRule({
  scope: 'system',
  code: 'OPS004',
  slug: 'target-lacks-algorithm',
  severity: 'error',
  summary: 'The target of the policy does not have an algorithm that it names.',
  rationale:
    'Such a policy is refused when it is installed, or worse, the SA fails when the first packet comes. It is better known before.',
  references: ['ipsec_config_add(1M)', 'ip-xfrm(8)', '/proc/crypto'],
  bad: [
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16',
      host: { target: 'hpux' },
    },
    {
      text: 'add ikev2 b -remote 10.2.2.2 -priority 10 -group 19 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256',
      profiles: ['hpux'],
    },
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_CHACHA20_POLY1305',
      host: { target: 'linux-xfrm', kernelAlgorithms: ['cbc(aes)', 'hmac(sha256)', 'rfc4106(gcm(aes))'] },
    },
  ],
  good: [
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_HMAC_SHA2_256',
      host: { target: 'hpux' },
    },
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16',
      host: { target: 'linux-xfrm', kernelAlgorithms: ['cbc(aes)', 'hmac(sha256)', 'rfc4106(gcm(aes))'] },
    },
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16',
  ],
  *check(context) {
    for (const target of targetsOf(context)) {
      // A file in the target's own dialect is held to it when it is read.
      if (target.dialect && context.policies.dialect === 'extended')
        yield* notInDialect(context, target, target.dialect);
      if (target.target === 'linux-xfrm') yield* notInKernel(context.policies, target, context.host);
    }
  },
});

function* notInDialect(
  { policies, settings }: SystemContext,
  { target, why }: NamedTarget,
  dialect: Dialect,
): Iterable<RuleFinding> {
  for (const list of algorithmLists(policies)) {
    for (const element of list.elements) {
      const missing = rowsOf(list, element, settings.tables).find((row) => !isIn(dialect, row));
      if (!missing) continue;
      const what = list.argument === 'group' || list.argument === 'pfs_group' ? `group ${element.word}` : element.word;
      yield {
        message: `${recordText(list.record)} names ${what}, which ${target} does not have`,
        at: element.place(),
        notes: [why, `known to ${describeLifespan(missing)}`, ...listNotes(list, element)],
        help: `use what dialect ${dialect} has, and state it in the file: # ipsec-dialect: ${dialect}`,
        record: recordRef(list.record),
      };
    }
  }
}

/** The rows of the language that make an element. */
function rowsOf(list: AlgorithmList, element: ListElement, tables: ExtendedTables | undefined): readonly Lifespan[] {
  if (element.spec) return element.rows;
  const extended = tables?.get(`${list.record.kind} ${list.argument}`);
  if (extended) return extended.filter((row) => row.word === element.word);
  const isV2 = list.record.kind === 'ikev2';
  const word = element.word;
  switch (list.argument) {
    case 'group':
    case 'pfs_group':
      return groupRows.filter((row) => row.word === word);
    case 'encryption':
      return (isV2 ? ikev2Encryption : ikev1Encryption).filter((row) => row.word === word);
    case 'hash':
      return (isV2 ? ikev2Hash : ikev1Hash).filter((row) => row.word === word);
    case 'prf':
      return ikev2Prf.filter((row) => row.word === word);
    case 'action':
      return [];
  }
}

function* notInKernel(policies: PolicySet, { why }: NamedTarget, host: HostFacts | undefined): Iterable<RuleFinding> {
  const known = host?.kernelAlgorithms && new Set(host.kernelAlgorithms);
  for (const list of childLists(policies)) {
    for (const element of list.elements) {
      for (const row of element.rows) {
        for (const algorithm of [row.encryption, row.authentication]) {
          if (!algorithm || algorithm.name === 'NULL') continue;
          if (algorithm.xfrm !== undefined && (!known || known.has(algorithm.xfrm))) continue;
          yield {
            message: `${recordText(list.record)} names ${row.word}, and the kernel has no ${algorithm.xfrm ?? algorithm.name}`,
            at: element.rowPlace(row),
            notes: [why, ...listNotes(list, element)],
            help: algorithm.xfrm
              ? `load the module for ${algorithm.xfrm}, or take another transform`
              : 'take another transform',
            record: recordRef(list.record),
          };
        }
      }
    }
  }
}
