/** The packets of a simulated world as rows of a ladder: payloads by name, what ESP held, and what became of each. */
import type { MessageContent } from '../../engine/event.js';
import { classifyIp, type IpPacket, isIpFault, parseIp } from '../../engine/ipsec/packet.js';
import type { SaId } from '../../engine/ipsec/sa.js';
import { probeNumber } from '../../engine/sim/probe.js';
import type { EntryOf, LossReason, TraceEntry } from '../../engine/sim/trace.js';
import type { TreeNode } from '../../engine/wire/codec.js';
import { toHex } from '../../engine/wire/codec.js';
import { describe, describeExchange, dissect, withInner } from '../../engine/wire/describe.js';
import type { IsakmpPayload } from '../../engine/wire/isakmp/table.js';
import { encodePayloads, inspectPayloads } from '../../engine/wire/message.js';
import { firstPayloadNumber, ikev2Chain, isakmpChain } from '../../engine/wire/payload-chain.js';
import type { Ikev2Payload } from '../../engine/wire/payloads/table.js';
import { formatAddress } from '../../model/address.js';
import { formatPacket, protocolNumbers } from '../../model/packet.js';
import type { FieldDocument, MessageDocument } from '../../report/negotiation/document.js';
import { decisionsOf } from './decisions.js';

export type TraceDetail = 'messages' | 'payloads' | 'bytes';

export interface MessageOptions {
  readonly detail: TraceDetail;
  /** When the first packet had passed or failed: what sets up is before, what replaces is after. */
  readonly settledAt: number;
  /** Whom an address belongs to. */
  hostAt(address: string): string;
}

/** What became of packets that did not arrive. */
export const lossWords: Readonly<Record<LossReason, string>> = {
  loss: 'by the network',
  partition: 'the network is cut',
  'no-route': 'nobody has this address',
  'too-big': 'too long for the path',
  fragment: 'the path drops fragments',
  nat: 'the NAT has no mapping for it',
  down: 'the receiver is down',
};

/** Fields of one message that are shown. */
const fieldsMax = 400;

/** The rows of a trace. */
export function messagesOf(entries: readonly TraceEntry[], options: MessageOptions): MessageDocument[] {
  const fates = fatesOf(entries);
  const exchanges = new Map<string, string>();
  const decisions = options.detail === 'messages' ? undefined : decisionsOf(entries);
  return entries.flatMap((entry): MessageDocument[] => {
    if (entry.kind !== 'sent') return [];
    const fate = fates.get(entry.packet);
    const ip = parseIp(entry.octets);
    const to = isIpFault(ip) ? '?' : options.hostAt(formatAddress(ip.family, ip.destination));
    const base = {
      at: entry.at,
      from: entry.host,
      to,
      ...(fate?.lost && !fate.arrived ? { lost: lossWords[fate.lost] } : {}),
      ...(decisions ? { decisions: decisions.get(entry.packet) ?? [] } : {}),
      ...(options.detail === 'bytes' ? { octets: toHex(entry.octets) } : {}),
    };
    return [entry.ike ? ikeRow(entry, base, exchanges, options) : packetRow(entry, base, fate)];
  });
}

type Base = Pick<MessageDocument, 'at' | 'from' | 'to' | 'lost' | 'decisions' | 'octets'>;

function ikeRow(
  entry: EntryOf<'sent'>,
  base: Base,
  exchanges: Map<string, string>,
  { detail, settledAt }: MessageOptions,
): MessageDocument {
  const { content } = entry.ike!;
  const { message, inner, purpose, repetition } = content;
  const { header } = message;
  // Of two ISAKMP messages with one Message ID the sender of the first began the exchange.
  const key = `${header.initiatorSpi} ${header.messageId}`;
  const initiator = exchanges.get(key) ?? entry.host;
  exchanges.set(key, initiator);
  const text = describe(message, {
    ...(inner ? { inner: inner as readonly Ikev2Payload[] | readonly IsakmpPayload[] } : {}),
    sender: initiator === entry.host ? 'initiator' : 'responder',
  });
  return {
    ...base,
    title: describeExchange(header),
    text,
    ...(purpose ? { purpose } : {}),
    ...(repetition > 0 ? { repetition } : {}),
    phase: phaseOf(content, entry.at <= settledAt),
    ...(detail === 'messages' ? {} : { fields: fieldsOf(content, ikeOctets(entry)) }),
  };
}

/** The IKE message in a packet; of a fragmented datagram the first part has the header at least. */
function ikeOctets({ octets, ike }: EntryOf<'sent'>): Uint8Array {
  const ip = parseIp(octets);
  if (isIpFault(ip)) return new Uint8Array(0);
  const marker = ike?.local.port === 4500 ? 4 : 0;
  return ip.payload.subarray(8 + marker);
}

function phaseOf({ message, exchange }: MessageContent, isSetup: boolean): MessageDocument['phase'] {
  const isInformational = exchange.toUpperCase().startsWith('INFORMATIONAL');
  if (isSetup) return 'setup';
  return isInformational || message.kind === 'other version' ? 'other' : 'rekey';
}

function fieldsOf(content: MessageContent, octets: Uint8Array): FieldDocument[] {
  const inner = content.inner ? innerTree(content) : [];
  const lines: FieldDocument[] = [];
  const visit = (nodes: readonly TreeNode[], depth: number): void => {
    for (const node of nodes) {
      const { name, text, children } = node;
      if (lines.length >= fieldsMax) return;
      const decrypted = inner.includes(node) ? ({ decrypted: true } as const) : {};
      lines.push({ depth, text: text === '' ? name : `${name}: ${text}`, ...decrypted });
      visit(children, depth + 1);
    }
  };
  visit(withInner(dissect(octets), inner), 0);
  return lines;
}

function innerTree({ message, inner = [] }: MessageContent): readonly TreeNode[] {
  if (message.kind === 'IKEv2') {
    const payloads = inner as readonly Ikev2Payload[];
    return inspectPayloads('IKEv2', firstPayloadNumber(payloads, ikev2Chain), encodePayloads('IKEv2', payloads)).tree;
  }
  const payloads = inner as readonly IsakmpPayload[];
  return inspectPayloads('ISAKMP', firstPayloadNumber(payloads, isakmpChain), encodePayloads('ISAKMP', payloads)).tree;
}

function packetRow(entry: EntryOf<'sent'>, base: Base, fate: Fate | undefined): MessageDocument {
  const outermost = entry.through.at(-1);
  const probe = fate?.probe === undefined ? '' : ` (test packet ${fate.probe})`;
  if (outermost) {
    const nested = entry.through.slice(0, -1).reverse().map(saText);
    const inside = fate?.inside ?? (fate?.dropped ? `dropped: ${fate.dropped}` : 'not opened');
    return {
      ...base,
      title: saText(outermost),
      text: `${nested.length > 0 ? `{${nested.join(', ')}} ` : ''}${inside}${probe}`,
      phase: 'traffic',
    };
  }
  const ip = parseIp(entry.octets);
  if (isIpFault(ip)) return { ...base, title: 'IP', text: ip.why, phase: 'other' };
  const isKeepalive = ip.protocol === 17 && ip.payload.length === 9;
  const number = probeNumber(entry.octets);
  const sa = passingSa(ip);
  return {
    ...base,
    title: isKeepalive ? 'NAT keepalive' : ip.fragment ? 'fragment' : sa ? saText(sa) : 'in the clear',
    text: isKeepalive
      ? ''
      : `${formatPacket(classifyIp(ip, 'outbound').packet).replace('outbound ', '')}${sa ? ', passed on' : ''}${number === undefined ? '' : ` (test packet ${number})`}${fate?.dropped ? `, dropped: ${fate.dropped}` : ''}`,
    phase: isKeepalive || ip.fragment ? 'other' : 'traffic',
  };
}

/** The SA of others whose packet a gateway passes on without adding its own: no packet in the clear. */
function passingSa({ protocol, payload }: IpPacket): Pick<SaId, 'protocol' | 'spi'> | undefined {
  const at = protocol === protocolNumbers.ESP ? 0 : protocol === protocolNumbers.AH ? 4 : undefined;
  if (at === undefined || payload.length < at + 4) return undefined;
  const spi = new DataView(payload.buffer, payload.byteOffset + at, 4).getUint32(0);
  return { protocol: at === 0 ? 'ESP' : 'AH', spi };
}

function saText({ protocol, spi }: Pick<SaId, 'protocol' | 'spi'>): string {
  return `${protocol} ${spi.toString(16).padStart(8, '0')}`;
}

interface Fate {
  lost?: LossReason;
  arrived?: boolean;
  /** What came out of it. */
  inside?: string;
  probe?: number;
  dropped?: string;
}

/** What became of each packet: what a receiver does with one follows its arrival in the trace. */
function fatesOf(entries: readonly TraceEntry[]): ReadonlyMap<number, Fate> {
  const fates = new Map<number, Fate>();
  const fateOf = (packet: number): Fate => {
    let fate = fates.get(packet);
    if (!fate) {
      fate = {};
      fates.set(packet, fate);
    }
    return fate;
  };
  let last: { readonly host: string; readonly at: number; readonly fate: Fate } | undefined;
  for (const entry of entries) {
    switch (entry.kind) {
      case 'lost':
        fateOf(entry.packet).lost = entry.why;
        break;
      case 'arrived': {
        const fate = fateOf(entry.packet);
        fate.arrived = true;
        last = entry.duplicate ? undefined : { host: entry.host, at: entry.at, fate };
        break;
      }
      case 'accepted': {
        if (last?.host !== entry.host || last.at !== entry.at) break;
        const ip = parseIp(entry.octets);
        if (!isIpFault(ip)) last.fate.inside = formatPacket(classifyIp(ip, 'outbound').packet).replace('outbound ', '');
        const probe = probeNumber(entry.octets);
        if (probe !== undefined) last.fate.probe = probe;
        last = undefined;
        break;
      }
      case 'dropped':
        if (entry.direction !== 'inbound' || last?.host !== entry.host || last.at !== entry.at) break;
        last.fate.dropped = entry.why;
        last = undefined;
        break;
      default:
        break;
    }
  }
  return fates;
}
