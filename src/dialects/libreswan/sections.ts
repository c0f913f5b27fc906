/** The sections of ipsec.conf and of the files that it includes, in the order in which they are read. */
import type { SourceText } from '../../model/span.js';
import { foundFiles, type ReadContext } from '../common/context.js';
import { type Piece, spanOf } from '../common/piece.js';
import { type ConfLine, confReader } from './grammar.js';

/** `key = value` of a section. */
export interface Assignment {
  readonly source: SourceText;
  readonly key: Piece;
  /** The words after the equals sign; several where blanks stand between them. */
  readonly words: readonly Piece[];
}

export interface Section {
  readonly kind: 'setup' | 'conn' | 'ca';
  readonly name: string;
  readonly source: SourceText;
  /** Where the name stands, or the keyword. */
  readonly at: Piece;
  readonly assignments: Assignment[];
}

/** Files in files in files. */
const includeDepthMax = 16;
/** Sections and files of one configuration. */
const sectionsMax = 20_000;
const filesMax = 1_000;

/** Reads all texts of a configuration. */
export function readSections(roots: readonly SourceText[], context: ReadContext): Section[] {
  const sections: Section[] = [];
  let files = 0;
  const readFile = (source: SourceText, depth: number): void => {
    files += 1;
    context.sources.push(source);
    let current: Section | undefined;
    const begin = (section: Section) => {
      current = section;
      if (sections.length < sectionsMax) sections.push(section);
      else if (sections.length === sectionsMax) {
        context.syntax(source, section.at, `more than ${sectionsMax} sections`, 'split the configuration');
        sections.push(section);
      }
    };
    for (const line of confReader()(source.text)) {
      switch (line.kind) {
        case 'junk':
          context.syntax(source, line.text, `'${shown(line.text)}' is no key`, 'write key=value');
          break;
        case 'header':
          readHeader(line, source, begin, depth);
          if (line.keyword.text === 'version') current = undefined;
          break;
        case 'assignment':
          addAssignment(line, source, current);
      }
    }
  };
  const readHeader = (
    line: Extract<ConfLine, { kind: 'header' }>,
    source: SourceText,
    begin: (section: Section) => void,
    depth: number,
  ): void => {
    const { keyword, words } = line;
    const [word] = words;
    switch (keyword.text) {
      case 'version':
        context.report.noted('version', spanOf(source, keyword), 'it says which manual the file follows');
        return;
      case 'config':
        if (word?.text !== 'setup')
          context.syntax(source, word ?? keyword, `'config' is followed by 'setup'`, 'write: config setup');
        begin({ kind: 'setup', name: 'setup', source, at: word ?? keyword, assignments: [] });
        return;
      case 'conn':
      case 'ca':
        if (!word) context.syntax(source, keyword, `'${keyword.text}' has no name`, `write: ${keyword.text} NAME`);
        else if (words[1]) context.syntax(source, words[1], 'a section has one name only');
        begin({ kind: keyword.text, name: word?.text ?? '', source, at: word ?? keyword, assignments: [] });
        return;
      default:
        if (!word) {
          context.syntax(source, keyword, "'include' names no file", 'write: include PATH');
          return;
        }
        include(word, source, depth);
    }
  };
  const include = (word: Piece, source: SourceText, depth: number): void => {
    const at = spanOf(source, word);
    if (depth >= includeDepthMax || files >= filesMax) {
      context.syntax(source, word, `'${word.text}' is not read: includes go too deep`, 'do files include each other?');
      return;
    }
    const found = foundFiles(context, word.text, source);
    context.report.supported('include', at);
    if (found.length === 0 && !/[*?[]/.test(word.text))
      context.partly(at, `'${word.text}' is included, but there is no such file`);
    for (const file of found) readFile(file, depth + 1);
  };
  const addAssignment = (
    { key, equals, words }: Extract<ConfLine, { kind: 'assignment' }>,
    source: SourceText,
    section: Section | undefined,
  ): void => {
    if (!equals) context.syntax(source, key, `'${shown(key)}' has no value`, `write ${shown(key)}=VALUE`);
    else if (!section)
      context.syntax(source, key, `'${shown(key)}' stands outside of a section`, 'begin with: conn NAME');
    else section.assignments.push({ source, key, words });
  };
  for (const root of roots) readFile(root, 0);
  return sections;
}

/** What is written where a key should stand may be anything: only so much of it is shown. */
function shown({ text }: Piece): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
