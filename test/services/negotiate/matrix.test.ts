/** Every pair of a folder; and the files of keys, which nobody else may read. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { negotiateMatrix } from '../../../src/services/negotiate/matrix.js';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { writeKeys } from '../../../src/services/negotiate/write-keys.js';
import { folderWith } from '../../support/folder.js';
import { root } from '../../support/sources.js';

const golden = path.join('test', 'golden', 'negotiation');
const beginsAt = new Date('2026-01-01T00:00:00Z');

const matrixOf = (name: string) =>
  negotiateMatrix({ paths: [path.join(golden, name)], seed: '1', beginsAt, profiles: [], jobs: 1 }).then(
    ({ document }) => document,
  );

it('says what works and what fails, as the schema has it', async () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(
    JSON.parse(readFileSync(path.join(root, 'schemas', 'negotiation-matrix-v1.schema.json'), 'utf8')) as object,
  );
  const [good, bad] = [await matrixOf('ikev2-gcm'), await matrixOf('fault-group-ikev2')];
  expect(good).toMatchObject({ good: true, pairs: [{ word: 'works', good: true }] });
  expect(bad).toMatchObject({
    good: false,
    pairs: [{ word: 'fails', good: false, text: expect.stringMatching(/no IKE proposal in common/) }],
  });
  for (const document of [good, bad]) {
    validate(JSON.parse(JSON.stringify({ schemaVersion: 1, ...document })));
    expect(validate.errors).toBeNull();
  }
});

it('writes keys for the owner alone, and prints none', async () => {
  const { runs, document } = await negotiate({
    systems: ['a', 'b'].map((letter) => path.join(golden, 'ikev2-gcm', `${letter}.conf`)),
    further: [],
    initiator: 'A',
    seed: '1',
    beginsAt,
    untilMillis: 1000,
    faults: { nat: [] },
    profiles: [],
    detail: 'bytes',
    suggest: false,
  });
  const folder = path.join(folderWith({}), 'keys');
  const { files } = writeKeys(runs, folder);
  expect(files.length).toBeGreaterThan(0);
  for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o077).toBe(0);
  const json = JSON.stringify(document);
  expect(json).not.toContain('Modern-Alder');
  const keys = readdirSync(folder).flatMap((name) =>
    [...readFileSync(path.join(folder, name), 'utf8').matchAll(/[0-9a-f]{48,}/gi)].map(([key]) => key.toLowerCase()),
  );
  expect(keys.length).toBeGreaterThan(1);
  for (const key of keys) expect(json.toLowerCase()).not.toContain(key);
});
