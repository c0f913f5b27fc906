/**
 * Replays test/fuzz/ike-message: octets that fuzzing found to be broken in their own way, and odd ones that are not. The
 * first line of a file says what decoding must say: `# decodes`, or the whole error. A new find is a new file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { formatDecodeError, fromHex, toHex } from '../../../src/engine/wire/codec.js';
import { describe as describeMessage } from '../../../src/engine/wire/describe.js';
import { decodeMessage, encodeMessage, inspectMessage } from '../../../src/engine/wire/message.js';
import { stepsMax } from './steps.js';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'fuzz', 'ike-message');

const corpus = readdirSync(folder)
  .filter((name) => name.endsWith('.hex'))
  .map((name) => {
    const [first = '', ...lines] = readFileSync(path.join(folder, name), 'utf8').split('\n');
    return { name, expected: first.replace(/^# /, ''), octets: fromHex(lines.join(''))! };
  });

it('the corpus is there', () => expect(corpus.length).toBeGreaterThanOrEqual(140));

it.each(corpus)('$name', ({ expected, octets }) => {
  const decoding = decodeMessage(octets);
  expect(decoding.ok ? 'decodes' : formatDecodeError(decoding.error)).toBe(expected);
  const inspected = inspectMessage(octets);
  expect(inspected.decoding).toStrictEqual(decoding);
  expect(inspected.steps).toBeLessThanOrEqual(stepsMax(octets.length));
  if (!decoding.ok) return;
  expect(toHex(encodeMessage(decoding.message))).toBe(toHex(octets));
  expect(describeMessage(decoding.message)).toMatch(/^HDR/);
});
