/** IKE messages of a capture, one by one: decoded, opened where a key fits, put into words and explained. */
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import { fragmentTable } from '../../engine/ikev1/fragments.js';
import { formatDecodeError, type TreeNode, toHex } from '../../engine/wire/codec.js';
import { describe, describeExchange, withInner } from '../../engine/wire/describe.js';
import { exchangeTypeName, type Header, ikev2Flags, isakmpFlags } from '../../engine/wire/header.js';
import type { IsakmpPayload } from '../../engine/wire/isakmp/table.js';
import { inspectMessage, type Message, spiTexts } from '../../engine/wire/message.js';
import type { Ikev2Payload } from '../../engine/wire/payloads/table.js';
import { isakmpExchangeTypes } from '../../engine/wire/registry.js';
import type { DecodedPacket } from '../../report/decode/document.js';
import { ikev2Explainer } from './explain/ikev2.js';
import { isakmpExplainer } from './explain/isakmp.js';
import { knownOffers } from './explain/proposals.js';
import type { End, Explanation } from './explain/seen.js';
import { type IkeSaTable, ikeSaTable } from './ike-sas.js';
import { type Ikev1Opener, type Ikev1Opening, ikev1Opener } from './ikev1-opener.js';
import { type Ikev2Opener, type Ikev2Opening, ikev2Opener } from './ikev2-opener.js';
import type { KeySet } from './keys/key-set.js';
import { ikev2Details, isakmpDetails } from './words/payloads.js';
import { ikev2Proposals, isakmpProposals } from './words/proposals.js';

export interface IkePacket {
  readonly frame: number;
  readonly at?: number;
  readonly from: End;
  readonly to: End;
  readonly octets: Uint8Array;
  readonly truncated: boolean;
}

export interface IkeReader {
  read(packet: IkePacket): DecodedPacket;
  readonly openers: { readonly ikev1: Ikev1Opener; readonly ikev2: Ikev2Opener };
  readonly sas: IkeSaTable;
  /** SPIs of ESP and AH that messages named, with the frame. */
  readonly childSpis: ReadonlyMap<string, number>;
}

export interface IkeReaderOptions {
  readonly keys: KeySet;
  readonly provider: CryptoProvider;
  /** Trees of fields. */
  readonly withFields: boolean;
  readonly withOctets: boolean;
}

/** Messages that are compared for repetitions. */
const rememberedMax = 100_000;
/** Fields of one message. */
const fieldsMax = 2000;

interface Opened {
  readonly inner?: readonly Ikev2Payload[] | readonly IsakmpPayload[];
  readonly tree: readonly TreeNode[];
  readonly protection: DecodedPacket['protection'];
  readonly icv?: DecodedPacket['icv'];
  readonly why?: string;
  readonly remarks: readonly string[];
  /** Is all that the message says known? */
  readonly isComplete: boolean;
  /** The message that this one is the last piece of (IKEv1). */
  readonly whole?: Message;
}

export function ikeReader({ keys, provider, withFields, withOctets }: IkeReaderOptions): IkeReader {
  const known = knownOffers();
  const explainers = { ikev2: ikev2Explainer(provider, known), isakmp: isakmpExplainer(known) };
  const openers = { ikev1: ikev1Opener(keys, provider), ikev2: ikev2Opener(keys, provider) };
  const sas = ikeSaTable(explainers);
  const seen = new Map<string, number>();
  const childSpis = new Map<string, number>();
  const exchangesOfV1 = new Map<string, string>();
  const fragments = fragmentTable();
  return { read, openers, sas, childSpis };

  function read(packet: IkePacket): DecodedPacket {
    const { frame, octets, from, to } = packet;
    const { decoding, tree } = inspectMessage(octets);
    const base = {
      frame,
      count: 1,
      ...(packet.at === undefined ? {} : { at: packet.at }),
      source: from.text,
      destination: to.text,
      sourcePort: from.port,
      destinationPort: to.port,
      kind: 'IKE',
      ...(withOctets ? { octets: toHex(octets) } : {}),
    } as const;
    if (!decoding.ok) {
      const { header } = decoding;
      return {
        ...base,
        title: header ? describeExchange(header) : 'IKE',
        text: '',
        ...(header ? { ike: ikeOf(header) } : {}),
        protection: 'clear',
        details: [],
        remarks: [],
        fault: packet.truncated ? 'the packet ends before the message does' : formatDecodeError(decoding.error),
        ...(withFields ? { fields: fieldsOf(tree) } : {}),
      };
    }
    const { message, notes } = decoding;
    const repeats = repetitionOf(packet, message.header);
    const opened = openMessage(packet, message);
    const details = detailsOf(opened.whole ?? message, opened);
    noteChildSpis(frame, opened.whole ?? message, opened);
    // What is sent again says nothing new.
    const explained = explain(packet, opened.whole ?? message, opened);
    sas.add(packet, message, opened.inner, opened.protection === 'opened');
    return {
      ...base,
      title: describeExchange(message.header),
      text: textOf(message, opened, from),
      ike: ikeOf(message.header),
      protection: opened.protection,
      ...(opened.icv ? { icv: opened.icv } : {}),
      ...(repeats === undefined ? {} : { repeats }),
      ...(explained.answers === undefined ? {} : { answers: explained.answers }),
      details: repeats === undefined ? details : [],
      remarks: [
        ...(repeats === undefined ? [...opened.remarks, ...explained.remarks] : []),
        ...notes.slice(0, 4).map(({ text, path }) => `odd: ${[...path, text].join(' ')}`),
      ],
      ...(opened.why ? { fault: opened.why } : {}),
      ...(withFields ? { fields: fieldsOf(withInner(tree, opened.tree)) } : {}),
    };
  }

  /** The frame of the same octets from the same sender. */
  function repetitionOf({ frame, octets, from }: IkePacket, { initiatorSpi, messageId }: Header): number | undefined {
    const key = `${from.text} ${initiatorSpi} ${messageId} ${octets.length} ${checksum(octets)}`;
    const before = seen.get(key);
    if (before !== undefined) return before;
    if (seen.size < rememberedMax) seen.set(key, frame);
    return undefined;
  }

  function openMessage(packet: IkePacket, message: Message): Opened {
    switch (message.kind) {
      case 'IKEv2':
        return openedIkev2(openers.ikev2.open(packet.frame, packet.octets, message));
      case 'encrypted ISAKMP':
        return openedIsakmp(openers.ikev1.open(message));
      case 'ISAKMP': {
        openers.ikev1.note(message.header, message.payloads, packet.from.text);
        return { ...nothing, ...assembledIsakmp(packet, message.header, message.payloads) };
      }
      case 'other version':
        return { ...nothing, isComplete: false, why: `version ${message.header.version.major} of IKE is not known` };
    }
  }

  /** The message that IKEv1 fragments are pieces of, once they are all there. */
  function assembledIsakmp(packet: IkePacket, header: Header, payloads: readonly IsakmpPayload[]): Partial<Opened> {
    const piece = payloads.find((one) => one.kind === 'FRAGMENT');
    if (!piece) return {};
    const whole = fragments.add(`${packet.from.text} ${header.initiatorSpi}`, piece.body, packet.at ?? 0);
    if (!whole) return { isComplete: false };
    const { decoding, tree } = inspectMessage(whole);
    if (!decoding.ok) return { why: formatDecodeError(decoding.error), isComplete: false };
    const { message } = decoding;
    if (message.kind === 'encrypted ISAKMP') {
      const opened = openedIsakmp(openers.ikev1.open(message));
      return { ...opened, whole: message, tree: withInner(tree, opened.tree) };
    }
    if (message.kind !== 'ISAKMP') return { isComplete: false };
    openers.ikev1.note(message.header, message.payloads, packet.from.text);
    return { whole: message, tree, isComplete: true };
  }

  function explain(packet: IkePacket, message: Message, { inner = [], isComplete }: Opened): Explanation {
    const { frame, from, to, octets } = packet;
    const base = { frame, from, to, octets: octets.length, header: message.header, isComplete };
    switch (message.kind) {
      case 'IKEv2': {
        const outer = message.payloads.filter(({ kind }) => kind !== 'SK' && kind !== 'SKF');
        return explainers.ikev2.see({ ...base, payloads: [...outer, ...(inner as readonly Ikev2Payload[])] });
      }
      case 'ISAKMP':
      case 'encrypted ISAKMP': {
        const outer = message.kind === 'ISAKMP' ? message.payloads : [];
        return explainers.isakmp.see({ ...base, payloads: [...outer, ...(inner as readonly IsakmpPayload[])] });
      }
      case 'other version':
        return { remarks: [] };
    }
  }

  function textOf(message: Message, { inner, whole }: Opened, from: End): string {
    if (message.header.version.major !== 1) return describe(message, inner ? { inner } : {});
    const piece = describe(message);
    // Of two ISAKMP messages with one Message ID the sender of the first began the exchange.
    const key = `${message.header.initiatorSpi} ${message.header.messageId}`;
    const initiator = exchangesOfV1.get(key) ?? from.text;
    if (exchangesOfV1.size < rememberedMax) exchangesOfV1.set(key, initiator);
    const sender = initiator === from.text ? 'initiator' : 'responder';
    const text = describe(whole ?? message, { sender, ...(inner ? { inner } : {}) });
    return whole ? `${piece}: ${text}` : text;
  }

  function noteChildSpis(frame: number, message: Message, { inner = [] }: Opened): void {
    const offered =
      message.kind === 'IKEv2'
        ? [...message.payloads, ...(inner as readonly Ikev2Payload[])].flatMap((one) =>
            one.kind === 'SA' ? ikev2Proposals(one.body) : [],
          )
        : (inner as readonly IsakmpPayload[]).flatMap((one) => (one.kind === 'SA' ? isakmpProposals(one.body) : []));
    for (const { spis } of offered)
      for (const { protocol, spi } of spis) {
        const key = `${protocol} ${spi}`;
        if (!childSpis.has(key)) childSpis.set(key, frame);
      }
  }
}

const nothing: Opened = { tree: [], protection: 'clear', remarks: [], isComplete: true };

function openedIkev2(opening: Ikev2Opening): Opened {
  switch (opening.kind) {
    case 'clear':
      return nothing;
    case 'opened':
      return {
        inner: opening.payloads,
        tree: opening.tree,
        protection: 'opened',
        icv: opening.icv,
        remarks: opening.frames
          ? [`put together of the fragments in frames ${opening.frames.join(', ')} (RFC 7383)`]
          : [],
        isComplete: true,
      };
    case 'fragment':
      return {
        ...nothing,
        protection: opening.icv ? 'opened' : 'sealed',
        ...(opening.icv ? { icv: opening.icv } : {}),
        isComplete: false,
      };
    case 'no-key':
      return { ...nothing, protection: 'sealed', isComplete: false };
    case 'failed':
      return {
        ...nothing,
        protection: 'failed',
        why: opening.why,
        ...(opening.icv ? { icv: opening.icv } : {}),
        isComplete: false,
      };
  }
}

function openedIsakmp(opening: Ikev1Opening): Opened {
  switch (opening.kind) {
    case 'opened':
      return { inner: opening.payloads, tree: opening.tree, protection: 'opened', remarks: [], isComplete: true };
    case 'no-key':
      return { ...nothing, protection: 'sealed', isComplete: false };
    case 'failed':
      return { ...nothing, protection: 'failed', why: opening.why, isComplete: false };
  }
}

function detailsOf(message: Message, { inner = [] }: Opened): readonly string[] {
  const isQuickMode = message.header.exchangeType === isakmpExchangeTypes.number.QUICK_MODE;
  switch (message.kind) {
    case 'IKEv2':
      return ikev2Details([...message.payloads, ...(inner as readonly Ikev2Payload[])]);
    case 'ISAKMP':
      return isakmpDetails([...message.payloads, ...(inner as readonly IsakmpPayload[])], isQuickMode);
    case 'encrypted ISAKMP':
      return isakmpDetails(inner as readonly IsakmpPayload[], isQuickMode);
    case 'other version':
      return [];
  }
}

function ikeOf(header: Header): NonNullable<DecodedPacket['ike']> {
  const { version, exchangeType, flags, messageId } = header;
  const bits = version.major === 1 ? isakmpFlags : ikev2Flags;
  const { initiator, responder } = spiTexts(header);
  return {
    version: `${version.major}.${version.minor}`,
    exchange: exchangeTypeName(version, exchangeType),
    flags: Object.entries(bits).flatMap(([name, bit]) => (flags & bit ? [name] : [])),
    messageId,
    initiatorSpi: initiator,
    responderSpi: responder,
  };
}

function fieldsOf(tree: readonly TreeNode[]): { depth: number; text: string }[] {
  const lines: { depth: number; text: string }[] = [];
  const visit = (nodes: readonly TreeNode[], depth: number): void => {
    for (const { name, text, children } of nodes) {
      if (lines.length >= fieldsMax) return;
      lines.push({ depth, text: text === '' ? name : `${name}: ${text}` });
      visit(children, depth + 1);
    }
  };
  visit(tree, 0);
  return lines;
}

/** FNV-1a: enough to tell messages of one exchange and length apart. */
function checksum(octets: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x0100_0193) >>> 0;
  return hash;
}
