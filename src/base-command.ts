/** What all commands share: the global flags, where output goes, and the shape of `--json`. */
import { writeFileSync } from 'node:fs';
import { Command, type Interfaces } from '@oclif/core';
import { outliveClosedPipe } from './cli/closed-pipe.js';
import { globalFlags } from './cli/flags.js';
import { checkFilePlace } from './cli/output-places.js';
import { count } from './model/count.js';
import { UsageError, writeFault } from './model/tool-error.js';
import { indentedJson } from './report/json-text.js';
import { type Progress, startProgress } from './report/progress.js';
import { colourStyle, plainStyle, type Style } from './report/style.js';
import { type ColorWhen, colorWanted, wrapWidth } from './report/terminal.js';
import { visible } from './report/visible.js';
import { type LineWrap, wrapLine, wrapLines } from './report/wrap.js';

/** The values of the global flags as `parse` returns them, for those that act here. */
interface GlobalValues {
  readonly directory?: string;
  readonly json?: boolean;
  readonly color?: ColorWhen;
  readonly quiet?: boolean;
  readonly 'no-progress'?: boolean;
  readonly format?: string;
  readonly output?: string;
}

/**
 * A command parses its flags, calls one service and renders. What `run` returns is the `--json` output; a good or bad answer
 * is told by `process.exitCode`. Faults are thrown (UsageError, EnvironmentError) and become exit codes in src/cli/fault.ts.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = globalFlags;
  static override enableJsonFlag = true;

  /** Version of the shape that `run` returns; raised when a reader of the old shape would go wrong. */
  static schemaVersion = 1;

  /** True for commands that change a host: they go on when the reader of their output has gone. */
  static outlivesClosedPipe = false;

  /** False for commands whose `-o` is for a file of another kind, which they write themselves. */
  static outputHoldsResult = true;

  /** Is colour wanted on the standard output? */
  protected color = colorWanted('auto', process.stdout);
  /** 0, 1 (`-v`) or 2 (`-vv`). */
  protected verbosity = 0;
  /** Set by `--quiet`. */
  protected quiet = false;
  /** Is JSON wanted, by `--json` or by `--format json`? */
  protected json = false;

  #progressEnabled = true;
  #output: string | undefined;
  /** The file of `-o` holds something of this run already. */
  #outputBegun = false;

  /** Runs the command once. (oclif's static `run` would load the whole configuration again first.) */
  async execute(): Promise<void> {
    const { outlivesClosedPipe } = this.constructor as typeof BaseCommand;
    if (outlivesClosedPipe) outliveClosedPipe();
    await this._run();
  }

  abstract override run(): Promise<object>;

  /** Parses the command line and acts on the global flags: from here on relative paths are relative to `-C`. */
  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse<F, B, A>(options, argv);
    const flags: GlobalValues = parsed.flags;
    this.quiet = flags.quiet ?? false;
    this.verbosity = Math.min(
      2,
      parsed.raw.filter((token) => token.type === 'flag' && token.flag === 'verbose').length,
    );
    this.json = Boolean(flags.json) || flags.format === 'json';
    const output = (this.constructor as typeof BaseCommand).outputHoldsResult ? flags.output : undefined;
    this.color = colorWanted(flags.color ?? 'auto', output === undefined ? process.stdout : {});
    this.#progressEnabled = !this.quiet && !flags['no-progress'];
    this.#output = output;
    if (flags.directory !== undefined) enterDirectory(flags.directory);
    // Before the work, not after it: a run of minutes must not end with a place that is none.
    if (output !== undefined && output !== '-') checkFilePlace(output);
    return parsed;
  }

  override jsonEnabled(): boolean {
    return this.json || super.jsonEnabled();
  }

  /** Writes the result, or its next part, to the standard output or the file of `-o`. Nothing when JSON is wanted. */
  protected writeResult(text: string): void {
    if (!this.jsonEnabled()) this.#write(text);
  }

  /** Writes lines of text (without line breaks) for people; a terminal gets no line that is longer than it is wide. */
  protected writeLines(lines: Iterable<string>, options: LineWrap = {}): void {
    const text = [...wrapLines(lines, this.wrapWidth, options)].join('\n');
    if (text !== '') this.writeResult(`${text}\n`);
  }

  /** Columns that lines for people are broken to; undefined in a pipe or a file, which get them whole. */
  protected get wrapWidth(): number | undefined {
    return this.#output === undefined || this.#output === '-' ? wrapWidth() : undefined;
  }

  /** The same as an option of a renderer. */
  protected get wrapOption(): { readonly width?: number } {
    const width = this.wrapWidth;
    return width === undefined ? {} : { width };
  }

  /** A remark that is not a result: on stderr, unless `--quiet`. */
  protected note(text: string): void {
    if (!this.quiet) writeRemark(text);
  }

  /** A remark that an answer rests on records with errors, of which there are `errors`; none for 0. */
  protected noteDoubt(errors: number): void {
    if (errors > 0)
      this.note(`${count(errors, 'error')} in the records may make this answer wrong: see ipsec policy lint`);
  }

  /** A remark for `-v` (level 1) or `-vv` (level 2), on stderr. */
  protected detail(level: 1 | 2, text: string): void {
    if (this.verbosity >= level) writeRemark(text);
  }

  /** A warning about how the tool is used, on stderr, also under `--quiet` and `--json`. */
  override warn(input: Error | string): Error | string {
    const text = typeof input === 'string' ? input : input.message;
    writeRemark(`${this.config.bin}: warning: ${visible(text)}`);
    return input;
  }

  /** How to paint text for the standard output: with colour only where it is wanted. */
  protected async style(): Promise<Style> {
    return this.color ? colourStyle() : plainStyle;
  }

  /** A progress bar for `total` steps (0: unknown) that obeys `--quiet` and `--no-progress`. */
  protected startProgress(label: string, total: number): Progress {
    return startProgress({ label, total, enabled: this.#progressEnabled });
  }

  protected override toSuccessJson(result: object): object {
    const { schemaVersion } = this.constructor as typeof BaseCommand;
    return { schemaVersion, ...result };
  }

  protected override logJson(json: unknown): void {
    for (const chunk of indentedJson(json)) this.#write(chunk);
  }

  /** Faults are shown in one place, src/cli/fault.ts; oclif's own way would show them here and again there. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }

  #write(text: string): void {
    if (this.#output === undefined || this.#output === '-') {
      process.stdout.write(text);
      return;
    }
    this.writeFile(this.#output, text, this.#outputBegun ? 'a' : 'w');
    this.#outputBegun = true;
  }

  /** Writes, or goes on with, a file that a flag named. Throws UsageError for a place that is none, EnvironmentError where the host refuses. */
  protected writeFile(file: string, text: string, flag: 'w' | 'a' = 'w'): void {
    try {
      writeFileSync(file, text, { flag });
    } catch (cause) {
      throw writeFault(file, cause as NodeJS.ErrnoException);
    }
  }
}

function writeRemark(text: string): void {
  process.stderr.write(`${wrapLine(text, wrapWidth(process.stderr, {})).join('\n')}\n`);
}

function enterDirectory(directory: string): void {
  try {
    process.chdir(directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`-C ${directory}: cannot enter that directory (${code})`, { code: 'NO_SUCH_FILE', cause });
  }
}
