/** What the decisions say about the project against what it is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/sources.js';

const pjson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const decisions = path.join(root, 'docs', 'decisions');

describe('docs/decisions/0002-dependencies.md', () => {
  const text = readFileSync(path.join(decisions, '0002-dependencies.md'), 'utf8');
  const named = [...text.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)];

  it('gives the reason for every dependency, and for no other', () => {
    const own = Object.keys({ ...pjson.dependencies, ...pjson.devDependencies, ...pjson.optionalDependencies });
    expect(named.map(([, name]) => name).sort()).toEqual(own.sort());
  });

  it('gives it in a sentence', () => {
    for (const [, name, reason] of named) expect(reason!.trim().length, name).toBeGreaterThan(20);
  });
});

it('decisions are numbered without a gap or a double', () => {
  const names = readdirSync(decisions)
    .filter((name) => name.endsWith('.md'))
    .sort();
  expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
});

it('the oldest Node that is named is the same everywhere', () => {
  const oldest = /^>=(\d+\.\d+)$/.exec(pjson.engines.node)?.[1];
  const [major, minor] = oldest!.split('.');
  expect(readFileSync(path.join(root, 'bin', 'start.js'), 'utf8')).toContain(`olderThan(${major}, ${minor})`);
  expect(readFileSync(path.join(root, 'scripts', 'build-program.mjs'), 'utf8')).toContain(`target: 'node${oldest}'`);
  expect(readFileSync(path.join(decisions, '0001-node-version.md'), 'utf8')).toContain(`Node ≥ ${oldest}`);
});

describe('docs/verification.md', () => {
  const text = readFileSync(path.join(root, 'docs', 'verification.md'), 'utf8');
  const tests = [...text.matchAll(/`(test\/[^`]+)`/g)].map(([, file]) => file!);

  it('names tests that there are', () => {
    expect(tests.length).toBeGreaterThan(30);
    expect(tests.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('names scripts that there are', () => {
    const scripts = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((name) => !(name in pjson.scripts))).toEqual([]);
  });

  it('leaves out no test with another daemon or a real kernel of its own', () => {
    const kinds = readdirSync(path.join(root, 'test', 'interop')).filter((file) =>
      /\.(?:interop|kernel)\.test\.ts$/.test(file),
    );
    const unnamed = kinds.filter((file) => !tests.includes(`test/interop/${file}`));
    expect(unnamed).toEqual([]);
  });
});

it('ARCHITECTURE.md names files and folders that are there', () => {
  const text = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
  const all = ['src', 'bin', 'scripts', 'systemd', 'test', 'docs'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|js|mjs)|src\/[\w/-]+)`/g)].map(([, name]) =>
    name!.replace(/\/$/, ''),
  );
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter((name) => !all.some((file) => file === name || file.endsWith(`/${name}`)));
  expect(missing).toEqual([]);
  // And each part of the sources is told of.
  const parts = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(parts.filter(({ name }) => !text.includes(`\`src/${name}`)).map(({ name }) => name)).toEqual([]);
});
