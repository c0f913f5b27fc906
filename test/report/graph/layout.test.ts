import { describe, expect, it } from 'vitest';
import { type LayoutInput, layout } from '../../../src/report/graph/svg/layout.js';

const size = { width: 230, height: 44 };

function input(links: readonly (readonly [string, string])[], alone: readonly string[] = []): LayoutInput {
  const ids = [...new Set([...links.flat(), ...alone])];
  return {
    nodes: ids.map((id) => ({ id, ...size })),
    edges: links.map(([from, to]) => ({ from, to, room: 100 })),
  };
}

const star = Array.from({ length: 25 }, (_, index) => ['hub', `spoke${index}`] as const);
const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
const mesh = names.flatMap((a, index) => names.slice(index + 1).map((b) => [a, b] as const));

describe.each([
  ['a pair', input([['a', 'b']])],
  [
    'a chain',
    input([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['d', 'e'],
    ]),
  ],
  ['a star', input(star)],
  [
    'stars on a star',
    input([
      ...star,
      ...star.flatMap(
        ([, spoke]) =>
          [
            [spoke, `${spoke}x`],
            [spoke, `${spoke}y`],
          ] as const,
      ),
    ]),
  ],
  ['a mesh', input(mesh)],
  [
    'a mesh with ends',
    input([
      ...mesh,
      ...names.flatMap(
        (name) =>
          [
            [name, `${name}x`],
            [name, `${name}y`],
          ] as const,
      ),
    ]),
  ],
  [
    'several parts',
    input(
      [
        ['a', 'b'],
        ['c', 'd'],
        ['d', 'e'],
        ['e', 'c'],
      ],
      ['f', 'g'],
    ),
  ],
  ['nothing joined', input([], ['a', 'b', 'c'])],
])('%s', (_, given) => {
  const found = layout(given);

  it('has every node inside of it, none over another', () => {
    const boxes = given.nodes.map(({ id }) => found.places.get(id)!);
    for (const [index, a] of boxes.entries()) {
      expect(a.x - size.width / 2).toBeGreaterThanOrEqual(0);
      expect(a.y - size.height / 2).toBeGreaterThanOrEqual(0);
      expect(a.x + size.width / 2).toBeLessThanOrEqual(found.width);
      expect(a.y + size.height / 2).toBeLessThanOrEqual(found.height);
      for (const b of boxes.slice(index + 1))
        expect(Math.abs(a.x - b.x) >= size.width || Math.abs(a.y - b.y) >= size.height).toBe(true);
    }
  });

  it('is not much larger than it must be', () => {
    const needed = given.nodes.length * size.width * size.height;
    expect(found.width * found.height).toBeLessThan(40 * needed + 500_000);
  });

  it('is the same each time', () => expect([...layout(given).places]).toEqual([...found.places]));
});

it('an empty topology has a size', () => {
  const { width, height } = layout({ nodes: [], edges: [] });
  expect([width, height]).toEqual([0, 48]);
});
