import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { cropText, textWidth, wrapText } from '../../../src/report/graph/svg/text-width.js';

const font = { size: 12 };
const text = fc.string({ unit: fc.constantFrom('a', 'W', ' ', 'i', '漢', '😀', 'é'), maxLength: 60 });

describe('texts', () => {
  it('are as wide as DejaVu Sans makes them', () => {
    // Measured by Chromium: canvas.measureText at 1000px.
    expect(textWidth('ESP_AES256', { size: 1000 })).toBe(632 + 635 + 603 + 500 + 684 + 632 + 635 + 3 * 636);
    expect(textWidth('10.0.0.0/8', { size: 10, fixed: true })).toBeCloseTo(60.2);
  });

  test.prop([text, fc.integer({ min: 20, max: 400 })])('are cropped to fit', (given, room) => {
    const cropped = cropText(given, room, font);
    expect(textWidth(cropped, font)).toBeLessThanOrEqual(Math.max(room, textWidth('…', font)));
    if (textWidth(given, font) <= room) expect(cropped).toBe(given);
  });

  test.prop([text, fc.integer({ min: 30, max: 400 })])('are wrapped to fit, without loss', (given, room) => {
    const lines = wrapText(given, room, font);
    for (const line of lines) expect(textWidth(line, font)).toBeLessThanOrEqual(room);
    expect(lines.join('').replaceAll(' ', '')).toBe(given.replaceAll(' ', ''));
  });

  it('are cut off after so many lines', () => {
    const lines = wrapText('one two three four five six', 40, font, 2);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
  });
});
