import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

const quote = 34;
const apostrophe = 39;

export default defineRule({
  scope: 'system',
  code: 'SYN009',
  slug: 'psk-quoting',
  severity: 'warning',
  summary: 'A preshared key begins or ends with a quote, which is part of the key.',
  rationale:
    'In a record file quotes around a key are octets of the key. A peer whose configuration takes them away has another key, and all that either side sees is that authentication failed.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add auth a -remote 10.1.1.1/32 -preshared "Plover-Sand-77"',
    "add auth a -remote 10.1.1.1/32 -preshared 'Plover-Sand-77'",
  ],
  good: [
    'add auth a -remote 10.1.1.1/32 -preshared Plover-Sand-77',
    'ipsec_config add auth a -remote 10.1.1.1/32 -preshared "Plover-Sand-77"',
  ],
  *check({ policies }) {
    for (const auth of policies.auths) {
      const { preshared } = auth;
      if (preshared?.value.reference.kind !== 'literal' || preshared.value.form !== 'text') continue;
      const octets = preshared.value.reference.secret.reveal();
      const isQuote = (octet: number | undefined) => octet === quote || octet === apostrophe;
      if (octets.length < 2 || !(isQuote(octets[0]) || isQuote(octets.at(-1))) || preshared.origin.kind !== 'explicit')
        continue;
      const { source, start, end } = preshared.origin.at;
      const around = isQuote(octets[0]) && octets[0] === octets.at(-1);
      yield {
        message: `${recordText(auth)}: the quotes are part of the key`,
        at: preshared.origin.at,
        record: recordRef(auth),
        help: 'leave them out, unless the peer really has them in its key',
        // Two edits of one character each, so that no report has to hold the key.
        fixes: around
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
  },
});
