/** The JSON of dry runs against its schemas; members that they do not know are a change that somebody forgot to write down. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { root } from '../../support/sources.js';

type Schema = Record<string, unknown>;

/** The schema with every object closed. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const copy: Schema = Object.fromEntries(entries);
  return copy.type === 'object' && copy.properties ? { ...copy, additionalProperties: false } : copy;
}

function validator(name: string) {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(
    closed(JSON.parse(readFileSync(path.join(root, 'schemas', `${name}.schema.json`), 'utf8'))) as Schema,
  );
}

const validate = validator('negotiation-v1');

async function document(name: string, detail: 'messages' | 'payloads' | 'bytes') {
  const file = (letter: string) => path.join('test', 'golden', 'negotiation', name, `${letter}.conf`);
  const result = await negotiate({
    systems: [file('a'), file('b')],
    further: [],
    initiator: 'A',
    seed: '1',
    beginsAt: new Date('2026-01-01T00:00:00Z'),
    untilMillis: 1000,
    faults: { nat: [] },
    profiles: [],
    detail,
    suggest: true,
  });
  return JSON.parse(JSON.stringify({ schemaVersion: 1, ...result.document })) as unknown;
}

describe.each([
  ['ikev2-gcm', 'bytes'],
  ['hpux-host-to-host', 'payloads'],
  ['hpux-manual-keys', 'messages'],
  ['hpux-autoconf-clients', 'messages'],
  ['fault-group-ikev2', 'payloads'],
  ['fault-id-ikev1', 'messages'],
  ['fault-kmp-ikev1', 'messages'],
] as const)('%s with %s', (name, detail) => {
  it('is as the schema says', async () => {
    validate(await document(name, detail));
    expect(validate.errors ?? []).toEqual([]);
  });
});

it('is refused when something is missing or of another kind', async () => {
  const good = (await document('ikev2-gcm', 'messages')) as Schema;
  const { good: _, ...without } = good;
  expect(validate(without)).toBe(false);
  expect(validate({ ...good, runs: [{}] })).toBe(false);
  expect(validate({ ...good, schemaVersion: 2 })).toBe(false);
});
