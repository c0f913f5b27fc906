import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { asOfFlag, formatFlag, outputFlag, seedFlag } from '../../cli/flags.js';
import { loadFlags, loadOptions } from '../../cli/load-flags.js';
import { parsePacket } from '../../model/parse-packet.js';
import { UsageError } from '../../model/tool-error.js';
import { graphKinds, type Picture } from '../../report/graph/picture.js';
import { graphFormats, renderPicture } from '../../report/graph/render.js';
import { graph } from '../../services/graph/graph.js';

/** Flags that say something of a dry run. */
const onlyForSequences = ['initiator', 'packet', 'seed', 'as-of', 'all'] as const;

export default class Graph extends BaseCommand {
  static override summary =
    'Draw systems and tunnels, nested SAs, the order of policies, or the messages of a dry run.';
  static override description =
    `topology shows who protects what towards whom, and whether the records of both ends agree; nesting, for each policy, which
SA lies in which and where packets are in the clear; spd, the order in which policies are searched, with those that can
never match; sequence, the messages of a dry run of two systems (the first that fails, else the first). Mermaid is for
pages of GitHub and GitLab, DOT for Graphviz, and SVG needs nothing but a browser.`;
  static override usage = '<%= command.id %> topology|nesting|spd|sequence [PATHS...] [FLAGS]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> topology --format svg -o topology.svg',
    '<%= config.bin %> <%= command.id %> nesting examples/transport-in-tunnel/host.conf',
    '<%= config.bin %> <%= command.id %> spd server.conf --format dot | dot -Tpdf -o order.pdf',
    '<%= config.bin %> <%= command.id %> sequence hq branch --packet "tcp 10.0.0.1:4000 > 10.0.0.2:23"',
  ];
  static override strict = false;
  static override args = {
    kind: Args.string({ required: true, options: [...graphKinds], description: 'What to draw.' }),
    paths: Args.string({
      description: 'Files or folders (default: the current folder); for sequence two files, folders or hosts.',
    }),
  };
  static override flags = {
    ...loadFlags,
    format: formatFlag(graphFormats),
    output: outputFlag,
    host: Flags.string({ helpValue: 'NAME', summary: 'Draw this system only, in a topology with its neighbours.' }),
    initiator: Flags.option({ options: ['A', 'B'] as const })({
      helpValue: 'A|B',
      summary: 'For sequence: which system starts.',
    }),
    packet: Flags.string({ helpValue: 'PACKET', summary: 'For sequence: the packet that needs protection.' }),
    all: Flags.boolean({ summary: 'For sequence: show every packet.' }),
    seed: seedFlag,
    'as-of': asOfFlag({}),
  };

  async run(): Promise<Picture> {
    const { args, argv, flags } = await this.parse(Graph);
    const kind = graphKinds.find((name) => name === args.kind)!;
    const wrong = kind === 'sequence' ? undefined : onlyForSequences.find((name) => flags[name]);
    if (wrong) throw new UsageError(`--${wrong} is for sequence`);
    if (kind === 'sequence' && flags.host !== undefined)
      throw new UsageError('--host is for the other pictures', { hints: ['Name the two systems after sequence.'] });
    const packet = flags.packet === undefined ? undefined : parsePacket(flags.packet, 'outbound');
    if (packet && 'error' in packet) throw new UsageError(packet.error, { code: 'PACKET' });
    const { picture, errors } = await graph({
      ...loadOptions(flags, (argv as string[]).slice(1)),
      kind,
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags.initiator ? { initiator: flags.initiator } : {}),
      ...(packet ? { packet } : {}),
      ...(flags.seed === undefined ? {} : { seed: String(flags.seed) }),
      ...(flags.all ? { all: true } : {}),
      beginsAt: flags['as-of'] ?? new Date(),
    });
    this.noteDoubt(errors);
    this.writeResult(renderPicture(picture, flags.format));
    return picture;
  }
}
