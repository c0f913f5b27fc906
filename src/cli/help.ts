/**
 * What `--help` prints: oclif's, laid out for the width that all our texts have, with paragraphs that fill it, and with a usage
 * line that names what must be given instead of every flag.
 */
import { type Command, CommandHelp, Help, type Interfaces } from '@oclif/core';
import { terminalWidth } from '../report/terminal.js';

/** Longer lines are hard to read. */
const widthMax = 100;

export class ProgramHelp extends Help {
  protected override CommandHelpClass = ProgramCommandHelp;

  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    super(config, { maxWidth: Math.min(terminalWidth(), widthMax), showFlagOptionsInTitle: true, ...options });
  }

  /** The command whose help is shown. */
  #shown: Command.Loadable | undefined;

  override showCommandHelp(command: Command.Loadable): Promise<void> {
    this.#shown = command;
    return super.showCommandHelp(command);
  }

  /** Filled where it is the heading of the whole; in lists of commands oclif does that. */
  protected override summary(command: Command.Loadable): string | undefined {
    const text = super.summary(command);
    return text === undefined || command !== this.#shown ? text : this.wrap(text, 0);
  }
}

class ProgramCommandHelp extends CommandHelp {
  /** `NAME=VALUE` for the flags that must be given; the others are listed below it. */
  protected override defaultUsage(): string {
    const { args, flags, strict } = this.command;
    const dots = (multiple: boolean | undefined) => (multiple || strict === false ? '...' : '');
    const shownArgs = Object.values(args)
      .filter(({ hidden }) => !hidden)
      .map(({ name, required, multiple }) => {
        const word = `${name.toUpperCase()}${dots(multiple)}`;
        return required ? word : `[${word}]`;
      });
    const needed = Object.entries(flags)
      .filter(([, { required, hidden }]) => required && !hidden)
      .map(([name, flag]) => `--${name}${flag.type === 'option' ? ` ${flag.helpValue ?? 'VALUE'}` : ''}`);
    return ['<%= command.id %>', ...shownArgs, ...needed, '[FLAGS]'].join(' ');
  }

  /** Of arguments that take any number of words, only the last does. */
  protected override args(args: Command.Arg.Any[]): [string, string | undefined][] | undefined {
    return super.args(args)?.map(([name, text], index) => {
      const isLast = index === args.length - 1;
      return [isLast || args[index]!.multiple ? name : name.replace('...', ''), text];
    });
  }

  /** Without the summary, which stands above everything. */
  protected override description(): string | undefined {
    const { description } = this.command;
    return description ? this.wrap(paragraphsOf(description).join('\n\n')) : undefined;
  }
}

/** The paragraphs of a text, each on one line so that it can be filled; those that are indented stay as they are. */
export function paragraphsOf(text: string): readonly string[] {
  return text
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => (/^\s/.test(paragraph) ? paragraph : paragraph.replaceAll('\n', ' ').trim()));
}
