/** racoon.conf with its includes: the remotes, the sainfos and the paths that stand in it. */
import type { SourceText, Span } from '../../model/span.js';
import { foundFiles, type ReadContext } from '../common/context.js';
import { hide, type Piece, spanOf } from '../common/piece.js';
import { type RacoonStatement, racoonReader } from './grammar.js';
import { accountedBlocks, type Block, racoonOption, racoonOptions } from './options.js';

/** A statement with the text it stands in. */
export interface Placed {
  readonly source: SourceText;
  readonly statement: RacoonStatement;
}

export interface RacoonConf {
  readonly remotes: readonly Placed[];
  readonly sainfos: readonly Placed[];
  /** `path pre_shared_key "…"`, each with where it stands. */
  readonly paths: ReadonlyMap<string, Placed>;
}

const includeDepthMax = 16;
const filesMax = 200;

export function nameOf({ statement: { words } }: Placed): string {
  return words[0]?.text ?? '';
}

/** Where a statement stands, up to its last word. */
export function placeOf({ source, statement: { words } }: Placed): Span {
  const [first] = words;
  const last = words.at(-1);
  return first && last ? spanOf(source, first, last) : { source, start: 0, end: 0 };
}

export function wordSpan({ source }: Placed, word: Piece): Span {
  return spanOf(source, word);
}

/** Reads the files of a configuration. */
export function readConf(roots: readonly SourceText[], context: ReadContext): RacoonConf {
  const remotes: Placed[] = [];
  const sainfos: Placed[] = [];
  const paths = new Map<string, Placed>();
  let files = 0;
  const readFile = (source: SourceText, depth: number): void => {
    files += 1;
    context.sources.push(source);
    const { statements, strays } = racoonReader()(source.text);
    for (const statement of statements) hidePasswords(source, statement);
    for (const stray of strays) context.syntax(source, stray, `'${stray.text}' has no counterpart`);
    for (const statement of statements) {
      const placed = { source, statement };
      reportStatement(placed, 'file', context);
      const { words } = statement;
      switch (nameOf(placed)) {
        case 'include': {
          const [, word] = words;
          if (!word) context.syntax(source, words[0]!, "'include' names no file");
          else if (depth >= includeDepthMax || files >= filesMax)
            context.syntax(source, word, 'the file is not read: includes go too deep');
          else {
            const found = foundFiles(context, word.text, source);
            if (found.length === 0)
              context.partly(spanOf(source, word), `'${word.text}' is included, but there is no such file`);
            for (const file of found) readFile(file, depth + 1);
          }
          break;
        }
        case 'path':
          if (words[1] && words[2]) paths.set(words[1].text, placed);
          else context.syntax(source, words[0]!, "'path' needs a kind and a path");
          break;
        case 'remote':
          remotes.push(placed);
          break;
        case 'sainfo':
          sainfos.push(placed);
          break;
        default:
          break;
      }
    }
  };
  for (const root of roots) readFile(root, 0);
  return { remotes, sainfos, paths };
}

/** Values that mean "not at all". */
const off = new Set(['off', 'no']);

/** Accounts for a statement of a block, and for the syntax of it; its own block is for who reads it. */
export function reportStatement(placed: Placed, block: Block, context: ReadContext): void {
  const { source, statement } = placed;
  const [first, second] = statement.words;
  if (!first) {
    context.problem({ code: 'IMP001', message: 'a block has no name', at: { source, start: 0, end: 0 } });
    return;
  }
  if (statement.isOpen) context.syntax(source, first, 'a statement ends with a semicolon, a block with a brace');
  const at = spanOf(source, first);
  const title = block === 'file' ? first.text : `${block} ${first.text}`;
  const option = first.quoted ? undefined : racoonOption(block, first.text);
  if (!option) {
    // What stands where a name should may be a password.
    if (block === 'file' || first.quoted) for (const word of statement.words) hide(source, word);
    context.report.unknown(first.quoted ? `${block} text` : title, at, racoonOptions(block));
    return;
  }
  const isHarmless = second !== undefined && (option.harmless?.includes(second.text) ?? off.has(second.text));
  if (option.support === 'supported') context.report.supported(title, at);
  else if (option.support === 'noted' || isHarmless) context.report.noted(title, at, option.why ?? '');
  else context.report.partial(title, at, option.why ?? '');
  if (block === 'file' && accountedBlocks.has(first.text))
    for (const inner of statement.block ?? [])
      reportStatement({ source, statement: inner }, first.text as Block, context);
  // Passwords of directories and services stand in these.
  if (block === 'file' && ['ldapcfg', 'radiuscfg'].includes(first.text)) hideValues(source, statement);
}

/** Passwords by their own names, wherever a missing brace has put them. */
function hidePasswords(source: SourceText, { words, block }: RacoonStatement): void {
  const name = words[0]?.text ?? '';
  if (name === 'bind_pw') for (const word of words.slice(1)) hide(source, word);
  if (['ldapcfg', 'radiuscfg'].includes(name)) hideValues(source, { words: [], ...(block ? { block } : {}) });
  for (const inner of block ?? []) hidePasswords(source, inner);
}

function hideValues(source: SourceText, { block }: RacoonStatement): void {
  for (const { words, block: inner } of block ?? []) {
    for (const word of words.slice(1)) hide(source, word);
    if (inner) hideValues(source, { words: [], block: inner });
  }
}
