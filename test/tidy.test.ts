/** The order of the source code: who may import whom, and that nothing lies about unused. */
import { describe, expect, it } from 'vitest';
import { importsOf, readSources, type Source } from './support/sources.js';

const sources = readSources('src');

/** Which parts of src each part may import, besides itself. Files that lie in src directly are parts of their own. */
const layers: Readonly<Record<string, readonly string[]>> = {
  model: [],
  parser: ['model'],
  dialects: ['model'],
  lint: ['model'],
  engine: ['model'],
  report: ['model'],
  backends: ['model'],
  services: ['model', 'parser', 'dialects', 'lint', 'engine', 'report', 'backends'],
  lsp: ['model', 'parser', 'lint', 'report', 'services'],
  commands: ['model', 'services', 'report', 'lsp', 'cli', 'base-command.ts', 'exit-code.ts'],
  cli: ['model', 'report', 'services', 'base-command.ts', 'exit-code.ts', 'main.ts'],
  'base-command.ts': ['model', 'report', 'cli'],
  'exit-code.ts': [],
  'main.ts': ['report', 'cli'],
  library: ['model', 'services', 'dialects', 'report'],
  'index.ts': ['library', 'model', 'report'],
};

/** Exceptions, each an addition to `layers` for the files under one folder. */
const alsoAllowed: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  {
    from: 'src/dialects/hpux/',
    to: 'src/parser/',
    why: 'the writer of records reads back what it wrote, and tells what is otherwise',
  },
  {
    from: 'src/dialects/xfrm/',
    to: 'src/backends/xfrm/',
    why: 'a batch of the kernel’s policies holds what the back end would put in: the order is worked out once',
  },
  {
    from: 'src/backends/',
    to: 'src/engine/ipsec/',
    why: 'a data path speaks of the engine’s SAs, and ours is the same code as the simulator’s',
  },
  {
    from: 'src/backends/userspace/',
    to: 'src/engine/crypto/',
    why: 'the reference, which takes what the fast path leaves, is handed its cryptography',
  },
  {
    from: 'src/backends/userspace/',
    to: 'src/engine/wire/',
    why: 'IKE messages come in on the port that ESP in UDP comes in on',
  },
];

/**
 * Folders whose files are not all reached from a command or the library yet. An entry whose files are all reached must go.
 */
// biome-ignore format: one on a line, so that changes of several do not collide
const notYetReached: readonly string[] = [
];

const partOf = (path: string) => path.split('/')[1]!;

/** What is wrong with an import, or undefined. */
function fault(from: string, specifier: string, target: string | undefined): string | undefined {
  const isOpenssl = from.startsWith('src/engine/crypto/node/');
  if (from.startsWith('src/engine/') && specifier.startsWith('node:') && !isOpenssl) return 'the engine does no I/O';
  if (target === undefined) return undefined;
  if (!specifier.endsWith('.js')) return 'imports end in .js';
  const toOpenssl = target.startsWith('src/engine/crypto/node/');
  if (toOpenssl && !isOpenssl && partOf(from) !== 'services') return 'only services choose node:crypto';
  const [part, other] = [partOf(from), partOf(target)];
  if (part === other || layers[part]?.includes(other)) return undefined;
  if (alsoAllowed.some((rule) => from.startsWith(rule.from) && target.startsWith(rule.to))) return undefined;
  return layers[part] ? `${part} must not import ${other}` : `${part} is no part that the layers name`;
}

describe('imports', () => {
  it('go downwards only', () => {
    const faults = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, target }) => {
        const wrong = fault(path, specifier, target);
        return wrong === undefined ? [] : [`${path} imports ${specifier}: ${wrong}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  it.each([
    ['src/model/a.ts', '../parser/b.js'],
    ['src/engine/ikev2/a.ts', 'node:crypto'],
    ['src/engine/ikev2/a.ts', '../crypto/node/b.js'],
    ['src/commands/a.ts', '../engine/b.js'],
    ['src/report/a.ts', '../services/b.js'],
    ['src/backends/xfrm/a.ts', '../../engine/ikev2/b.js'],
    ['src/elsewhere/a.ts', '../model/b.js'],
    ['src/model/a.ts', './b.ts'],
  ])('%s may not import %s', (from, specifier) => {
    const [found] = importsOf(`import type { B } from '${specifier}';`, from);
    expect(fault(from, found!.specifier, found!.target)).toBeDefined();
  });

  it.each([
    ['src/services/a.ts', '../engine/crypto/node/b.js'],
    ['src/engine/crypto/node/a.ts', 'node:crypto'],
    ['src/backends/userspace/a.ts', '../../engine/ipsec/b.js'],
    ['src/lint/rules/a.ts', '../../model/b.js'],
    ['src/parser/a.ts', 'chevrotain'],
  ])('%s may import %s', (from, specifier) => {
    const [found] = importsOf(`export {\n  b,\n} from '${specifier}';`, from);
    expect(fault(from, found!.specifier, found!.target)).toBeUndefined();
  });

  it('are found in every form', () => {
    const text = `import './a.js';\nimport b, { c } from './b.js';\nexport * from './c.js';\nconst d = await import('./d.js');\n`;
    expect(importsOf(text, 'src/x.ts').map(({ target }) => target)).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => `src/${name}.ts`),
    );
  });
});

describe('every source file', () => {
  const orphans = orphansOf(sources);
  const awaited = (path: string) => notYetReached.some((folder) => path.startsWith(folder));

  it('is reached from a command or from the library', () => {
    expect(orphans.filter((path) => !awaited(path))).toEqual([]);
  });

  it('is no longer listed as not reached when it is', () => {
    expect(notYetReached.filter((folder) => !orphans.some((path) => path.startsWith(folder)))).toEqual([]);
  });
});

/** Files that neither the program (main.ts, the commands, which the build finds, and its workers) nor the library comes to. */
function orphansOf(all: readonly Source[]): readonly string[] {
  const byPath = new Map(all.map((source) => [source.path, source]));
  const isRoot = (path: string) =>
    path === 'src/services/data-path/worker.ts' ||
    path === 'src/lsp/judge-worker.ts' ||
    path === 'src/services/negotiate/matrix-worker.ts' ||
    path === 'src/main.ts' ||
    path === 'src/index.ts' ||
    path.startsWith('src/commands/');
  const reached = new Set<string>();
  const waiting = all.map(({ path }) => path).filter(isRoot);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    waiting.push(...(byPath.get(path)?.imports ?? []).flatMap(({ target }) => target ?? []));
  }
  return all.map(({ path }) => path).filter((path) => !reached.has(path));
}
