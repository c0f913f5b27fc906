/** The JSON of dry runs against its schemas; members that they do not know are a change that somebody forgot to write down. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { schemaValidator } from '../../support/schema.js';

type Schema = Record<string, unknown>;

const validate = schemaValidator('negotiation-v1');

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
