import type { Secret } from '../../../model/secret.js';
import type { ManualSa } from '../../../model/system-config.js';
import { protectingRecords } from '../../algorithm-lists.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { groupBySecret } from '../../secret-index.js';

interface Keyed {
  readonly record: Parameters<typeof recordText>[0];
  readonly direction: 'inbound' | 'outbound';
  readonly sa: ManualSa;
}

/** Places that are shown of many. */
const placesMax = 8;

export default defineRule({
  scope: 'system',
  code: 'CRY023',
  slug: 'static-spi-reuse',
  severity: 'warning',
  summary: 'Two manual SAs of a system share an SPI or a key.',
  rationale:
    'An inbound SPI names one SA: the kernel refuses the second, or packets meet the wrong keys. A key that serves two SAs, also the two directions of one, lets packets be reflected and moved between them, and one leak opens both.',
  references: ['RFC 4303 §2.1', 'RFC 4301 §4.1', 'RFC 4107 §2.1'],
  bad: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5\nadd host b -source 10.1.1.1 -destination 10.2.2.3 -priority 20 -action AH_SHA1 -in AH/2500101/0x4b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500202/0xa1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b',
  ],
  good: [
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5\nadd host b -source 10.1.1.1 -destination 10.2.2.3 -priority 20 -action AH_SHA1 -in AH/2500102/0x4b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500202/0xa1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
    // Outbound SPIs belong to the peers: two peers may choose the same one.
    'add host a -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1 -in AH/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5\nadd host b -source 10.1.1.1 -destination 10.2.2.3 -priority 20 -action AH_SHA1 -in AH/2500102/0x4b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b -out AH/2500201/0xa1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5',
  ],
  *check({ policies }) {
    const all: Keyed[] = [];
    for (const record of protectingRecords(policies)) {
      if (record.manualIn) all.push({ record, direction: 'inbound', sa: record.manualIn.value });
      if (record.manualOut) all.push({ record, direction: 'outbound', sa: record.manualOut.value });
    }
    const bySpi = new Map<string, Keyed>();
    for (const keyed of all) {
      if (keyed.direction === 'outbound') continue;
      const key = `${keyed.sa.protocol} ${keyed.sa.spi}`;
      const earlier = bySpi.get(key);
      if (!earlier) {
        bySpi.set(key, keyed);
        continue;
      }
      yield {
        message: `${recordText(keyed.record)} and ${recordText(earlier.record)} have the same inbound SPI, ${keyed.sa.protocol} ${keyed.sa.spi}`,
        at: keyed.sa.at,
        related: [{ at: earlier.sa.at, text: 'first used here' }],
        help: 'give each inbound SA an SPI of its own, and tell the peer',
        record: recordRef(keyed.record),
      };
    }
    for (const [what, keyOf] of [
      ['authentication', (sa: ManualSa): Secret | undefined => sa.authenticationKey],
      ['encryption', (sa: ManualSa): Secret | undefined => sa.encryptionKey],
    ] as const) {
      const secrets = all.flatMap((thing) => {
        const secret = keyOf(thing.sa);
        return secret && secret.length > 0 ? [{ secret, thing }] : [];
      });
      for (const [first, ...others] of groupBySecret(secrets)) {
        const [second] = others;
        if (!first || !second) continue;
        yield {
          message:
            second.record === first.record && others.length === 1
              ? `${recordText(first.record)} has the same ${what} key in both directions`
              : `${recordText(first.record)} shares its ${first.direction} ${what} key with ${others.length === 1 ? 'another SA' : `${others.length} other SAs`}`,
          at: second.sa.at,
          related: [first, ...others.slice(1, placesMax)].map(({ sa, record, direction }) => ({
            at: sa.at,
            text: `the same key: ${direction} SA of ${recordText(record)}`,
          })),
          help: 'make a random key for each SA and each direction',
          record: recordRef(second.record),
        };
      }
    }
  },
});
