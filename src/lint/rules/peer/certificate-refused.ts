import type { PathFault } from '../../../model/credentials.js';
import { formatIdentity, formatPattern } from '../../../model/peer/identity.js';
import type { Walk } from '../../../model/peer/steps.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import {
  certificateText,
  filePlace,
  needsCertificate,
  type OwnCertificate,
  ownCertificate,
  type Trust,
  trustFor,
} from '../../certificates.js';
import type { PairContext, SystemContext } from '../../context.js';
import { bySide, mutualWalks, type Side } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { recordOf } from '../../pair-finding.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

/** What the certificate itself says is told once, by the rules about it. */
const toldElsewhere: readonly string[] = [
  'expired',
  'not-yet-valid',
  'key-usage',
  'extended-key-usage',
  'weak-signature',
];

const names = '-kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ltype FQDN -rtype FQDN';
const a = `${names} -lid a.example.com -rid b.example.com -certificate a.pem -ca ca.pem`;
const b = `${names} -lid b.example.com -rid a.example.com -certificate b.pem -ca ca.pem`;
const subjects = '-kmp IKEV2 -local_method DIGSIG -remote_method DIGSIG -ltype X500-DN -rtype X500-DN';

export default defineRule({
  scope: 'pair',
  code: 'PEER023',
  slug: 'certificate-refused',
  severity: 'error',
  summary: 'The other side does not accept the certificate that a system sends.',
  rationale:
    'Both ends may be in order by themselves, and yet one trusts another authority than the one that certified its peer, lacks a certificate in between, has a list that revokes it, or expects another subject. Authentication fails at its last message, and only the side that refuses knows why.',
  references: ['RFC 5280 §6', 'RFC 4945 §3 and §5', 'RFC 7296 §3.6'],
  bad: [
    {
      ...examplePair({ auth: a }, { auth: b.replace('-ca ca.pem', '-ca other.pem') }),
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'other.pem': [{ subject: 'CN=other ca', ca: true }],
        'a.pem': [{ subject: 'CN=a', issuer: 'ca.pem', names: ['FQDN a.example.com'] }],
        'b.pem': [{ subject: 'CN=b', issuer: 'ca.pem', names: ['FQDN b.example.com'] }],
      },
    },
    {
      // The certificate in between is sent by nobody.
      ...examplePair({ auth: a }, { auth: b }),
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'sub.pem': [{ subject: 'CN=sub', ca: true, issuer: 'ca.pem' }],
        'a.pem': [{ subject: 'CN=a', issuer: 'sub.pem', names: ['FQDN a.example.com'] }],
        'b.pem': [{ subject: 'CN=b', issuer: 'ca.pem', names: ['FQDN b.example.com'] }],
      },
    },
    {
      ...examplePair({ auth: `${a} -crl ca.crl` }, { auth: b }),
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'a.pem': [{ subject: 'CN=a', issuer: 'ca.pem', names: ['FQDN a.example.com'] }],
        'b.pem': [{ subject: 'CN=b', issuer: 'ca.pem', names: ['FQDN b.example.com'] }],
        'ca.crl': [{ crlOf: 'ca.pem', revoked: ['b.pem'] }],
      },
    },
    {
      ...examplePair(
        { auth: `${subjects} -rid "CN=b,O=Example" -certificate a.pem -ca ca.pem` },
        { auth: `${subjects} -rid "CN=a,O=Elsewhere" -certificate b.pem -ca ca.pem` },
      ),
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'a.pem': [{ subject: 'CN=a,O=Example', issuer: 'ca.pem' }],
        'b.pem': [{ subject: 'CN=b,O=Example', issuer: 'ca.pem' }],
      },
    },
  ],
  good: [
    {
      ...examplePair({ auth: a }, { auth: b }),
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'sub.pem': [{ subject: 'CN=sub', ca: true, issuer: 'ca.pem' }],
        'a.pem': [
          { subject: 'CN=a', issuer: 'sub.pem', names: ['FQDN a.example.com'] },
          { subject: 'CN=sub', ca: true, issuer: 'ca.pem', keyOf: 'sub.pem' },
        ],
        'b.pem': [{ subject: 'CN=b', issuer: 'ca.pem', names: ['FQDN b.example.com'] }],
      },
    },
    {
      ...examplePair(
        { auth: `${subjects} -rid "CN=b,O=Example" -certificate a.pem -ca ca.pem` },
        { auth: `${subjects} -rid "O=Example" -certificate b.pem -ca ca.pem` },
      ),
      files: {
        'ca.pem': [{ subject: 'CN=ca', ca: true }],
        'a.pem': [{ subject: 'CN=a,O=Example', issuer: 'ca.pem' }],
        'b.pem': [{ subject: 'CN=b,O=Example', issuer: 'ca.pem' }],
      },
    },
  ],
  *check(pair) {
    if (!pair.a.credentials || !pair.b.credentials) return;
    const seen = new Set<string>();
    for (const walk of mutualWalks(pair)) {
      if (!walk.ike || walk.ike.failure) continue;
      const records = recordsOf(pair, walk);
      for (const [from, to] of [
        ['a', 'b'],
        ['b', 'a'],
      ] as const) {
        const sender = records[from];
        const receiver = records[to];
        const key = `${from} ${sender?.name} ${receiver?.name}`;
        if (!sender || !receiver || seen.has(key)) continue;
        seen.add(key);
        yield* judge({ sends: pair[from], sender, receives: pair[to], receiver });
      }
    }
  },
});

function recordsOf(pair: PairContext, { initiator, ike }: Walk): Readonly<Record<Side, AuthRecord | undefined>> {
  const pads = bySide(initiator, ike?.initiatorPad, ike?.responderPad);
  const record = (side: Side): AuthRecord | undefined => {
    const found = pads[side] && recordOf(pair[side], pads[side].source);
    return found?.kind === 'auth' ? (found as AuthRecord) : undefined;
  };
  return { a: record('a'), b: record('b') };
}

interface Meeting {
  readonly sends: SystemContext;
  readonly sender: AuthRecord;
  readonly receives: SystemContext;
  readonly receiver: AuthRecord;
}

function* judge(meeting: Meeting): Generator<RuleFinding> {
  const { sends, sender, receives, receiver } = meeting;
  if (!needsCertificate(sender.localMethod.value) || !needsCertificate(receiver.remoteMethod.value)) return;
  const own = ownCertificate(sends, sender);
  const trust = trustFor(receives, receiver);
  if (!own) return;
  const untrusted = trust && whyUntrusted(meeting, own, trust);
  if (untrusted) {
    yield refused(meeting, own, receiver.ca, untrusted.text, untrusted.help);
    return;
  }
  const pattern = receiver.remoteId?.value;
  if (pattern?.type !== 'X500-DN' || sender.localId?.value.type !== 'X500-DN') return;
  if (sends.credentials?.judge.matches(own.leaf, pattern)) return;
  yield refused(
    meeting,
    own,
    receiver.remoteId,
    `${receives.name} expects ${formatPattern(pattern)}`,
    `write in ${receives.name} what the certificate says: ${own.leaf.identities.map(formatIdentity).slice(0, 1).join('')}`,
  );
}

function whyUntrusted(
  { sends, sender, receives }: Meeting,
  own: OwnCertificate,
  { authorities, crls }: Trust,
): { readonly text: string; readonly help: string } | undefined {
  const encrypts = sender.localMethod.value === 'RSAENC' || sender.localMethod.value === 'RSAREVENC';
  const verdict = receives.credentials?.judge.path({
    certificate: own.leaf,
    intermediates: own.chain,
    authorities,
    crls,
    use: encrypts ? 'encryption' : 'signature',
  });
  const fault =
    verdict?.kind === 'invalid' ? verdict.faults.find(({ code }) => !toldElsewhere.includes(code)) : undefined;
  if (!fault) return undefined;
  return { text: faultText(fault, own), help: helpFor(fault, sends, receives) };
}

function faultText({ certificate, text }: PathFault, { leaf }: OwnCertificate): string {
  return certificate.fingerprint === leaf.fingerprint ? text : `in its path, ${certificate.subject}: ${text}`;
}

function helpFor({ code, certificate }: PathFault, sends: SystemContext, receives: SystemContext): string {
  switch (code) {
    case 'no-issuer':
      return `let ${receives.name} accept ${certificate.issuer}, or let ${sends.name} send its certificate too: append it to the file`;
    case 'revoked':
      return `give ${sends.name} a new certificate with a new key`;
    default:
      return `have the certificate issued anew by an authority that ${receives.name} accepts`;
  }
}

function refused(
  { sends, sender, receives, receiver }: Meeting,
  own: OwnCertificate,
  expected: AuthRecord['ca'] | AuthRecord['remoteId'],
  why: string,
  help: string,
): RuleFinding {
  return {
    message: `${receives.name} refuses ${certificateText(own.of, own.leaf)} of ${sends.name}: ${why}`,
    at: own.of.record.kind === 'auth' ? filePlace(own.of) : sender.nameAt,
    related: [{ at: placeOf(receiver, expected?.origin), text: `${recordText(receiver)} of ${receives.name}` }],
    help,
    record: recordRef(sender),
  };
}
