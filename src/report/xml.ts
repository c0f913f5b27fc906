/** Text in XML 1.0 documents, well-formed whatever it holds. */
import { replaceHidden } from './visible.js';

const special = /[&<>"']/g;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/**
 * `text` for an attribute or an element. What XML 1.0 §2.2 forbids (most controls, lone surrogates, U+FFFE, U+FFFF) becomes U+FFFD; other
 * hidden characters become character references, which a parser gives back and a terminal does not obey.
 */
export function xmlText(text: string): string {
  const escaped = text.replace(special, (character) => entities[character] ?? character);
  return replaceHidden(escaped, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return isXmlCharacter(codePoint) ? `&#x${codePoint.toString(16)};` : '\ufffd';
  });
}

/** ` name="value"` for each attribute that has a value. */
export function xmlAttributes(attributes: Readonly<Record<string, string | number | undefined>>): string {
  let text = '';
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${name}="${xmlText(String(value))}"`;
  }
  return text;
}

/** The Char production of XML 1.0 §2.2. */
function isXmlCharacter(codePoint: number): boolean {
  return (
    codePoint === 0x9 ||
    codePoint === 0xa ||
    codePoint === 0xd ||
    (codePoint >= 0x20 && codePoint <= 0xd7ff) ||
    (codePoint >= 0xe000 && codePoint <= 0xfffd) ||
    codePoint >= 0x10000
  );
}
