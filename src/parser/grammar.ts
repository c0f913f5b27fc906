/**
 * The grammar of one statement, in chevrotain with embedded actions:
 *
 *   operation := ( 'add' | 'delete' | 'show' | 'batch' | 'export' ) object [ subject ] { argument | stray }
 *   argument  := ARGUMENT [ WORD ]
 *
 * It is deliberately permissive after the object word: which arguments exist, which take a value and what the value looks
 * like depends on object and dialect, and is decided by the binder from the tables of the language, which can say much
 * better what was expected.
 */
import { EmbeddedActionsParser, type IRecognitionException, type IToken } from 'chevrotain';
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

class StatementParser extends EmbeddedActionsParser {
  /** Filled while a rule runs, so that a statement that breaks off keeps what was understood before. */
  found: OperationTokens = { arguments: [], strays: [] };

  constructor() {
    super(allTokens, { recoveryEnabled: false, maxLookahead: 1 });
    this.performSelfAnalysis();
  }

  readonly operation = this.RULE('operation', (): void => {
    this.found.verb = this.OR(this.#verbs);
    this.found.object = this.OR1(this.#objects);
    this.OPTION(() => {
      this.found.subject = this.CONSUME(AnyWord);
    });
    this.MANY(() => {
      this.OR2(this.#parts);
    });
  });

  readonly #verbs = [Add, Delete, ...refusedVerbs].map((verb) => ({ ALT: () => this.CONSUME1(verb) }));
  readonly #objects = objectTokens.map((object) => ({ ALT: () => this.CONSUME2(object) }));
  readonly #parts = [
    {
      ALT: () => {
        const name = this.CONSUME3(AnyArgument);
        let value: IToken | undefined;
        this.OPTION1(() => {
          value = this.CONSUME4(AnyWord);
        });
        this.found.arguments.push(value ? { name, value } : { name });
      },
    },
    { ALT: () => void this.found.strays.push(this.CONSUME5(AnyWord)) },
  ];
}

export interface ParsedOperation {
  readonly tokens: OperationTokens;
  /** The first thing that the grammar could not take, which ends the statement. */
  readonly error?: IRecognitionException;
}

/** Reads one statement; `mode` says by whose rules its quotes count. Never throws on what is written. */
export type OperationReader = (text: string, mode: 'batch' | 'command') => ParsedOperation;

/** Builds lexer and parser once (milliseconds) and returns the reader that reuses them. */
export function createOperationReader(): OperationReader {
  const lexer = createStatementLexer();
  const parser = new StatementParser();
  return (text, mode) => {
    const lexed = lexer.tokenize(text, mode);
    parser.input = lexed.tokens;
    const found: OperationTokens = { arguments: [], strays: [] };
    parser.found = found;
    parser.operation();
    const error = parser.errors[0];
    return error ? { tokens: found, error } : { tokens: found };
  };
}
