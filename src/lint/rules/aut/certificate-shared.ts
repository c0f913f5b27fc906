import {
  certificateText,
  distinctCertificates,
  type FiledCertificate,
  filePlace,
  readFiles,
} from '../../certificates.js';
import type { RepositoryContext } from '../../context.js';
import { recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

/** Places that are shown of many. */
const placesMax = 8;

export default defineRule({
  scope: 'repository',
  code: 'AUT017',
  slug: 'certificate-shared',
  severity: 'warning',
  summary: 'Several systems prove themselves with one key.',
  rationale:
    'Each of them can pose as the others, and when one is stolen the certificate of all must be revoked at once. A certificate is cheap; a system that needs none of its own is rare.',
  references: ['RFC 4301 §4.4.3', 'RFC 4945 §5'],
  bad: [
    {
      text: 'add auth hq -remote 10.9.9.9 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate all.pem',
      peer: 'add auth hq -remote 10.9.9.9 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate all.pem',
      files: { 'all.pem': [{ subject: 'CN=branch' }] },
    },
  ],
  good: [
    {
      text: 'add auth hq -remote 10.9.9.9 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate a.pem',
      peer: 'add auth hq -remote 10.9.9.9 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate b.pem',
      files: { 'a.pem': [{ subject: 'CN=a' }], 'b.pem': [{ subject: 'CN=b' }] },
    },
  ],
  *check(context) {
    for (const holders of holdersByKey(context)) {
      const [first, ...others] = [...holders.values()];
      if (!first || others.length === 0) continue;
      const names = [...holders.keys()];
      yield {
        message: `${certificateText(first.of, first.certificate)} has the same key on ${names.length} systems`,
        at: filePlace(first.of),
        related: others
          .slice(0, placesMax)
          .map(({ of }, index) => ({ at: filePlace(of), text: `on ${names[index + 1]}` })),
        ...(others.length > placesMax ? { notes: [`and on ${others.length - placesMax} more systems`] } : {}),
        help: 'have a certificate issued for each system, with a key of its own',
        record: recordRef(first.of.record),
      };
    }
  },
});

/** The systems that hold each key as their own, by their names. */
function holdersByKey({ systems }: RepositoryContext): Iterable<ReadonlyMap<string, FiledCertificate>> {
  const byKey = new Map<string, Map<string, FiledCertificate>>();
  for (const system of systems) {
    const own = readFiles(system).filter(({ use }) => use === 'own');
    for (const filed of distinctCertificates(own)) {
      // The others of a file are the authorities above it.
      if (filed.position > 0) continue;
      const { keyFingerprint } = filed.certificate;
      const holders = byKey.get(keyFingerprint) ?? new Map<string, FiledCertificate>();
      byKey.set(keyFingerprint, holders.set(system.name, filed));
    }
  }
  return byKey.values();
}
