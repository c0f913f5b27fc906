/** What is written is what is read: generated records, in every way of writing them, through parser and printer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { parseText } from '../../src/parser/parse.js';
import { printFile } from '../../src/parser/print.js';
import { type RecordText, recordText, writeRecord, writing } from '../support/arbitrary-records.js';
import { read, statementsOf } from '../support/read.js';

const print = (text: string, mask = false) =>
  printFile(parseText(new SourceText('t.conf', text)), { dialect: 'extended', mask });

/** What a text means: its records and configuration, without places. */
function meaningOf(text: string): unknown {
  const { policies, config } = read(text);
  const octets = (secret: { reveal(): Uint8Array }) => [...secret.reveal()];
  const plain = (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Map) return [...value];
    if (value && typeof value === 'object' && 'reveal' in value) return octets(value as { reveal(): Uint8Array });
    return value;
  };
  const withoutPlaces = (key: string, value: unknown) =>
    ['at', 'nameAt', 'origin', 'source'].includes(key) ? undefined : plain(key, value);
  // Secret has a toJSON of its own, so it must be looked at before it is asked.
  const secrets = policies.auths.map(({ preshared }) =>
    preshared?.value.reference.kind === 'literal'
      ? octets(preshared.value.reference.secret)
      : preshared?.value.reference,
  );
  const keys = policies.hosts.map(({ manualIn, manualOut }) =>
    [manualIn, manualOut].map(
      (sa) =>
        sa && [
          sa.value.spi,
          octets(sa.value.authenticationKey),
          sa.value.encryptionKey && octets(sa.value.encryptionKey),
        ],
    ),
  );
  return JSON.parse(JSON.stringify([policies, config, secrets, keys], withoutPlaces));
}

const fold = (text: string) => text.toUpperCase();
const wordsAs = ({ object, subject, arguments: list }: RecordText) => [
  'add',
  object,
  subject,
  list.map(([name, value]) => [`-${name}`, fold(value)]),
];

describe('generated records', () => {
  it('are without fault', () => {
    fc.assert(
      fc.property(recordText, writing, (record, way) => {
        expect(read(writeRecord(record, way)).said.filter((line) => !line.includes('SYN014'))).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('parse into the words that were written, wherever lines are broken', () => {
    fc.assert(
      fc.property(recordText, writing, (record, way) => {
        const [statement, ...others] = statementsOf(writeRecord(record, way));
        expect(others).toEqual([]);
        expect([
          statement?.verb?.text.toLowerCase(),
          statement?.object?.text.toLowerCase(),
          statement?.subject?.text,
          statement?.arguments.map(({ name, value }) => [name.text.toLowerCase(), fold(value?.text ?? '')]),
        ]).toEqual(wordsAs(record));
        expect(statement?.strays).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('mean the same however they are written', () => {
    fc.assert(
      fc.property(recordText, writing, (record, way) => {
        expect(meaningOf(writeRecord(record, way))).toEqual(meaningOf(writeRecord(record)));
      }),
      { numRuns: 300 },
    );
  });

  it('parse(print(x)) = x, and print(print(x)) = print(x)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(recordText, writing), { minLength: 1, maxLength: 4 }), (records) => {
        const text = records.map(([record, way]) => `# a comment\n${writeRecord(record, way)}\n`).join('\n');
        const printed = print(text);
        expect(print(printed)).toBe(printed);
        expect(meaningOf(printed)).toEqual(meaningOf(text));
        for (const line of printed.split('\n').filter((one) => /^\s+-/.test(one)))
          expect(line.startsWith('    -')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('show no key when masked', () => {
    fc.assert(
      fc.property(recordText, (record) => {
        const key = record.arguments.find(([name]) => name === 'preshared')?.[1];
        fc.pre(key !== undefined && !/^(?:file|env):/.test(key));
        const printed = print(writeRecord(record), true);
        expect(printed).toMatch(/-preshared \[secret\](?: |\n)/);
      }),
      { numRuns: 100 },
    );
  });
});
