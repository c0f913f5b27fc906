/** Lists that are made to hurt: every search ends within its budget, counted in steps, and never says what it has not proved. */
import { describe, expect, test } from 'vitest';
import { isCovered, subtractRegion } from '../../../src/model/selector/algebra.js';
import { fullBox, type Region } from '../../../src/model/selector/box.js';
import { buildBoxTable, rowSize } from '../../../src/model/selector/box-table.js';
import { ipv4Rows } from '../../../src/model/selector/cut-rows.js';
import { buildCutTree4 } from '../../../src/model/selector/cut-tree.js';
import { decorrelate, differences, firstMatchEqual } from '../../../src/model/selector/partition.js';
import { disjoint, regionVolume } from '../../../src/model/selector/simplify.js';
import { buildSpdIndex } from '../../../src/model/selector/spd-index.js';
import { adversarialSpd, almostCoveredSpd, hardSpd, randomSpd } from '../../support/random-spd.js';
import { naiveClassify } from '../../support/tiny-space.js';

const hard = hardSpd({ entries: 3_000 });
const budgets = [0, 1, 10, 1_000, 30_000];

describe('a hard list', () => {
  const index = buildSpdIndex(hard);
  const last = hard.length - 1;

  test.each(budgets)('reachability, leftover and coverage within %i steps', (budget) => {
    const reachability = index.reachability(last, budget);
    expect(reachability).toEqual({ kind: 'undecided', spent: expect.any(Number) });
    expect(reachability.spent).toBeLessThanOrEqual(budget);
    const leftover = index.leftover(last, budget);
    expect(leftover).toEqual({ kind: 'undecided', spent: expect.any(Number) });
    expect(leftover.spent).toBeLessThanOrEqual(budget);
    const coverage = isCovered(hard[last]![0]!, hard.slice(0, last).flat(), budget);
    expect(coverage).toEqual({ kind: 'undecided', spent: expect.any(Number) });
  });

  test.each(budgets)('comparison and decorrelation within %i steps', (budget) => {
    const keys = hard.map((_, entry) => (entry === last ? 1 : 0));
    const before = { regions: hard, keys, noMatchKey: 0 };
    const after = { regions: hard, keys: keys.map(() => 0), noMatchKey: 0 };
    const result = differences(before, after, { budget });
    expect(result).toMatchObject({ truncated: true, reason: 'budget', differences: [] });
    expect(result.spent).toBeLessThanOrEqual(budget);
    expect(firstMatchEqual(before, after, budget)).toMatchObject({ kind: 'undecided' });
    const { complete, spent } = decorrelate(hard.slice(-300), { budget });
    expect(complete).toBe(false);
    expect(spent).toBeLessThanOrEqual(budget);
  });

  test('region operations give up at their budget', () => {
    expect(subtractRegion([fullBox(4)], hard.flat(), 50_000)).toBeUndefined();
    expect(disjoint(hard.flat(), 50_000)).toBeUndefined();
    expect(regionVolume(hard.flat(), 50_000)).toBeUndefined();
  });
});

describe('a cover of many slabs', () => {
  test.each([40, 4_000])('%i slabs are seen through in steps that grow with their number only', (slabs) => {
    const closed = almostCoveredSpd({ closed: true, slabs });
    const result = buildSpdIndex(closed).reachability(closed.length - 1, 20 * slabs + 1_000);
    expect(result.kind).toBe('covered');
    const open = almostCoveredSpd({ closed: false, slabs });
    const found = buildSpdIndex(open).reachability(open.length - 1, 20 * slabs + 1_000);
    expect(found.kind).toBe('reachable');
    if (found.kind === 'reachable') expect(naiveClassify(open, found.witness)).toBe(open.length - 1);
  });
});

describe('limits', () => {
  test('more differences than the limit are cut off, and said to be', () => {
    const regions = randomSpd({ entries: 500, seed: 5 });
    const keys = regions.map((_, entry) => entry);
    const before = { regions, keys };
    const after = { regions, keys: keys.map((key) => -2 - key) };
    const result = differences(before, after, { limit: 7 });
    expect(result).toMatchObject({ truncated: true, reason: 'limit' });
    expect(result.differences.length).toBeGreaterThan(0);
    expect(result.differences.length).toBeLessThanOrEqual(7);
  });

  test.each<[string, Region[]]>([
    ['realistic', randomSpd({ entries: 5_000, ipv6: 0 })],
    ['mutually overlapping', adversarialSpd({ entries: 5_000 })],
    ['hard', hard],
  ])('the look-up tree of a %s list stays a small multiple of its table', (_, regions) => {
    const boxes = regions.flat().filter(({ family }) => family === 4);
    const table = buildBoxTable(4, boxes, Uint32Array.from(boxes.keys()));
    expect(buildCutTree4(ipv4Rows(table)).byteLength).toBeLessThan(10 * table.count * rowSize * 4);
  });
});
