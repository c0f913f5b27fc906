/**
 * Leaves out of the bundle what libraries do at their start although our program does not need it then, or ever.
 *
 * - @oclif/core: the search for plugins on disk, its own debug log and the check of its own Node version are left out; what its
 *   modules require of each other is loaded when it is first used, so that a command does not load the help and its like.
 * - chevrotain: the proof that tokens and grammar are well-formed. They never change after the build, and every test that
 *   parses something runs with the proof.
 */
import { readFileSync } from 'node:fs';

const leftOut = 'const leftOut = () => { throw new Error("left out of the bundle by scripts/bundle-diet.mjs"); };';

/** Modules that take the place of others in @oclif/core; what only code that we never call needs says so when it is called. */
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
  // See `loadLater`.
  'bundle-diet:later': `const once = (load) => {
    let real;
    return () => (real ??= load());
  };
  module.exports = (load) => {
    const get = once(load);
    return new Proxy(function () {}, {
      get: (_, key) => get()[key],
      has: (_, key) => key in get(),
      apply: (_, self, args) => Reflect.apply(get(), self, args),
      construct: (_, args) => Reflect.construct(get(), args),
    });
  };
  module.exports.once = once;`,
};

/**
 * Pieces of text that cost time for nothing, by file under node_modules, each with what takes its place.
 *
 * @type {Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>}
 */
const edits = {
  // Looks for oclif's package.json, which is not in the bundle, and gives up.
  '@oclif/core/lib/index.js': [['\ncheckNodeVersion();', '']],
  // To ask for the width of a terminal opens the streams; only help and warnings need it.
  '@oclif/core/lib/screen.js': [
    ['exports.stdtermwidth = columns ||', 'exports.stdtermwidth = 0; lazily("stdtermwidth", () => columns ||'],
    ['termwidth(process.stdout);', 'termwidth(process.stdout));'],
    ['exports.errtermwidth = columns ||', 'exports.errtermwidth = 0; lazily("errtermwidth", () => columns ||'],
    ['termwidth(process.stderr);', 'termwidth(process.stderr));'],
    [
      'const columns =',
      'const lazily = (name, get) => Object.defineProperty(exports, name, { get });\nconst columns =',
    ],
  ],
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
    onResolve({ filter: names }, ({ path, importer }) =>
      isOclif(importer) ? { path, namespace: 'bundle-diet' } : undefined,
    );
    for (const [name, replacement] of Object.entries(replacements)) {
      const filter = new RegExp(`^${name}$`);
      onLoad({ filter, namespace: 'bundle-diet' }, () => ({ contents: `${leftOut}\n${replacement}` }));
    }
    onLoad({ filter: /node_modules[/\\](@oclif[/\\]core|chevrotain)[/\\]lib[/\\].*\.js$/ }, ({ path }) => {
      const name = path.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '');
      const edited = edit(name, readFileSync(path, 'utf8'));
      return { contents: isOclif(path) ? loadLater(edited) : edited, loader: 'js' };
    });
  },
};

/** @param {string} file */
function isOclif(file) {
  return /@oclif[/\\]core[/\\]/.test(file);
}

/**
 * @param {string} name
 * @param {string} text
 */
function edit(name, text) {
  let edited = text;
  for (const [from, to] of edits[name] ?? []) {
    const parts = edited.split(from);
    if (parts.length !== 2) throw new Error(`${name} has changed: look at scripts/bundle-diet.mjs again`);
    edited = parts.join(to);
  }
  return edited;
}

/**
 * Puts off every `const x = require('y')` of a CommonJS module until something of x is used. TypeScript wrote these modules, and
 * it always writes `x.member` or `x()`, so that nothing notices.
 *
 * @param {string} text
 */
function loadLater(text) {
  const form = /^(?:const|var) (\w+) = ((?:__import(?:Star|Default)\()?require\(["'][^"']+["']\)\)?);$/gm;
  const member = /^exports\.(\w+) = (__importStar\(require\(["'][^"']+["']\)\));$/gm;
  return `const later = require("bundle-diet:later");\n${text}`
    .replace(form, (_, name, load) => `const ${name} = ${name === 'later' ? load : `later(() => ${load})`};`)
    .replace(member, 'Object.defineProperty(exports, "$1", { enumerable: true, get: later.once(() => $2) });');
}
