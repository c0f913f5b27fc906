import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { EnvironmentError } from '../../../src/model/tool-error.js';
import { runtimePlaces } from '../../../src/services/runtime/places.js';
import { startDetached } from '../../../src/services/runtime/start-daemon.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a daemon that does not start is quoted line by line', async () => {
  const says = 'process.stderr.write("ipsec: no\\n  Do this.\\n\\n  See: that\\n"); process.exit(4)';
  const places = runtimePlaces(folder);
  const failed: unknown = await startDetached({ places, command: [process.execPath, '-e', says] }).catch(
    (error) => error,
  );
  expect(failed).toBeInstanceOf(EnvironmentError);
  expect(failed).toMatchObject({
    message: 'the daemon did not start (exit code 4)',
    hints: ['ipsec: no', 'Do this.', 'See: that', `Its log is ${places.log}.`],
  });
});
