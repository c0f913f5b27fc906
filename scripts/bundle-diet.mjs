/**
 * Leaves out of the bundle what libraries do at their start although our program never needs it. What is left out either does
 * nothing or says so when it is called.
 *
 * - @oclif/core: the search for plugins on disk, its own debug log and the check of its own Node version.
 * - chevrotain: the proof that tokens and grammar are well-formed. They never change after the build, and every test that
 *   parses something runs with the proof.
 */
import { readFileSync } from 'node:fs';

/** Packages that only code we never call imports, each with what takes its place in @oclif/core. */
const replacements = {
  // oclif's own log, on DEBUG=oclif*. The package looks at the terminal and at all of the environment to colour it.
  debug: 'module.exports = () => Object.assign(() => {}, { enabled: false });',
  // Finding commands, plugins and oclif's configuration on disk; src/cli/dispatch.ts hands over all three.
  lilconfig: 'exports.lilconfig = leftOut;',
  minimatch: 'exports.minimatch = leftOut;',
  tinyglobby: 'exports.glob = leftOut;',
  // Only asked whether Node is new enough for oclif; bin/start.js has asked whether it is for us, which is stricter.
  semver: 'exports.satisfies = leftOut;',
  // Whether this is the Windows Subsystem for Linux, for a word in the version line; it searches /proc for containers.
  'wsl-utils': 'exports.isWsl = false; exports.powerShellPath = leftOut;',
};

const leftOut = 'const leftOut = () => { throw new Error("left out of the bundle by scripts/bundle-diet.mjs"); };';

/**
 * Pieces of text that cost time for nothing, by file under node_modules, each with what takes its place.
 *
 * @type {Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>}
 */
const edits = {
  // Looks for oclif's package.json, which is not in the bundle, and gives up.
  '@oclif/core/lib/index.js': [['\ncheckNodeVersion();', '']],
  // A dynamic import would be one more file to read at every start.
  '@oclif/core/lib/util/os.js': [["(await import('wsl-utils')).isWsl ? 'wsl' : ", '']],
  'chevrotain/lib/src/scan/lexer_public.js': [['    skipValidations: false,', '    skipValidations: true,']],
  'chevrotain/lib/src/parse/parser/parser.js': [['    skipValidations: false,', '    skipValidations: true,']],
  // A table of 65536 numbers, filled at the start to save a division for each character beyond Latin-1.
  'chevrotain/lib/src/scan/lexer.js': [
    [': charCodeToOptimizedIdxMap[charCode];', ': 255 + ~~(charCode / 255);'],
    ['if (isEmpty(charCodeToOptimizedIdxMap)) {', 'if (false) {'],
  ],
};

/** @type {import('esbuild').Plugin} */
export const bundleDiet = {
  name: 'bundle-diet',
  setup({ onResolve, onLoad }) {
    const names = new RegExp(`^(${Object.keys(replacements).join('|')})$`);
    onResolve({ filter: names }, ({ path: name, importer }) =>
      /@oclif[/\\]core[/\\]/.test(importer) ? { path: name, namespace: 'bundle-diet' } : undefined,
    );
    for (const [name, replacement] of Object.entries(replacements)) {
      const filter = new RegExp(`^${name}$`);
      onLoad({ filter, namespace: 'bundle-diet' }, () => ({ contents: `${leftOut}\n${replacement}` }));
    }
    for (const [name, pieces] of Object.entries(edits)) {
      const filter = new RegExp(`node_modules/${name}$`.replaceAll('.', '\\.').replaceAll('/', '[/\\\\]'));
      onLoad({ filter }, ({ path: file }) => {
        let contents = readFileSync(file, 'utf8');
        for (const [from, to] of pieces) {
          const parts = contents.split(from);
          if (parts.length !== 2) throw new Error(`${file} has changed: look at scripts/bundle-diet.mjs again`);
          contents = parts.join(to);
        }
        return { contents, loader: 'js' };
      });
    }
  },
};
