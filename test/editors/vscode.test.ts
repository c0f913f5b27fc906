/** The extension for Visual Studio Code: its colours by the very engine that draws them there, and that it starts what it says. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import { argumentRows } from '../../src/model/language/arguments.js';
import { objectRows } from '../../src/model/language/objects.js';
import { transformRows } from '../../src/model/language/values.js';
import { root } from '../support/sources.js';

const folder = path.join(root, 'editors', 'vscode');
const json = (name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
const pjson = json('package.json');

let grammar: textmate.IGrammar;

beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'));
  await oniguruma.loadWASM(wasm);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => json(pjson.contributes.grammars[0].path),
  });
  grammar = (await registry.loadGrammar('source.ipsec-policy'))!;
});

/** Each word of a text with the scope that it has beside that of the language. */
function scopesOf(text: string): (readonly [string, string])[] {
  let stack = textmate.INITIAL;
  return text.split('\n').flatMap((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    return tokens.flatMap(({ startIndex, endIndex, scopes }) => {
      const word = line.slice(startIndex, endIndex).trim();
      const scope = scopes.at(-1)!.replace(/\.?ipsec-policy$/, '');
      return word === '' || scope === 'source' ? [] : [[word, scope] as const];
    });
  });
}

describe('the grammar', () => {
  it('tells the parts of a statement from each other, over its lines', () => {
    expect(
      scopesOf(`add host web \\
    -source 192.0.2.1/32 \\
    -destination 2001:db8::/32/443 \\
    -protocol TCP \\
    -tunnel net -action ESP_AES256_GCM16/28800/0,PASS
delete host web`),
    ).toEqual([
      ['add', 'keyword.control'],
      ['host', 'storage.type'],
      ['web', 'entity.name'],
      ['\\', 'punctuation.separator.continuation'],
      ['-source', 'variable.parameter'],
      ['192.0.2.1/32', 'constant.numeric.address'],
      ['\\', 'punctuation.separator.continuation'],
      ['-destination', 'variable.parameter'],
      ['2001:db8::/32/443', 'constant.numeric.address'],
      ['\\', 'punctuation.separator.continuation'],
      ['-protocol', 'variable.parameter'],
      ['TCP', 'constant.language'],
      ['\\', 'punctuation.separator.continuation'],
      ['-tunnel', 'variable.parameter'],
      ['net', 'entity.name'],
      ['-action', 'variable.parameter'],
      ['ESP_AES256_GCM16/28800/0', 'support.constant.transform'],
      ['PASS', 'keyword.other.action'],
      ['delete', 'keyword.control'],
      ['host', 'storage.type'],
      ['web', 'entity.name'],
    ]);
  });

  it('makes keys stand out, and references to them not', () => {
    expect(scopesOf('add auth a -preshared Tulip-Anvil -ppk file:/etc/ppk')).toEqual([
      ['add', 'keyword.control'],
      ['auth', 'storage.type'],
      ['a', 'entity.name'],
      ['-preshared', 'variable.parameter'],
      ['Tulip-Anvil', 'string.other.secret'],
      ['-ppk', 'variable.parameter'],
      ['file:', 'keyword.operator.reference'],
      ['/etc/ppk', 'string.unquoted'],
    ]);
  });

  it('knows comments, and those that speak to the tool', () => {
    expect(scopesOf('# a remark\n# ipsec-disable-next-line SHD004 -- reason SHD005\n# ipsec-dialect: A.03.02')).toEqual(
      [
        ['# a remark', 'comment.line.number-sign'],
        ['#', 'comment.line.number-sign'],
        ['ipsec-disable-next-line', 'keyword.other.directive'],
        ['SHD004', 'constant.other.rule'],
        ['-- reason SHD005', 'comment.line.number-sign'],
        ['#', 'comment.line.number-sign'],
        ['ipsec-dialect', 'keyword.other.directive'],
        [':', 'comment.line.number-sign'],
        ['A.03.02', 'constant.language'],
      ],
    );
  });

  it('knows every record, argument and transform of the language', () => {
    for (const { name } of objectRows) expect(scopesOf(`add ${name}`)).toContainEqual([name, 'storage.type']);
    for (const { object, name } of argumentRows)
      expect(scopesOf(`add ${object} x -${name} y`)).toContainEqual([`-${name}`, 'variable.parameter']);
    for (const { word } of transformRows)
      expect(scopesOf(`add host x -action ${word}`)).toContainEqual([word, 'support.constant.transform']);
  });

  it('ends a statement with its line, also where the next one is none', () => {
    expect(scopesOf('add host x -action PASS\n-source 192.0.2.1')).toEqual([
      ['add', 'keyword.control'],
      ['host', 'storage.type'],
      ['x', 'entity.name'],
      ['-action', 'variable.parameter'],
      ['PASS', 'keyword.other.action'],
    ]);
  });
});

describe('the extension', () => {
  it('names files that are there, and begins with what records begin with', () => {
    const [language] = pjson.contributes.languages;
    for (const name of [pjson.main, language.configuration, pjson.contributes.grammars[0].path])
      expect(readFileSync(path.join(folder, name), 'utf8').length).toBeGreaterThan(0);
    const first = new RegExp(language.firstLine);
    for (const line of ['# ipsec-dialect: A.02', 'add host x', '  add ikev2 y']) expect(first.test(line)).toBe(true);
    expect(first.test('# a remark')).toBe(false);
  });

  it('is woken by every file that it would judge', () => {
    // Documents of a language that the extension itself contributes wake it without being named.
    const named = [...readFileSync(path.join(folder, 'extension.js'), 'utf8').matchAll(/'(\*\*\/[^']+)'/g)];
    expect(named.length).toBeGreaterThan(0);
    expect(pjson.activationEvents).toEqual(named.map(([, pattern]) => `workspaceContains:${pattern}`));
  });

  it('starts the program that the settings name, and stops it', async () => {
    const calls: unknown[] = [];
    const settings: Record<string, unknown> = { path: '/opt/ipsecpm', otherProducts: true };
    const modules: Record<string, unknown> = {
      vscode: {
        workspace: { getConfiguration: () => ({ get: (name: string) => settings[name] }) },
        window: { showErrorMessage: (text: string) => calls.push(text) },
      },
      'vscode-languageclient/node': {
        TransportKind: { stdio: 0 },
        LanguageClient: class {
          constructor(...args: unknown[]) {
            calls.push(args);
          }
          async start() {
            if (settings.broken) throw new Error('ENOENT');
            calls.push('start');
          }
          async stop() {
            calls.push('stop');
          }
        },
      },
    };
    const module = { exports: {} as { activate(): Promise<void>; deactivate(): Promise<void> } };
    const text = readFileSync(path.join(folder, 'extension.js'), 'utf8');
    vm.runInThisContext(`(function(require,module){${text}\n})`)((name: string) => modules[name], module);
    await module.exports.activate();
    await module.exports.deactivate();
    const [[, , server, options], ...rest] = calls as [
      [string, string, object, { documentSelector: object[] }],
      ...string[],
    ];
    expect(server).toEqual({ command: '/opt/ipsecpm', args: ['lsp'], transport: 0 });
    expect(options.documentSelector[0]).toEqual({ language: 'ipsec-policy' });
    expect(options.documentSelector.length).toBeGreaterThan(2);
    expect(rest).toEqual(['start', 'stop']);
    settings.broken = true;
    await module.exports.activate();
    expect(calls.at(-1)).toContain('/opt/ipsecpm lsp does not start: ENOENT');
  });
});
