import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { stateDirFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { guardUntilRuntime } from '../../services/data-path/userspace.js';
import { loadDaemonSystem } from '../../services/runtime/daemon-system.js';
import { stateDirectory } from '../../services/state/directory.js';

export default class RuntimeGuard extends BaseCommand {
  static override summary = 'Keep back what the userspace runtime is to protect, until it runs.';
  static override description =
    `Puts the runtime's guard (a table of nf_tables) on the host and ends: what policy protects or discards neither leaves nor comes in
the clear from then on, and everything else passes. For the time at boot before "runtime run --data-path userspace", which takes the
guard over without a gap. "runtime cleanup" takes it away.`;
  static override examples = ['<%= config.bin %> <%= command.id %> server.conf'];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    'state-dir': stateDirFlag,
    host: Flags.string({ helpValue: 'NAME', summary: 'The system to be, where the paths hold several.' }),
  };

  async run(): Promise<{ readonly system: string }> {
    const { argv, flags } = await this.parse(RuntimeGuard);
    const { config } = await loadDaemonSystem({
      ...loadOptions(flags, argv as string[]),
      ...(flags.host === undefined ? {} : { host: flags.host }),
    });
    await guardUntilRuntime(config, stateDirectory(flags['state-dir']));
    this.note(`what ${config.name} protects is held back`);
    return { system: config.name };
  }
}
