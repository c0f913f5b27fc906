/**
 * A page in one file that asks nothing of any network: its style sheet and its script are in it, and its policy (CSP) lets nothing
 * else run or load, whatever a text in it were to become.
 */
import { createHash } from 'node:crypto';
import { type Content, element, Markup } from './markup.js';
import { pageScript } from './script.js';
import { pageStyle } from './style.js';

export interface Page {
  readonly title: string;
  /** Below the title. */
  readonly subtitle: string;
  readonly parts: readonly Part[];
  /** At the end: what the page was made from. */
  readonly footer: string;
}

export interface Part {
  /** Unique, for links. */
  readonly id: string;
  readonly title: string;
  /** Behind the title in the list of parts: a number. */
  readonly count?: number | string;
  readonly content: Content;
}

/** The whole text of a page. */
export function renderPage({ title, subtitle, parts, footer }: Page): string {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${digest(pageStyle)}'`,
    `script-src 'sha256-${digest(pageScript)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('meta', { name: 'referrer', content: 'no-referrer' }),
    element('title', {}, title),
    element('style', {}, Markup.constant(pageStyle)),
  );
  const links = parts.map(({ id, title: name, count }) =>
    element(
      'li',
      {},
      element('a', { href: `#${id}` }, name),
      count !== undefined && [' ', element('span', { class: 'muted' }, count)],
    ),
  );
  const body = element(
    'body',
    {},
    element('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    element(
      'header',
      { class: 'top' },
      element('div', {}, element('h1', {}, title), element('p', { class: 'muted' }, subtitle)),
      element('button', { id: 'theme', type: 'button', class: 'needs-js' }, 'Colours: auto'),
    ),
    element('nav', { class: 'toc', 'aria-label': 'Contents' }, element('ul', {}, links)),
    element('main', { id: 'main' }, parts.map(renderPart)),
    element('footer', {}, footer),
    element('script', {}, Markup.constant(pageScript)),
  );
  return `<!doctype html>\n${element('html', { lang: 'en' }, head, body).text}\n`;
}

function renderPart({ id, title, content }: Part): Markup {
  return element(
    'section',
    { class: 'part', id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    content,
  );
}

/** Of a script or style sheet, for the policy that allows it alone. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
