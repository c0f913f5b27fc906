/**
 * The grammar of one statement, in chevrotain with embedded actions:
 *
 *   operation := ( 'add' | 'delete' ) object [ subject ] rest | ( 'show' | 'batch' | 'export' ) rest
 *   rest      := { ARGUMENT [ WORD ] | stray }
 *
 * It is deliberately permissive after the object word: which arguments exist, which take a value and what the value looks
 * like depends on object and dialect, and is decided by the binder from the tables of the language, which can say much
 * better what was expected.
 *
 * A statement that begins wrongly is still read to its end: a misspelt first or second word is taken for the nearest one
 * that could stand there, a record kind without a verb is added, and what else begins wrongly is read as arguments, so that
 * nothing in it goes unseen.
 */
import { EmbeddedActionsParser, type IRecognitionException, type IToken, type TokenType } from 'chevrotain';
import {
  Add,
  AnyArgument,
  AnyWord,
  allTokens,
  createStatementLexer,
  Delete,
  objectTokens,
  refusedVerbs,
} from './tokens.js';

/** What stands in one statement; offsets count from the start of the text that was parsed. */
export interface OperationTokens {
  verb?: IToken;
  object?: IToken;
  subject?: IToken;
  readonly arguments: { readonly name: IToken; readonly value?: IToken }[];
  readonly strays: IToken[];
}

export class StatementParser extends EmbeddedActionsParser {
  /** Filled while a rule runs, so that a statement that breaks off keeps what was understood before. */
  found: OperationTokens = { arguments: [], strays: [] };

  /** `validate` has it look for mistakes in the grammar, which is for tests. */
  constructor(validate = false) {
    super(allTokens, { recoveryEnabled: false, maxLookahead: 1, skipValidations: !validate });
    this.performSelfAnalysis();
  }

  readonly operation = this.RULE('operation', (): void => {
    this.OR([
      {
        ALT: () => {
          this.found.verb = this.OR1(this.#verbs);
          this.found.object = this.OR2(this.#objects);
          this.OPTION(() => {
            this.found.subject = this.CONSUME(AnyWord);
          });
        },
      },
      {
        ALT: () => {
          this.found.verb = this.OR3(this.#refused);
        },
      },
    ]);
    this.SUBRULE(this.rest);
  });

  readonly rest = this.RULE('rest', (): void => {
    this.MANY(() => {
      this.OR4(this.#parts);
    });
  });

  readonly #verbs = [Add, Delete].map((verb) => ({ ALT: () => this.CONSUME1(verb) }));
  readonly #refused = refusedVerbs.map((verb) => ({ ALT: () => this.CONSUME2(verb) }));
  readonly #objects = objectTokens.map((object) => ({ ALT: () => this.CONSUME3(object) }));
  readonly #parts = [
    {
      ALT: () => {
        const name = this.CONSUME4(AnyArgument);
        let value: IToken | undefined;
        this.OPTION1(() => {
          value = this.CONSUME5(AnyWord);
        });
        this.found.arguments.push(value ? { name, value } : { name });
      },
    },
    { ALT: () => void this.found.strays.push(this.CONSUME6(AnyWord)) },
  ];
}

/** Something that the grammar could not take. */
export interface OperationError {
  readonly exception: IRecognitionException;
  /** What should stand there. */
  readonly expected: 'verb' | 'object';
  /** The word that it was taken for, or that was put before it. */
  readonly repairedBy?: string;
  readonly inserted?: boolean;
}

export interface ParsedOperation {
  readonly tokens: OperationTokens;
  readonly errors: readonly OperationError[];
}

/** The word that was meant by one that cannot stand in its place, if that can be told. */
export type Repair = (word: IToken, expected: OperationError['expected']) => string | undefined;

/** Reads one statement; `mode` says by whose rules its quotes count. Never throws on what is written. */
export type OperationReader = (text: string, mode: 'batch' | 'command', repair: Repair) => ParsedOperation;

const noErrors: readonly OperationError[] = [];
const keywords = new Map<string, TokenType>([Add, Delete, ...objectTokens].map((type) => [type.name, type]));

/** Builds lexer and parser once (milliseconds) and returns the reader that reuses them. */
export function createOperationReader(): OperationReader {
  const lexer = createStatementLexer();
  const parser = new StatementParser();
  const parse = (tokens: IToken[], rule: 'operation' | 'rest'): OperationTokens => {
    const found: OperationTokens = { arguments: [], strays: [] };
    parser.input = tokens;
    parser.found = found;
    parser[rule]();
    return found;
  };
  return (text, mode, repair) => {
    const { tokens } = lexer.tokenize(text, mode);
    let found = parse(tokens, 'operation');
    if (parser.errors.length === 0) return { tokens: found, errors: noErrors };
    const errors: OperationError[] = [];
    // Two words can be wrong, the verb and the object.
    while (parser.errors[0] && errors.length < 2) {
      const exception = parser.errors[0];
      const expected = found.verb ? 'object' : 'verb';
      const at = tokens.indexOf(exception.token);
      if (expected === 'verb' && objectTokens.includes(exception.token.tokenType)) {
        errors.push({ exception, expected, repairedBy: Add.name, inserted: true });
        tokens.unshift({ ...exception.token, image: '', tokenType: Add, tokenTypeIdx: Add.tokenTypeIdx! });
        found = parse(tokens, 'operation');
        continue;
      }
      const type = at === -1 ? undefined : keywords.get(repair(exception.token, expected) ?? '');
      if (!type) {
        errors.push({ exception, expected });
        const { verb } = found;
        const rest = parse(at === -1 ? [] : tokens.slice(at), 'rest');
        return { tokens: verb ? { ...rest, verb } : rest, errors };
      }
      errors.push({ exception, expected, repairedBy: type.name });
      tokens[at] = { ...exception.token, tokenType: type, tokenTypeIdx: type.tokenTypeIdx! };
      found = parse(tokens, 'operation');
    }
    return { tokens: found, errors };
  };
}
