import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { visible } from '../../report/visible.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import type { RuntimeStatus } from '../../services/runtime/daemon.js';
import { runtimePlaces } from '../../services/runtime/places.js';

export default class RuntimeStatusCommand extends BaseCommand {
  static override summary = 'Show whether a daemon runs here, and for which system.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = { 'run-dir': runDirFlag };

  async run(): Promise<RuntimeStatus> {
    const { flags } = await this.parse(RuntimeStatusCommand);
    const status = (await callDaemon(runtimePlaces(flags['run-dir']).socket, 'status', {})) as RuntimeStatus;
    const { interruption } = status;
    const { bold } = await this.style();
    const rows: readonly (readonly [string, string])[] = [
      ['system', status.system],
      ['process', String(status.pid)],
      ['since', status.since],
      ['data path', status.dataPath],
      ...(interruption
        ? ([
            ['failed', `${interruption.since}: ${interruption.why}; starts in vain since: ${interruption.tries}`],
          ] as const)
        : []),
      ['IKE SAs', String(status.ikeSas)],
      ['SA pairs', String(status.childSas)],
      ['log level', status.level],
      ['records', status.files.join(', ')],
      ...status.faults.map((fault) => ['warning', fault] as const),
    ];
    this.writeLines(
      rows.map(([name, value]) => `${bold(name.padEnd(10))} ${visible(value)}`),
      { under: 11 },
    );
    return status;
  }
}
