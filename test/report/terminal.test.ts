import { describe, expect, it } from 'vitest';
import { colorWanted, terminalWidth, wrapWidth } from '../../src/report/terminal.js';

describe('terminalWidth', () => {
  it.each([
    [{ isTTY: true, columns: 132 }, {}, 132],
    [{ isTTY: true, columns: 132 }, { COLUMNS: '100' }, 132],
    [{ isTTY: true, columns: 20 }, {}, 40],
    [{ isTTY: true }, {}, 80],
    [{}, {}, 80],
    [{ columns: 132 }, {}, 80],
    [{}, { COLUMNS: '100' }, 100],
    [{}, { COLUMNS: 'wide' }, 80],
    [{}, { COLUMNS: '-5' }, 80],
  ])('%j with %j', (stream, env, expected) => {
    expect(terminalWidth(stream, env)).toBe(expected);
  });
});

describe('wrapWidth', () => {
  it.each([
    [{ isTTY: true, columns: 132 }, {}, 132],
    [{ isTTY: true, columns: 20 }, {}, 40],
    [{ isTTY: true }, { COLUMNS: '60' }, 60],
    [{}, { COLUMNS: '60' }, 60],
    [{}, {}, undefined],
    [{ columns: 132 }, {}, undefined],
    [{}, { COLUMNS: 'wide' }, undefined],
  ])('%j with %j', (stream, env, expected) => {
    expect(wrapWidth(stream, env)).toBe(expected);
  });
});

describe('colorWanted', () => {
  const terminal = { isTTY: true };
  it.each([
    ['auto', terminal, {}, true],
    ['auto', {}, {}, false],
    ['auto', terminal, { TERM: 'dumb' }, false],
    ['auto', terminal, { NO_COLOR: '1' }, false],
    ['auto', terminal, { NO_COLOR: '' }, true],
    ['auto', {}, { FORCE_COLOR: '' }, true],
    ['auto', {}, { FORCE_COLOR: '3', NO_COLOR: '1' }, true],
    ['auto', terminal, { FORCE_COLOR: '0' }, false],
    ['auto', terminal, { FORCE_COLOR: 'false' }, false],
    ['always', {}, { NO_COLOR: '1' }, true],
    ['never', terminal, { FORCE_COLOR: '1' }, false],
  ] as const)('%s on %j with %j', (when, stream, env, expected) => {
    expect(colorWanted(when, stream, env)).toBe(expected);
  });
});
