import type { Severity } from '../../../model/finding.js';
import type { AuthRecord, PresharedKey } from '../../../model/record/auth.js';
import type { Identity, IdentityPattern } from '../../../model/system-config.js';
import { entryPlace, entryText, literalSecrets } from '../../configured.js';
import { estimateKeyBits, formatKeyBits } from '../../key-strength.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { type ActiveProfiles, cite, guidanceOf } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';

/** Below the first a search is affordable today, below the second it may become so. */
const affordableBits = 64;
const wantedBits = 112;

/** What RFC 8784 asks of a postquantum key, which Grover's algorithm halves. */
const wantedPpkBits = 256;
const affordablePpkBits = 128;

export default defineRule({
  scope: 'system',
  code: 'AUT002',
  slug: 'psk-weak',
  severity: 'error',
  summary: 'A preshared key can be guessed.',
  rationale:
    'Whoever answers in the place of the peer, or records an Aggressive Mode, gets something to test guesses against, without limit and without being seen. Keys that people think up consist of words, names and numbers and cost far fewer guesses than their length suggests.',
  references: ['RFC 7296 §2.15', 'RFC 8784', 'NIST SP 800-77r1 §3.3.4'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -preshared 75',
    'add auth b -remote 10.2.2.2 -priority 10 -preshared Winter2024!',
    'add auth b -remote 10.2.2.2 -priority 10 -preshared 0x00112233445566778899aabbccddeeff',
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared Sand7-Plover_99x',
      profiles: ['nist-800-77r1'],
    },
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -ppk 0x8f3a11c04be2975d66a0179bd24ce35f -ppk_id b',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n {  } } } }\nsecrets { ike-a { secret = "Winter2024!" } }',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -preshared 0x8f3a11c04be2975d66a0179bd24ce35f',
    'add auth b -remote 10.2.2.2 -priority 10 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe',
    'add auth b -remote 10.2.2.2 -priority 10 -preshared file:b.key',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n {  } } } }\nsecrets { ike-a { secret = "kX9vQ2mTzR7bLwY4sHfJ8cPe" } }',
  ],
  *check({ policies, settings }) {
    const active = guidanceOf(settings);
    for (const record of policies.auths) {
      const own = ownWords(record);
      if (record.preshared) {
        const { value, origin } = record.preshared;
        const judged = judge(value, own, active);
        if (judged) {
          yield {
            message: `the preshared key of ${recordText(record)} is worth ${judged.bits}`,
            at: placeOf(record, origin),
            severity: judged.severity,
            notes: [
              ...judged.notes,
              'words, names, dates, runs of the keyboard and repetition count little, whatever the length',
            ],
            help: 'make a random one: openssl rand -hex 32 (write 0x before it), the same on both ends',
            record: recordRef(record),
          };
        }
      }
      const ppk = record.ppk && estimateKeyBits(record.ppk.value, own);
      if (record.ppk && ppk !== undefined && ppk < wantedPpkBits) {
        yield {
          message: `the postquantum preshared key of ${recordText(record)} is worth ${formatKeyBits(ppk)}; it needs ${wantedPpkBits}`,
          at: placeOf(record, record.ppk.origin),
          severity: ppk < affordablePpkBits ? 'error' : 'warning',
          notes: ['a quantum computer searches the square root of what it is given'],
          help: 'make a random one of 32 octets: openssl rand -hex 32 (write 0x before it), the same on both ends',
          record: recordRef(record),
        };
      }
    }
  },
  *imported(context) {
    const active = guidanceOf(context.settings);
    for (const { source, secret, use } of literalSecrets(context.config)) {
      if (use !== 'IKE') continue;
      const own = [
        source.record.name,
        ...context.config.pad.flatMap(({ localId, remoteId }) => idWords(localId?.value, remoteId?.value)),
      ];
      const judged = judge({ reference: secret.value, form: 'text' }, own, active);
      const at = judged && entryPlace(context, source, secret.origin);
      if (!at) continue;
      yield {
        message: `the preshared key of ${entryText(source.record)} is worth ${judged.bits}`,
        at,
        severity: judged.severity,
        notes: judged.notes,
        help: 'make a random one: openssl rand -base64 32, the same on both ends',
        record: source.record,
      };
    }
  },
});

function judge(
  key: PresharedKey,
  own: readonly string[],
  active: ActiveProfiles,
): { bits: string; severity: Severity; notes: string[] } | undefined {
  const estimate = estimateKeyBits(key, own);
  if (estimate === undefined) return undefined;
  const broken = active.demands('preshared-key').filter(({ bitsMin }) => estimate < bitsMin);
  if (estimate >= wantedBits && broken.length === 0) return undefined;
  const plain: Severity = estimate < affordableBits ? 'error' : 'warning';
  return {
    bits: formatKeyBits(estimate),
    severity: worst([plain, ...broken.map(({ severity }) => severity)])!,
    notes: [
      `an estimate of what it costs to guess it; below ${affordableBits} bits a search is affordable, ${wantedBits} are wanted`,
      ...broken.map((demand) => `${demand.bitsMin} bits are demanded by ${cite(demand)}`),
    ],
  };
}

/** Names and addresses of the record: the first that are tried. */
function ownWords({ name, remote, localId, remoteId }: AuthRecord): string[] {
  const { address } = remote.value;
  const written = remote.origin.kind === 'explicit' ? remote.origin.at : undefined;
  const texts = [
    name,
    written?.source.text.slice(written.start, written.end).split('/')[0] ?? String(address.value),
    localId?.value.value,
    remoteId?.value.kind === 'exact' ? remoteId.value.value : undefined,
    remoteId?.value.kind === 'subtree' ? remoteId.value.suffix : undefined,
  ].filter((text) => text !== undefined);
  return [...new Set(texts.flatMap((text) => [text, ...text.split(/[^A-Za-z0-9]+/)]))];
}

/** Names that stand in the same configuration: the first that are tried. */
function idWords(local: Identity | undefined, remote: IdentityPattern | undefined): string[] {
  const texts = [local?.value, remote?.kind === 'exact' ? remote.value : undefined].filter(
    (text) => text !== undefined,
  );
  return texts.flatMap((text) => [text, ...text.split(/[^A-Za-z0-9]+/)]);
}
