/** Paths with the SAs on them as drawings: the way from stop to stop, and below it one pipe within the other. */
import { type Content, element } from '../../html/markup.js';
import { type NestingFlow, type NestingPicture, type NestingStop, placeText, saText } from '../picture.js';
import { arrowHead, type Drawing, fonts, line, number, path, rect } from './svg.js';
import { textWidth } from './text-width.js';

const margin = 24;
const stopWidthMax = 220;
const stopWidthMin = 90;
const gapMin = 90;
/** From the wall of a pipe to that of the pipe in it. */
const wall = 7;
const labelRow = 22;
const flowGap = 30;

/** Draws the paths, one below the other. */
export function drawNesting({ flows, notes }: NestingPicture): Drawing {
  const drawn = flows.map(drawFlow);
  let y = margin;
  const parts = drawn.map(({ height, content }) => {
    const part = element('g', { transform: `translate(0 ${number(y)})` }, content);
    y += height + flowGap;
    return part;
  });
  if (flows.length === 0) {
    parts.push(line(margin, y + 10, 'Nothing is protected here.', fonts.text, { class: 'g-m' }));
    y += 30;
  }
  const texts = notes.map((note, index) => line(margin, y + index * 18, note, fonts.small, { class: 'g-m' }));
  return {
    width: Math.max(
      260,
      ...drawn.map(({ width }) => width),
      ...notes.map((note) => textWidth(note, fonts.small) + 2 * margin),
    ),
    height: y + notes.length * 18 - (notes.length > 0 ? 0 : flowGap / 2),
    title: `The SAs of ${flows.length} paths, one within the other`,
    content: [parts, texts],
  };
}

/** One path. */
export function drawFlow(flow: NestingFlow): Drawing {
  const { stops, sas, clear } = flow;
  const widths = stops.map(stopWidth);
  const xs = columnsOf(flow, widths);
  const height = stopHeight(stops);
  const top = 48;
  const axis = top + height / 2;
  const last = xs.length - 1;
  const pipesTop = top + height + 14;
  const pipes = sas.map((sa, index) => {
    const y = pipesTop + (sas.length - 1 - index) * wall;
    const bottom = pipesTop + sas.length * wall + labelRow * (index + 1);
    const [from, to] = [xs[sa.from]!, xs[sa.to]!];
    const title = element('title', {}, placeText(sa.record));
    return element(
      'g',
      {},
      title,
      rect(
        from,
        y,
        to - from,
        bottom - y,
        sa.mode === 'tunnel' ? 'g-pipe' : 'g-pipe g-dash',
        sa.mode === 'tunnel' ? 12 : 3,
      ),
    );
  });
  // Over the walls of the pipes, which an SA that goes on beyond a tunnel crosses.
  const labels = sas.map((sa, index) => {
    const bottom = pipesTop + sas.length * wall + labelRow * (index + 1);
    const [from, to] = [xs[sa.from]!, xs[sa.to]!];
    const options = { anchor: 'middle', class: 'g-halo', room: to - from - 10 } as const;
    return line((from + to) / 2, bottom - 8, saText(sa), fonts.small, options);
  });
  const pipesBottom = sas.length === 0 ? pipesTop : pipesTop + sas.length * (wall + labelRow);
  const hasClear = clear.length > 0;
  const clearY = pipesTop + 16;
  const open = clear.map(([from, to]) => [
    path(
      `M${number(xs[from]! + widths[from]! / 2)} ${axis}H${number(xs[to]! - widths[to]! / 2)}`,
      'g-sa g-swarn g-dash',
    ),
    line((xs[from]! + xs[to]!) / 2, axis - 8, 'in the clear', fonts.small, { anchor: 'middle', class: 'g-warn' }),
  ]);
  const covered = stops.slice(1).map((_, index) => {
    const isClear = clear.some(([from, to]) => from <= index && index + 1 <= to);
    const [from, to] = [xs[index]! + widths[index]! / 2, xs[index + 1]! - widths[index + 1]! / 2];
    return [
      isClear ? undefined : path(`M${number(from)} ${axis}H${number(to - 8)}`, 'g-l'),
      arrowHead(to, axis, 0, isClear ? 'g-warn' : 'g-m'),
    ];
  });
  const guides =
    sas.length === 0
      ? []
      : xs.map((x) => path(`M${number(x)} ${top + height}V${number(pipesBottom)}`, 'g-hair g-dash'));
  const title = `${flow.policy} of ${flow.system}`;
  const width = Math.max(
    xs[last]! + widths[last]! / 2 + margin,
    margin * 2 + Math.min(900, Math.max(textWidth(title, fonts.name), textWidth(flow.traffic, fonts.code))),
  );
  return {
    width,
    height: Math.max(pipesBottom, hasClear ? clearY : 0) + 6,
    title,
    content: [
      line(margin, 14, title, fonts.name, { room: width - 2 * margin }),
      line(margin, 32, flow.traffic, fonts.code, { class: 'g-m', room: width - 2 * margin }),
      guides,
      covered,
      open,
      stops.map((stop, index) => drawStop(stop, xs[index]!, top, widths[index]!, height)),
      // The outermost lies lowest, so that what is in it is drawn over it.
      [...pipes].reverse(),
      labels,
    ],
  };
}

function stopWidth({ name, details, kind }: NestingStop): number {
  const font = kind === 'host' || kind === 'gateway' ? fonts.name : fonts.code;
  const texts = [textWidth(name, font), ...details.map((text) => textWidth(text, fonts.code))];
  return Math.min(stopWidthMax, Math.max(stopWidthMin, Math.max(...texts) + 20));
}

function stopHeight(stops: readonly NestingStop[]): number {
  return 30 + 16 * Math.max(...stops.map(({ details }) => details.length));
}

function drawStop({ kind, name, details }: NestingStop, x: number, y: number, width: number, height: number): Content {
  const isSystem = kind === 'host' || kind === 'gateway';
  const kinds = { host: 'g-box', gateway: 'g-box g-thick', peer: 'g-box g-dash', network: 'g-box' } as const;
  const text = y + 20 + (height - 30 - 16 * details.length) / 2;
  return element(
    'g',
    {},
    rect(x - width / 2, y, width, height, kinds[kind], kind === 'network' ? height / 2 : 6),
    line(x, text, name, isSystem ? fonts.name : fonts.code, { anchor: 'middle', room: width - 12 }),
    details.map((detail, index) =>
      line(x, text + 16 * (index + 1), detail, fonts.code, { anchor: 'middle', class: 'g-m', room: width - 12 }),
    ),
  );
}

/** The middles of the stops, so far from each other that the SAs between them have room for their names. */
function columnsOf({ stops, sas }: NestingFlow, widths: readonly number[]): number[] {
  const xs: number[] = [];
  for (let index = 0; index < stops.length; index += 1) {
    let x = index === 0 ? margin + widths[0]! / 2 : xs[index - 1]! + (widths[index - 1]! + widths[index]!) / 2 + gapMin;
    for (const sa of sas) {
      if (sa.to !== index || sa.from >= index) continue;
      x = Math.max(x, xs[sa.from]! + Math.min(420, textWidth(saText(sa), fonts.small) + 24));
    }
    xs.push(x);
  }
  return xs;
}
