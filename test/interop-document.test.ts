/** docs/interop.md says what the interop tests play, no more and no less. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { interopDocument } from './interop/document.js';
import { cases } from './interop/strongswan-case.js';

it('says of each combination that is played that it works', async () => {
  const text = interopDocument();
  for (const { name } of cases) expect(text).toContain(`| ${name} |`);
  await expect(text).toMatchFileSnapshot(path.resolve(import.meta.dirname, '../docs/interop.md'));
});

it('names no test that cannot be found, and no key', () => {
  const text = interopDocument();
  expect(text).not.toMatch(/undefined|\$\{|%s|\$name|Maple/);
  // Each of the three lists has what it had when they were last looked at, or more.
  const lists = text
    .split(/\n(?=The life|Behind|Dry runs|## The kernel)/)
    .map((part) => part.match(/^- /gm)?.length ?? 0);
  expect(lists.slice(1, 4).map((count) => count > 1)).toEqual([true, true, true]);
});
