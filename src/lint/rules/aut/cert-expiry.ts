import type { CertificateFacts } from '../../../model/credentials.js';
import type { Severity } from '../../../model/finding.js';
import { certificateText, day, distinctCertificates, filePlace, readFiles } from '../../certificates.js';
import type { LintSettings } from '../../context.js';
import { recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

/** Days before the end of a certificate from which on it is said. */
export const expiryDaysDefault = 30;

const dayMillis = 24 * 3600 * 1000;

export default defineRule({
  scope: 'system',
  code: 'AUT009',
  slug: 'cert-expiry',
  severity: 'warning',
  summary: 'A certificate has expired, will expire soon, or is not valid yet.',
  rationale:
    'From that day on every peer refuses it: connections that are up stay up until they authenticate anew, and then they are gone, often at night and all at once. An authority that expires takes every certificate below it along.',
  references: ['RFC 5280 §4.1.2.5', 'RFC 4945 §5.1.2'],
  bad: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', notAfter: '2026-10-31' }] },
      asOf: '2026-11-01',
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.pem',
      files: { 'ca.pem': [{ subject: 'CN=ca', ca: true, notAfter: '2026-11-20' }] },
      asOf: '2026-11-01',
    },
    {
      text: 'ipsec_config add mycert -file me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', notBefore: '2026-12-01', notAfter: '2027-12-01' }] },
      asOf: '2026-11-01',
    },
  ],
  good: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem -ca ca.pem',
      files: {
        'me.pem': [{ subject: 'CN=a', notBefore: '2026-11-01', notAfter: '2027-11-01' }],
        'ca.pem': [{ subject: 'CN=ca', ca: true, notAfter: '2036-11-01' }],
      },
      asOf: '2026-11-01',
    },
  ],
  *check(context) {
    for (const { of, certificate } of distinctCertificates(readFiles(context))) {
      const judged = judge(certificate, context.settings);
      if (!judged) continue;
      yield {
        message: `${certificateText(of, certificate)} ${judged.text}`,
        at: filePlace(of),
        severity: judged.severity,
        ...(certificate.isCa ? { notes: ['it certifies others: none of them is accepted without it'] } : {}),
        help: certificate.isCa
          ? 'get the next certificate of this authority, and give it to every peer beforehand'
          : 'have a new one issued and put it in its place before that day',
        record: recordRef(of.record),
      };
    }
  },
});

function judge(
  { notBefore, notAfter }: CertificateFacts,
  { asOf, expiryDays = expiryDaysDefault }: LintSettings,
): { severity: Severity; text: string } | undefined {
  const start = Date.parse(asOf);
  const end = start + dayMillis - 1;
  if (notAfter <= end) {
    const text = notAfter < start ? `expired on ${day(notAfter)}` : `expires on ${day(notAfter)}, this very day`;
    return { severity: 'error', text };
  }
  if (notBefore > end) return { severity: 'error', text: `is not valid before ${day(notBefore)}` };
  const days = Math.floor((notAfter - start) / dayMillis);
  if (days > expiryDays) return undefined;
  return { severity: 'warning', text: `expires on ${day(notAfter)}, in ${days === 1 ? 'one day' : `${days} days`}` };
}
