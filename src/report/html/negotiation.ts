/** A dry run on a page: each negotiation with its verdict, what was chosen, why it failed and what mends it, and its messages. */
import { condensed, formatDuration } from '../ladder.js';
import type { FailureDocument, NegotiationDocument, RunDocument, VerdictDocument } from '../negotiation/document.js';
import { verdictWord } from '../negotiation/text.js';
import { ladder } from './ladder.js';
import { type Content, element, type Markup } from './markup.js';
import { recordsBySystem } from './records.js';

export interface NegotiationOptions {
  /** Unique on the page: ids begin with it. */
  readonly id: string;
  /** Every packet, not only those that set up and replace SAs. */
  readonly all?: boolean;
  /** Runs that are shown; the rest is counted. */
  readonly runsMax: number;
  /** Without what was assumed, which the page says elsewhere. */
  readonly brief?: boolean;
}

/** Messages of one run that are shown, however many are wanted. */
const messagesMax = 400;

/** The runs of a dry run, those that fail first. */
export function negotiationContent(document: NegotiationDocument, options: NegotiationOptions): Content {
  const { runs, assumptions, notes } = document;
  const order = [...runs.filter(({ verdict }) => !verdict.good), ...runs.filter(({ verdict }) => verdict.good)];
  const shown = order.slice(0, options.runsMax);
  const left = order.length - shown.length;
  const remarks = [...(options.brief ? [] : assumptions.map((text) => `Assumed: ${text}`)), ...notes];
  return [
    runs.length === 0 && element('p', {}, 'They protect nothing towards each other: there is nothing to negotiate.'),
    shown.map((run, index) => runContent(run, `${options.id}-${index + 1}`, options.all === true)),
    left > 0 && element('p', { class: 'muted' }, `${left} more negotiations are not on this page.`),
    remarks.length > 0 &&
      element(
        'ul',
        { class: 'small muted' },
        remarks.map((text) => element('li', {}, text)),
      ),
  ];
}

/** Good and as expected, good but not protected, or bad. */
export function verdictKind({ good, word }: VerdictDocument): 'k-good' | 'k-warn' | 'k-bad' {
  return good ? (word === 'works' ? 'k-good' : 'k-warn') : 'k-bad';
}

function runContent(run: RunDocument, id: string, all: boolean): Markup {
  const { verdict, messages, initiator, responder, packet } = run;
  const shown = (all ? messages : condensed(messages)).slice(0, messagesMax);
  const left = messages.length - shown.length;
  const step = verdict.step ? ` at: ${verdict.step}` : '';
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h3', { id: `${id}-title` }, `${initiator} starts: `, element('span', { class: 'mono' }, packet)),
    element(
      'div',
      { class: `verdict ${verdictKind(verdict)}` },
      element('b', {}, `${verdictWord(verdict.word)}${step}`),
      element('p', {}, verdict.text),
    ),
    run.warnings.map((warning) => element('p', { class: 'warn' }, `Warning: ${warning}`)),
    chosen(run),
    run.failure && failure(run.failure),
    suggestions(run),
    element(
      'div',
      { class: 'bar needs-js', role: 'group', 'aria-label': 'Messages' },
      element('button', { type: 'button', 'data-do': 'open', 'data-for': id }, 'Open all messages'),
      element('button', { type: 'button', 'data-do': 'close', 'data-for': id }, 'Close all'),
    ),
    ladder({ messages: shown, initiator, responder, all }),
    left > 0 && element('p', { class: 'small muted' }, `${left} more packets are not shown.`),
    traffic(run),
    sides(run),
  );
}

function chosen({ chosen: { ike, children } }: RunDocument): Content {
  if (!ike && children.length === 0) return undefined;
  const exchange = ike?.exchange ? `, ${ike.exchange === 'main' ? 'Main' : 'Aggressive'} Mode` : '';
  return element(
    'dl',
    { class: 'facts' },
    ike && [
      element('dt', {}, `IKEv${ike.version}${exchange}`),
      element(
        'dd',
        {},
        ike.transforms,
        ike.initiatorId !== undefined && ike.responderId !== undefined && `; ${ike.initiatorId} and ${ike.responderId}`,
        places(recordsBySystem(ike.records)),
      ),
    ],
    children.map(({ protocol, mode, transforms, lifetime, selectors, udpEncapsulation, records }) => [
      element('dt', {}, `${protocol}, ${mode}${udpEncapsulation ? ', in UDP' : ''}`),
      element('dd', {}, `${transforms}; ${lifetime}; ${selectors.join('; ')}`, places(recordsBySystem(records))),
    ]),
  );
}

function places(lines: readonly string[]): Content {
  return lines.map((line) => element('div', { class: 'small muted mono' }, line));
}

function failure({ comparison, notify, rfc, logs }: FailureDocument): Content {
  const words = (list: readonly string[]) => (list.length === 0 ? 'nothing' : list.join(', '));
  const table =
    comparison.length > 0 &&
    element(
      'div',
      { class: 'scroll', tabindex: '0' },
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ['', 'offered', 'accepted', 'in common'].map((name) => element('th', { scope: 'col' }, name)),
          ),
        ),
        element(
          'tbody',
          {},
          comparison.map(({ attribute, offered, accepted, common }) =>
            element(
              'tr',
              {},
              element('th', { scope: 'row' }, attribute),
              element('td', {}, words(offered)),
              element('td', {}, words(accepted)),
              common.length === 0
                ? element('td', { class: 'bad' }, '✗ nothing in common')
                : element('td', {}, words(common)),
            ),
          ),
        ),
      ),
    );
  const wire = notify ? `${notify} on the wire` : 'nothing is said on the wire';
  return [
    table,
    element('p', { class: 'small muted' }, `${wire}${rfc ? ` (${rfc})` : ''}`),
    logs.length > 0 &&
      element(
        'details',
        { class: 'fold' },
        element('summary', {}, 'What the products’ logs would say'),
        element(
          'dl',
          { class: 'facts' },
          logs.map(({ product, system, lines }) => [
            element('dt', {}, `${product} (${system})`),
            element(
              'dd',
              { class: 'mono small' },
              lines.map((line) => element('div', {}, line)),
            ),
          ]),
        ),
      ),
  ];
}

function suggestions({ suggestions: list }: RunDocument): Content {
  if (list.length === 0) return undefined;
  return [
    element('h4', {}, list.length === 1 ? 'What mends it' : 'What mends it, either of'),
    list.map(({ changes }) =>
      element(
        'div',
        { class: 'card' },
        changes.map(({ system, title, diff }) => [
          element('p', {}, element('b', {}, system), `: ${title}`),
          diff.length > 0 &&
            element(
              'pre',
              { tabindex: '0' },
              diff.map((line, index) => [
                index > 0 && '\n',
                line.startsWith('+')
                  ? element('span', { class: 'plus' }, line)
                  : line.startsWith('-')
                    ? element('span', { class: 'minus' }, line)
                    : line,
              ]),
            ),
        ]),
      ),
    ),
  ];
}

function traffic({ traffic: { sent, arrived, inTheClear, childRekeys, ikeRekeys }, duration }: RunDocument): Content {
  if (sent === 0) return undefined;
  const clear = inTheClear > 0 ? `, ${inTheClear} of them in the clear` : '';
  const rekeys = `${childRekeys} rekeys of Child SAs, ${ikeRekeys} of IKE SAs`;
  return element(
    'p',
    { class: 'small' },
    `${arrived} of ${sent} test packets arrived${clear}; ${rekeys} in ${formatDuration(duration)}.`,
  );
}

function sides({ sides: list }: RunDocument): Content {
  const told = list.filter(({ view }) => view.length > 0);
  if (told.length === 0) return undefined;
  return element(
    'details',
    { class: 'fold' },
    element('summary', {}, 'What each side saw and decided'),
    told.map(({ system, role, view }) => [
      element('h4', {}, `${system} (${role})`),
      element(
        'ul',
        { class: 'small' },
        view.map((sentence) => element('li', {}, sentence)),
      ),
    ]),
  );
}
