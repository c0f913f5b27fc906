/**
 * Markup whose texts cannot break out of it: every string is a text and becomes escaped, every attribute's value too; only
 * what was built here is markup. Serves HTML and the SVG in it.
 */
import { visible } from '../visible.js';
import { xmlText } from '../xml.js';

/** A piece of a document. */
export class Markup {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** A constant of the program (a style sheet, a script): never anything from a file. */
  static constant(text: string): Markup {
    return new Markup(text);
  }

  /** @internal Use `element`. */
  static built(text: string): Markup {
    return new Markup(text);
  }
}

export type Content = Markup | string | number | undefined | false | readonly Content[];
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Longest text that is shown in one piece, in code units. */
const textMax = 8_192;
/** Elements of HTML that have neither content nor an end tag. */
const voids = new Set(['br', 'hr', 'img', 'input', 'link', 'meta']);
const attributeName = /^[A-Za-z_:][\w:.-]*$/;

/** An element. Attributes that are `undefined` or `false` are left out, `true` means the name alone. */
export function element(name: string, attributes: Attributes = {}, ...content: readonly Content[]): Markup {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (!attributeName.test(key)) throw new TypeError(`no name of an attribute: ${key}`);
    text += value === true ? ` ${key}=""` : ` ${key}="${escapeText(String(value))}"`;
  }
  // HTML ignores the slash, and readers of XML need it.
  if (voids.has(name)) return Markup.built(`${text}/>`);
  return Markup.built(`${text}>${content.map(contentText).join('')}</${name}>`);
}

/** Pieces one behind the other. */
export function fragment(...content: readonly Content[]): Markup {
  return Markup.built(content.map(contentText).join(''));
}

function contentText(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return String(content);
  return content.map(contentText).join('');
}

/** A text in which nothing means anything: no markup, no control, no override of the direction of writing. */
export function escapeText(text: string): string {
  return text
    .split('\n')
    .map((line) => xmlText(visible(line, textMax)))
    .join('\n');
}
