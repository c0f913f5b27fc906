/** ESP and AH packets of a capture by their SAs: opened where a key fits, counted, and looked at for what is odd. */
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import type { CapturedPacket } from '../../engine/wire/capture.js';
import { decode, toHex } from '../../engine/wire/codec.js';
import { ah, esp, generationOf } from '../../engine/wire/ipsec-headers.js';
import { formatAddress } from '../../model/address.js';
import { formatProtocol } from '../../model/packet.js';
import type { DecodedPacket, SaDocument } from '../../report/decode/document.js';
import { type EspOpening, espOpener } from './esp-opener.js';
import type { EspKeyEntry, KeySet } from './keys/key-set.js';

type IpsecPacket = Extract<CapturedPacket, { readonly kind: 'ESP' | 'AH' }>;

export interface SaTable {
  /** Takes a packet in. Gives it back at once where packets are wanted one by one. */
  add(packet: IpsecPacket, time: { readonly at?: number }): readonly DecodedPacket[];
  /** What has come together of each SA since the last time, in the order of first frames. */
  flush(): readonly DecodedPacket[];
  documents(): SaDocument[];
  readonly used: ReadonlySet<EspKeyEntry>;
}

export interface SaTableOptions {
  readonly keys: KeySet;
  readonly provider: CryptoProvider;
  /** Is every packet an entry of its own? */
  readonly one: boolean;
  readonly withOctets: boolean;
  readonly childSpis: ReadonlyMap<string, number>;
}

/** What is known of one SA. */
interface Sa {
  readonly protocol: 'ESP' | 'AH';
  readonly spi: number;
  readonly source: string;
  readonly destination: string;
  udpEncapsulation: boolean;
  packets: number;
  firstFrame: number;
  lastFrame: number;
  firstSequence?: number;
  lastSequence?: number;
  repeated: number;
  readonly icv: { good: number; bad: number; notJudged: number };
  opened: number;
  algorithms?: string;
  mode?: 'transport' | 'tunnel';
  esn?: boolean;
  /** The first packets, for telling its generation. */
  readonly samples: Uint8Array[];
  /** Sequence numbers that were seen lately. */
  readonly recent: Set<number>;
}

/** Packets of one SA between two flushes. */
interface Run {
  readonly sa: Sa;
  readonly first: DecodedPacket;
  last: number;
  count: number;
  good: number;
  bad: number;
  notJudged: number;
  readonly sequences: [number, number] | undefined;
  /** What is inside, without repetition; a few. */
  readonly inside: Set<string>;
  fault?: string;
}

const sasMax = 100_000;
const samplesMax = 32;
const recentMax = 4096;
const insideMax = 3;

export function saTable({ keys, provider, one, withOctets, childSpis }: SaTableOptions): SaTable {
  const opener = espOpener(keys, provider);
  const sas = new Map<string, Sa>();
  let runs = new Map<Sa, Run>();
  return { add, flush, documents, used: opener.used };

  function add(packet: IpsecPacket, time: { readonly at?: number }): readonly DecodedPacket[] {
    const header = headerOf(packet);
    const { family, frame } = packet;
    const [source, destination] = [packet.source, packet.destination].map((value) => formatAddress(family, value)) as [
      string,
      string,
    ];
    const base = {
      frame,
      count: 1,
      ...time,
      source,
      destination,
      ...(packet.kind === 'ESP' && packet.sourcePort !== undefined
        ? { sourcePort: packet.sourcePort, destinationPort: packet.destinationPort! }
        : {}),
      kind: packet.kind,
      ...(withOctets ? { octets: toHex(packet.octets) } : {}),
    };
    if ('why' in header) {
      return [
        {
          ...base,
          title: packet.kind,
          text: '',
          protection: 'clear',
          details: [],
          remarks: [],
          fault: packet.truncated ? 'the capture cut this packet' : header.why,
        },
      ];
    }
    const sa = saOf(packet, header, source, destination);
    note(sa, packet, header.sequence);
    const opening = packet.kind === 'ESP' ? openEspPacket(packet, header.spi) : undefined;
    const decoded = packetOf(base, packet, header, opening);
    if (sa) noteOpening(sa, packet, opening);
    if (one || !sa || packet.truncated) return [decoded];
    addToRun(sa, decoded, header.sequence, opening);
    return [];
  }

  function openEspPacket(packet: IpsecPacket, spi: number): EspOpening {
    if (packet.truncated) return { kind: 'no-key' };
    return opener.open(packet, packet.octets, spi);
  }

  function saOf(packet: IpsecPacket, { spi }: Header, source: string, destination: string): Sa | undefined {
    const key = `${packet.kind} ${source} ${destination} ${spi}`;
    let sa = sas.get(key);
    if (!sa && sas.size < sasMax) {
      sa = {
        protocol: packet.kind,
        spi,
        source,
        destination,
        udpEncapsulation: packet.kind === 'ESP' && packet.sourcePort !== undefined,
        packets: 0,
        firstFrame: packet.frame,
        lastFrame: packet.frame,
        repeated: 0,
        icv: { good: 0, bad: 0, notJudged: 0 },
        opened: 0,
        samples: [],
        recent: new Set(),
      };
      sas.set(key, sa);
    }
    return sa;
  }

  function addToRun(sa: Sa, packet: DecodedPacket, sequence: number, opening: EspOpening | undefined): void {
    let run = runs.get(sa);
    if (!run) {
      run = {
        sa,
        first: packet,
        last: packet.frame,
        count: 0,
        good: 0,
        bad: 0,
        notJudged: 0,
        sequences: [sequence, sequence],
        inside: new Set(),
      };
      runs.set(sa, run);
    }
    run.last = packet.frame;
    run.count += 1;
    if (run.sequences) run.sequences[1] = sequence;
    if (packet.icv === 'good') run.good += 1;
    else if (packet.icv === 'bad') run.bad += 1;
    else run.notJudged += 1;
    if (opening?.kind === 'opened' && run.inside.size <= insideMax) run.inside.add(opening.inside);
    if (packet.fault !== undefined) run.fault ??= packet.fault;
  }

  function flush(): readonly DecodedPacket[] {
    const done = [...runs.values()];
    runs = new Map();
    return done.map((run) => (run.count === 1 ? run.first : runPacket(run)));
  }

  function documents(): SaDocument[] {
    return [...sas.values()].map((sa) => saDocument(sa, childSpis.get(`${sa.protocol} ${sa.spi}`)));
  }
}

interface Header {
  readonly spi: number;
  readonly sequence: number;
  readonly nextHeader?: number;
  readonly icvOctets?: number;
}

function headerOf({ kind, octets }: IpsecPacket): Header | { readonly why: string } {
  if (kind === 'ESP') {
    const decoding = decode(esp, octets);
    if (!decoding.ok) return { why: `${octets.length} octets are too short for an ESP header` };
    return { spi: decoding.value.spi, sequence: decoding.value.sequenceNumber };
  }
  const decoding = decode(ah, octets);
  if (!decoding.ok) return { why: `AH: ${decoding.error.expected} expected, ${decoding.error.found} found` };
  const { spi, sequenceNumber, nextHeader, icv } = decoding.value;
  return { spi, sequence: sequenceNumber, nextHeader, icvOctets: icv.length };
}

type PacketBase = Pick<DecodedPacket, 'frame' | 'count' | 'source' | 'destination' | 'kind'>;

function packetOf(
  base: PacketBase,
  { kind, octets, truncated }: IpsecPacket,
  { spi, sequence, nextHeader, icvOctets }: Header,
  opening: EspOpening | undefined,
): DecodedPacket {
  const number = `sequence number ${sequence}`;
  const named = { ...base, title: `${kind} ${hexSpi(spi)}`, details: [], remarks: [] };
  const cut = truncated ? { fault: 'the capture cut this packet' } : {};
  if (!opening) {
    const inside = nextHeader === undefined ? '' : `, ${formatProtocol(nextHeader)} inside, ICV of ${icvOctets} octets`;
    return { ...named, text: `${number}${inside}`, protection: 'clear', icv: 'not judged', ...cut };
  }
  switch (opening.kind) {
    case 'opened':
      return { ...named, text: `${number}: ${opening.inside}`, protection: 'opened', icv: opening.icv };
    case 'no-key':
      return { ...named, text: `${number}, ${octets.length} octets`, protection: 'sealed', ...cut };
    case 'failed':
      return {
        ...named,
        text: `${number}, ${octets.length} octets`,
        protection: 'failed',
        ...(opening.icv ? { icv: opening.icv } : {}),
        // That we lack an algorithm is no fault of the packet, whose ICV is right.
        ...(opening.icv === 'good' ? { remarks: [`ICV good, not decrypted: ${opening.why}`] } : { fault: opening.why }),
      };
  }
}

function note(sa: Sa | undefined, { octets, frame, truncated }: IpsecPacket, sequence: number): void {
  if (!sa) return;
  sa.packets += 1;
  sa.lastFrame = frame;
  sa.firstSequence ??= sequence;
  sa.lastSequence = sequence;
  if (sa.recent.has(sequence)) sa.repeated += 1;
  sa.recent.add(sequence);
  if (sa.recent.size > recentMax) sa.recent.delete(sa.recent.values().next().value!);
  if (!truncated && sa.samples.length < samplesMax) sa.samples.push(octets);
}

function noteOpening(sa: Sa, packet: IpsecPacket, opening: EspOpening | undefined): void {
  const icv = opening && 'icv' in opening ? opening.icv : undefined;
  if (icv === 'good') sa.icv.good += 1;
  else if (icv === 'bad') sa.icv.bad += 1;
  else sa.icv.notJudged += 1;
  if (packet.kind === 'ESP' && packet.sourcePort !== undefined) sa.udpEncapsulation = true;
  if (!opening || opening.kind === 'no-key') return;
  if (opening.algorithms !== undefined) sa.algorithms = opening.algorithms;
  if (opening.kind !== 'opened') return;
  sa.opened += 1;
  sa.mode = opening.mode;
  sa.esn = opening.esn;
}

function runPacket({ sa, first, last, count, good, bad, sequences, inside, fault }: Run): DecodedPacket {
  const shown = [...inside].slice(0, insideMax);
  const what = shown.length > 0 ? `: ${shown.join('; ')}${inside.size > insideMax ? '; …' : ''}` : '';
  const icv =
    bad > 0
      ? bad === count
        ? 'all ICVs wrong'
        : `${bad} ICVs wrong`
      : good === count
        ? 'all ICVs good'
        : good > 0
          ? `${good} ICVs good`
          : '';
  const { fault: _, icv: __, text: ___, ...base } = first;
  const numbers = sequences ? `sequence numbers ${sequences[0]} to ${sequences[1]}` : '';
  return {
    ...base,
    lastFrame: last,
    count,
    text: [`${count} packets`, numbers, ...(icv ? [icv] : [])].join(', ') + what,
    title: `${sa.protocol} ${hexSpi(sa.spi)}`,
    icv: bad > 0 ? 'bad' : good === count ? 'good' : 'not judged',
    ...(fault === undefined ? {} : { fault }),
  };
}

function saDocument(sa: Sa, negotiatedIn: number | undefined): SaDocument {
  const { protocol, spi, source, destination, udpEncapsulation, packets, firstFrame, lastFrame, icv, opened } = sa;
  const generation = generationOf(protocol, sa.samples);
  return {
    protocol,
    spi: hexSpi(spi),
    source,
    destination,
    udpEncapsulation,
    packets,
    firstFrame,
    lastFrame,
    ...(sa.firstSequence === undefined
      ? {}
      : { sequence: { first: sa.firstSequence, last: sa.lastSequence ?? sa.firstSequence, repeated: sa.repeated } }),
    icv: { ...icv },
    opened,
    ...(sa.algorithms === undefined ? {} : { algorithms: `${sa.algorithms}${sa.esn ? ', ESN' : ''}` }),
    ...(sa.mode === undefined ? {} : { mode: sa.mode }),
    ...(negotiatedIn === undefined ? {} : { negotiatedIn }),
    remarks: [
      ...(generation.kind === 'obsolete'
        ? [`this is ${protocol} of ${generation.rfc}: ${generation.why}; ${generation.refused}`]
        : []),
      ...(sa.repeated > 0
        ? [
            `${sa.repeated} sequence number${sa.repeated === 1 ? ' comes' : 's come'} twice: replayed, or captured twice`,
          ]
        : []),
    ],
  };
}

function hexSpi(spi: number): string {
  return spi.toString(16).padStart(8, '0');
}
