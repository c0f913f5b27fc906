import type { AuthRecord } from '../../../model/record/auth.js';
import type { PolicySet } from '../../../model/resolve.js';
import { keyExchange } from '../../../model/transform.js';
import { withIke } from '../../peer-policies.js';
import { recordRef, recordText } from '../../places.js';
import { type ActiveDemand, cite, guidanceOf } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';

/** Places that are shown of many. */
const placesMax = 8;

export default defineRule({
  scope: 'system',
  code: 'PQC001',
  slug: 'not-quantum-safe',
  severity: 'info',
  summary: 'What is sent today can be read once there are quantum computers.',
  rationale:
    'A quantum computer finds the keys of every classical exchange that was recorded, so secrets that must last longer than some years need a quantum-safe exchange (ML-KEM) or a postquantum preshared key now. Profiles set dates from which that is demanded.',
  references: ['RFC 8784', 'RFC 9370', 'FIPS 203', 'CNSA 2.0'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV1 -preshared file:b.key',
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 36 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
      profiles: ['cnsa2'],
    },
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 36,19 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key -ppk file:b.ppk -ppk_id b -ppk_required ON',
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 20,37 -encryption AES256-GCM16 -prf HMAC-SHA2-384',
      profiles: ['cnsa2'],
    },
  ],
  *check({ policies, settings }) {
    const demands = guidanceOf(settings).demands('post-quantum');
    const exposed: AuthRecord[] = [];
    for (const record of policies.auths) {
      const protections = protectionsOf(policies, record);
      const broken = demands.filter((demand) => !meets(demand, protections));
      if (broken.length > 0) {
        yield {
          message: `${recordText(record)}: keys for its peers are made without ${[...new Set(broken.flatMap(({ methods }) => methods))].join(' or ')}`,
          at: record.nameAt,
          severity: worst(broken.map(({ severity }) => severity))!,
          notes: [
            'what is recorded today can be read when there are quantum computers',
            ...broken.map((demand) => `demanded by ${cite(demand)}`),
          ],
          help: 'use IKEv2 with a quantum-safe group in the ikev2 policy of the peer (-group 36 or 37, behind a classical one)',
          record: recordRef(record),
        };
      } else if (protections.methods.size === 0 && !protections.ppk) exposed.push(record);
    }
    const [first, ...others] = exposed;
    if (!first || demands.length > 0) return;
    yield {
      message: `${others.length === 0 ? `${recordText(first)} has` : `${exposed.length} auth records have`} no protection against quantum computers: neither ML-KEM nor a postquantum preshared key`,
      at: first.nameAt,
      related: others.slice(0, placesMax).map((record) => ({ at: record.nameAt, text: 'and this one' })),
      notes: ['what is recorded today can be read when there are quantum computers'],
      help: 'for secrets that must last, use IKEv2 with -group 36 in the policy of the peer, or -ppk',
      record: recordRef(first),
    };
  },
});

interface Protections {
  /** Quantum-safe methods that every IKE policy of the peers has. */
  readonly methods: ReadonlySet<string>;
  readonly ppk: boolean;
}

function protectionsOf(policies: PolicySet, record: AuthRecord): Protections {
  // Neither is defined for IKEv1.
  if (record.kmp.value[0] !== 2) return { methods: new Set(), ppk: false };
  let common: string[] | undefined;
  for (const { ike } of withIke(policies, 2, record.remote.value.range, record)) {
    const safe = new Set(
      (ike?.groups.value ?? []).flatMap((id) => {
        const method = keyExchange(id);
        return method?.kind === 'ML-KEM' ? [method.name] : [];
      }),
    );
    common = common ? common.filter((name) => safe.has(name)) : [...safe];
  }
  return { methods: new Set(common), ppk: record.ppk !== undefined };
}

function meets({ methods, ppk }: ActiveDemand<'post-quantum'>, has: Protections): boolean {
  return methods.some((method) => has.methods.has(method)) || (ppk && has.ppk);
}
