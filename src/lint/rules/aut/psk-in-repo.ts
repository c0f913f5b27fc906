import { protectingRecords } from '../../algorithm-lists.js';
import { filePlace, readFiles } from '../../certificates.js';
import { entryPlace, entryText, literalSecrets } from '../../configured.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'AUT001',
  slug: 'psk-in-repo',
  severity: 'error',
  summary: 'A key stands in a file that version control keeps.',
  rationale:
    'Whoever can read the repository, one of its clones or an old revision has the key, and it stays there after it was removed from the file. A reference keeps the key where only the host can read it.',
  references: ['RFC 7296 §2.15', 'RFC 4107 §3'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared Sand7-Plover_99x',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared 0x8f3a11c04be2975d66a0179bd24ce35f',
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -certificate me.pem',
      files: { 'me.pem': [{ subject: 'CN=me' }, { privateKey: true }] },
    },
    'add host mk -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n {  } } } }\nsecrets { ike-a { secret = "kX9vQ2mTzR7bLwY4sHfJ8cPe" } }',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:/etc/ipsec/b.key',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared env:B_KEY',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG',
  ],
  *check(context) {
    const { policies, settings } = context;
    if (!settings.repository) return;
    const help =
      policies.dialect === 'extended'
        ? 'replace the key, keep the new one outside of the repository, and write file:PATH or env:NAME'
        : `replace the key; dialect ${policies.dialect} has no references to keys, so keep the file itself out of the repository, or use the extended dialect`;
    for (const record of policies.auths) {
      for (const [what, key] of [
        ['preshared key', record.preshared],
        ['postquantum preshared key', record.ppk],
      ] as const) {
        if (key?.value.reference.kind !== 'literal') continue;
        yield {
          message: `the ${what} of ${recordText(record)} stands in the file`,
          at: placeOf(record, key.origin),
          help,
          record: recordRef(record),
        };
      }
    }
    const told = new Set<string>();
    for (const of of readFiles(context)) {
      if (!of.file.privateKey || told.has(of.file.path)) continue;
      told.add(of.file.path);
      yield {
        message: `${of.named.value}, which ${recordText(of.record)} names, holds a private key`,
        at: filePlace(of),
        help: 'have a new key certified, and keep it in a file of its own outside of the repository',
        record: recordRef(of.record),
      };
    }
    for (const record of protectingRecords(policies)) {
      const first = record.manualIn ?? record.manualOut;
      if (!first) continue;
      yield {
        message: `the manual keys of ${recordText(record)} stand in the file`,
        at: placeOf(record, first.origin),
        help: 'let IKE make the keys; a file with manual keys must be kept out of the repository',
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    if (!context.settings.repository) return;
    for (const { source, secret } of literalSecrets(context.config)) {
      const at = entryPlace(context, source, secret.origin);
      if (!at) continue;
      yield {
        message: `the secret of ${entryText(source.record)} stands in the file`,
        at,
        help: 'replace the secret, and keep the file that holds it out of the repository',
        record: source.record,
      };
    }
  },
});
