import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { renderSaList } from '../../report/sa-list.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';
import type { SaListDocument } from '../../services/runtime/sa-document.js';

export default class SaList extends BaseCommand {
  static override summary = "List the daemon's IKE SAs and SA pairs.";
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];
  static override flags = { 'run-dir': runDirFlag };

  async run(): Promise<SaListDocument> {
    const { flags } = await this.parse(SaList);
    const list = (await callDaemon(runtimePlaces(flags['run-dir']).socket, 'sa.list', {})) as SaListDocument;
    const lines = renderSaList(list, { style: await this.style(), ...this.wrapOption });
    this.writeLines(lines);
    return list;
  }
}
