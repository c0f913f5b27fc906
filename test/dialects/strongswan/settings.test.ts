import { describe, expect, it } from 'vitest';
import { noFiles } from '../../../src/dialects/dialect.js';
import {
  effectiveSettings,
  findSections,
  innerNames,
  readSettings,
  type Section,
} from '../../../src/dialects/strongswan/settings.js';
import { depthMax, parseSettings } from '../../../src/dialects/strongswan/settings-grammar.js';
import { SourceText } from '../../../src/model/span.js';
import { filesOf } from '../support.js';

function read(text: string, files = noFiles) {
  return readSettings([new SourceText('swanctl.conf', text)], files);
}

/** Values of a section by dotted path, references followed. */
function values(root: Section, path: string): Record<string, string> {
  const settings = effectiveSettings(findSections(root, path.split('.')));
  return Object.fromEntries(settings.map(({ key, value }) => [key, value!.text]));
}

describe('a setting', () => {
  it.each([
    ['a { b = c }', 'c'],
    ['a { b = c # x\n }', 'c'],
    ['a { b =   c  d }', 'c d'],
    ['a { b = c{d, e } }', 'c{d, e'],
    ['a { b = "c # } d" }', 'c # } d'],
    ['a { b = "c\\"d\\n\\te" }', 'c"d\n\te'],
    ['a { b = "c\\\nd" }', 'cd'],
    ['a { b = x "y  z" w }', 'x y  z w'],
    ['a { include = c }', undefined],
    ['a {\n b = c}', 'c'],
    ['a{b=c', 'c'],
  ])('%j has the value %j', (text, value) => {
    expect(values(read(text).root, 'a').b).toBe(value);
  });

  it('knows the place of each character of its value', () => {
    const { root } = read('a { b = "x\\ty", z }');
    const value = root.sections.get('a')!.settings.get('b')!.value!;
    expect(value.text).toBe('x\ty , z');
    const { start, end } = value.span(6, 7);
    expect('a { b = "x\\ty", z }'.slice(start, end)).toBe('z');
  });

  it('that comes again replaces, and a section that comes again goes on', () => {
    const { root, replaced } = read('a { b = 1\n c = 2 }\na { b = 3\n d = 4 }');
    expect(values(root, 'a')).toEqual({ b: '3', c: '2', d: '4' });
    expect(replaced.map(({ value }) => value!.text)).toEqual(['1']);
  });
});

describe('references', () => {
  const text = `
    base { version = 2
      local { auth = psk }
      children { net { mode = tunnel
        rekey_time = 1h } } }
    more { dpd_delay = 30s
      version = 1 }
    connections {
      c : base, more { children { net { rekey_time = 2h
        mode = } host { mode = transport } } }
    }`;

  it('give what a section has not itself, the first one first', () => {
    const { root } = read(text);
    expect(values(root, 'connections.c')).toEqual({ version: '2', dpd_delay: '30s' });
  });

  it('give sections within sections, and a setting without value takes one back', () => {
    const { root } = read(text);
    expect(innerNames(findSections(root, ['connections', 'c']))).toEqual(['children', 'local']);
    expect(values(root, 'connections.c.children.net')).toEqual({ rekey_time: '2h' });
    expect(innerNames(findSections(root, ['connections', 'c', 'children']))).toEqual(['net', 'host']);
  });

  it('in a circle end', () => {
    const { root } = read('a : b { x = 1 }\nb : a { y = 2 }\nc : c.d { d { z = 3 } }');
    expect(values(root, 'a')).toEqual({ x: '1', y: '2' });
    expect(values(root, 'c.d')).toEqual({ z: '3' });
  });
});

describe('include', () => {
  it('puts files where it stands, sorted, also within a section', () => {
    const files = filesOf({ 'conf.d/2.conf': 'c = 2', 'conf.d/1.conf': 'b = 1\nc = 1', 'x.txt': 'd = 4' });
    const { root, sources } = read('a { include conf.d/*.conf\n include "x.txt" }', files);
    expect(values(root, 'a')).toEqual({ b: '1', c: '2', d: '4' });
    expect(sources.map(({ path }) => path)).toEqual(['swanctl.conf', 'conf.d/1.conf', 'conf.d/2.conf', 'x.txt']);
  });

  it('of a file within itself is a fault', () => {
    const files = filesOf({ 'x.conf': 'include x.conf\nb = 1' });
    const { root, problems } = read('a { include x.conf\n}', files);
    expect(values(root, 'a')).toEqual({ b: '1' });
    expect(problems.map(({ message }) => message)).toEqual(['x.conf includes itself']);
  });

  it('of nothing is none', () => {
    expect(read('include nowhere/*.conf\n').problems).toEqual([]);
  });
});

describe('faults', () => {
  it.each([
    ['a.b = c', "'a' needs '=' and a value, or '{' and the content of a section"],
    ['a { b = c', "section 'a' is not closed"],
    ['a { } }', "this '}' closes nothing"],
    ['"a" { }', 'the name of a section or setting is expected here'],
    ['a : { }', "the name of a section to inherit from is expected after ':' and ','"],
    ['a : b c { }', "'{' is expected after the sections to inherit from"],
    ['a = "c', 'this quoted string is not closed'],
  ])('%j: %s', (text, message) => {
    expect(read(text).problems[0]?.message).toBe(message);
  });

  it('do not keep what comes after from being read', () => {
    expect(values(read('x.y = 1\na { b = 2 }').root, 'a')).toEqual({ b: '2' });
  });

  it('of depth end the reading of what lies deeper', () => {
    const deep = `${'a {'.repeat(5_000)} b = 1 ${'}'.repeat(5_000)}`;
    const { faults } = parseSettings(deep);
    expect(faults[0]?.message).toBe(`sections are nested more than ${depthMax} deep`);
  });

  it('by the thousand are cut off', () => {
    expect(parseSettings('= '.repeat(10_000)).faults.length).toBeLessThanOrEqual(100);
  });
});

describe('keys', () => {
  it('are hidden, also in comments and in broken text', () => {
    const text =
      'secrets { ike { secret = "Plover Sand" } }\n# secret = Plover-1\nsecret = Plover-2 {{{\npin=Plover-3\n';
    const source = new SourceText('swanctl.conf', text);
    readSettings([source], noFiles);
    expect(source.masked(0, text.length)).not.toContain('Plover');
  });
});
