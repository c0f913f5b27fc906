import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { stateDirFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { guardAsBefore, guardUntilRuntime } from '../../services/data-path/userspace.js';
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
    'else-last': Flags.boolean({
      summary: 'If that fails, keep back what was kept back last, and fail nevertheless: for the start of the machine.',
    }),
    host: Flags.string({ helpValue: 'NAME', summary: 'The system to be, where the paths hold several.' }),
  };

  async run(): Promise<{ readonly system: string }> {
    const { argv, flags } = await this.parse(RuntimeGuard);
    const stateDir = stateDirectory(flags['state-dir']);
    const options = {
      ...loadOptions(flags, argv as string[]),
      ...(flags.host === undefined ? {} : { host: flags.host }),
    };
    try {
      const { config } = await loadDaemonSystem(options);
      await guardUntilRuntime(config, stateDir);
      this.note(`what ${config.name} protects is held back`);
      return { system: config.name };
    } catch (error) {
      if (flags['else-last']) await this.#asBefore(stateDir);
      throw error;
    }
  }

  /** What fails here is told, and does not hide why this was wanted. */
  async #asBefore(stateDir: string): Promise<void> {
    try {
      const isKept = await guardAsBefore(stateDir);
      this.warn(isKept ? 'what was held back last is held back' : 'nothing is known that was held back before');
    } catch (error) {
      this.warn(`what was held back last could not be held back: ${(error as Error).message}`);
    }
  }
}
