import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import type { Direction, Packet } from '../../model/packet.js';
import { packetOf, parsePacket } from '../../model/parse-packet.js';
import { UsageError } from '../../model/tool-error.js';
import { queryDocument, renderQuery } from '../../report/query.js';
import { query } from '../../services/query.js';

/** Options of `ipsec_policy`, which has one hyphen before long names, and ours for them. */
const oldOptions: Readonly<Record<string, string>> = {
  '-sa': '--src',
  '-sp': '--src-port',
  '-da': '--dst',
  '-dp': '--dst-port',
  '-p': '--proto',
  '-dir': '--direction',
};

export default class Query extends BaseCommand {
  static override summary = 'Show what a system does with one packet, and why.';
  static override description =
    `Names the policy that takes the packet, every policy that was considered before and what in it did not fit, and
for protected packets the tunnel, the authentication record and the IKE policy with theirs. Source and
destination are those of the packet on the wire. The options of ipsec_policy work as well:
-sa ADDR -sp PORT -da ADDR -dp PORT -p PROTOCOL -dir in|out.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.conf --packet "tcp 10.0.0.1:4000 > 10.0.0.2:23"',
    '<%= config.bin %> <%= command.id %> server.conf --src 15.1.1.1:23 --dst 15.2.2.2:4000 --proto tcp --out',
    '<%= config.bin %> <%= command.id %> server.conf -sa 15.1.1.1 -sp 65535 -da 15.2.2.2 -dp 23 -p tcp -dir out',
  ];
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    packet: Flags.string({
      helpValue: 'PACKET',
      summary: 'The packet: "tcp 10.0.0.1:4000 > 10.0.0.2:23", "icmp A > B type 8".',
      exclusive: ['src', 'dst', 'proto'],
    }),
    src: Flags.string({ helpValue: 'ADDR[:PORT]', summary: 'Source of the packet; [ADDR]:PORT for IPv6.' }),
    'src-port': Flags.string({ hidden: true, helpValue: 'PORT' }),
    dst: Flags.string({ helpValue: 'ADDR[:PORT]', summary: 'Destination of the packet.' }),
    'dst-port': Flags.string({ hidden: true, helpValue: 'PORT' }),
    proto: Flags.string({ helpValue: 'PROTOCOL', summary: 'Protocol by name or number (default: tcp).' }),
    icmp: Flags.string({ helpValue: 'TYPE[/CODE]', summary: 'Message type, for icmp, icmpv6 and mh.' }),
    in: Flags.boolean({ summary: 'The packet comes in.', exclusive: ['out'] }),
    out: Flags.boolean({ summary: 'The packet goes out (the default).' }),
    direction: Flags.string({ hidden: true, options: ['in', 'out'] }),
    host: Flags.string({ helpValue: 'NAME', summary: 'The system to ask, where the paths hold several.' }),
    forwarded: Flags.boolean({ summary: 'Ask the policies for forwarded packets (gateway records).' }),
    all: Flags.boolean({ summary: 'Show every record that was considered, however many.' }),
  };

  constructor(argv: string[], config: ConstructorParameters<typeof BaseCommand>[1]) {
    super(
      argv.map((word) => oldOptions[word] ?? word),
      config,
    );
  }

  async run(): Promise<ReturnType<typeof queryDocument>> {
    const { argv, flags } = await this.parse(Query);
    const direction: Direction = flags.in || flags.direction === 'in' ? 'inbound' : 'outbound';
    const packet = flags.packet === undefined ? fromParts(flags, direction) : parsePacket(flags.packet, direction);
    if ('error' in packet) throw new UsageError(packet.error, { code: 'PACKET' });
    const { system, explanation, problems } = await query({
      ...loadOptions(flags, argv as string[]),
      packet,
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags.forwarded ? { forwarded: true } : {}),
    });
    this.noteDoubt(problems);
    const passedOverMax = flags.all ? Number.POSITIVE_INFINITY : 10;
    this.writeLines(renderQuery(system, explanation, { style: await this.style(), passedOverMax, ...this.wrapOption }));
    return queryDocument(system, explanation);
  }
}

interface Parts {
  readonly src?: string;
  readonly 'src-port'?: string;
  readonly dst?: string;
  readonly 'dst-port'?: string;
  readonly proto?: string;
  readonly icmp?: string;
}

/** As `ipsec_policy`: an address that is left out becomes the wildcard of the other one's family (G0300 p.147). */
function fromParts(parts: Parts, direction: Direction): Packet | { error: string } {
  if (parts.src === undefined && parts.dst === undefined) {
    throw new UsageError('no packet is given', {
      code: 'PACKET',
      hints: ['Say which with --packet, or with --src, --dst and --proto.'],
    });
  }
  const wildcard = [parts.src, parts.dst].some((address) => address !== undefined && address.split(':').length > 2)
    ? '::'
    : '0.0.0.0';
  const endpoint = (address = wildcard, port?: string) =>
    port === undefined ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return packetOf({
    protocol: parts.proto ?? (parts.icmp === undefined ? 'tcp' : wildcard === '::' ? 'icmpv6' : 'icmp'),
    source: endpoint(parts.src, parts['src-port']),
    destination: endpoint(parts.dst, parts['dst-port']),
    direction,
    ...(parts.icmp === undefined ? {} : { type: parts.icmp }),
  });
}
