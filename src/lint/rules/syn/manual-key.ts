import { addressBits } from '../../../model/address.js';
import { dynamicSpiRange, reservedSpiMax } from '../../../model/language/limits.js';
import type { TransformRow } from '../../../model/language/values.js';
import type { Sourced } from '../../../model/origin.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import type { PolicySet } from '../../../model/resolve.js';
import type { Span } from '../../../model/span.js';
import type { ManualSa } from '../../../model/system-config.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';
import { weaknessOf } from '../../weak-des-keys.js';

const pair = '-in ESP/2500101/0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f';
const otherPair = '-out ESP/2500202/0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5/0x0f1e2d3c4b5a69788796a5b4c3d2e1f1';
const ends = '-source 10.1.1.1/32 -destination 10.4.4.9/32';

export default defineRule({
  scope: 'system',
  code: 'SYN017',
  slug: 'manual-key',
  severity: 'error',
  restsOn: 'values',
  summary: 'An SA with manual keys is not written as the product needs it.',
  rationale:
    'Nothing is negotiated, so everything has to be right at once: both directions, one transform, key lengths that fit it, SPIs that IKE never hands out, one address at each end. A mistake shows up only as packets that disappear.',
  references: ['ipsec_config_add(1M)', 'RFC 4303 §2.1', 'FIPS 74 §3.6'],
  bad: [
    `add host h ${ends} -action ESP_AES128_HMAC_SHA1 -in ESP/500/0x11/0x22 -out ESP/501/0x11/0x22`,
    `add host h ${ends} -action ESP_AES128_HMAC_SHA1 ${pair}`,
    `add host h -source 10.1.1.1/32 -destination 10.4.0.0/16 -action ESP_AES128_HMAC_SHA1 ${pair} ${otherPair}`,
    `add host h ${ends} -action ESP_AES128_HMAC_SHA1/28800 ${pair} ${otherPair}`,
    `add host h ${ends} -action PASS ${pair} ${otherPair}`,
    `add tunnel t ${ends} -action ESP_AES128_HMAC_SHA1 ${pair} ${otherPair}`,
  ],
  good: [
    `add host h ${ends} -action ESP_AES128_HMAC_SHA1 ${pair} ${otherPair}`,
    `add tunnel t -tsource 10.1.1.1 -tdestination 10.4.4.9 ${ends} -action ESP_AES128_HMAC_SHA1 ${pair} ${otherPair}`,
  ],
  *check({ policies }) {
    const inbound = new Map<number, ManualSa>();
    for (const record of [...policies.hosts, ...policies.tunnels]) {
      if (!record.manualIn && !record.manualOut) continue;
      const found = [...faults(record, policies)];
      const spi = record.manualIn?.value;
      const other = spi && inbound.get(spi.spi);
      if (spi && other)
        found.push({
          at: spi.at,
          what: `another policy has the inbound SPI ${spi.spi} too`,
          help: 'an inbound SPI is unique on a system',
        });
      if (spi) inbound.set(spi.spi, spi);
      for (const { at, what, help, severity } of found) {
        const finding: RuleFinding = { message: `${recordText(record)}: ${what}`, at, record: recordRef(record), help };
        yield severity ? { ...finding, severity } : finding;
      }
    }
  },
});

interface Fault {
  readonly at: Span;
  readonly what: string;
  readonly help: string;
  readonly severity?: 'warning';
}

function* faults(record: HostRecord | TunnelRecord, policies: PolicySet): Iterable<Fault> {
  const { manualIn, manualOut, action } = record;
  const written = [manualIn, manualOut].filter((sa): sa is Sourced<ManualSa> => sa !== undefined);
  const at = written[0]!.value.at;
  if (!manualIn || !manualOut)
    yield { at, what: `-${manualIn ? 'out' : 'in'} is missing`, help: 'manual keys need both directions' };
  for (const [side, list] of [
    ['source', record.sources],
    ['destination', record.destinations],
  ] as const) {
    const [only] = list;
    if (
      list.length === 1 &&
      only &&
      only.value.range.first === only.value.range.last &&
      only.value.prefixLength === addressBits(only.value.range.family)
    )
      continue;
    yield {
      at: only ? placeOf(record, only.origin) : at,
      what: `manual keys need exactly one ${side} address`,
      help: `write -${side} with one address and its full prefix length`,
    };
  }
  if (record.kind === 'tunnel' && (!record.tunnelSource || !record.tunnelDestination)) {
    yield {
      at: record.nameAt,
      what: 'a tunnel with manual keys needs both endpoints',
      help: 'write -tsource and -tdestination',
    };
  }
  if (action.value.kind !== 'TRANSFORMS') {
    yield {
      at: placeOf(record, action.origin),
      what: `-action ${action.value.kind} has no use for keys`,
      help: 'write the transform that the keys are for',
    };
    return;
  }
  const [spec, ...more] = action.value.transforms;
  if (!spec || more.length > 0 || spec.nested) {
    yield {
      at: placeOf(record, action.origin),
      what: 'manual keys need exactly one transform',
      help: 'nothing is negotiated: write the one that both sides use',
    };
    return;
  }
  if (spec.lifetimeSeconds !== undefined || spec.lifetimeKilobytes !== undefined) {
    yield { at: spec.at, what: 'an SA with manual keys has no lifetime', help: 'leave the lifetime out' };
  }
  for (const sa of written) yield* saFaults(sa.value, spec.transform, policies);
}

function* saFaults(sa: ManualSa, transform: TransformRow, policies: PolicySet): Iterable<Fault> {
  const min = policies.startup?.spiMin?.value ?? dynamicSpiRange.min;
  const max = policies.startup?.spiMax?.value ?? dynamicSpiRange.max;
  const { at } = sa;
  if (sa.spi >= min && sa.spi <= max) {
    yield {
      at,
      what: `SPI ${sa.spi} is in the range that IKE hands out, ${min} to ${max}`,
      help: `choose one above ${max}`,
    };
  } else if (sa.spi <= reservedSpiMax) {
    yield { at, what: `SPI ${sa.spi} is reserved`, help: `choose one above ${max}`, severity: 'warning' };
  }
  if (sa.protocol !== transform.protocol) {
    yield {
      at,
      what: `the key is for ${sa.protocol} and the transform ${transform.word} for ${transform.protocol}`,
      help: `begin with ${transform.protocol}/`,
    };
    return;
  }
  const { encryption, authentication } = transform;
  if (authentication)
    yield* length(at, 'authentication', sa.authenticationKey.length, authentication.keyBits / 8, transform);
  if (encryption && encryption.keyBits > 0) {
    if (!sa.encryptionKey)
      yield {
        at,
        what: `there is no encryption key for ${transform.word}`,
        help: 'write ESP/spi/authentication-key/encryption-key',
      };
    else {
      const wanted = encryption.keyBits / 8 + (encryption.saltOctets ?? 0);
      yield* length(at, 'encryption', sa.encryptionKey.length, wanted, transform);
      const weakness =
        encryption.blockOctets === 8 && sa.encryptionKey.length === wanted
          ? weaknessOf(sa.encryptionKey.reveal())
          : undefined;
      if (weakness) yield { at, what: `the encryption key is ${weakness}`, help: 'make a random key' };
    }
  }
  if (encryption?.keyBits === 0 && sa.encryptionKey)
    yield { at, what: `${transform.word} does not encrypt, and there is an encryption key`, help: 'leave it out' };
  if (sa.iv && sa.iv.length !== 8)
    yield {
      at,
      what: `the initialization vector has ${sa.iv.length} octets`,
      help: 'write 16 hexadecimal digits; the default is all zeros',
    };
}

function* length(at: Span, what: string, found: number, wanted: number, transform: TransformRow): Iterable<Fault> {
  if (found === wanted) return;
  yield {
    at,
    what: `the ${what} key has ${found} octets, and ${transform.word} needs ${wanted}`,
    help: `write 0x and ${wanted * 2} hexadecimal digits`,
  };
}
