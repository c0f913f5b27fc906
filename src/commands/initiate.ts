import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { runDirFlag } from '../cli/runtime-flags.js';
import { callDaemon } from '../services/runtime/control-client.js';
import { runtimePlaces } from '../services/runtime/places.js';

export default class Initiate extends BaseCommand {
  static override summary = 'Let the daemon negotiate the SAs of a record, or those that a packet needs.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> branch_tunnel',
    '<%= config.bin %> <%= command.id %> --packet "tcp 10.0.0.1:4000 > 10.0.0.2:23"',
  ];
  static override args = { record: Args.string({ description: 'Name of a host, tunnel or child record.' }) };
  static override flags = {
    'run-dir': runDirFlag,
    packet: Flags.string({ helpValue: 'PACKET', summary: 'The packet that needs protection.' }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Initiate);
    const result = await callDaemon(runtimePlaces(flags['run-dir']).socket, 'initiate', {
      ...(args.record === undefined ? {} : { record: args.record }),
      ...(flags.packet === undefined ? {} : { packet: flags.packet }),
    });
    this.writeResult('negotiating; ipsec sa list shows what comes of it, ipsec audit why not\n');
    return result as object;
  }
}
