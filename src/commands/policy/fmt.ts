import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { exitCode } from '../../exit-code.js';
import { count } from '../../model/count.js';
import { unifiedDiff } from '../../report/text-diff.js';
import { formatFiles } from '../../services/format.js';
import { replaceFile } from '../../services/write-file.js';

export interface FormatReport {
  /** True when `--check` or `--diff` found files that are not in canonical form, or a file is no text. */
  readonly failed: boolean;
  readonly files: readonly {
    readonly path: string;
    readonly changed: boolean;
    readonly unreadableStatements: number;
  }[];
}

export default class Fmt extends BaseCommand {
  static override summary = 'Write record files in canonical form.';
  static override description =
    `Arguments are written in full and in a fixed order, words of the language in capitals, and a statement that does
not fit one line gets a line for each argument. Comments stay, and so do statements that cannot be read.
Formatting twice gives the same text, and never changes what a record means. Standard input is written to
standard output. The exit code is 1 when a file is no text, and with --check or --diff when a file is not in canonical form.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> examples/telnet-only/server.conf',
    '<%= config.bin %> <%= command.id %> --check hosts/',
    '<%= config.bin %> <%= command.id %> --diff branch.conf',
  ];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    check: Flags.boolean({ summary: 'Write nothing; exit with 1 when a file is not in canonical form.' }),
    diff: Flags.boolean({ summary: 'Write nothing; show what would change, with secrets masked.' }),
  };

  async run(): Promise<FormatReport> {
    const { argv, flags } = await this.parse(Fmt);
    const files = await formatFiles(loadOptions(flags, argv as string[]));
    const changed = files.filter((file) => file.changed);
    const dry = flags.check || flags.diff;
    if (flags.diff) {
      const style = await this.style();
      for (const file of changed) {
        this.writeResult(
          [...unifiedDiff(file.before, file.after, { style, afterLabel: `${file.path} (formatted)` })].join(''),
        );
      }
    }
    for (const file of files) {
      if (dry) continue;
      if (file.file === '-') this.writeResult(file.text);
      else if (file.changed) replaceFile(file.file, file.text);
    }
    if (dry) for (const file of changed) this.note(`${file.path} is not in canonical form`);
    else for (const file of changed) if (file.file !== '-') this.note(`formatted ${file.path}`);
    for (const { path, problems, unreadable } of files) {
      if (unreadable) this.note(`${path} is not a text that can be read`);
      else if (problems > 0)
        this.note(`${path}: ${count(problems, 'fault')}, what cannot be read stays as it is: see ipsec policy lint`);
    }
    const unread = files.filter(({ unreadable }) => unreadable).length;
    this.note(summary(files.length, changed.length, unread, dry));
    const failed = (dry && changed.length > 0) || unread > 0;
    if (failed) process.exitCode = exitCode.bad;
    return {
      failed,
      files: files.map(({ path, changed: isChanged, problems }) => ({
        path,
        changed: isChanged,
        unreadableStatements: problems,
      })),
    };
  }
}

function summary(total: number, changed: number, unread: number, dry: boolean): string {
  const files = count(total, 'file');
  const parts = [
    changed > 0 && `${changed} of them ${dry ? 'not in canonical form' : 'rewritten'}`,
    unread > 0 && `${unread} of them not readable`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return `${files} in canonical form`;
  return `${files}, ${parts.join(', ')}${dry || unread > 0 ? ': failed' : ''}`;
}
