import { Args } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { logLevels } from '../../services/runtime/fact-line.js';
import { runtimePlaces } from '../../services/runtime/places.js';

export default class LogLevelCommand extends BaseCommand {
  static override summary = 'Show or change how much the daemon tells.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> debug'];
  static override args = { level: Args.string({ options: [...logLevels], description: 'The new level.' }) };
  static override flags = { 'run-dir': runDirFlag };

  async run(): Promise<{ readonly level: string }> {
    const { args, flags } = await this.parse(LogLevelCommand);
    const level = logLevels.find((name) => name === args.level);
    const result = (await callDaemon(runtimePlaces(flags['run-dir']).socket, 'log.level', {
      ...(level ? { level } : {}),
    })) as { readonly level: string };
    this.writeResult(`${result.level}\n`);
    return result;
  }
}
