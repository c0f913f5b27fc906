import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';

export default class RuntimeStop extends BaseCommand {
  static override summary = 'Stop the IKE daemon; its peers are told.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --keep-blocked',
  ];
  static override flags = {
    'run-dir': runDirFlag,
    'keep-blocked': Flags.boolean({ summary: 'Leave protected traffic blocked instead of passing in the clear.' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(RuntimeStop);
    const result = await callDaemon(runtimePlaces(flags['run-dir']).socket, 'stop', {
      ...(flags['keep-blocked'] ? { keepBlocked: true } : {}),
    });
    this.writeResult('stopping\n');
    return result as object;
  }
}
