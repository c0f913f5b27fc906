import type { Severity } from '../../../model/finding.js';
import { entryPlace, entryText } from '../../configured.js';
import { allowsIkev1 } from '../../peers.js';
import { elementPlace, originNotes, recordRef, recordText, removeElements, setArgument } from '../../places.js';
import { cite, guidanceOf } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1001',
  slug: 'ikev1-used',
  severity: 'warning',
  summary: 'IKE version 1 is used, or accepted from the peer.',
  rationale:
    'IKEv1 is historic since 2023: nobody repairs it, its modern algorithms were never defined, and it has no protection against quantum computers to come. Every peer of the last fifteen years speaks IKEv2.',
  references: ['RFC 9395 §3', 'NIST SP 800-77r1 §3.11'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2,IKEV1 -preshared file:b.key',
    'add auth b -remote 10.2.2.2 -priority 10 -preshared file:b.key',
    '# ipsec-dialect: A.02\nadd auth b -remote 10.2.2.2 -exchange MM -preshared old-Copper-1',
    'connections { c { remote_addrs = 192.0.2.1\n version = 1\n children { n {  } } } }',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action PASS',
    'connections { c { remote_addrs = 192.0.2.1\n version = 2\n children { n {  } } } }',
  ],
  *check({ policies, settings }) {
    const refusals = guidanceOf(settings)
      .demands('ike-version')
      .filter(({ approved }) => !approved.includes(1));
    const severity: Severity = worst(['warning', ...refusals.map((demand) => demand.severity)])!;
    const refused = refusals.map((demand) => `not approved by ${cite(demand)}`);
    if (policies.dialect === 'A.02') {
      // The version has nothing else: one word for the whole system.
      const first = policies.auths[0] ?? policies.ike[0];
      if (!first) return;
      yield {
        message: `dialect A.02 has IKE version 1 only, and ${recordText(first)} is negotiated with it`,
        at: first.nameAt,
        severity,
        notes: refused,
        help: 'move the system to A.03 or later and use IKEv2',
        record: recordRef(first),
      };
      return;
    }
    for (const record of policies.auths) {
      if (!allowsIkev1(record)) continue;
      const { value, origin } = record.kmp;
      const isOnly = value.length === 1;
      const others = removeElements(origin, (word) => word === 'IKEV1');
      const edit = isOnly ? setArgument(record, 'kmp', origin, 'IKEV2') : others;
      yield {
        message: isOnly
          ? `${recordText(record)} uses IKE version 1`
          : value[0] === 1
            ? `${recordText(record)} initiates with IKE version 1 and accepts both versions`
            : `${recordText(record)} accepts IKE version 1 from the peer`,
        at: elementPlace(record, origin, 'IKEV1'),
        severity,
        notes: [...refused, ...originNotes('kmp', origin)],
        help: isOnly ? 'write -kmp IKEV2 on both ends, with an ikev2 policy for the peer' : 'leave IKEV1 out',
        ...(edit
          ? { fixes: [{ safety: 'unsafe', title: isOnly ? 'write -kmp IKEV2' : 'leave IKEV1 out', edits: [edit] }] }
          : {}),
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    const refusals = guidanceOf(context.settings)
      .demands('ike-version')
      .filter(({ approved }) => !approved.includes(1));
    for (const { source, ikeVersions } of context.config.pad) {
      const at = ikeVersions.value.includes(1) ? entryPlace(context, source, ikeVersions.origin) : undefined;
      if (!at) continue;
      const isOnly = ikeVersions.value.length === 1;
      // That a product takes both unless told otherwise is worth a word, and no warning by itself.
      const severity = isOnly || ikeVersions.origin.kind === 'explicit' ? 'warning' : 'info';
      yield {
        message: `${entryText(source.record)} ${isOnly ? 'uses' : 'accepts'} IKE version 1${isOnly ? '' : ' from the peer'}`,
        at,
        severity: worst([severity, ...refusals.map((demand) => demand.severity)])!,
        notes: refusals.map((demand) => `not approved by ${cite(demand)}`),
        help: 'use version 2 only, on both ends',
        record: source.record,
      };
    }
  },
});
