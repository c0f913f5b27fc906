import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { completionScript, shells } from '../cli/completion/script.js';

export default class Completion extends BaseCommand {
  static override summary =
    'Print the completion of bash, zsh or fish: commands, flags, their values, names and rule codes.';
  static override description =
    `The script knows commands, flags and their values by itself. Names of systems and records are asked of the program when
they are needed, and come from the repository of the current folder, or of -C. How to have it read stands at its top.`;
  static override examples = [
    'source <(<%= config.bin %> <%= command.id %> bash)',
    '<%= config.bin %> <%= command.id %> zsh > ~/.zfunc/_ipsec',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/ipsec.fish',
  ];
  static override args = {
    shell: Args.string({ required: true, options: [...shells], description: 'Whose completion.' }),
  };

  async run(): Promise<{ readonly shell: string; readonly script: string }> {
    const { args } = await this.parse(Completion);
    const shell = shells.find((name) => name === args.shell)!;
    const schemas = readdirSync(path.join(this.config.root, 'schemas')).flatMap(
      (file) => /^(.+)\.schema\.json$/.exec(file)?.[1] ?? [],
    );
    const script = completionScript(shell, {
      programs: Object.keys(this.config.pjson.bin ?? {}).filter((name) => !name.includes('_')),
      commands: this.config.commands,
      topics: this.config.topics,
      schemas: [...schemas, 'config', 'inventory', 'scenario'].sort(),
    });
    this.writeResult(script);
    return { shell, script };
  }
}
