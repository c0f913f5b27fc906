/**
 * Texts of records that are without fault, for properties: every kind, every argument, in the ways people write them. What
 * belongs together is kept together (a port has a protocol, an identity its type), so that nothing in them is refused.
 */
import fc from 'fast-check';
import { formatAddress, formatRange, prefixRange } from '../../src/model/address.js';
import { type ArgumentRow, argumentsOf } from '../../src/model/language/arguments.js';
import type { ObjectName } from '../../src/model/language/objects.js';
import {
  groupRows,
  ikev1Encryption,
  ikev1Hash,
  ikev2Encryption,
  ikev2Hash,
  ikev2Prf,
  serviceRows,
  transformRows,
} from '../../src/model/language/values.js';

/** One record: its kind, its name or address, and its arguments in some order. */
export interface RecordText {
  readonly object: ObjectName;
  readonly subject: string;
  readonly arguments: readonly (readonly [name: string, value: string])[];
}

/** How a record is written down. */
export interface Writing {
  /** What stands between two words: blanks, tabs, continuations. */
  readonly gaps: readonly string[];
  readonly lowerCaseValues: boolean;
  readonly upperCaseNames: boolean;
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';
export const recordName = fc
  .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 63 })
  .map((chosen) => chosen.join(''))
  .filter((name) => name.toLowerCase() !== 'default' && !name.startsWith('-'));

/** Unicast: nothing below 1.0.0.0 or from 224.0.0.0 on, and no multicast of IPv6. */
const v4 = fc.integer({ min: 0x01000000, max: 0xdfffffff });
const v6 = fc.bigInt({ min: 1n << 100n, max: (0xfen << 120n) - 1n });
type Family = 4 | 6;
const family = fc.constantFrom<Family>(4, 6);

function address(of: Family): fc.Arbitrary<string> {
  return of === 4 ? v4.map((value) => formatAddress(4, value)) : v6.map((value) => formatAddress(6, value));
}

/** An address, prefix or range; `port` adds the end of an addrspec. */
function selector(of: Family, port: string, ranges: boolean): fc.Arbitrary<string> {
  const bits = of === 4 ? 32 : 128;
  const any = of === 4 ? '0.0.0.0/0' : '0::0/0';
  const single = address(of).map((text) => (port === '' ? text : `${text}/${bits}${port}`));
  const prefix = fc
    .tuple(of === 4 ? v4 : v6, fc.integer({ min: 1, max: bits }))
    .map(([value, length]) => prefixRange({ family: of, value }, length))
    .filter(({ first }) => BigInt(first) !== 0n)
    .chain((range) => fc.constant(formatRange(range)))
    .map((text) => (text.includes('/') ? `${text}${port}` : `${text}/${bits}${port}`));
  const range = fc
    .tuple(address(of), address(of))
    .map((pair) => [...pair])
    .filter(([a, b]) => a !== b)
    .map(([a = '', b = '']) => (isBelow(of, a, b) ? `${a}-${b}` : `${b}-${a}`));
  return fc.oneof(single, prefix, fc.constant(any + port), ...(ranges && port === '' ? [range] : []));
}

function isBelow(of: Family, a: string, b: string): boolean {
  const value = (text: string) =>
    of === 4
      ? text.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
      : expand(text).reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
  return value(a) < value(b);
}

function expand(text: string): string[] {
  const [head = '', tail] = text.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}

const port = fc.oneof(
  fc.integer({ min: 1, max: 65535 }).map(String),
  fc.tuple(fc.integer({ min: 1, max: 30000 }), fc.integer({ min: 30001, max: 65535 })).map(([lo, hi]) => `${lo}-${hi}`),
);
const priority = fc.integer({ min: 1, max: 2_000_000_000 }).map(String);
const words = <T extends string>(all: readonly T[], max = 4) =>
  fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: max });
const list = (rows: readonly { readonly word: string }[]) =>
  words(rows.map(({ word }) => word)).map((chosen) => chosen.join(','));

const lifetime = fc.oneof(
  fc.constant(''),
  fc.constantFrom('0', '600', '28800', '4294967294').map((seconds) => `/${seconds}`),
  fc
    .tuple(fc.constantFrom('0', '3600'), fc.constantFrom('0', '5120', '4294967294'))
    .map(([seconds, kilobytes]) => `/${seconds}/${kilobytes}`),
);
const transforms = fc.constantFrom<'AH' | 'ESP'>('AH', 'ESP').chain((protocol) =>
  words(transformRows.filter((row) => row.protocol === protocol).map((row) => row.word))
    .chain((names) =>
      fc.tuple(fc.constant(names), fc.array(lifetime, { minLength: names.length, maxLength: names.length })),
    )
    .map(([names, ends]) => names.map((name, index) => name + ends[index]).join(',')),
);

const octets = (count: number) =>
  fc
    .uint8Array({ minLength: count, maxLength: count })
    .map((key) => `0x${Array.from(key, (octet) => octet.toString(16).padStart(2, '0')).join('')}`);

/** A key as text: everything that is not white space, and not what would make it hexadecimal or a reference. */
export const keyText = fc
  .array(fc.constantFrom(...'abcXYZ019#"\'\\/=,+-_.:;!$%&()[]{}<>?@^~|*`é'), { minLength: 1, maxLength: 40 })
  .map((chosen) => chosen.join(''))
  .filter((key) => !/^(?:0x|file:|env:|-)/i.test(key) && !key.endsWith('\\'));
const key = fc.oneof(
  keyText,
  fc.integer({ min: 1, max: 32 }).chain(octets),
  recordName.map((name) => `file:/etc/ipsec/${name}`),
  recordName.map((name) => `env:${name}`),
);

const some = <T>(arbitrary: fc.Arbitrary<T>, of: (value: T) => readonly [string, string]) =>
  fc.option(arbitrary.map(of), { nil: undefined });
type Pair = readonly [string, string];

/** Arguments that a table row describes completely. */
function fromRow(row: ArgumentRow): fc.Arbitrary<Pair> | undefined {
  if (row.commandLineOnly || row.obsolete) return undefined;
  const pair = (value: string): Pair => [row.name, value];
  switch (row.kind) {
    case 'word':
      return fc.constantFrom(...row.values!.filter(({ until }) => !until).map(({ word }) => pair(word)));
    case 'words':
      return list(row.values!.filter(({ until }) => !until)).map(pair);
    case 'number':
      return fc.constantFrom('700', '1000', '3600').map(pair);
    case 'text':
      return recordName.map(pair);
    default:
      return undefined;
  }
}

function rowsOf(object: ObjectName, names: readonly string[]): fc.Arbitrary<readonly Pair[]> {
  const arbitraries = argumentsOf(object)
    .filter((row) => names.includes(row.name))
    .flatMap((row) => fromRow(row) ?? []);
  return fc
    .tuple(...arbitraries.map((each) => fc.option(each, { nil: undefined })))
    .map((pairs) => pairs.filter((each) => each !== undefined));
}

const childNames = ['pfs_group', 'esn', 'replay_window', 'start', 'mark', 'if_id'];

/** Selectors of one family, with a protocol that goes with them. */
const selectors = fc
  .tuple(family, fc.constantFrom('none', 'port', 'service', 'type', 'protocol'))
  .chain(([of, kind]): fc.Arbitrary<readonly Pair[]> => {
    const several = (end: string) => fc.array(selector(of, end, kind === 'none'), { minLength: 1, maxLength: 3 });
    const sides = (sourceEnd: string, destinationEnd: string, rest: readonly Pair[]): fc.Arbitrary<readonly Pair[]> =>
      fc
        .tuple(several(sourceEnd), several(destinationEnd))
        .map(([sources, destinations]) => [
          ...sources.map((value): Pair => ['source', value]),
          ...destinations.map((value): Pair => ['destination', value]),
          ...rest,
        ]);
    switch (kind) {
      case 'port':
        return fc
          .tuple(port, fc.constantFrom('TCP', 'UDP'))
          .chain(([number, protocol]) => sides('', `/${number}`, [['protocol', protocol]]));
      case 'service':
        return fc.constantFrom(...serviceRows).chain(({ word }) => sides(`/${word}`, '', []));
      case 'type': {
        const name = of === 4 ? 'icmp' : 'icmpv6';
        return fc
          .tuple(
            fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 }),
            fc.constantFrom('src', 'dst'),
          )
          .chain(([types, side]) =>
            sides('', '', [
              ['protocol', name.toUpperCase()],
              [`${side}_${name}_type`, types.join(',')],
            ]),
          );
      }
      case 'protocol':
        return fc
          .constantFrom('ALL', '0', '50', '255', 'GRE')
          .chain((protocol) => sides('', '', [['protocol', protocol]]));
      default:
        return sides('', '', []);
    }
  });

const host = fc
  .tuple(
    recordName,
    selectors,
    some(priority, (value) => ['priority', value]),
    fc.oneof(
      fc.constantFrom('PASS', 'DISCARD').map((word): readonly Pair[] => [['action', word]]),
      fc
        .tuple(transforms, fc.constantFrom('', 'NONE', 'EXCLUSIVE', 'FALLBACK_TO_CLEAR', 'EXCLUSIVE+FALLBACK_TO_CLEAR'))
        .map(([action, flags]): readonly Pair[] => [
          ['action', action],
          ...(flags === '' ? [] : [['flags', flags] as const]),
        ]),
    ),
    rowsOf('host', childNames),
  )
  .map(
    ([subject, sides, number, action, rest]): RecordText => ({
      object: 'host',
      subject,
      arguments: [...sides, ...(number ? [number] : []), ...action, ...rest],
    }),
  );

const tunnel = fc
  .tuple(
    recordName,
    selectors,
    transforms,
    rowsOf('tunnel', childNames),
    family.chain((of) => fc.option(fc.tuple(address(of), address(of)), { nil: undefined })),
  )
  .map(
    ([subject, sides, action, rest, ends]): RecordText => ({
      object: 'tunnel',
      subject,
      arguments: [
        ...(ends ? [['tsource', ends[0]] as const, ['tdestination', ends[1]] as const] : []),
        ...sides,
        ['action', action],
        ...rest,
      ],
    }),
  );

const manual = fc
  .tuple(recordName, address(4), address(4), octets(20), octets(16), fc.integer({ min: 2500001, max: 4294967295 }))
  .map(
    ([subject, source, destination, authentication, encryption, spi]): RecordText => ({
      object: 'host',
      subject,
      arguments: [
        ['source', `${source}/32`],
        ['destination', `${destination}/32`],
        ['action', 'ESP_AES128_HMAC_SHA1'],
        ['in', `ESP/${spi}/${authentication}/${encryption}`],
        ['out', `ESP/0x${spi.toString(16)}/${authentication}/${encryption}/0x0011223344556677`],
      ],
    }),
  );

const remote = family.chain((of) => selector(of, '', false));
const groups = list(groupRows);
const ikev1 = fc
  .tuple(recordName, remote, groups, list(ikev1Hash), list(ikev1Encryption), fc.constantFrom('ON', 'OFF'))
  .map(
    ([subject, peers, group, hash, encryption, pfs]): RecordText => ({
      object: 'ikev1',
      subject,
      arguments: [
        ['remote', peers],
        ['group', group],
        ['hash', hash],
        ['encryption', encryption],
        ['life', '28800'],
        ['pfs', pfs],
      ],
    }),
  );
const ikev2 = fc
  .tuple(
    recordName,
    remote,
    groups,
    list(ikev2Hash),
    list(ikev2Encryption),
    list(ikev2Prf),
    some(priority, (value) => ['priority', value]),
  )
  .map(
    ([subject, peers, group, hash, encryption, prf, number]): RecordText => ({
      object: 'ikev2',
      subject,
      arguments: [
        ['remote', peers],
        ['group', group],
        ['hash', hash],
        ['encryption', encryption],
        ['prf', prf],
        ...(number ? [number] : []),
      ],
    }),
  );

const label = fc
  .array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'), { minLength: 1, maxLength: 12 })
  .map((chosen) => chosen.join(''));
const domain = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const dn = fc
  .tuple(label, label, fc.constantFrom('DE', 'US'), fc.boolean())
  .map(([common, organisation, country, blank]) =>
    blank
      ? `"CN=${common},O=${organisation} and ${organisation},C=${country}"`
      : `CN=${common},O=${organisation},C=${country}`,
  );
const identity = fc.oneof(
  domain.map((value) => ['FQDN', value] as const),
  domain.map((value) => ['FQDN', `.${value}`] as const),
  fc.tuple(label, domain).map(([user, value]) => ['USER-FQDN', `${user}@${value}`] as const),
  dn.map((value) => ['X500-DN', value] as const),
  address(4).map((value) => ['IPV4', value] as const),
  address(6).map((value) => ['IPV6', value] as const),
  recordName.map((value) => ['KEY-ID', value] as const),
);

const auth = fc
  .tuple(
    recordName,
    remote,
    some(key, (value) => ['preshared', value]),
    fc.option(identity, { nil: undefined }),
    fc.option(
      identity.filter(([type, value]) => type !== 'X500-DN' && !value.startsWith('.')),
      { nil: undefined },
    ),
    rowsOf('auth', [
      'kmp',
      'exchange',
      'local_method',
      'remote_method',
      'nat_traversal',
      'dpd',
      'fragmentation',
      'certificate',
      'ca',
      'ppk_id',
      'ppk_required',
    ]),
    some(priority, (value) => ['priority', value]),
  )
  .map(
    ([subject, peers, preshared, rid, lid, rest, number]): RecordText => ({
      object: 'auth',
      subject,
      arguments: [
        ['remote', peers],
        ...(number ? [number] : []),
        ...(preshared ? [preshared] : []),
        ...(rid ? [['rtype', rid[0]] as const, ['rid', rid[1]] as const] : []),
        ...(lid ? [['ltype', lid[0]] as const, ['lid', lid[1]] as const] : []),
        ...rest,
      ],
    }),
  );

const bypass = family.chain(address).map((subject): RecordText => ({ object: 'bypass', subject, arguments: [] }));

/** Any record. */
export const recordText: fc.Arbitrary<RecordText> = fc
  .oneof(host, tunnel, manual, ikev1, ikev2, auth, bypass)
  .chain((record) =>
    fc
      .shuffledSubarray([...record.arguments], { minLength: record.arguments.length })
      .map((shuffled) => ({ ...record, arguments: keepRepeats(record, shuffled) })),
  );

/** Sources and destinations keep their order among themselves, because it is their order of preference. */
function keepRepeats(record: RecordText, shuffled: readonly Pair[]): readonly Pair[] {
  const left = new Map<string, Pair[]>();
  for (const pair of record.arguments) left.set(pair[0], [...(left.get(pair[0]) ?? []), pair]);
  return shuffled.map(([name]) => left.get(name)!.shift()!);
}

/** Plain: one blank between words, everything as it is in the tables. */
export const plainly: Writing = { gaps: [' '], lowerCaseValues: false, upperCaseNames: false };

/** Ways in which people write the same record. */
export const writing: fc.Arbitrary<Writing> = fc.record({
  gaps: fc.array(fc.constantFrom(' ', '  ', '\t', ' \\\n', ' \\\n    ', '\\\r\n\t', ' \\\n\\\n '), {
    minLength: 1,
    maxLength: 5,
  }),
  lowerCaseValues: fc.boolean(),
  upperCaseNames: fc.boolean(),
});

const caseFolding: ReadonlySet<string> = new Set(['word', 'words', 'flags', 'action', 'protocol', 'types']);

/** The statement. */
export function writeRecord(
  { object, subject, arguments: list_ }: RecordText,
  { gaps, lowerCaseValues, upperCaseNames }: Writing = plainly,
): string {
  const folds = new Set(
    argumentsOf(object)
      .filter((row) => caseFolding.has(row.kind))
      .map((row) => row.name),
  );
  const all = [
    upperCaseNames ? 'ADD' : 'add',
    upperCaseNames ? object.toUpperCase() : object,
    subject,
    ...list_.flatMap(([name, value]) => [
      `-${upperCaseNames ? name.toUpperCase() : name}`,
      lowerCaseValues && folds.has(name) ? value.toLowerCase() : value,
    ]),
  ];
  let text = all[0]!;
  for (const [index, word] of all.slice(1).entries()) {
    const gap = gaps[index % gaps.length]!;
    // A # that begins a line would begin a comment.
    text += (word.startsWith('#') ? ' ' : `${gap}${gap.endsWith('\n') ? ' ' : ''}`) + word;
  }
  return text;
}
