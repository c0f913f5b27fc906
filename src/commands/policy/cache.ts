import { BaseCommand } from '../../base-command.js';
import { outputFlag } from '../../cli/flags.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { renderCache } from '../../report/cache-report.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';
import type { RuntimeReport } from '../../services/runtime/report-document.js';

export default class PolicyCache extends BaseCommand {
  static override summary = "Show the daemon's cache of verdicts: flows, the policy that each met, and its SA.";
  static override description =
    `What ipsec_report -cache shows on HP-UX. The cookie is that of the policy in "ipsec runtime report host". Packets that
come in protected are shown as what is in them. Only the userspace data path keeps a cache that can be asked.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = { 'run-dir': runDirFlag, output: outputFlag };

  async run(): Promise<NonNullable<RuntimeReport['cache']>> {
    const { flags } = await this.parse(PolicyCache);
    const report = (await callDaemon(runtimePlaces(flags['run-dir']).socket, 'report', {
      kinds: ['cache'],
    })) as RuntimeReport;
    const cache = report.cache ?? { entries: [] };
    const lines = renderCache(cache, { style: await this.style(), ...this.wrapOption });
    this.writeLines(lines);
    return cache;
  }
}
