import { BaseCommand } from '../../base-command.js';
import { stateDirFlag } from '../../cli/flags.js';
import { cleanUpAfterRuntime } from '../../services/data-path/userspace.js';
import { stateDirectory } from '../../services/state/directory.js';

export default class RuntimeCleanup extends BaseCommand {
  static override summary = 'Take away what a userspace runtime that was killed has left on the host.';
  static override description =
    'Routes, addresses, rules and the TUN device are those of its journal; nothing else is touched. Protected traffic is no longer blocked afterwards.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = { 'state-dir': stateDirFlag };

  async run(): Promise<{ readonly cleaned: boolean }> {
    const { flags } = await this.parse(RuntimeCleanup);
    const cleaned = await cleanUpAfterRuntime(stateDirectory(flags['state-dir']));
    this.writeResult(cleaned ? 'cleaned up\n' : 'there was nothing to clean up\n');
    return { cleaned };
  }
}
