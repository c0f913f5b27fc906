import { entryPlace, entryText } from '../../configured.js';
import { allowsIkev1, usesPsk } from '../../peers.js';
import { originNotes, placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'IK1002',
  slug: 'aggressive-psk',
  severity: 'error',
  summary: 'Aggressive Mode is used with a preshared key.',
  rationale:
    'The responder answers anybody with a hash that is made from the key, so guesses can be tested offline for as long as one likes; and both identities are sent in the clear. Common tools do it in one command.',
  references: ['RFC 2409 §5.4', 'NIST SP 800-77r1 §7.2.6', 'CVE-2002-1623'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -exchange AM -ltype FQDN -lid a.example.com -preshared file:b.key',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2,IKEV1 -exchange AM -preshared file:b.key',
    'connections { c { remote_addrs = 192.0.2.1\n version = 1\n aggressive = yes\n local { auth = psk }\n remote { auth = psk }\n children { n {  } } } }',
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -exchange MM -preshared file:b.key',
    'add auth b -remote 10.2.0.0/16 -priority 10 -kmp IKEV1 -exchange AM -local_method RSASIG -remote_method RSASIG -rtype FQDN -rid .example.com',
    // The exchange is IKEv1's.
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -exchange AM -preshared file:b.key',
    'connections { c { remote_addrs = 192.0.2.1\n version = 1\n local { auth = psk }\n remote { auth = psk }\n children { n {  } } } }',
  ],
  *check({ policies }) {
    for (const record of policies.auths) {
      if (record.exchange.value !== 'AM' || !allowsIkev1(record) || !usesPsk(record)) continue;
      yield {
        message: `${recordText(record)} uses Aggressive Mode with a preshared key`,
        at: placeOf(record, record.exchange.origin),
        notes: originNotes('exchange', record.exchange.origin),
        help: 'use IKEv2; with IKEv1 use Main Mode, or certificates',
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    for (const { source, exchange, ikeVersions, localMethod, remoteMethod } of context.config.pad) {
      const usesKey = localMethod.value === 'PSK' || remoteMethod.value === 'PSK';
      if (exchange.value !== 'aggressive' || !ikeVersions.value.includes(1) || !usesKey) continue;
      const at = entryPlace(context, source, exchange.origin);
      if (!at) continue;
      yield {
        message: `${entryText(source.record)} uses Aggressive Mode with a preshared key`,
        at,
        help: 'use IKEv2; with IKEv1 use Main Mode, or certificates',
        record: source.record,
      };
    }
  },
});
