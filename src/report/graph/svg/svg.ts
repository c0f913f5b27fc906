/** What all drawings share: texts, boxes, lines, colours for light and dark, and the document around them. */
import { type Content, element, Markup } from '../../html/markup.js';
import { visible } from '../../visible.js';
import { cropText, type Font } from './text-width.js';

/** A drawing before it becomes a document or a part of a page. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** One sentence for those who cannot see it. */
  readonly title: string;
  readonly content: Content;
}

export const fonts = {
  name: { size: 14, bold: true },
  text: { size: 13 },
  small: { size: 12 },
  code: { size: 12, fixed: true },
} as const satisfies Record<string, Font>;

/** Colours by class, for light and for dark; pages use the same names (src/report/html/style.ts). */
const palettes = {
  light: {
    bg: '#ffffff',
    fg: '#1b1f24',
    muted: '#57606a',
    line: '#8c959f',
    box: '#f3f5f8',
    accent: '#0757ba',
    good: '#176f2c',
    bad: '#b3161b',
    warn: '#8a5a00',
  },
  dark: {
    bg: '#0f1319',
    fg: '#e6edf3',
    muted: '#9aa4af',
    line: '#6e7681',
    box: '#1a2029',
    accent: '#6cb6ff',
    good: '#56d364',
    bad: '#ff7b72',
    warn: '#e3b341',
  },
} as const;

export type Palette = Readonly<Record<keyof (typeof palettes)['light'], string>>;

/** The style sheet of drawings in the colours of a palette, each a value or `var(--name)`. */
export function drawingStyle(palette: Palette): string {
  const { bg, fg, muted, line, box, accent, good, bad, warn } = palette;
  return [
    `.g-t{font-family:ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:${fg}}`,
    `.g-c{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${fg}}`,
    `.g-m{fill:${muted}}`,
    `.g-halo{paint-order:stroke;stroke:${bg};stroke-width:4px;stroke-linejoin:round}`,
    `.g-bg{fill:${bg}}`,
    `.g-box{fill:${box};stroke:${line};stroke-width:1.5}`,
    '.g-thick{stroke-width:3}',
    '.g-dash{stroke-dasharray:5 4}',
    `.g-l{fill:none;stroke:${line};stroke-width:1.5}`,
    `.g-hair{fill:none;stroke:${line};stroke-width:1;opacity:.55}`,
    `.g-tun{fill:none;stroke:${accent};stroke-width:7}`,
    `.g-core{fill:none;stroke:${bg};stroke-width:3}`,
    `.g-sa{fill:none;stroke:${accent};stroke-width:2.5}`,
    `.g-pipe{fill:${accent};fill-opacity:.1;stroke:${accent};stroke-width:1.5}`,
    `.g-head{fill:${accent}}`,
    `.g-good{fill:${good}}.g-bad{fill:${bad}}.g-warn{fill:${warn}}.g-acc{fill:${accent}}`,
    `.g-sgood{stroke:${good}}.g-sbad{stroke:${bad}}.g-swarn{stroke:${warn}}`,
  ].join('\n');
}

/** A file of its own, in the colours that its reader prefers. */
export function svgDocument(drawing: Drawing): string {
  const style = `${drawingStyle(palettes.light)}\n@media (prefers-color-scheme:dark){\n${drawingStyle(palettes.dark)}\n}`;
  const { width, height, content } = drawing;
  const body = svgElement({
    ...drawing,
    content: [
      element('style', {}, Markup.constant(style)),
      element('rect', { class: 'g-bg', fill: '#ffffff', width, height }),
      content,
    ],
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body.text}\n`;
}

/** A part of a page, whose style sheet has the classes. */
export function svgElement({ width, height, title, content }: Drawing): Markup {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${number(width)} ${number(height)}`,
      width: number(width),
      height: number(height),
      role: 'img',
      'aria-label': title,
    },
    element('title', {}, title),
    content,
  );
}

/** Two decimals are more than any screen shows. */
export function number(value: number): number {
  return Math.round(value * 100) / 100;
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly class?: string;
  /** Pixels that it may take; what does not fit is left out and told by a tooltip. */
  readonly room?: number;
}

/** A line of text whose base line is at `y`. */
export function line(x: number, y: number, text: string, font: Font, options: TextOptions = {}): Markup {
  const whole = visible(text);
  const shown = options.room === undefined ? whole : cropText(whole, options.room, font);
  const classes = [font.fixed ? 'g-c' : 'g-t', ...(options.class ? [options.class] : [])];
  return element(
    'text',
    {
      x: number(x),
      y: number(y),
      class: classes.join(' '),
      'font-size': font.size,
      ...(font.bold ? { 'font-weight': 'bold' } : {}),
      ...(options.anchor && options.anchor !== 'start' ? { 'text-anchor': options.anchor } : {}),
    },
    shown === whole ? undefined : element('title', {}, whole),
    shown,
  );
}

export function rect(x: number, y: number, width: number, height: number, kind: string, radius = 6): Markup {
  return element('rect', {
    x: number(x),
    y: number(y),
    width: number(width),
    height: number(height),
    rx: radius,
    class: kind,
  });
}

export function path(d: string, kind: string): Markup {
  return element('path', { d, class: kind });
}

/** The head of an arrow that points to (x, y) in the direction of `angle` (radians). */
export function arrowHead(x: number, y: number, angle: number, kind: string, size = 9): Markup {
  const point = (turn: number, length: number) =>
    `${number(x - Math.cos(angle + turn) * length)} ${number(y - Math.sin(angle + turn) * length)}`;
  return path(`M${number(x)} ${number(y)}L${point(0.42, size)}L${point(-0.42, size)}Z`, kind);
}
