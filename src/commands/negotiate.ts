import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { asOfFlag, jobsFlag, outputFlag, seedFlag } from '../cli/flags.js';
import { loadFlags, loadOptions } from '../cli/load-flags.js';
import { exitCode } from '../exit-code.js';
import { parsePacket } from '../model/parse-packet.js';
import { UsageError } from '../model/tool-error.js';
import type { MatrixDocument, NegotiationDocument } from '../report/negotiation/document.js';
import { renderMatrix } from '../report/negotiation/matrix.js';
import { renderNegotiation } from '../report/negotiation/text.js';
import type { Progress } from '../report/progress.js';
import { terminalWidth } from '../report/terminal.js';

const details = ['messages', 'payloads', 'bytes'] as const;
const network = 'NETWORK';

/** Flags that say something of one negotiation. */
const onlyForPairs = [
  'initiator',
  'packet',
  'with',
  'mode',
  'trace',
  'pcap',
  'keys',
  'loss',
  'reorder',
  'dup',
  'delay',
  'nat',
  'scenario',
] as const;

type MatrixFlags = Parameters<typeof loadOptions>[0] & {
  readonly seed?: number;
  readonly 'as-of'?: Date;
  readonly until?: string;
  readonly 'peer-profile'?: string[];
  readonly jobs?: number;
} & { readonly [Name in (typeof onlyForPairs)[number]]?: unknown };

export default class Negotiate extends BaseCommand {
  static override summary =
    'Negotiate in memory what two systems would negotiate on the wire, and say why it works or not.';
  static override description =
    `A dry run: the product's own IKE and IPsec engines, one for each system, exchange real messages with real
cryptography on a simulated network. Every kind of packet that one of the systems protects towards the other is sent
once from either side; test packets go through the SAs both ways, forged ones try to get in without; and time goes on
past the first rekeys, so that a PFS mismatch shows. On failure it says what differs, what the products' logs would
say, and what would mend it; each suggestion was simulated before it is printed.

A and B are files, folders or hosts of a repository. Keys of the records are used; certificates, and keys that are
elsewhere, are assumed to be right.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --simulate alpha.conf beta.conf',
    '<%= config.bin %> <%= command.id %> --simulate hq branch --packet "tcp 10.0.0.1:4000 > 10.0.0.2:23"',
    '<%= config.bin %> <%= command.id %> --simulate alpha.conf beta.conf --loss 5% --until 2d --seed 7',
    '<%= config.bin %> <%= command.id %> --simulate alpha.conf beta.conf --pcap out.pcapng --keys keys',
  ];
  static override args = {
    a: Args.string({ description: 'First system: a file, a folder or a host of the repository.' }),
    b: Args.string({ description: 'Second system.' }),
  };
  static override flags = {
    ...loadFlags,
    output: outputFlag,
    simulate: Flags.boolean({ summary: 'Negotiate on a simulated network: nothing leaves this process.' }),
    initiator: Flags.option({ options: ['A', 'B', 'both'] as const })({
      helpValue: 'A|B|both',
      summary: 'Which system starts (default: each of them once).',
    }),
    packet: Flags.string({
      helpValue: 'PACKET',
      summary: 'The packet that needs protection, from its sender: "tcp 10.0.0.1:4000 > 10.0.0.2:23".',
    }),
    matrix: Flags.boolean({ summary: 'Negotiate every pair of systems that A (default: the current folder) holds.' }),
    jobs: jobsFlag,
    with: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
      summary: 'A further system that tunnels may end at, as a gateway between A and B.',
    }),
    until: Flags.string({
      helpValue: 'DURATION',
      summary: 'Let so much time pass: 2d, 8h, 90m (default: past the first rekeys).',
    }),
    mode: Flags.option({ options: ['main', 'aggressive'] as const })({
      helpValue: 'main|aggressive',
      summary: 'Use this exchange of IKEv1 instead of the one that the records name.',
    }),
    loss: Flags.string({
      helpGroup: network,
      helpValue: 'SHARE',
      summary: 'Share of packets that are lost: 0.05 or 5%.',
    }),
    reorder: Flags.string({
      helpGroup: network,
      helpValue: 'SHARE',
      summary: 'Share of packets that come late, behind others.',
    }),
    dup: Flags.string({ helpGroup: network, helpValue: 'SHARE', summary: 'Share of packets that come twice.' }),
    delay: Flags.string({
      helpGroup: network,
      helpValue: 'DURATION',
      summary: 'Time of one way through the network (default: 10ms).',
    }),
    nat: Flags.string({
      helpGroup: network,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'SPEC',
      summary: 'A NAT before a system: A=203.0.113.7[,timeout=30s][,rebind=10m][,esp=pass].',
    }),
    scenario: Flags.string({
      helpGroup: network,
      helpValue: 'FILE',
      summary:
        'Faults, NATs, crashes, clocks and packets from a file (`ipsec schema scenario` tells what it may hold).',
    }),
    'peer-profile': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '[SYSTEM=]NAME',
      summary:
        'Imitate this product (hpux, strongswan, libreswan, windows …), for one system or for all of unknown product.',
    }),
    trace: Flags.option({ options: details })({
      helpValue: 'messages|payloads|bytes',
      summary: 'Show every packet; with the fields of its payloads; with its octets.',
    }),
    pcap: Flags.string({ helpValue: 'FILE', summary: 'Write the packets to FILE (pcapng).' }),
    keys: Flags.string({
      helpValue: 'DIR',
      summary: 'Write the keys to DIR, as the tables that Wireshark reads.',
    }),
    seed: seedFlag,
    'as-of': asOfFlag({}),
  };

  async run(): Promise<NegotiationDocument | MatrixDocument> {
    const { args, flags } = await this.parse(Negotiate);
    if (!flags.simulate)
      throw new UsageError('say how to negotiate', { hints: ['Negotiate in memory with --simulate.'] });
    if (flags.matrix) return this.runMatrix(args, flags);
    const words = [args.a, args.b].filter((word) => word !== undefined);
    const packet = flags.packet === undefined ? undefined : parsePacket(flags.packet, 'outbound');
    if (packet && 'error' in packet) throw new UsageError(packet.error);
    const { negotiate } = await import('../services/negotiate/negotiate.js');
    const { parseDuration } = await import('../services/negotiate/durations.js');
    const { paths: _, ...load } = loadOptions(flags, []);
    const beginsAt = flags['as-of'] ?? new Date();
    const { document, runs } = await negotiate({
      ...load,
      systems: words,
      further: flags.with ?? [],
      ...(flags.initiator ? { initiator: flags.initiator } : {}),
      ...(packet ? { packet } : {}),
      ...(flags.seed === undefined ? {} : { seed: String(flags.seed) }),
      beginsAt,
      ...(flags.until === undefined ? {} : { untilMillis: parseDuration(flags.until, '--until') }),
      ...(flags.mode ? { mode: flags.mode } : {}),
      ...(flags.scenario === undefined ? {} : { scenario: flags.scenario }),
      faults: {
        ...(flags.loss === undefined ? {} : { loss: flags.loss }),
        ...(flags.reorder === undefined ? {} : { reorder: flags.reorder }),
        ...(flags.dup === undefined ? {} : { dup: flags.dup }),
        ...(flags.delay === undefined ? {} : { delay: flags.delay }),
        nat: flags.nat ?? [],
      },
      profiles: flags['peer-profile'] ?? [],
      detail: flags.trace ?? 'messages',
      suggest: true,
    });
    const lines = renderNegotiation(document, {
      width: terminalWidth(),
      style: await this.style(),
      verbosity: this.verbosity as 0 | 1 | 2,
      allMessages: flags.trace !== undefined,
    });
    this.writeResult(`${[...lines].join('\n')}\n`);
    if (flags.pcap !== undefined || flags.keys !== undefined) await this.writeFiles(document, runs, beginsAt, flags);
    if (!document.good) process.exitCode = exitCode.bad;
    return document;
  }

  private async runMatrix(
    { a, b }: { readonly a?: string; readonly b?: string },
    flags: MatrixFlags,
  ): Promise<MatrixDocument> {
    const wrong = onlyForPairs.find((name) => flags[name] !== undefined);
    if (wrong) throw new UsageError(`--${wrong} is for two systems, and --matrix for all`);
    const { negotiateMatrix } = await import('../services/negotiate/matrix.js');
    const { parseDuration } = await import('../services/negotiate/durations.js');
    let bar: Progress | undefined;
    let shown = 0;
    const document = await negotiateMatrix({
      ...loadOptions(
        flags,
        [a, b].filter((word) => word !== undefined),
      ),
      seed: String(flags.seed ?? 1),
      beginsAt: flags['as-of'] ?? new Date(),
      ...(flags.until === undefined ? {} : { untilMillis: parseDuration(flags.until, '--until') }),
      profiles: flags['peer-profile'] ?? [],
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      onProgress: (done, total) => {
        bar ??= this.startProgress('negotiating', total);
        bar.advance(done - shown);
        shown = done;
      },
    });
    bar?.done();
    const lines = renderMatrix(document, {
      width: terminalWidth(),
      style: await this.style(),
      all: this.verbosity > 0,
    });
    this.writeResult(`${[...lines].join('\n')}\n`);
    if (!document.good) process.exitCode = exitCode.bad;
    return document;
  }

  private async writeFiles(
    { systems }: NegotiationDocument,
    runs: Awaited<ReturnType<typeof import('../services/negotiate/negotiate.js').negotiate>>['runs'],
    beginsAt: Date,
    { pcap, keys }: { readonly pcap?: string; readonly keys?: string },
  ): Promise<void> {
    const { writeCapture, writeKeys } = await import('../services/negotiate/write-keys.js');
    if (pcap !== undefined) {
      const hosts = systems.map(({ name }) => name);
      const count = writeCapture(runs, { file: pcap, application: `ipsec ${this.config.version}`, hosts, beginsAt });
      this.note(`${count} packets are in ${pcap}`);
    }
    if (keys === undefined) return;
    const { files, leftOut } = writeKeys(runs, keys);
    this.note(`${files.length} tables of keys are in ${keys}; who reads them reads the traffic`);
    for (const sa of leftOut) this.note(`Wireshark has no name for the algorithms of ${sa}: left out`);
  }
}
