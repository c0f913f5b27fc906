/** What `npm publish` would send: everything that a user needs, and nothing else. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/sources.js';

it('the package holds what users need, and nothing of the checkout besides', () => {
  // Without its scripts: what is built is looked at by .ci/run, which installs the package.
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
  const paths = files.map((file) => file.path).filter((file) => !file.startsWith('dist/'));
  const below = (folder: string) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  const folders = ['man', 'docs', 'ci-kit', 'examples', 'schemas', 'systemd'];
  const single = [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'package.json',
    'bin/run.js',
    'bin/start.js',
    'bin/package.json',
  ];
  // npm leaves these out.
  const expected = [...single, ...folders.flatMap(below)].filter((file) => path.basename(file) !== '.gitignore');
  expect(paths.sort()).toEqual(expected.sort());
});
