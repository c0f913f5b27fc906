/** Pictures as text of a format. */
import { renderDot } from './dot.js';
import { renderMermaid } from './mermaid.js';
import type { Picture } from './picture.js';
import { drawNesting } from './svg/nesting.js';
import { drawSequence } from './svg/sequence.js';
import { drawSpd } from './svg/spd.js';
import { type Drawing, svgDocument } from './svg/svg.js';
import { drawTopology } from './svg/topology.js';

export const graphFormats = ['mermaid', 'dot', 'svg'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/** The whole text of a picture. */
export function renderPicture(picture: Picture, format: GraphFormat): string {
  switch (format) {
    case 'mermaid':
      return lines(renderMermaid(picture));
    case 'dot':
      return lines(renderDot(picture));
    case 'svg':
      return svgDocument(drawPicture(picture));
  }
}

/** A picture as a drawing, for a page. */
export function drawPicture(picture: Picture): Drawing {
  switch (picture.kind) {
    case 'topology':
      return drawTopology(picture);
    case 'nesting':
      return drawNesting(picture);
    case 'spd':
      return drawSpd(picture);
    case 'sequence':
      return drawSequence(picture);
  }
}

function lines(all: Iterable<string>): string {
  return `${[...all].join('\n')}\n`;
}
