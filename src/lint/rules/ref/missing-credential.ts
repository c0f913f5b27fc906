import { filePlace, type NamedFile, namedFiles } from '../../certificates.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'REF006',
  slug: 'missing-credential',
  severity: 'error',
  summary: 'A method of authentication has nothing to work with: no key, no certificate, or a file that holds none.',
  rationale:
    'With PSK and no key the exchange fails at its last message, and so do signatures without a certificate and the authorities to check the other one. HP-UX keeps certificates outside of its records; where the policies run on Linux the record has to name them. A path counts from the folder of the record file, or else of the repository; an absolute one is looked for below `fileRoot` of the configuration.',
  references: ['RFC 7296 §2.15', 'RFC 2409 §5'],
  bad: [
    'add auth a -remote 10.2.2.2/32 -local_method PSK -remote_method PSK',
    'add auth a -remote 10.2.2.2/32 -kmp IKEV2 -local_method RSASIG -remote_method PSK',
    {
      text: 'add auth a -remote 10.2.2.2/32 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate certs/mee.pem',
      files: { 'certs/me.pem': [{ subject: 'CN=me' }] },
    },
    {
      text: 'add auth a -remote 10.2.2.2/32 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ text: 'not a certificate' }] },
    },
    {
      text: 'add auth a -remote 10.2.2.2/32 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ca ca.crl',
      files: { 'ca.pem': [{ subject: 'CN=ca', ca: true }], 'ca.crl': [{ crlOf: 'ca.pem' }] },
    },
  ],
  good: [
    'add auth a -remote 10.2.2.2/32 -preshared Plover-Sand-77',
    'add auth a -remote 10.2.2.2/32 -local_method RSASIG -remote_method RSASIG',
    'add auth a -remote 10.2.2.2/32 -local_method RSASIG -remote_method RSASIG -certificate /etc/ipsec/me.pem -ca /etc/ipsec/ca.pem',
    {
      text: 'add auth a -remote 10.2.2.2/32 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem -ca ca.pem',
      files: { 'me.pem': [{ subject: 'CN=me' }], 'ca.pem': [{ subject: 'CN=ca', ca: true }] },
    },
  ],
  *check(context) {
    const { policies, host } = context;
    for (const named of namedFiles(context)) {
      const fault = fileFault(named);
      if (fault === undefined) continue;
      yield {
        message: `${recordText(named.record)} names ${named.named.value}, ${fault}`,
        at: filePlace(named),
        record: recordRef(named.record),
        help: 'correct the path, or put the file there',
      };
    }
    const onLinux = host?.target === 'linux-xfrm' || host?.target === 'userspace';
    for (const auth of policies.auths) {
      const methods = [
        { side: 'local', method: auth.localMethod },
        { side: 'remote', method: auth.remoteMethod },
      ] as const;
      const missing = methods.flatMap(({ side, method }) => {
        if (method.value === 'PSK') return auth.preshared ? [] : [{ side, method, what: '-preshared' }];
        if (!onLinux) return [];
        if (side === 'local')
          return auth.certificate || policies.certificates.some(({ kind }) => kind === 'mycert')
            ? []
            : [{ side, method, what: '-certificate' }];
        return auth.ca || policies.certificates.some(({ kind }) => kind === 'cacert')
          ? []
          : [{ side, method, what: '-ca' }];
      });
      const [first] = missing;
      if (!first) continue;
      const needs = [...new Set(missing.map(({ what }) => what))];
      yield {
        message: `${recordText(auth)} uses ${first.method.value} and has no ${needs.join(' and no ')}`,
        at: first.method.origin.kind === 'explicit' ? first.method.origin.at : auth.nameAt,
        record: recordRef(auth),
        help: `write ${needs.join(' and ')}, or choose another -${first.side}_method`,
      };
    }
  },
});

/** Why a named file gives nothing to work with; undefined where it does, and where nobody here can tell. */
function fileFault({ file, use }: NamedFile): string | undefined {
  switch (file.kind) {
    case 'absent':
      return `which does not exist (looked for ${file.path})`;
    case 'unreadable':
      return `which cannot be used: ${file.reason}`;
    case 'unknown':
      return undefined;
    case 'read': {
      const held = use === 'crls' ? file.crls : file.certificates;
      return held.length > 0 ? undefined : `which holds no ${use === 'crls' ? 'revocation list' : 'certificate'}`;
    }
  }
}
