import { formatPattern } from '../../../model/peer/identity.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { peerRecordName } from '../../hidden-peers.js';
import { hiddenIdentities } from '../../identity-cover.js';
import { freeNumbers, moveBefore } from '../../priorities.js';
import { defineRule } from '../../rule.js';

const roles: readonly { readonly name: string; isMeant(record: AuthRecord): boolean }[] = [
  { name: 'IKEv2', isMeant: ({ kmp }) => kmp.value.includes(2) },
  { name: 'IKEv1 Aggressive Mode', isMeant: ({ kmp, exchange }) => kmp.value.includes(1) && exchange.value === 'AM' },
];

export default defineRule({
  scope: 'system',
  code: 'SHD012',
  slug: 'id-subtree-shadow',
  severity: 'warning',
  summary: 'An identity pattern of an earlier authentication record hides a more specific one.',
  rationale:
    'A responder in IKEv2 and in Aggressive Mode searches the records for the identity that the peer sends, in priority order. A subtree, a range or any identity before a single one wins, and its key, method and limits are used for that peer. Only records with peers in common are meant.',
  references: ['ipsec_config(1M)', 'RFC 4301 §4.4.3.1'],
  bad: [
    'add auth all -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -rtype FQDN -rid .example.com\nadd auth a -remote 10.1.1.0/24 -priority 20 -kmp IKEV2 -rtype FQDN -rid a.example.com',
    'add auth all -remote 10.0.0.0/8 -priority 10 -kmp IKEV1 -exchange AM -rtype X500-DN -rid O=Example\nadd auth lab -remote 10.0.0.0/8 -priority 20 -kmp IKEV1 -exchange AM -rtype X500-DN -rid "OU=Lab,O=Example"',
    'add auth net -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -rtype IPV4 -rid 10.0.0.0/8\nadd auth one -remote 10.1.1.1 -priority 20 -kmp IKEV2 -rtype IPV4 -rid 10.1.1.1',
  ],
  good: [
    'add auth a -remote 10.1.1.0/24 -priority 10 -kmp IKEV2 -rtype FQDN -rid a.example.com\nadd auth all -remote 10.0.0.0/8 -priority 20 -kmp IKEV2 -rtype FQDN -rid .example.com',
    'add auth all -remote 10.0.0.0/8 -priority 10 -kmp IKEV1 -rtype FQDN -rid .example.com\nadd auth a -remote 11.1.1.0/24 -priority 20 -kmp IKEV2 -rtype FQDN -rid a.example.com',
    'add auth first -remote 10.1.1.1 -priority 10 -kmp IKEV2 -rtype FQDN -rid a.example.com\nadd auth second -remote 10.2.1.1 -priority 20 -kmp IKEV2 -rtype FQDN -rid a.example.com',
  ],
  *check({ policies }) {
    if (policies.dialect === 'A.02') return;
    const free = freeNumbers(policies.auths);
    const told = new Set<AuthRecord>();
    for (const { name: role, isMeant } of roles) {
      for (const { record, pattern, by, wider } of hiddenIdentities(policies.auths.filter(isMeant))) {
        if (told.has(record)) continue;
        told.add(record);
        const fix = moveBefore(free, record, by, policies.dialect);
        yield {
          at: record.remoteId?.origin.kind === 'explicit' ? record.remoteId.origin.at : record.nameAt,
          record: { kind: 'auth', name: record.name },
          message: `${peerRecordName(record)} is not found by its identity: '${formatPattern(wider)}' of ${peerRecordName(by)} holds '${formatPattern(pattern)}'`,
          notes: [`a responder in ${role} looks for the identity that the peer sends, in priority order`],
          related: [{ at: by.nameAt, text: `${peerRecordName(by)} is found first` }],
          help: `give it a lower priority number than '${by.name}'`,
          ...(fix ? { fixes: [fix] } : {}),
        };
      }
    }
  },
});
