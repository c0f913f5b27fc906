/** The messages of a dry run on a page: a ladder of which each rung opens into payloads and decisions. */
import { timeText } from '../graph/picture.js';
import { briefly, remarksOf } from '../ladder.js';
import type { DecisionDocument, MessageDocument } from '../negotiation/document.js';
import { type Content, element, type Markup } from './markup.js';
import { payloadList } from './payloads.js';
import { placesBeside } from './records.js';
import { lifelinesMax } from './style.js';

export interface LadderInput {
  readonly messages: readonly MessageDocument[];
  readonly initiator: string;
  readonly responder: string;
  /** Payloads that only announce what an engine can do are shown too. */
  readonly all: boolean;
}

/** The ladder, with the initiator on the left and the responder on the right. */
export function ladder({ messages, initiator, responder, all }: LadderInput): Markup {
  const others = messages
    .flatMap(({ from, to }) => [from, to])
    .filter((name) => name !== initiator && name !== responder);
  const lifelines = [initiator, ...new Set(others)].slice(0, lifelinesMax - 1).concat(responder);
  const rows = messages.map((message) => row(message, lifelines, all));
  return element(
    'div',
    { class: 'ladder' },
    element(
      'div',
      { class: 'heads' },
      element(
        'div',
        { class: 'names' },
        lifelines.map((name) => element('b', {}, name)),
      ),
    ),
    rows,
  );
}

function row(message: MessageDocument, lifelines: readonly string[], all: boolean): Markup {
  const hasInside = (message.fields?.length ?? 0) > 0 || (message.decisions?.length ?? 0) > 0;
  const face = element(
    'div',
    { class: 'row' },
    element('div', { class: 'time' }, timeText(message.at)),
    element(
      'div',
      { class: `life n-${lifelines.length}` },
      lifelines.slice(1).map((_, index) => element('i', { class: `c-${index + 1}-${index + 2}` })),
      rung(message, lifelines, all),
    ),
  );
  if (!hasInside) return element('div', { class: 'plain' }, face);
  return element('details', { class: 'msg' }, element('summary', {}, face), inside(message));
}

function rung(message: MessageDocument, lifelines: readonly string[], all: boolean): Markup {
  const { title, text, lost, from, to } = message;
  const place = (name: string) => {
    const index = lifelines.indexOf(name);
    return index < 0 ? lifelines.length - 2 : index;
  };
  const start = place(from);
  // What has no known receiver goes to the neighbour.
  const end = place(to) === start ? (start === 0 ? 1 : start - 1) : place(to);
  const [left, right] = [Math.min(start, end) + 1, Math.max(start, end) + 1];
  const remarks = remarksOf(message);
  const kinds = [
    'hit',
    end > start ? 'right' : 'left',
    `c-${left}-${right}`,
    ...(lost !== undefined ? ['lost'] : /^(?:ESP|AH) /.test(title) ? ['prot'] : isClear(title) ? ['open'] : []),
  ];
  return element(
    'div',
    { class: kinds.join(' ') },
    element('b', {}, title),
    element('span', { class: 'arrow', role: 'img', 'aria-label': `from ${from} to ${to}` }),
    element('code', {}, all ? text : briefly(text)),
    remarks.length > 0 && element('span', { class: lost ? 'small bad' : 'small muted' }, remarks.join('; ')),
  );
}

function isClear(title: string): boolean {
  return title === 'in the clear' || title === 'fragment' || title === 'IP';
}

function inside({ fields = [], decisions = [] }: MessageDocument): Markup {
  return element(
    'div',
    { class: 'inside' },
    element('div', {}, element('h4', {}, 'Payloads'), payloadList(fields)),
    element('div', {}, element('h4', {}, 'What was decided, and by which record'), decisionList(decisions)),
  );
}

function decisionList(decisions: readonly DecisionDocument[]): Content {
  if (decisions.length === 0) return element('p', { class: 'muted small' }, 'Nothing that rests on a record.');
  return element(
    'ul',
    { class: 'small' },
    decisions.map(({ system, text, records }) =>
      element(
        'li',
        {},
        element('b', {}, system),
        ` ${text}`,
        records.length > 0 && element('span', { class: 'mono muted' }, ` — ${placesBeside(text, records)}`),
      ),
    ),
  );
}
