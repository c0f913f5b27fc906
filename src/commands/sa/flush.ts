import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';

export default class SaFlush extends BaseCommand {
  static override summary = 'Delete all SAs of the daemon; its peers are told. Policies stay.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { 'run-dir': runDirFlag };

  async run(): Promise<object> {
    const { flags } = await this.parse(SaFlush);
    const result = (await callDaemon(runtimePlaces(flags['run-dir']).socket, 'sa.flush', {})) as {
      readonly closing: number;
    };
    this.writeResult(`closing ${result.closing} IKE SAs\n`);
    return result;
  }
}
