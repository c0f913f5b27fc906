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
import type { ProofOptions } from '../../services/convert/prove.js';
import { readableFormats, writableFormats } from '../../services/formats.js';
import type { LoadOptions } from '../../services/repository/load-repository.js';

const { 'format-in': _, ...reading } = loadFlags;

export default class Convert extends BaseCommand {
  static override summary = "Write a system's policy in another product's format, and say what did not survive.";
  static override description =
    `Order is worked out anew: what an SPD says by its first match becomes what the other product's own search comes to. What
was written is read back and compared with the original; everything that is otherwise is listed with its place and a
remedy. The result goes to the standard output, keys masked, or with --out into files, keys for their owner only.

--prove shows that both forms treat every packet alike (exactly, with an example for each difference) and that both
negotiate alike: peers that mirror the original negotiate with either of them in simulation. --peer names the other
side's own file, in any format that is read: it negotiates with both forms as it is, in place of a mirror, and what it
comes to is shown even where both forms come to the same, since an SA that neither gets is no success.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.conf --to swanctl',
    '<%= config.bin %> <%= command.id %> partner/swanctl.conf --to records --out partner.conf',
    '<%= config.bin %> <%= command.id %> /etc/ipsec.conf --from libreswan@4.10 --to swanctl@5.9.8 --out swanctl --prove',
    '<%= config.bin %> <%= command.id %> ours.conf --to swanctl --prove --peer partner/swanctl.conf',
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
    peer: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
      summary:
        "With --prove: the other side's own file, a folder with one system, or a host of the repository; may be repeated.",
    }),
    seed: seedFlag,
    'as-of': asOfFlag({}),
  };

  async run(): Promise<ConversionDocument> {
    const { args, flags } = await this.parse(Convert);
    if (flags.force && flags.out === undefined) throw new UsageError('--force is for --out');
    if (flags.peer && !flags.prove) throw new UsageError('--peer is for --prove');
    if (flags.peer?.includes('-')) throw new UsageError('--peer takes no standard input', { hints: ['Name a file.'] });
    const { paths: _none, ...load } = loadOptions(flags, []);
    const conversion = await convert({
      ...load,
      ...(flags.from === undefined ? {} : { formatIn: flags.from }),
      input: args.input,
      to: flags.to,
    });
    const written =
      flags.out === undefined ? undefined : writeConversion(conversion, { out: flags.out, force: flags.force });
    const proof = flags.prove
      ? await this.#prove(conversion, {
          seed: String(flags.seed ?? 1),
          beginsAt: flags['as-of'] ?? new Date(),
          peers: await this.#peers(flags.peer ?? [], load),
        })
      : undefined;
    const document = conversionDocument(conversion, written, proof);
    const lines = [...renderReport(document, await this.style())];
    if (written) this.writeLines(lines);
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

  /** The peers that were named, each in the format of its own. */
  async #peers(words: readonly string[], load: Omit<LoadOptions, 'paths'>) {
    if (words.length === 0) return [];
    const { choosePeers } = await import('../../services/convert/given-peers.js');
    return choosePeers(words, load);
  }

  async #prove(conversion: Awaited<ReturnType<typeof convert>>, options: Omit<ProofOptions, 'onPeer'>) {
    const { prove } = await import('../../services/convert/prove.js');
    let bar: Progress | undefined;
    let shown = 0;
    const proof = await prove(conversion, {
      ...options,
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
