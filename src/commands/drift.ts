import { setTimeout as sleep } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { durationFlag, hostFlags, sessionOptions } from '../cli/host-flags.js';
import { exitCode } from '../exit-code.js';
import { type DriftDocument, renderDrift } from '../report/drift.js';
import { findDrift } from '../services/drift.js';
import { openSession } from '../services/host-session.js';

const everyMillis = 5_000;
const everyMillisMin = 200;

export default class Drift extends BaseCommand {
  static override summary = 'Check whether this host still holds what was applied.';
  static override description =
    `Compares the kernel with what the last apply left there, without the records: entries of ours that are gone or were changed, and
entries that bear our mark and are not known. Exit code 1 when there are any; "apply" mends them.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --watch --every 10s',
  ];
  static override flags = {
    ...hostFlags,
    watch: Flags.boolean({ summary: 'Go on checking, and tell when the answer changes.' }),
    every: durationFlag({
      dependsOn: ['watch'],
      summary: 'With --watch: how often (default: 5s).',
    }),
  };

  async run(): Promise<DriftDocument> {
    const { flags } = await this.parse(Drift);
    const style = await this.style();
    let last: string | undefined;
    for (;;) {
      const document = await this.#look(flags);
      const lines = [...renderDrift(document, style)];
      const text = lines.join('\n');
      if (text !== last) this.writeLines(lines);
      last = text;
      process.exitCode = document.entries.length > 0 ? exitCode.bad : exitCode.good;
      if (!flags.watch) return document;
      await sleep(Math.max(flags.every ?? everyMillis, everyMillisMin));
    }
  }

  async #look(flags: Parameters<typeof sessionOptions>[0]): Promise<DriftDocument> {
    const session = await openSession(sessionOptions(flags));
    try {
      return await findDrift(session);
    } finally {
      session.close();
    }
  }
}
