/** Packages that tests compare with where they are installed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const require = createRequire(import.meta.url);

/** The part of a SAX parser that the tests use. */
interface SaxParser {
  on(event: 'error', handler: (error: Error) => void): void;
  on(event: 'opentag', handler: (tag: { name: string; attributes: Record<string, string> }) => void): void;
  on(event: 'text', handler: (text: string) => void): void;
  write(text: string): SaxParser;
  close(): void;
}

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Elements and text of an XML document; throws where it is not well-formed. */
export type XmlParser = (xml: string) => { readonly elements: readonly XmlElement[]; readonly text: string };

/** A strict XML 1.0 parser, or undefined where `saxes` is not installed. */
export const parseXml: XmlParser | undefined = loadXmlParser();
export const parseXmlMissing = 'the package saxes is not installed';

function loadXmlParser(): XmlParser | undefined {
  let saxes: { SaxesParser: new () => SaxParser };
  try {
    saxes = require('saxes');
  } catch {
    return undefined;
  }
  return (xml) => {
    const parser = new saxes.SaxesParser();
    const elements: XmlElement[] = [];
    let text = '';
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name, attributes }) => elements.push({ name, attributes: { ...attributes } }));
    parser.on('text', (piece) => {
      text += piece;
    });
    parser.write(xml).close();
    return { elements, text };
  };
}

/** The JSON Schema of SARIF 2.1.0, or undefined where the package that ships it is not installed. */
export function sarifSchema(): object | undefined {
  let main: string;
  try {
    main = require.resolve('@microsoft/sarif-multitool-ts'); // dist/index.js
  } catch {
    return undefined;
  }
  return JSON.parse(readFileSync(path.resolve(main, '../../assets/sarif-2.1.0.schema.json'), 'utf8'));
}
export const sarifSchemaMissing = 'the package @microsoft/sarif-multitool-ts is not installed';

/** A JSON Schema of this repository. */
export function ownSchema(name: string): object {
  return JSON.parse(readFileSync(path.join(root, 'schemas', name), 'utf8'));
}
