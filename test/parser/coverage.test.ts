/** Every section of the language's reference and every decision has tests that name it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const sections = [
  '1.1',
  '1.2',
  '1.3',
  '1.4',
  '1.5',
  '2.1',
  '2.1.1',
  '2.1.2',
  '2.2',
  '2.3',
  '2.4',
  '2.5',
  '2.6',
  '2.7',
  '2.8',
  '2.9',
  '2.10',
  '2.11',
  '2.12',
  '3.1',
  '3.2',
  '3.3',
  '3.4',
  '4.1',
  '4.2',
  '4.3',
  '4.4',
  '4.5',
  '5.1',
  '5.2',
  '5.3',
  '6',
];
const decisionsMax = 37;
/** Decisions about other parts: output of show, IKE messages, exit codes, the packet cache, rekeying. */
const elsewhere = [29, 32, 34, 35, 37];

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) =>
    [
      ...readFileSync(path.join(import.meta.dirname, file), 'utf8').matchAll(
        /\b(?:it|each\([\s\S]*?\))\(\s*(['"`])(.*?)\1/g,
      ),
    ].map((match) => match[2]!),
  );

it.each(sections)('§%s is named by a test', (section) => {
  expect(names.some((name) => name.startsWith(`§${section} `))).toBe(true);
});

it('each decision is named by a test, or belongs elsewhere', () => {
  const named = Array.from({ length: decisionsMax }, (_, index) => index + 1).filter((number) =>
    names.some((name) => name.startsWith(`decision ${number}:`)),
  );
  expect([...named, ...elsewhere].sort((a, b) => a - b)).toEqual(
    Array.from({ length: decisionsMax }, (_, index) => index + 1),
  );
});
