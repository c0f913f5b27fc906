import type { CertificateFacts } from '../../../model/credentials.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import { day, needsCertificate, type Trust, trustFor } from '../../certificates.js';
import type { SystemContext } from '../../context.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT011',
  slug: 'crl-missing-or-stale',
  severity: 'warning',
  summary: 'Nothing current says which certificates of an accepted authority are revoked.',
  rationale:
    'A lost or stolen key stays good until its certificate expires, often for years, unless a revocation list takes it back. A list counts only until its next update; after that nobody knows what was revoked since.',
  references: ['RFC 5280 §6.3', 'RFC 4945 §5.2', 'HP-UX IPSec Release Notes A.03.00, certificates'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem',
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem -crl ca.crl',
      files: { 'ca.pem': [{ subject: 'CN=ca', ca: true }], 'ca.crl': [{ crlOf: 'ca.pem', nextUpdate: '2026-10-20' }] },
      asOf: '2026-11-01',
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem -crl other.crl',
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'other.pem': [{ subject: 'CN=other', ca: true }],
        'other.crl': [{ crlOf: 'other.pem' }],
      },
    },
    {
      // A CRL of somebody who only calls himself so.
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem -crl other.crl',
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'other.pem': [{ subject: 'CN=ca', ca: true }],
        'other.crl': [{ crlOf: 'other.pem' }],
      },
    },
  ],
  good: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem -crl ca.crl',
      files: { 'ca.pem': [{ subject: 'CN=ca', ca: true }], 'ca.crl': [{ crlOf: 'ca.pem', nextUpdate: '2026-11-20' }] },
      asOf: '2026-11-01',
    },
    {
      // An end entity that is trusted itself has no authority over others.
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca b.pem',
      files: { 'b.pem': [{ subject: 'CN=b' }] },
    },
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    // HP-UX keeps its lists outside of batch files.
    '# ipsec-dialect: A.03.00\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG',
  ],
  *check(context) {
    for (const record of context.policies.auths) {
      if (!needsCertificate(record.remoteMethod.value)) continue;
      const trust = trustFor(context, record);
      if (trust) yield* judged(context, record, trust);
      else if (record.ca && !record.crl && !context.policies.certificates.some(({ kind }) => kind === 'crl'))
        yield missing(record, 'names authorities and no revocation list');
    }
  },
});

function* judged(context: SystemContext, record: AuthRecord, { authorities, crls }: Trust): Generator<RuleFinding> {
  const judge = context.credentials?.judge;
  const certifying = authorities.filter(({ isCa }) => isCa);
  if (!judge || certifying.length === 0) return;
  if (crls.length === 0) {
    yield missing(record, `accepts what ${namesOf(certifying)} certified, and names no revocation list`);
    return;
  }
  for (const authority of certifying) {
    const standings = crls.map((crl) => ({ crl, standing: judge.crlStanding(crl, authority) }));
    if (standings.some(({ standing }) => standing.kind === 'current')) continue;
    const reasons = standings.flatMap(({ crl, standing }) =>
      standing.kind === 'unusable' ? [`${standing.reason}${ended(crl.nextUpdate, context.settings.asOf)}`] : [],
    );
    yield missing(
      record,
      reasons.length > 0
        ? `has no usable revocation list of ${authority.subject}: ${[...new Set(reasons)].join('; ')}`
        : `has revocation lists, but none of ${authority.subject}`,
    );
  }
}

function ended(nextUpdate: number | undefined, asOf: string): string {
  return nextUpdate !== undefined && day(nextUpdate) <= asOf ? ` (next update was due on ${day(nextUpdate)})` : '';
}

function namesOf(certifying: readonly CertificateFacts[]): string {
  const [first] = certifying;
  return certifying.length === 1 && first ? first.subject : `${certifying.length} authorities`;
}

function missing(record: AuthRecord, text: string): RuleFinding {
  return {
    message: `${recordText(record)} ${text}`,
    at: placeOf(record, (record.crl ?? record.ca)?.origin),
    help: 'fetch the current list of each authority (its certificates say where) and name the file with -crl, or with add crl on HP-UX',
    record: recordRef(record),
  };
}
