import { isAsShipped } from '../../algorithm-lists.js';
import { type ChildLifetime, formatSeconds, lifetimePlace, lifetimesOf } from '../../lifetimes.js';
import { childrenByIke } from '../../peer-policies.js';
import { originNotes, placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'LIF005',
  slug: 'child-outlives-ike',
  severity: 'info',
  restsOn: 'records',
  summary: 'An IKEv1 SA for packets outlives the ISAKMP SA that made it.',
  rationale:
    'In IKEv1 the two live on their own. Once the ISAKMP SA has gone, no delete message can be sent for what it made: an end that drops its SA cannot tell the other, which goes on sending into nothing until its own clock runs out.',
  references: ['RFC 2408 §5.15', 'draft-jenkins-ipsec-rekeying §2'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/28800\nadd ikev1 a -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -life 3600\nadd auth a -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:a.key',
    'add tunnel a -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16/0/5120\nadd ikev1 a -remote 10.9.0.0/16 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -life 28800\nadd auth a -remote 10.9.9.9 -priority 10 -kmp IKEV1 -preshared file:a.key',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/3600\nadd ikev1 a -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -life 28800\nadd auth a -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:a.key',
    // IKEv2 deletes the children with their IKE SA.
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256/28800\nadd ikev2 a -remote 10.2.2.2 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-256 -life 3600\nadd auth a -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:a.key',
  ],
  *check({ policies }) {
    for (const [ike, children] of childrenByIke(policies)) {
      if (ike.kind === 'ikev2' || isAsShipped(ike)) continue;
      const { value, origin } = ike.lifeSeconds;
      let longest: ChildLifetime | undefined;
      for (const child of children) {
        for (const lifetime of lifetimesOf(child)) {
          if (lasting(lifetime) > value && (!longest || lasting(lifetime) > lasting(longest))) longest = lifetime;
        }
      }
      if (!longest) continue;
      yield {
        message: `${recordText(ike)} keeps its ISAKMP SAs for ${formatSeconds(value)}, ${recordText(longest.record)} its SAs ${longest.seconds === 0 ? 'without limit' : `for ${formatSeconds(longest.seconds)}`}`,
        at: placeOf(ike, origin),
        related: [{ at: lifetimePlace(longest, 'seconds'), text: 'this SA can be left without an ISAKMP SA' }],
        notes: originNotes('life', origin),
        help: 'let the ISAKMP SA live longer than the SAs that it makes, or use IKEv2',
        record: recordRef(ike),
      };
    }
  },
});

function lasting({ seconds }: ChildLifetime): number {
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds;
}
