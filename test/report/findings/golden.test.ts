import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingFormats, renderFindings } from '../../../src/report/findings/render.js';
import { nastyReport, secrets } from '../support/findings.js';
import { unsafeOutput } from '../support/reference.js';

const folder = path.resolve(import.meta.dirname, '../../golden/report');

describe.each(findingFormats)('%s', (format) => {
  const text = [...renderFindings(nastyReport, format, { failLevel: 'warning' })].join('');

  it('is as in its golden file', async () => {
    await expect(text).toMatchFileSnapshot(path.join(folder, `${format}.txt`));
  });

  it('shows no secret and sends nothing to a terminal but text and line breaks', () => {
    for (const secret of secrets.slice(0, 2)) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/-preshared 75|# was: 75/);
    expect(text).not.toMatch(unsafeOutput);
  });
});
