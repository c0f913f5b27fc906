/** Pages in a real browser: no complaints, no requests, nothing wider than the screen, usable by keyboard and on paper. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPicture } from '../../../src/report/graph/render.js';
import { renderReport, renderTimeline } from '../../../src/report/html/report.js';
import { graph } from '../../../src/services/graph/graph.js';
import { type Browser, noChromium, startChromium, type View } from '../../support/chromium.js';
import { folderWith } from '../../support/folder.js';
import { example, hostileNegotiation, hostileReport, reportOf, timelineOf } from './pages.js';

const widths = [1280, 390, 360];
/** A4 between margins of a centimetre. */
const paperWidth = 718;
const tool = { name: 'ipsec', version: '0.0.0' };
const pages = {
  'a report with faults': () => reportOf(example('faulty')),
  'the report of a site': () => reportOf(example('site')),
  'a tunnel in transport mode': () => reportOf(example('transport-in-tunnel')),
  'a dry run': () => timelineOf('examples/end-to-end-tunnel/alpha.conf', 'examples/end-to-end-tunnel/beta.conf'),
  'a hostile report': async () => renderReport(hostileReport),
  'a hostile dry run': async () => renderTimeline(hostileNegotiation, { tool, all: true }),
};

describe.skipIf(noChromium)(`in Chromium${noChromium ? ` (skipped: ${noChromium})` : ''}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  async function open(page: string, view: Partial<View> = {}): Promise<string> {
    const folder = folderWith({ 'page.html': page });
    const file = path.join(folder, 'page.html');
    await browser.open(file, { width: 1280, height: 900, scheme: 'light', ...view });
    return file;
  }
  /** How much wider the page is than the screen. */
  const overflow = () =>
    browser.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  const openAll = () => browser.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");

  describe.each(Object.entries(pages))('%s', (_, make) => {
    it.each(widths)('fits a screen of %i pixels, closed and open, and complains of nothing', async (width) => {
      for (const scheme of ['light', 'dark'] as const) {
        const file = await open(await make(), { width, scheme });
        expect(await overflow()).toBe(0);
        await openAll();
        expect(await overflow()).toBe(0);
        expect(browser.complaints).toEqual([]);
        expect(browser.requests).toEqual([`file://${file}`]);
        expect(await browser.evaluate('window.hacked === undefined')).toBe(true);
      }
    });
  });

  it('has readable contrast in light and dark, in pages and drawings', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await open(await pages['a report with faults'](), { scheme });
      await openAll();
      const poor = await browser.evaluate<string[]>(poorContrast);
      expect(poor).toEqual([]);
    }
  });

  it('changes its colours when asked', async () => {
    await open(await pages['the report of a site']());
    const background = () => browser.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await browser.evaluate("document.getElementById('theme').click()");
    expect(await background()).toBe(light);
    await browser.evaluate("document.getElementById('theme').click()");
    expect(await background()).not.toBe(light);
    expect(browser.complaints).toEqual([]);
  });

  it('goes from message to message, and opens one, by keyboard', async () => {
    await open(await pages['a dry run']());
    await browser.evaluate("document.querySelector('.msg > summary').focus()");
    await browser.press('ArrowDown');
    await browser.press('Enter');
    expect(
      await browser.evaluate("[...document.querySelectorAll('.ladder .msg')].findIndex((each) => each.open)"),
    ).toBe(1);
    // Everything that can be pressed can be reached by Tab, and is seen to be.
    await open(await pages['a dry run']());
    await browser.press('Tab');
    expect(await browser.evaluate('document.activeElement.className')).toBe('skip');
    await browser.press('Tab');
    expect(await browser.evaluate('document.activeElement.id')).toBe('theme');
    expect(await browser.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")).toBe(true);
  });

  it('filters findings by severity', async () => {
    await open(await pages['a report with faults']());
    const visible = () =>
      browser.evaluate<number>(
        "[...document.querySelectorAll('#findings .card')].filter((card) => card.offsetParent).length",
      );
    const before = await visible();
    await browser.evaluate(`document.querySelector('[data-value="info"]').click()`);
    const after = await visible();
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(before);
  });

  it('prints with everything open but the fields of payloads', async () => {
    await open(await pages['a dry run']());
    await browser.evaluate(
      "addEventListener('beforeprint', () => { window.opened = document.querySelectorAll('details:not([open]):not(.payload)').length; })",
    );
    const pdf = await browser.pdf();
    expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-');
    expect(await browser.evaluate('window.opened')).toBe(0);
    expect(await browser.evaluate("document.querySelectorAll('details:not([open])').length")).toBeGreaterThan(0);
  });

  describe.each(Object.entries(pages))('%s, on paper', (_, make) => {
    it('is dark on white within its margins, whatever the screen has', async () => {
      await open(await make(), { width: paperWidth, scheme: 'dark', media: 'print' });
      await browser.evaluate("document.documentElement.dataset.theme = 'dark'");
      await openAll();
      expect(await browser.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
      expect(await overflow()).toBe(0);
      expect(await browser.evaluate<string[]>(poorContrast)).toEqual([]);
      expect(
        await browser.evaluate(
          "[...document.querySelectorAll('button, nav, .bar')].filter((each) => each.checkVisibility()).length",
        ),
      ).toBe(0);
    });

    it('shows what is folded without any script, apart from the fields of payloads', async () => {
      await open(await make(), { width: paperWidth, media: 'print' });
      await browser.evaluate("for (const each of document.querySelectorAll('details')) each.open = false");
      const hidden = await browser.evaluate<string[]>(
        `[...document.querySelectorAll('details:not(.payload) > :not(summary)')]
          .filter((each) => !each.parentElement.closest('.payload') && each.textContent.trim() !== '')
          .filter((each) => !each.checkVisibility({ contentVisibilityAuto: true }) || each.getBoundingClientRect().height === 0)
          .map((each) => each.className)`,
      );
      expect(hidden).toEqual([]);
    });
  });

  it('does not break short words in tables, on paper and on a screen', async () => {
    for (const media of [{}, { media: 'print' as const, width: paperWidth }]) {
      await open(await pages['a report with faults'](), media);
      await openAll();
      const broken = await browser.evaluate<string[]>(`[...document.querySelectorAll('td')].flatMap((cell) => {
        const text = cell.textContent.trim();
        const range = document.createRange();
        range.selectNodeContents(cell);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top / 4)));
        return /^[\\w-]{2,16}$/.test(text) && lines.size > 1 ? [text] : [];
      })`);
      expect(broken).toEqual([]);
    }
  });

  it('opens what a link leads into', async () => {
    await open(await pages['the report of a site']());
    await browser.evaluate("location.hash = '#exchange-2'");
    await browser.evaluate('new Promise((done) => setTimeout(done, 100))');
    expect(await browser.evaluate("document.getElementById('exchange-2').open")).toBe(true);
  });

  it.each(['topology', 'nesting', 'spd', 'sequence'] as const)(
    'draws %s so that texts stay in their boxes',
    async (kind) => {
      const name = kind === 'sequence' ? 'end-to-end-tunnel' : 'transport-in-tunnel';
      const { picture } = await graph({ kind, paths: [example(name)], beginsAt: new Date('2026-01-01T00:00:00Z') });
      const file = path.join(folderWith({}), 'picture.svg');
      writeFileSync(file, renderPicture(picture, 'svg'));
      for (const scheme of ['light', 'dark'] as const) {
        await browser.open(file, { width: 1280, height: 900, scheme });
        expect(await browser.evaluate<string[]>(outsideTexts)).toEqual([]);
        expect(browser.complaints).toEqual([]);
      }
    },
  );
});

/** Texts that reach beyond the drawing. */
const outsideTexts = `(() => {
  const { width, height } = document.documentElement.viewBox.baseVal;
  return [...document.querySelectorAll('text')].filter((text) => {
    const box = text.getBBox();
    return box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height;
  }).map((text) => text.textContent);
})()`;

/** Texts whose contrast to what is behind them is below 4.5 (WCAG 2.2 §1.4.3). */
const poorContrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.a === 1) return colour;
    }
    return parse('white');
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')) continue;
    if (element.closest('script, style, title')) continue;
    const style = getComputedStyle(element);
    const front = parse(element.tagName === 'text' ? style.fill : style.color);
    const [a, b] = [light(front), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2) + ' ' + element.textContent.slice(0, 30));
  }
  return [...new Set(poor)];
})()`;
