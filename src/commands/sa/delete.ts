import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { UsageError } from '../../model/tool-error.js';
import { callDaemon } from '../../services/runtime/control-client.js';
import { runtimePlaces } from '../../services/runtime/places.js';
import type { SaListDocument } from '../../services/runtime/sa-document.js';

export default class SaDelete extends BaseCommand {
  static override summary = 'Delete one SA; the peer is told.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> child:2',
    '<%= config.bin %> <%= command.id %> ike:1',
  ];
  static override args = { sa: Args.string({ description: 'ike:N or child:N, as sa list shows them.' }) };
  static override flags = {
    'run-dir': runDirFlag,
    peer: Flags.string({ helpValue: 'ADDRESS', summary: 'Delete all SAs with this peer.' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(SaDelete);
    const { socket } = runtimePlaces(flags['run-dir']);
    if ((args.sa === undefined) === (flags.peer === undefined)) {
      throw new UsageError('say which: an SA, or all of a peer with --peer', { hints: ['ipsec sa list shows them.'] });
    }
    const wanted = args.sa === undefined ? await withPeer(socket, flags.peer ?? '') : [args.sa];
    for (const sa of wanted) await callDaemon(socket, 'sa.delete', { sa });
    this.writeResult(wanted.length === 0 ? 'there are none\n' : wanted.map((sa) => `deleting ${sa}\n`).join(''));
    return { deleting: wanted };
  }
}

/** With an IKE SA of IKEv2 its SA pairs go as well; those of IKEv1 are deleted one by one, while there is an SA to say so by. */
async function withPeer(socket: string, peer: string): Promise<string[]> {
  const { ikeSas, childSas } = (await callDaemon(socket, 'sa.list', {})) as SaListDocument;
  const isIkev2 = new Set(ikeSas.filter(({ version }) => version === 2).map(({ id }) => id));
  return [
    ...childSas.filter(({ remote, ikeSa }) => remote === peer && !isIkev2.has(ikeSa)).map(({ id }) => id),
    ...ikeSas.filter(({ remote }) => hostOf(remote) === peer).map(({ id }) => id),
  ];
}

/** The address of `10.0.0.1:500` or `[2001:db8::1]:500`. */
function hostOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
