import { BaseCommand } from '../../base-command.js';
import { runtimePlaces } from '../../services/runtime/places.js';
import { startDetached } from '../../services/runtime/start-daemon.js';
import RuntimeRun from './run.js';

export default class RuntimeStart extends BaseCommand {
  static override summary = 'Start the IKE daemon in the background.';
  static override description =
    `Starts "runtime run" with the same arguments as a process of its own and waits until it answers. Its events go to
ipsec.log in the run folder, which only its owner can read.`;
  static override examples = ['<%= config.bin %> <%= command.id %> server.conf --credentials /etc/ipsec/credentials'];
  static override strict = false;
  static override args = RuntimeRun.args;
  static override flags = RuntimeRun.flags;

  async run(): Promise<{ readonly pid: number; readonly log: string }> {
    const { flags } = await this.parse(RuntimeStart);
    const places = runtimePlaces(flags['run-dir']);
    const script = process.argv[1] ?? '';
    // A relative path is meant from where -C has led, which is where this process is now.
    const words = withoutDirectory(this.argv).filter((word) => word !== '--json');
    const command = [process.execPath, script, 'runtime', 'run', ...words, '--color', 'never'];
    const pid = await startDetached({ places, command });
    this.writeResult(`started, process ${pid}; events go to ${places.log}\n`);
    return { pid, log: places.log };
  }
}

function withoutDirectory(words: readonly string[]): string[] {
  return words.filter((word, index) => {
    const before = words[index - 1];
    return !/^(?:-C|--directory)/.test(word) && before !== '-C' && before !== '--directory';
  });
}
