import { Args } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { UsageError } from '../../model/tool-error.js';
import { renderSa } from '../../report/sa-list.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';
import type { ChildSaDocument, IkeSaDocument, SaListDocument } from '../../services/runtime/sa-document.js';

export default class SaShow extends BaseCommand {
  static override summary = 'Show everything about one SA of the daemon; its keys excepted.';
  static override examples = ['<%= config.bin %> <%= command.id %> child:2'];
  static override args = {
    sa: Args.string({ required: true, description: 'ike:N or child:N, as sa list shows them.' }),
  };
  static override flags = { 'run-dir': runDirFlag };

  async run(): Promise<IkeSaDocument | ChildSaDocument> {
    const { args, flags } = await this.parse(SaShow);
    const list = (await callDaemon(runtimePlaces(flags['run-dir']).socket, 'sa.list', {})) as SaListDocument;
    const found = [...list.ikeSas, ...list.childSas].find(({ id }) => id === args.sa);
    if (!found)
      throw new UsageError(`there is no SA ${args.sa}`, { code: 'NO_SUCH_SA', hints: ['ipsec sa list shows them.'] });
    this.writeLines(renderSa(found, await this.style()), { under: 19 });
    return found;
  }
}
