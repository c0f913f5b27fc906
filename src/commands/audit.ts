import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { runDirFlag } from '../cli/runtime-flags.js';
import { type LogLine, renderFactLine } from '../report/fact-line.js';
import { callDaemon, followDaemon } from '../services/runtime/control-client.js';
import { runtimePlaces } from '../services/runtime/places.js';

export default class Audit extends BaseCommand {
  static override summary = "Show the daemon's latest events, or follow them.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> --last 50',
    '<%= config.bin %> <%= command.id %> --follow --json',
  ];
  static override flags = {
    'run-dir': runDirFlag,
    follow: Flags.boolean({ summary: 'Go on with new events until interrupted.' }),
    last: Flags.integer({ min: 0, max: 2000, default: 100, helpValue: 'N', summary: 'So many events of the past.' }),
  };

  async run(): Promise<{ readonly events: readonly object[] }> {
    const { flags } = await this.parse(Audit);
    const { socket } = runtimePlaces(flags['run-dir']);
    const style = await this.style();
    const events: object[] = [];
    const stop = new AbortController();
    const show = (given: unknown): void => {
      const event = given as LogLine & { readonly at: string };
      if (flags.follow && this.json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else if (this.json) events.push(event);
      else this.writeLines([renderFactLine(event, new Date(event.at), style)]);
    };
    if (flags.follow) await followDaemon(socket, flags.last, show);
    else {
      const ends = followDaemon(socket, flags.last, show, stop.signal);
      // The backlog has been sent before the next call is answered.
      await callDaemon(socket, 'status', {});
      setTimeout(() => stop.abort(), 50);
      await ends;
    }
    return { events };
  }
}
