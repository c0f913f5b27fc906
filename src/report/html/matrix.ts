/** Every pair of a repository on a page: a grid where it can be read, and a list with the reasons. */
import { count } from '../../model/count.js';
import type { MatrixDocument, MatrixPair } from '../negotiation/document.js';
import { verdictWord } from '../negotiation/text.js';
import { type Content, element, type Markup } from './markup.js';

/** Systems that a grid is drawn for. */
const gridMax = 60;
const pairsMax = 500;
/** Pairs that work are open to see while they are so few. */
const openMax = 10;
const remarksMax = 5;

/** `linkOf` gives the id of what the page says further of a pair. */
export function matrixContent(document: MatrixDocument, linkOf: (pair: MatrixPair) => string | undefined): Content {
  const { systems, pairs, assumptions, notes } = document;
  const negotiated = pairs.filter(({ word }) => word !== 'nothing-to-negotiate');
  const bad = pairs.filter(({ good }) => !good);
  const listed = [...bad, ...negotiated.filter(({ good }) => good)];
  const shown = listed.slice(0, pairsMax);
  const working = shown.filter(({ good }) => good);
  const numbers = new Map(shown.map((pair, index) => [pair, index + 1]));
  const remarks = [...assumptions, ...notes];
  return [
    element(
      'p',
      {},
      `${count(systems.length, 'system')}, ${count(negotiated.length, 'pair')} with something to protect between them: `,
      bad.length === 0
        ? element('b', { class: 'good' }, 'all negotiate')
        : element('b', { class: 'bad' }, bad.length === 1 ? '1 fails' : `${bad.length} fail`),
    ),
    systems.length > 2 && systems.length <= gridMax && grid(document, numbers),
    systems.length > gridMax && element('p', { class: 'muted' }, 'Too many systems for a grid.'),
    list(
      shown.filter(({ good }) => !good),
      numbers,
      linkOf,
    ),
    working.length > 0 &&
      element(
        'details',
        { class: 'fold', open: working.length <= openMax },
        element('summary', {}, working.length === 1 ? 'The pair that works' : `The ${working.length} pairs that work`),
        list(working, numbers, linkOf),
      ),
    listed.length > shown.length &&
      element(
        'p',
        { class: 'muted' },
        `${listed.length - shown.length} more pairs: see ipsec negotiate --simulate --matrix.`,
      ),
    remarks.length > 0 &&
      element(
        'details',
        { class: 'fold', open: remarks.length <= remarksMax },
        element('summary', {}, 'What was assumed'),
        element(
          'ul',
          { class: 'small muted' },
          remarks.map((text) => element('li', {}, text)),
        ),
      ),
  ];
}

function grid({ systems, pairs }: MatrixDocument, numbers: ReadonlyMap<MatrixPair, number>): Markup {
  const cells = new Map(
    pairs.flatMap((pair) => [[`${pair.a}\n${pair.b}`, pair] as const, [`${pair.b}\n${pair.a}`, pair] as const]),
  );
  const head = systems.map((name, index) => element('th', { scope: 'col', title: name }, index + 1));
  const rows = systems.map((name, index) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', title: name }, `${name} ${index + 1}`),
      systems.map((other) =>
        cell(name === other ? undefined : cells.get(`${name}\n${other}`), numbers, name === other),
      ),
    ),
  );
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Grid of all pairs' },
    element(
      'table',
      { class: 'grid' },
      element('thead', {}, element('tr', {}, element('td'), head)),
      element('tbody', {}, rows),
    ),
    element('p', { class: 'small muted' }, '✓ negotiates, ✗ fails, · nothing between them'),
  );
}

function cell(pair: MatrixPair | undefined, numbers: ReadonlyMap<MatrixPair, number>, isSelf: boolean): Markup {
  if (isSelf) return element('td', { class: 'm-none' });
  if (!pair || pair.word === 'nothing-to-negotiate')
    return element('td', { class: 'm-none', title: 'nothing between them' }, '·');
  const title = `${pair.a} and ${pair.b}: ${verdictWord(pair.word)}${pair.text ? `: ${pair.text}` : ''}`;
  const sign = pair.good ? '✓' : '✗';
  const number = numbers.get(pair);
  return element(
    'td',
    { class: pair.good ? 'm-good' : 'm-bad', title },
    number === undefined ? sign : element('a', { href: `#pair-${number}`, 'aria-label': title }, sign),
  );
}

function list(
  pairs: readonly MatrixPair[],
  numbers: ReadonlyMap<MatrixPair, number>,
  linkOf: (pair: MatrixPair) => string | undefined,
): Markup {
  return element(
    'div',
    {},
    pairs.map((pair) => {
      const link = linkOf(pair);
      const starts = pair.initiator === undefined || pair.good ? '' : ` when ${pair.initiator} starts`;
      const word = pair.word === 'nothing-to-negotiate' ? 'nothing to negotiate' : verdictWord(pair.word);
      return element(
        'article',
        { class: `card ${pair.good ? '' : 's-error'}`.trim(), id: `pair-${numbers.get(pair) ?? 0}` },
        element(
          'p',
          {},
          element('span', { class: `tag ${pair.good ? 'k-good' : 'k-bad'}` }, pair.good ? `✓ ${word}` : '✗ fails'),
          ' ',
          element('b', {}, `${pair.a} and ${pair.b}`),
          pair.good ? '' : `: ${word}${starts}`,
          link !== undefined && [' ', element('a', { href: `#${link}` }, 'messages')],
        ),
        pair.text !== undefined && pair.text !== '' && element('p', {}, pair.text),
      );
    }),
  );
}
