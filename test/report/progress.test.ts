import { describe, expect, it } from 'vitest';
import { startProgress } from '../../src/report/progress.js';

/** A terminal and a clock that the test moves. */
function setUp(options: { total?: number; enabled?: boolean; isTTY?: boolean; columns?: number; label?: string } = {}) {
  const { total = 200, enabled = true, isTTY = true, columns = 80, label = 'linting' } = options;
  const written: string[] = [];
  const clock = { millis: 5000 };
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  const progress = startProgress({ label, total, enabled, stream, now: () => clock.millis });
  const later = (millis: number, count: number) => {
    clock.millis += millis;
    progress.advance(count);
  };
  return { written, progress, later };
}

describe('startProgress', () => {
  it('draws nothing in the first second', () => {
    const { written, progress, later } = setUp();
    later(999, 150);
    progress.done();
    expect(written).toEqual([]);
  });

  it('draws how much is done and foretells the rest', () => {
    const { written, later } = setUp();
    later(500, 20);
    later(500, 30);
    expect(written).toEqual(['\r\u001b[Klinting [########----------------------] 25 % 50/200 3 s left']);
  });

  it('draws at most ten times a second', () => {
    const { written, later } = setUp();
    later(1000, 1);
    for (let step = 0; step < 100; step += 1) later(10, 1);
    expect(written.length).toBeGreaterThan(5);
    expect(written.length).toBeLessThanOrEqual(11);
  });

  it('removes the bar once and then keeps still', () => {
    const { written, progress, later } = setUp();
    later(1000, 1);
    progress.done();
    progress.done();
    later(1000, 1);
    expect(written.slice(1)).toEqual(['\r\u001b[K']);
  });

  it('shows a count where the total is not known, and never more than all', () => {
    const unknown = setUp({ total: 0 });
    unknown.later(1000, 7);
    expect(unknown.written).toEqual(['\r\u001b[Klinting 7']);
    const over = setUp({ total: 2 });
    over.later(1000, 5);
    expect(over.written[0]).toContain('100 % 5/2 0 s left');
  });

  it('fits a narrow terminal and shows no control character of the label', () => {
    const { written, later } = setUp({ columns: 40, label: 'a\u001b[31m\nb'.padEnd(60, 'x') });
    later(1000, 1);
    const line = written[0]!.slice('\r\u001b[K'.length);
    expect(line.length).toBeLessThan(40);
    expect(line).not.toMatch(/[\u001b\n]/);
  });

  it.each([{ enabled: false }, { isTTY: false }])('draws nothing with %j', (options) => {
    const { written, progress, later } = setUp(options);
    later(5000, 100);
    progress.done();
    expect(written).toEqual([]);
  });
});
