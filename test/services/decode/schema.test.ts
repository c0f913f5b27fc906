/** The JSON of decoded captures against its schema; members that it does not know are a change that somebody forgot to write down. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { decodeCapture } from '../../../src/services/decode/decode.js';
import { schemaValidator } from '../../support/schema.js';
import { root } from '../../support/sources.js';
import { captured } from './support.js';

const validate = schemaValidator('decode-v1');

it.each(['hpux-host-to-host', 'ikev2-gcm', 'fault-key-ikev1', 'hpux-integrity-only'])(
  '%s is as the schema says',
  async (name) => {
    const { capture, keys, remove } = await captured(path.join('test', 'golden', 'negotiation', name));
    for (const detail of [undefined, 'bytes'] as const)
      for (const withKeys of [[], [keys]]) {
        const document = await decodeCapture({
          input: capture,
          keys: withKeys,
          crypto: 'node',
          ...(detail ? { detail } : {}),
        });
        validate(JSON.parse(JSON.stringify({ schemaVersion: 1, ...document })));
        expect(validate.errors ?? []).toEqual([]);
      }
    remove();
  },
);

it('something missing or of another kind is refused', async () => {
  const example = path.join(root, 'examples', 'faulty', 'capture.pcapng');
  const document = { schemaVersion: 1, ...(await decodeCapture({ input: example, keys: [], crypto: 'node' })) };
  expect(validate(document)).toBe(true);
  expect(validate({ ...document, packets: [{}] })).toBe(false);
  expect(validate({ ...document, schemaVersion: 2 })).toBe(false);
});
