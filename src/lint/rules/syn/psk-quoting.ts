import type { Sourced } from '../../../model/origin.js';
import type { PresharedKey } from '../../../model/record/auth.js';
import type { AuthRecord } from '../../../model/record/record.js';
import type { Span } from '../../../model/span.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const quote = 34;
const apostrophe = 39;
const backslash = 92;

export default defineRule({
  scope: 'system',
  code: 'SYN009',
  slug: 'psk-quoting',
  severity: 'warning',
  restsOn: 'values',
  summary: 'A preshared key holds quotes, ends with a backslash, or is read as hexadecimal.',
  rationale:
    'In a record file quotes around a key are octets of the key. A peer whose configuration takes them away, or takes 0x and digits for text, has another key, and all that either side sees is that authentication failed.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add auth a -remote 10.1.1.1/32 -preshared "Plover-Sand-77"',
    "add auth a -remote 10.1.1.1/32 -preshared 'Plover-Sand-77'",
    'add auth a -remote 10.1.1.1/32 -preshared Plover-Sand-77\\ ',
    'add auth a -remote 10.1.1.1/32 -preshared 0x8f3a11c04be2975d66a0179bd24ce35f',
  ],
  good: [
    'add auth a -remote 10.1.1.1/32 -preshared Plover-Sand-77',
    'ipsec_config add auth a -remote 10.1.1.1/32 -preshared "Plover-Sand-77"',
    "add auth a -remote 10.1.1.1/32 -preshared Plover's-Sand-77",
  ],
  *check({ policies }) {
    for (const auth of policies.auths) {
      for (const key of [auth.preshared, auth.ppk]) {
        if (key?.value.reference.kind !== 'literal' || key.origin.kind !== 'explicit') continue;
        const finding = judge(auth, key, key.value.reference.secret.reveal(), key.origin.at);
        if (finding) yield { ...finding, at: key.origin.at, record: recordRef(auth) };
      }
    }
  },
});

function judge(
  auth: AuthRecord,
  { value }: Sourced<PresharedKey>,
  octets: Uint8Array,
  at: Span,
): Omit<RuleFinding, 'at'> | undefined {
  const name = recordText(auth);
  if (value.form === 'hexadecimal') {
    return {
      severity: 'info',
      message: `${name}: the key begins with 0x and is read as ${octets.length} octets, not as text`,
      help: 'see that the peer reads it so too',
    };
  }
  if (value.form !== 'text') return undefined;
  const isQuote = (octet: number | undefined) => octet === quote || octet === apostrophe;
  const last = octets.at(-1);
  if (octets.includes(quote) || isQuote(octets[0]) || isQuote(last)) {
    const isAround = octets.length > 2 && isQuote(octets[0]) && octets[0] === last;
    const { source, start, end } = at;
    return {
      message: `${name}: the quotes are part of the key`,
      help: 'leave them out, unless the peer really has them in its key',
      // Two edits of one character each, so that no report has to hold the key.
      fixes: isAround
        ? [
            {
              safety: 'unsafe',
              title: 'take the quotes away',
              edits: [
                { at: { source, start, end: start + 1 }, newText: '' },
                { at: { source, start: end - 1, end }, newText: '' },
              ],
            },
          ]
        : [],
    };
  }
  if (last === backslash) {
    return {
      message: `${name}: the backslash at the end is part of the key`,
      help: 'a line goes on in the next one only when the backslash is its last character',
    };
  }
  return undefined;
}
