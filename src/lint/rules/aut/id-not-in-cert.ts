import { formatAddress } from '../../../model/address.js';
import type { CertificateFacts } from '../../../model/credentials.js';
import { canonicalValue, formatIdentity } from '../../../model/peer/identity.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import type { Identity } from '../../../model/system-config.js';
import { certificateText, filePlace, needsCertificate, ownCertificate } from '../../certificates.js';
import type { SystemContext } from '../../context.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

/** Identities that are shown of a certificate with many. */
const shownMax = 6;

export default defineRule({
  scope: 'system',
  code: 'AUT010',
  slug: 'id-not-in-cert',
  severity: 'error',
  summary: 'The identity that is sent is not in the certificate that is to prove it.',
  rationale:
    'A certificate proves the names that stand in it and no others: the subject for an X500-DN, the alternative names for everything else. The peer compares, and authentication fails. Where no identity is written the address of the interface is sent, and few certificates name addresses.',
  references: ['RFC 4945 §3.1', 'RFC 7296 §3.5', "HP-UX IPSec Administrator's Guide, certificates"],
  bad: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ltype FQDN -lid a.example.org -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', names: ['FQDN a.example.com'] }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', names: ['FQDN a.example.com'] }] },
    },
    {
      text: 'add host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', names: ['IPV4 10.1.1.7'] }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ltype X500-DN -certificate me.pem',
      files: { 'me.pem': [{ subject: '', names: ['FQDN a.example.com'] }] },
    },
  ],
  good: [
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ltype FQDN -lid A.example.com -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', names: ['FQDN a.example.com'] }] },
    },
    {
      text: 'add host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16\nadd auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a', names: ['IPV4 10.1.1.1'] }] },
    },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ltype X500-DN -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=a,O=Example' }] },
    },
    // The certificate is the peer's affair where only the peer proves itself by one.
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method PSK -preshared file:b.key -remote_method DIGSIG -ltype FQDN -lid a -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=b' }] },
    },
  ],
  *check(context) {
    for (const record of context.policies.auths) {
      if (!needsCertificate(record.localMethod.value)) continue;
      const own = ownCertificate(context, record);
      const missing = own && missingIdentity(context, record, own.leaf);
      if (!own || missing === undefined) continue;
      yield {
        message: `${recordText(record)} sends ${missing}, which is not in ${certificateText(own.of, own.leaf)}`,
        at: placeOf(record, record.localId?.origin ?? record.localIdType?.origin),
        related: [{ at: filePlace(own.of), text: `the certificate names ${identitiesText(own.leaf)}` }],
        ...(record.localId
          ? {}
          : { notes: ['where nothing is written, the address of the sending interface is sent'] }),
        help: suggestion(own.leaf),
        record: recordRef(record),
      };
    }
  },
});

/** What is sent and not certified, in words. */
function missingIdentity(context: SystemContext, record: AuthRecord, leaf: CertificateFacts): string | undefined {
  const sent = record.localId?.value;
  if (sent?.type === 'X500-DN') return leaf.subject === '' ? 'the subject of its certificate' : undefined;
  if (sent?.value !== undefined) return has(leaf, sent) ? undefined : formatIdentity(sent);
  if (sent && sent.type !== 'IPV4' && sent.type !== 'IPV6') return undefined;
  const family = sent ? (sent.type === 'IPV4' ? 4 : 6) : record.remote.value.range.family;
  const type = family === 4 ? 'IPV4' : 'IPV6';
  if (!leaf.identities.some((identity) => identity.type === type)) return `its ${type} address`;
  const own = context.config.addresses.filter((address) => address.family === family);
  if (own.length === 0 || own.some(({ value }) => has(leaf, { type, value: formatAddress(family, value) })))
    return undefined;
  const [first] = own;
  return own.length === 1 && first
    ? `${type} ${formatAddress(family, first.value)}`
    : `one of its ${own.length} addresses`;
}

function has({ identities }: CertificateFacts, { type, value }: Identity): boolean {
  if (value === undefined || type === 'KEY-ID') return false;
  const key = canonicalValue(type, value);
  return identities.some(
    (one) => one.type === type && one.value !== undefined && canonicalValue(type, one.value) === key,
  );
}

function identitiesText({ identities }: CertificateFacts): string {
  if (identities.length === 0) return 'nothing that IKE knows';
  const shown = identities.slice(0, shownMax).map(formatIdentity).join(', ');
  return identities.length > shownMax ? `${shown} and ${identities.length - shownMax} more` : shown;
}

function suggestion({ identities, subject }: CertificateFacts): string {
  const named = identities.find(({ type }) => type === 'FQDN' || type === 'USER-FQDN');
  if (named?.value !== undefined)
    return `write -ltype ${named.type} -lid ${named.value}, and expect that on the other side`;
  if (subject !== '') return 'write -ltype X500-DN, and expect the subject on the other side';
  return 'have a certificate issued that holds the identity as an alternative name';
}
