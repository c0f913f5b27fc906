/** The order of policies as a drawing: packets come in on top and fall to the first row that fits. */
import { type Content, element } from '../../html/markup.js';
import {
  actionText,
  listTitle,
  neverMatches,
  reachText,
  type SpdList,
  type SpdPicture,
  type SpdRow,
} from '../picture.js';
import { arrowHead, type Drawing, fonts, line, number, path, rect } from './svg.js';
import { textWidth } from './text-width.js';

const margin = 24;
const spine = margin + 14;
const boxLeft = margin + 44;
const boxWidthMin = 330;
const boxWidthMax = 720;
const rowGap = 12;
const lineHeight = 17;
const listGap = 34;

const actionClasses = { PROTECT: 'g-good', BYPASS: 'g-warn', DISCARD: 'g-bad' } as const;
const signs = { PROTECT: '●', BYPASS: '○', DISCARD: '✕' } as const;

/** Draws the lists, one below the other. */
export function drawSpd({ lists, notes }: SpdPicture): Drawing {
  const drawn = lists.map(drawList);
  let y = margin;
  const parts = drawn.map(({ height, content }) => {
    const part = element('g', { transform: `translate(0 ${number(y)})` }, content);
    y += height + listGap;
    return part;
  });
  const texts = notes.map((note, index) => line(margin, y - 8 + index * 18, note, fonts.small, { class: 'g-m' }));
  return {
    width: Math.max(300, ...drawn.map(({ width }) => width)),
    height: y - listGap + margin + notes.length * 18,
    title: `The order in which the policies of ${lists.length} lists are searched`,
    content: [parts, texts],
  };
}

interface RowText {
  readonly text: string;
  readonly font: (typeof fonts)[keyof typeof fonts];
  readonly kind?: string;
}

function drawList(list: SpdList): Drawing {
  const rows = list.rows.map((row) => ({ row, texts: textsOf(row) }));
  const widest = Math.max(...rows.flatMap(({ texts }) => texts.map(({ text, font }) => textWidth(text, font))));
  const width = Math.min(boxWidthMax, Math.max(boxWidthMin, widest + 28));
  let y = 34;
  const content: Content[] = [
    line(margin, 14, listTitle(list), fonts.name, { room: boxLeft + width - margin }),
    line(boxLeft, y + 4, 'packet', fonts.small, { class: 'g-m' }),
    element('circle', { cx: spine, cy: y, r: 5, class: 'g-head' }),
  ];
  for (const [index, { row, texts }] of rows.entries()) {
    if (list.leftOut > 0 && index === rows.length - 1) {
      content.push(path(`M${spine} ${number(y)}V${number(y + 24)}`, 'g-l g-dash'));
      content.push(line(boxLeft, y + 26, `… ${list.leftOut} more rows`, fonts.small, { class: 'g-m' }));
      y += 28;
    }
    const height = 14 + texts.length * lineHeight;
    const top = y + rowGap + 6;
    const middle = top + 20;
    const never = neverMatches(row);
    content.push(
      path(`M${spine} ${number(y)}V${number(middle)}`, 'g-l'),
      path(`M${spine} ${number(middle)}H${number(boxLeft - (never ? 0 : 8))}`, never ? 'g-hair g-dash' : 'g-l'),
      never
        ? line((spine + boxLeft) / 2, middle + 5, '✕', fonts.small, { anchor: 'middle', class: 'g-warn' })
        : arrowHead(boxLeft, middle, 0, 'g-m'),
      rect(boxLeft, top, width, height, never ? 'g-box g-dash' : 'g-box'),
      texts.map(({ text, font, kind }, at) =>
        line(boxLeft + 12, top + 19 + at * lineHeight, text, font, {
          room: width - 24,
          ...(kind === undefined ? {} : { class: kind }),
        }),
      ),
    );
    y = middle > top + height ? middle : top + height;
    content.push(path(`M${spine} ${number(middle)}V${number(index === rows.length - 1 ? middle : y)}`, 'g-l'));
  }
  return { width: boxLeft + width + margin, height: y, title: listTitle(list), content };
}

function textsOf(row: SpdRow): RowText[] {
  const { number: order, policy, priority, selectors, moreSelectors, action } = row;
  const never = neverMatches(row);
  const faded = never ? 'g-m' : undefined;
  const remark = reachText(row);
  const head = `${order}  ${policy}${priority === undefined ? '' : `, priority ${priority}`}`;
  return [
    { text: head, font: fonts.name, ...(faded ? { kind: faded } : {}) },
    ...selectors.map((text) => ({ text, font: fonts.code, ...(faded ? { kind: faded } : {}) })),
    ...(moreSelectors > 0 ? [{ text: `and ${moreSelectors} more`, font: fonts.small, kind: 'g-m' }] : []),
    { text: `${signs[action]} ${actionText(row)}`, font: fonts.text, kind: faded ?? actionClasses[action] },
    ...(remark === '' ? [] : [{ text: remark, font: fonts.small, kind: 'g-warn' }]),
  ];
}
