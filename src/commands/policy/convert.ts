import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { asOfFlag, seedFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions } from '../../cli/load-flags.js';
import { exitCode } from '../../exit-code.js';
import { UsageError } from '../../model/tool-error.js';
import { type ConversionDocument, renderConverted, renderReport } from '../../report/conversion.js';
import type { Progress } from '../../report/progress.js';
import { convert, writeConversion } from '../../services/convert/convert.js';
import { conversionDocument } from '../../services/convert/document.js';
import { readableFormats, writableFormats } from '../../services/formats.js';

const { 'format-in': _, ...reading } = loadFlags;

export default class Convert extends BaseCommand {
  static override summary = "Write a system's policy in another product's format, and say what did not survive.";
  static override description =
    `Order is worked out anew: what an SPD says by its first match becomes what the other product's own search comes to. What
was written is read back and compared with the original; everything that is otherwise is listed with its place and a
remedy. The result goes to the standard output, keys masked, or with --out into files, keys for their owner only.

--prove shows that both forms treat every packet alike (exactly, with an example for each difference) and that both
negotiate alike: peers that mirror the original negotiate with either of them in simulation.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.conf --to swanctl',
    '<%= config.bin %> <%= command.id %> partner/swanctl.conf --to records --out partner.conf',
    '<%= config.bin %> <%= command.id %> /etc/ipsec.conf --from libreswan@4.10 --to swanctl@5.9.8 --out swanctl --prove',
  ];
  static override args = {
    input: Args.string({ required: true, description: 'A file, a folder with one system, or - for standard input.' }),
  };
  static override flags = {
    ...reading,
    from: Flags.string({
      helpValue: 'FORMAT',
      summary: `Format of the input instead of what it looks like: ${readableFormats.join(', ')}; NAME@VERSION for a product's version.`,
    }),
    to: Flags.string({
      required: true,
      helpValue: 'FORMAT',
      summary: `Format of the result: ${writableFormats.join(', ')}; NAME@VERSION for a product's version.`,
    }),
    out: Flags.string({
      helpValue: 'PATH',
      summary: 'Write the result into this folder, or into this file where it is one; what holds keys gets mode 0600.',
    }),
    force: Flags.boolean({ summary: 'Let --out replace files that are there.' }),
    prove: Flags.boolean({
      summary: 'Show that packets and peers are treated alike, or where not: then the exit code is 1.',
    }),
    seed: seedFlag,
    'as-of': asOfFlag({}),
  };

  async run(): Promise<ConversionDocument> {
    const { args, flags } = await this.parse(Convert);
    if (flags.force && flags.out === undefined) throw new UsageError('--force is for --out');
    const { paths: _none, ...load } = loadOptions(
      { ...flags, ...(flags.from === undefined ? {} : { 'format-in': flags.from }) },
      [],
    );
    const conversion = await convert({ ...load, input: args.input, to: flags.to });
    const written =
      flags.out === undefined ? undefined : writeConversion(conversion, { out: flags.out, force: flags.force });
    const proof = flags.prove
      ? await this.#prove(conversion, String(flags.seed ?? 1), flags['as-of'] ?? new Date())
      : undefined;
    const document = conversionDocument(conversion, written, proof);
    const lines = [...renderReport(document, await this.style())];
    if (written) this.writeResult(`${lines.join('\n')}\n`);
    else {
      this.writeResult(renderConverted(document));
      if (!this.jsonEnabled()) for (const line of lines) this.note(line);
      if (document.files.some(({ secret }) => secret) && !this.jsonEnabled())
        this.note('keys are masked here: --out writes them');
    }
    const isFaulty = document.problems.some(({ severity }) => severity === 'error');
    if (isFaulty || (document.proof && !document.proof.proved)) process.exitCode = exitCode.bad;
    return document;
  }

  async #prove(conversion: Awaited<ReturnType<typeof convert>>, seed: string, beginsAt: Date) {
    const { prove } = await import('../../services/convert/prove.js');
    let bar: Progress | undefined;
    let shown = 0;
    const proof = await prove(conversion, {
      seed,
      beginsAt,
      onPeer: (done) => {
        bar ??= this.startProgress('negotiating', 0);
        bar.advance(done - shown);
        shown = done;
      },
    });
    bar?.done();
    return proof;
  }
}
