import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'HYG003',
  slug: 'expired-suppression',
  severity: 'error',
  summary: 'The last day of a suppression has passed.',
  rationale:
    'Somebody agreed to mend it by then. From that day on the comment hides nothing, and the findings that it hid count again.',
  references: ['ipsec-policy(5)'],
  bad: [
    {
      text: '# ipsec-disable-next-line CRY002 until=2026-01-31 -- waits for the new hosts\nadd host h -action ESP_3DES_HMAC_SHA1',
      asOf: '2026-02-01',
    },
    {
      text: '# ipsec-disable CRY until=2020-12-31 -- waits for the new hosts\nadd bypass 10.1.1.1',
      asOf: '2026-02-01',
    },
  ],
  good: [
    {
      text: '# ipsec-disable-next-line CRY002 until=2026-01-31 -- waits for the new hosts\nadd host h -action ESP_3DES_HMAC_SHA1',
      asOf: '2026-01-31',
    },
    { text: '# ipsec-disable-next-line CRY002 -- no date\nadd host h -action ESP_3DES_HMAC_SHA1', asOf: '2026-02-01' },
  ],
});
