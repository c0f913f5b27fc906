import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import type { TraceLevel } from '../cli/flags.js';
import { onInterrupt } from '../cli/interrupt.js';
import { loadOptions } from '../cli/load-flags.js';
import { negotiateFlags } from '../cli/negotiate-flags.js';
import { checkFilePlace, checkFolderPlace } from '../cli/output-places.js';
import { exitCode } from '../exit-code.js';
import { type Address, parseAddress } from '../model/address.js';
import { parsePacket } from '../model/parse-packet.js';
import { UsageError } from '../model/tool-error.js';
import { renderFindingFrames } from '../report/findings/text.js';
import type { MatrixDocument, NegotiationDocument } from '../report/negotiation/document.js';
import { renderMatrix } from '../report/negotiation/matrix.js';
import { renderNegotiation } from '../report/negotiation/text.js';
import type { Progress } from '../report/progress.js';
import { terminalWidth } from '../report/terminal.js';
import type { CryptoChoice } from '../services/crypto-provider.js';
import type { ReadingError } from '../services/negotiate/reading-errors.js';

/** Errors of reading that are shown with their source. */
const errorsMax = 20;

type TraceWish = TraceLevel | undefined;

/** Flags that say something of one negotiation. */
const onlyForPairs = [
  'initiator',
  'packet',
  'with',
  'mode',
  'trace',
  'pcap',
  'keys',
  'timeline',
  'loss',
  'reorder',
  'dup',
  'delay',
  'nat',
  'scenario',
] as const;

/** Flags that make no sense with a live peer. */
const onlyForSimulations = [
  'simulate',
  'matrix',
  'initiator',
  'with',
  'until',
  'loss',
  'reorder',
  'dup',
  'delay',
  'nat',
  'scenario',
  'data-path',
  'seed',
  'jobs',
] as const;

/** Milliseconds of silence after which a live peer counts as gone. */
const patienceMillisDefault = 15_000;

type AgainstFlags = Parameters<typeof loadOptions>[0] & {
  readonly crypto: CryptoChoice;
  readonly packet?: string;
  readonly credentials?: string;
  readonly wait?: string;
  readonly suggest?: boolean;
  readonly mode?: 'main' | 'aggressive';
  readonly trace?: TraceLevel;
  readonly timeline?: string;
  readonly pcap?: string;
  readonly keys?: string;
  readonly 'peer-profile'?: string[];
} & { readonly [Name in (typeof onlyForSimulations)[number]]?: unknown };

type MatrixFlags = Parameters<typeof loadOptions>[0] & {
  readonly crypto: CryptoChoice;
  readonly seed?: number;
  readonly 'as-of'?: Date;
  readonly until?: string;
  readonly 'peer-profile'?: string[];
  readonly 'data-path'?: string[];
  readonly jobs?: number;
} & { readonly [Name in (typeof onlyForPairs)[number]]?: unknown };

/** `203.0.113.5`, `203.0.113.5:500`, `2001:db8::1`, `[2001:db8::1]:500`. */
function parseEndpoint(text: string): { readonly address: Address; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const whole = parseAddress(text);
  const address = whole ?? parseAddress(bracketed ?? plain ?? '');
  const number = whole || port === undefined ? 500 : Number(port);
  if (address && number >= 1 && number <= 65_535) return { address, port: number };
  throw new UsageError(`'${text}' is no address of a peer`, {
    hints: ['Write 203.0.113.5, 203.0.113.5:500, 2001:db8::1 or [2001:db8::1]:500; names are not looked up.'],
  });
}

/** A run may take a while: that its files cannot be written is told before it. */
function checkPlaces({ pcap, keys, timeline }: Places): void {
  for (const [flag, place, check] of [
    ['--pcap', pcap, checkFilePlace],
    ['--timeline', timeline, checkFilePlace],
    ['--keys', keys, checkFolderPlace],
  ] as const) {
    if (place === '-') throw new UsageError(`${flag} writes no standard output: name a place`);
    if (place !== undefined) check(place);
  }
}

interface Places {
  readonly pcap?: string;
  readonly keys?: string;
  readonly timeline?: string;
}

/** What is worked out of each message: a page has the payloads whatever the terminal shows. */
function detailOf({ timeline, trace }: { readonly timeline?: string; readonly trace?: TraceWish }) {
  if (timeline === undefined || trace === 'bytes') return trace ?? 'messages';
  return 'payloads';
}

export default class Negotiate extends BaseCommand {
  static override summary =
    'Negotiate what two systems would negotiate, in memory or with a live peer, and say why it works or not.';
  static override description =
    `A dry run: the product's own IKE and IPsec engines, one for each system, exchange real messages with real
cryptography on a simulated network. Every kind of packet that one of the systems protects towards the other is sent
once from either side; test packets go through the SAs both ways, forged ones try to get in without; and time goes on
past the first rekeys, so that a PFS mismatch shows. On failure it says what differs, what the products' logs would
say, and what would mend it; each suggestion was simulated before it is printed.

A and B are files, folders or hosts of a repository. Keys of the records are used; certificates, and keys that are
elsewhere, are assumed to be right.

With --against, a live peer is asked instead, from this host: IKE for real, with real keys and certificates, for every
policy of A that protects something towards the address. SAs are negotiated, replaced once, and deleted again; nothing
is installed here, and the peer's other SAs are left alone. B may name the peer's records, to compare them.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --simulate alpha.conf beta.conf',
    '<%= config.bin %> <%= command.id %> --simulate hq branch --packet "tcp 10.0.0.1:4000 > 10.0.0.2:23"',
    '<%= config.bin %> <%= command.id %> --simulate alpha.conf beta.conf --loss 5% --until 2d --seed 7',
    '<%= config.bin %> <%= command.id %> --simulate alpha.conf beta.conf --timeline out.html',
    '<%= config.bin %> <%= command.id %> --simulate alpha.conf beta.conf --pcap out.pcapng --keys keys',
    '<%= config.bin %> <%= command.id %> --against 203.0.113.5 alpha.conf --credentials /etc/ipsec/credentials',
  ];
  static override args = {
    a: Args.string({ description: 'First system: a file, a folder or a host of the repository.' }),
    b: Args.string({ description: 'Second system.' }),
  };
  static override flags = negotiateFlags;

  async run(): Promise<NegotiationDocument | MatrixDocument> {
    const { args, flags } = await this.parse(Negotiate);
    checkPlaces(flags);
    if (flags.against !== undefined) return this.runAgainst(flags.against, args, flags);
    const onlyLive = (['credentials', 'wait'] as const).find((name) => flags[name] !== undefined);
    if (onlyLive) throw new UsageError(`--${onlyLive} is for a live peer: --against ADDR`);
    if (!flags.simulate) {
      throw new UsageError('say how to negotiate', {
        hints: ['Negotiate in memory with --simulate, or with a live peer with --against ADDR.'],
      });
    }
    if (flags.matrix) return this.runMatrix(args, flags);
    const words = [args.a, args.b].filter((word) => word !== undefined);
    const packet = flags.packet === undefined ? undefined : parsePacket(flags.packet, 'outbound');
    if (packet && 'error' in packet) throw new UsageError(packet.error, { code: 'PACKET' });
    const { negotiate } = await import('../services/negotiate/negotiate.js');
    const { parseDuration } = await import('../services/negotiate/durations.js');
    const { paths: _, ...load } = loadOptions(flags, []);
    const beginsAt = flags['as-of'] ?? new Date();
    const { document, runs, errors } = await negotiate({
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
      dataPaths: flags['data-path'] ?? [],
      detail: detailOf(flags),
      crypto: flags.crypto,
      suggest: true,
    });
    await this.showErrors(errors);
    await this.show(document, flags.trace);
    await this.writeTimeline(document, flags);
    if (flags.pcap !== undefined || flags.keys !== undefined) await this.writeFiles(document, runs, beginsAt, flags);
    if (!document.good) process.exitCode = exitCode.bad;
    return document;
  }

  private async runAgainst(
    given: string,
    { a, b }: { readonly a?: string; readonly b?: string },
    flags: AgainstFlags,
  ): Promise<NegotiationDocument> {
    const wrong = onlyForSimulations.find((name) => flags[name] !== undefined);
    if (wrong) throw new UsageError(`--${wrong} is for simulated peers, and --against for a live one`);
    if (flags.crypto !== 'node') throw new UsageError('--crypto is for simulated peers, and --against for a live one');
    const peer = parseEndpoint(given);
    const packet = flags.packet === undefined ? undefined : parsePacket(flags.packet, 'outbound');
    if (packet && 'error' in packet) throw new UsageError(packet.error, { code: 'PACKET' });
    const { negotiateAgainst } = await import('../services/negotiate/against/against.js');
    const { parseDuration } = await import('../services/negotiate/durations.js');
    const { paths: _, ...load } = loadOptions(flags, []);
    const interrupted = new AbortController();
    let ended: () => void = () => {};
    const over = new Promise<void>((done) => {
      ended = done;
    });
    // What has come about at the peer is deleted before the program ends.
    const done = onInterrupt(() => {
      interrupted.abort();
      return over;
    });
    try {
      const { document, runs, errors } = await negotiateAgainst({
        ...load,
        ...(a === undefined ? {} : { system: a }),
        ...(b === undefined ? {} : { theirs: b }),
        peer: peer.address,
        port: peer.port,
        ...(packet ? { packet } : {}),
        ...(flags.credentials === undefined ? {} : { credentialFolder: flags.credentials }),
        profiles: flags['peer-profile'] ?? [],
        ...(flags.mode ? { mode: flags.mode } : {}),
        patienceMillis: flags.wait === undefined ? patienceMillisDefault : parseDuration(flags.wait, '--wait'),
        detail: detailOf(flags),
        suggest: flags.suggest ?? true,
        signal: interrupted.signal,
      });
      await this.showErrors(errors);
      await this.show(document, flags.trace);
      await this.writeTimeline(document, flags);
      if (flags.pcap !== undefined || flags.keys !== undefined)
        await this.writeFiles(document, runs, new Date(document.beginsAt), flags);
      if (!document.good) process.exitCode = exitCode.bad;
      return document;
    } finally {
      ended();
      done();
    }
  }

  /** The page of `--timeline`, if one is wanted. */
  private async writeTimeline(
    document: NegotiationDocument,
    { timeline, trace }: { readonly timeline?: string; readonly trace?: TraceWish },
  ): Promise<void> {
    if (timeline === undefined) return;
    const { renderTimeline } = await import('../report/html/report.js');
    const tool = { name: 'ipsec', version: this.config.version };
    this.writeFile(timeline, renderTimeline(document, { tool, all: trace !== undefined }));
    this.note(`the negotiations are in ${timeline}`);
  }

  /** What could not be read, with its source, before what rests on the rest. */
  private async showErrors(errors: readonly ReadingError[]): Promise<void> {
    if (errors.length === 0 || this.jsonEnabled()) return;
    const { readingFindings } = await import('../services/negotiate/reading-errors.js');
    const shown = this.verbosity > 0 ? errors : errors.slice(0, errorsMax);
    const options = { style: await this.style(), width: terminalWidth(), wrap: this.wrapWidth !== undefined };
    const lines = [...renderFindingFrames(await readingFindings(shown), options)];
    if (shown.length < errors.length)
      lines.push(`… ${errors.length - shown.length} more errors: see ipsec policy lint`, '');
    this.writeLines(lines);
  }

  private async show(document: NegotiationDocument, trace: TraceWish): Promise<void> {
    const lines = renderNegotiation(document, {
      width: terminalWidth(),
      style: await this.style(),
      verbosity: this.verbosity as 0 | 1 | 2,
      allMessages: trace !== undefined,
      fields: trace === 'payloads' || trace === 'bytes',
    });
    this.writeLines(lines);
  }

  private async runMatrix(
    { a, b }: { readonly a?: string; readonly b?: string },
    flags: MatrixFlags,
  ): Promise<MatrixDocument> {
    const wrong = onlyForPairs.find((name) => flags[name] !== undefined);
    if (wrong) throw new UsageError(`--${wrong} is for two systems, and --matrix for all`);
    if (flags.crypto === 'both') throw new UsageError('--crypto both is for two systems, and --matrix for all');
    const { negotiateMatrix } = await import('../services/negotiate/matrix.js');
    const { parseDuration } = await import('../services/negotiate/durations.js');
    let bar: Progress | undefined;
    let shown = 0;
    const { document, errors } = await negotiateMatrix({
      ...loadOptions(
        flags,
        [a, b].filter((word) => word !== undefined),
      ),
      seed: String(flags.seed ?? 1),
      beginsAt: flags['as-of'] ?? new Date(),
      ...(flags.until === undefined ? {} : { untilMillis: parseDuration(flags.until, '--until') }),
      profiles: flags['peer-profile'] ?? [],
      dataPaths: flags['data-path'] ?? [],
      crypto: flags.crypto,
      ...(flags.jobs === undefined ? {} : { jobs: flags.jobs }),
      onProgress: (done, total) => {
        bar ??= this.startProgress('negotiating', total);
        bar.advance(done - shown);
        shown = done;
      },
    });
    bar?.done();
    await this.showErrors(errors);
    const lines = renderMatrix(document, {
      width: terminalWidth(),
      style: await this.style(),
      all: this.verbosity > 0,
    });
    this.writeLines(lines);
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
    this.note(
      files.length === 0
        ? `there are no keys to write: no SA came about`
        : `${files.length} table${files.length === 1 ? '' : 's'} of keys ${files.length === 1 ? 'is' : 'are'} in ${keys}; who reads ${files.length === 1 ? 'it' : 'them'} reads the traffic`,
    );
    for (const sa of leftOut) this.note(`Wireshark has no name for the algorithms of ${sa}: left out`);
  }
}
