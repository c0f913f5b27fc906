import type { AddressRange } from '../../../model/address.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import type { RepositoryContext, SystemContext } from '../../context.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { groupBySecret } from '../../secret-index.js';

interface Holder {
  readonly system: SystemContext;
  readonly record: AuthRecord;
}

/** Places that are shown of many. */
const placesMax = 8;

export default defineRule({
  scope: 'repository',
  code: 'AUT003',
  slug: 'psk-reused',
  severity: 'warning',
  summary: 'One preshared key serves several pairs of peers.',
  rationale:
    'Everyone who holds the key can pose as everyone else who holds it: one stolen host opens the connections of all the others, and the key must be replaced everywhere at once. The two ends of one pair hold the same key, of course.',
  references: ['RFC 7296 §2.15 and §5'],
  bad: [
    'add auth b -remote 10.2.2.2 -priority 10 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe\nadd auth c -remote 10.2.2.3 -priority 20 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe',
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16\nadd auth b -remote 10.2.2.2 -priority 10 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe',
      peer: 'add host d -source 10.3.3.3 -destination 10.4.4.4 -priority 10 -action ESP_AES128_GCM16\nadd auth d -remote 10.4.4.4 -priority 10 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe',
    },
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe\nadd auth c -remote 10.2.2.3 -priority 20 -preshared Zp4nV8xGqT2hJ6rLwK0sBmDy',
    {
      text: 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_GCM16\nadd auth b -remote 10.2.2.2 -priority 10 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe',
      peer: 'add host a -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -action ESP_AES128_GCM16\nadd auth a -remote 10.1.1.1 -priority 10 -preshared kX9vQ2mTzR7bLwY4sHfJ8cPe',
    },
  ],
  *check(context) {
    for (const holders of groupBySecret(literalKeys(context))) {
      const [first, second, ...more] = holders;
      if (!first || !second) continue;
      if (more.length === 0 && arePair(first, second)) continue;
      const others = holders.slice(1);
      const elsewhere = new Set(holders.map(({ system }) => system.name)).size;
      yield {
        message: `the preshared key of ${recordText(first.record)} is also that of ${others.length === 1 ? recordText(second.record) : `${others.length} other records`}${elsewhere > 1 ? `, in ${elsewhere} systems` : ''}`,
        at: placeOf(first.record, first.record.preshared?.origin),
        related: others.slice(0, placesMax).map(({ record, system }) => ({
          at: placeOf(record, record.preshared?.origin),
          text: `the same key${elsewhere > 1 ? ` on ${system.name}` : ''}`,
        })),
        ...(others.length > placesMax ? { notes: [`and ${others.length - placesMax} more places`] } : {}),
        help: 'make a key of its own for each pair of peers',
        record: recordRef(first.record),
      };
    }
  },
});

function* literalKeys({ systems }: RepositoryContext) {
  for (const system of systems) {
    for (const record of system.policies.auths) {
      const reference = record.preshared?.value.reference;
      if (reference?.kind === 'literal') yield { secret: reference.secret, thing: { system, record } satisfies Holder };
    }
  }
}

/** Are these the two ends of one connection: does each name an address of the other? */
function arePair(a: Holder, b: Holder): boolean {
  return a.system !== b.system && names(a.record, b.system) && names(b.record, a.system);
}

function names({ remote }: AuthRecord, { config }: SystemContext): boolean {
  return config.addresses.some(({ family, value }) => holds(remote.value.range, family, value));
}

function holds(range: AddressRange, family: 4 | 6, value: number | bigint): boolean {
  return range.family === family && range.first <= value && value <= range.last;
}
