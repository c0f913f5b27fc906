/** The messages of a dry run as a drawing: a lifeline for each system, an arrow for each packet. */
import { element } from '../../html/markup.js';

import { verdictWord } from '../../negotiation/text.js';
import { type SequenceMessage, type SequencePicture, timeText, verdictLine } from '../picture.js';
import { arrowHead, type Drawing, fonts, line, number, path, rect } from './svg.js';
import { textWidth, wrapText } from './text-width.js';

const margin = 24;
const timeGap = 14;
const gapMin = 260;
const gapMax = 460;
const lineHeight = 15;
const headHeight = 34;
/** Lines of the payloads of one message. */
const textLinesMax = 4;

/** Draws the messages in the order in which they were sent. */
export function drawSequence(picture: SequencePicture): Drawing {
  const { lifelines, messages, packet, verdict, notes } = picture;
  const times = messages.map(({ at }) => timeText(at));
  const timeWidth = Math.max(0, ...times.map((time) => textWidth(time, fonts.code)));
  const gap = Math.min(
    gapMax,
    Math.max(
      gapMin,
      ...messages.flatMap(({ title, text }) => [textWidth(title, fonts.name), textWidth(text, fonts.code)]),
    ) + 30,
  );
  const heads = lifelines.map((name) => Math.min(gap - 20, Math.max(80, textWidth(name, fonts.name) + 24)));
  const first = margin + Math.max(timeWidth + timeGap, (heads[0] ?? 0) / 2);
  const x = (index: number) => first + Math.max(0, index) * gap;
  const width = x(lifelines.length - 1) + Math.max((heads.at(-1) ?? 0) / 2, margin) + margin;
  const packetLines = wrapText(packet, width - 2 * margin, fonts.code, 3);
  const top = 16 + packetLines.length * 18;
  let y = top + headHeight + 16;
  const rows = messages.map((message, index) => {
    const row = drawMessage(message, y, x);
    const time = line(margin, row.arrow + 4, times[index]!, fonts.code, { class: 'g-m' });
    y = row.bottom;
    return [time, row.content];
  });
  const bottom = y + 12;
  const good = verdict.good ? (verdict.word === 'works' ? 'g-good' : 'g-warn') : 'g-bad';
  const verdictLines = wrapText(verdictLine(picture, verdictWord(verdict.word)), width - 2 * margin, fonts.text);
  const noteLines = notes.flatMap((note) => wrapText(note, width - 2 * margin, fonts.small));
  const notesTop = bottom + 24 + verdictLines.length * 18;
  return {
    width,
    height: notesTop + noteLines.length * 16 + 8,
    title: `Sequence of messages between ${lifelines.join(' and ')}: ${verdictWord(verdict.word)}`,
    content: [
      packetLines.map((text, index) => line(margin, 20 + index * 18, text, fonts.code, { class: 'g-m' })),
      lifelines.map((_, index) => path(`M${number(x(index))} ${top + headHeight}V${number(bottom)}`, 'g-hair')),
      lifelines.map((name, index) => [
        rect(x(index) - heads[index]! / 2, top, heads[index]!, headHeight, 'g-box'),
        line(x(index), top + 22, name, fonts.name, { anchor: 'middle', room: heads[index]! - 12 }),
      ]),
      rows,
      verdictLines.map((text, index) => line(margin, bottom + 22 + index * 18, text, fonts.text, { class: good })),
      noteLines.map((text, index) => line(margin, notesTop + index * 16, text, fonts.small, { class: 'g-m' })),
    ],
  };
}

function drawMessage({ from, to, title, text, kind, lost }: SequenceMessage, y: number, x: (index: number) => number) {
  const known = to < 0 || to === from ? (from === 0 ? 1 : from - 1) : to;
  const [start, end] = [x(from), x(known)];
  const room = Math.abs(end - start) - 28;
  const middle = (start + end) / 2;
  // Where both do not fit into one line, remarks have lines of their own.
  const parts = textWidth(text, fonts.code) <= room ? [text] : text.split(/ {2}(?=\()/);
  const texts = parts.flatMap((part) => wrapText(part, room, fonts.code, textLinesMax));
  const arrow = y + 18;
  const colour = lost !== undefined ? 'bad' : kind === 'protected' ? 'good' : kind === 'clear' ? 'warn' : 'acc';
  const stroke = { bad: 'g-sa g-sbad g-dash', good: 'g-sa g-sgood', warn: 'g-sa g-swarn', acc: 'g-sa' }[colour];
  const angle = end > start ? 0 : Math.PI;
  // What is lost does not arrive.
  const tip = lost === undefined ? end : start + (end - start) * 0.8;
  const content = element(
    'g',
    {},
    line(middle, y + 10, title, fonts.name, { anchor: 'middle', class: `g-${colour}`, room }),
    path(`M${number(start)} ${arrow}H${number(tip - Math.cos(angle) * 7)}`, stroke),
    lost === undefined
      ? arrowHead(tip, arrow, angle, `g-${colour}`, 11)
      : line(tip, arrow + 5, '✕', fonts.name, { anchor: 'middle', class: 'g-bad' }),
    texts.map((each, index) => line(middle, arrow + 16 + index * lineHeight, each, fonts.code, { anchor: 'middle' })),
  );
  return { arrow, bottom: arrow + 16 + texts.length * lineHeight + 6, content };
}
