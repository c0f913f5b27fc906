import { describe, expect, it } from 'vitest';
import { closest, editDistance } from '../../src/model/did-you-mean.js';

describe('closest', () => {
  const words = ['source', 'destination', 'priority', 'action', 'tunnel', 'host', 'hash', 'add', 'to'];

  it.each([
    ['soruce', 'source'],
    ['destnation', 'destination'],
    ['prioriy', 'priority'],
    ['hots', 'host'],
    ['HOST', 'host'],
    ['dest', 'destination'],
    ['prio', 'priority'],
    ['tunel', 'tunnel'],
    ['ad', 'add'],
    ['addd', 'add'],
    ['TO', 'to'],
    ['ta', undefined],
    ['xyzzy', undefined],
    ['', undefined],
  ])('%j → %j', (word, expected) => {
    expect(closest(word, words)).toBe(expected);
  });

  it('prefers an edit to a continuation, and the earlier of equals', () => {
    expect(closest('hos', ['hostname-of-the-peer', 'host'])).toBe('host');
    expect(closest('hat', ['hap', 'had'])).toBe('hap');
  });

  it('does not compare words of absurd length', () => {
    const long = 'a'.repeat(100_000);
    expect(closest(long, [long, 'add'])).toBeUndefined();
    expect(closest('add', [long])).toBeUndefined();
  });

  it('keeps very different words of equal length apart however long they are', () => {
    expect(closest('authentication', ['configurations'])).toBeUndefined();
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['abc', 'ca', 3],
    ['flaw', 'lawn', 2],
  ])('%j and %j differ by %i', (a, b, distance) => {
    expect(editDistance(a, b, 10)).toBe(distance);
    expect(editDistance(b, a, 10)).toBe(distance);
    expect(editDistance(a, b, distance - 1)).toBeUndefined();
  });
});
