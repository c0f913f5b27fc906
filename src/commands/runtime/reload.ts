import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';

export default class RuntimeReload extends BaseCommand {
  static override summary = 'Let the daemon read its configuration again.';
  static override description =
    'A configuration with errors is refused and the old one stays. SAs are negotiated anew; protected traffic is blocked meanwhile.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { 'run-dir': runDirFlag };

  async run(): Promise<object> {
    const { flags } = await this.parse(RuntimeReload);
    const result = await callDaemon(runtimePlaces(flags['run-dir']).socket, 'reload', {});
    this.writeResult('reloaded\n');
    return result as object;
  }
}
