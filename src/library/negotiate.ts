/** `negotiate` of the library: the dry run of two systems. */
import type { Packet } from '../model/packet.js';
import { parsePacket } from '../model/parse-packet.js';
import { UsageError } from '../model/tool-error.js';
import type { NegotiationDocument } from '../report/negotiation/document.js';
import { parseDuration } from '../services/negotiate/durations.js';
import { negotiate as negotiateService } from '../services/negotiate/negotiate.js';

export interface NegotiateSystemsOptions {
  /** Which of the two starts; both in turn unless told. */
  readonly initiator?: 'A' | 'B' | 'both';
  /** The packet that starts it, as `tcp 10.0.0.1:4000 > 10.0.0.2:23`; one that both protect unless told. */
  readonly packet?: string;
  /** Makes the run repeatable to the octet; `1` unless told. */
  readonly seed?: string;
  /** Virtual time that is looked at, as `2d`; past the first rekeyings unless told. */
  readonly until?: string;
  /** Path of a scenario file with faults of the network. */
  readonly scenario?: string;
  /** Behaviour of products, as `--peer-profile` of the command: `b=strongswan`. */
  readonly profiles?: readonly string[];
  /** Are changes looked for, and simulated, that would mend failures? True unless told. */
  readonly suggest?: boolean;
  /** When the virtual clock begins; now unless told. */
  readonly beginsAt?: Date;
}

/**
 * Negotiates two systems on a simulated network, as `ipsec negotiate --simulate` does: two files of any format, or names of
 * hosts of a repository. The result says in `good` whether all went well, and in each run what was chosen, by which records,
 * and why it failed. Throws UsageError for systems, packets and times that make no sense.
 */
export async function negotiate(
  a: string,
  b: string,
  options: NegotiateSystemsOptions = {},
): Promise<NegotiationDocument> {
  const { initiator, packet, seed, until, scenario, profiles = [], suggest = true, beginsAt = new Date() } = options;
  const { document } = await negotiateService({
    systems: [a, b],
    further: [],
    ...(initiator ? { initiator } : {}),
    ...(packet === undefined ? {} : { packet: packetOf(packet) }),
    ...(seed === undefined ? {} : { seed }),
    ...(until === undefined ? {} : { untilMillis: parseDuration(until, 'until') }),
    ...(scenario === undefined ? {} : { scenario }),
    profiles,
    beginsAt,
    faults: { nat: [] },
    detail: 'messages',
    suggest,
  });
  return document;
}

function packetOf(text: string): Packet {
  const packet = parsePacket(text, 'outbound');
  if ('error' in packet) throw new UsageError(packet.error, { code: 'PACKET' });
  return packet;
}
