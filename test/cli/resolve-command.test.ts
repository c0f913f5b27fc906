import { test as property } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Known, resolveCommand } from '../../src/cli/resolve-command.js';

const known: Known = {
  ids: ['apply', 'negotiate', 'policy:lint', 'policy:fmt', 'policy:baseline:create', 'sa:list', 'version'],
  globalFlags: new Map([
    ['--directory', { takesValue: true }],
    ['-C', { takesValue: true }],
    ['--config', { takesValue: true }],
    ['--json', { takesValue: false }],
    ['--quiet', { takesValue: false }],
    ['-q', { takesValue: false }],
    ['-v', { takesValue: false }],
  ]),
};

const resolve = (line: string) => resolveCommand(line.split(' ').filter(Boolean), known);

describe('resolveCommand', () => {
  it.each([
    ['version', 'version', []],
    ['policy lint a.conf b.conf', 'policy:lint', ['a.conf', 'b.conf']],
    ['policy lint --fix a.conf', 'policy:lint', ['--fix', 'a.conf']],
    ['policy baseline create', 'policy:baseline:create', []],
    ['-C dir policy lint a.conf', 'policy:lint', ['-C', 'dir', 'a.conf']],
    ['-C version policy lint', 'policy:lint', ['-C', 'version']],
    ['--config=x --json -q sa list', 'sa:list', ['--config=x', '--json', '-q']],
    ['-qv -Cdir sa list', 'sa:list', ['-qv', '-Cdir']],
    ['policy lint -', 'policy:lint', ['-']],
    ['apply -- --help', 'apply', ['--', '--help']],
  ])('%s is a command', (line, id, argv) => {
    expect(resolve(line)).toEqual({ kind: 'command', id, argv });
  });

  it.each([
    ['', []],
    ['--help', []],
    ['-h', []],
    ['-q --help', []],
    ['help', []],
    ['policy', ['policy']],
    ['policy --help', ['policy']],
    ['help policy', ['policy']],
    ['policy baseline', ['policy', 'baseline']],
    ['policy lint --help', ['policy', 'lint']],
    ['policy lint a.conf -h', ['policy', 'lint']],
    ['--help policy lint', ['policy', 'lint']],
    ['help policy lint a.conf', ['policy', 'lint']],
  ])('%j asks for help', (line, words) => {
    expect(resolve(line)).toEqual({ kind: 'help', words });
  });

  it.each(['--version', '-V', '-q --version', '--config x -V'])('%s asks for the version', (line) => {
    expect(resolve(line)).toEqual({ kind: 'version' });
  });

  it.each([
    ['aply', 'aply', 'apply'],
    ['policy lnt a.conf', 'policy lnt', 'policy lint'],
    ['plicy lint', 'plicy lint', 'policy lint'],
    ['lint a.conf', 'lint', 'policy lint'],
    ['fmt', 'fmt', 'policy fmt'],
    ['policy list', 'policy list', 'policy lint'],
    ['policy frobnicate', 'policy frobnicate', undefined],
    ['policy xnt', 'policy xnt', undefined],
    ['policy basline crate', 'policy basline crate', 'policy baseline create'],
    ['frobnicate the host', 'frobnicate', undefined],
    ['help aply', 'aply', 'apply'],
  ])('%s is no command', (line, words, suggestion) => {
    expect(resolve(line)).toEqual({ kind: 'unknown-command', words, suggestion });
  });

  it.each([
    ['--jsn version', '--jsn', '--json'],
    ['--confg=/secret/place version', '--confg', '--config'],
    ['--frobnicate', '--frobnicate', undefined],
    ['-x version', '-x', undefined],
  ])('%s has an unknown flag', (line, flag, suggestion) => {
    expect(resolve(line)).toEqual({ kind: 'unknown-flag', flag, suggestion });
  });

  it.each(['-q', '--json', '--config x', '-C', '--', '-- version'])('%s lacks a command', (line) => {
    expect(resolve(line)).toEqual({ kind: 'no-command' });
  });

  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('policy', 'lint', 'help', '--help', '--', '-', '-C', '--config', '--json', 'sa', 'list', '-q'),
  );
  property.prop([fc.array(word, { maxLength: 6 })])('loses no argument of a command and never throws', (argv) => {
    const resolution = resolveCommand(argv, known);
    if (resolution.kind !== 'command') return;
    const words = resolution.id.split(':');
    expect([...words, ...resolution.argv].sort()).toEqual([...argv].sort());
  });
});
