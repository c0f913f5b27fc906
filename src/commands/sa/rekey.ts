import { Args } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';

export default class SaRekey extends BaseCommand {
  static override summary = 'Replace one SA by a successor with new keys.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> child:2',
    '<%= config.bin %> <%= command.id %> ike:1',
  ];
  static override args = {
    sa: Args.string({ required: true, description: 'ike:N or child:N, as sa list shows them.' }),
  };
  static override flags = { 'run-dir': runDirFlag };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(SaRekey);
    const result = await callDaemon(runtimePlaces(flags['run-dir']).socket, 'sa.rekey', { sa: args.sa });
    this.writeResult(`rekeying ${args.sa}\n`);
    return result as object;
  }
}
