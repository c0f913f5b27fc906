/** SAs as netlink messages: NEWSA and UPDSA, DELSA and GETSA, ALLOCSPI, and what a dump gives. */
import type { Address } from '../../../model/address.js';
import { type HostAlgorithm, type HostSa, type HostSelector, saModes } from '../../../model/host-state.js';
import { Secret } from '../../../model/secret.js';
import {
  type Attribute,
  attributeOf,
  attributeWithTail,
  decodeAttributes,
  encodeAttributes,
  readAttribute,
  readNumber,
} from './attributes.js';
import { attributeTypes, saFlags } from './constants.js';
import {
  addressOctets,
  addressOf,
  addressValue,
  type FieldValue,
  familyNumbers,
  familyOf,
  fromOctets,
  toOctets,
  u32,
} from './fields.js';
import { concatenate } from './frames.js';
import {
  hostLimits,
  hostSelector,
  hostUsage,
  markAttributes,
  rawAnything,
  rawLimits,
  rawNoUsage,
  rawSelector,
  readMark,
} from './selectors.js';
import {
  aeadAlgorithm,
  algorithm,
  encapsulation,
  replayState,
  saId,
  saInfo,
  spiRange,
  truncatedAlgorithm,
} from './structures.js';

/** Up to so many packets the window is part of the SA itself; a larger one, and any with ESN, has a structure of its own. */
const smallWindowMax = 32;
/** XFRMA_REPLAY_ESN_MAX in words. */
const replayWordsMax = 128;
/** Bits of a key at most: what the longest algorithm takes is far below. */
const keyBitsMax = 4096;

/** The body of NEWSA and UPDSA. */
export function encodeSa(sa: HostSa): Uint8Array {
  return concatenate([toOctets(saInfo, rawInfo(sa)), encodeAttributes(attributesOfSa(sa))]);
}

function rawInfo(sa: HostSa, sequence = 0): FieldValue<typeof saInfo> {
  const { family } = sa.destination;
  const isLarge = hasOwnReplayState(sa);
  return {
    selector: sa.selector ? rawSelector(sa.selector) : rawAnything,
    id: { destination: addressOctets(family, sa.destination.value), spi: sa.spi, protocol: sa.protocol },
    source: addressOctets(family, sa.source.value),
    limits: rawLimits(sa.limits),
    usage: rawNoUsage,
    statistics: { replayWindow: 0, replay: 0, integrityFailed: 0 },
    sequence,
    reqid: sa.reqid,
    family: familyNumbers[family],
    mode: saModes.indexOf(sa.mode),
    replayWindow: isLarge ? 0 : sa.replayWindow,
    // A tunnel carries both families unless its selector says otherwise.
    flags: sa.flags | (sa.esn ? saFlags.esn : 0) | (carriesAnyFamily(sa) ? saFlags.anyFamily : 0),
  };
}

function carriesAnyFamily({ mode, selector }: HostSa): boolean {
  return mode === 'tunnel' && !selector;
}

function hasOwnReplayState({ esn, replayWindow }: HostSa): boolean {
  return esn || replayWindow > smallWindowMax;
}

function attributesOfSa(sa: HostSa): readonly Attribute[] {
  const { aead, encryption, authentication, compression } = sa;
  const attributes: Attribute[] = [];
  if (aead) {
    const { name, key, icvBits } = aead;
    attributes.push(
      attributeWithTail(attributeTypes.aead, aeadAlgorithm, { name, keyBits: key.length * 8, icvBits }, key.reveal()),
    );
  }
  if (authentication) {
    const { name, key, truncatedBits } = authentication;
    const head = { name, keyBits: key.length * 8, truncatedBits };
    attributes.push(attributeWithTail(attributeTypes.truncatedAuthentication, truncatedAlgorithm, head, key.reveal()));
  }
  if (encryption) {
    const { name, key } = encryption;
    attributes.push(
      attributeWithTail(attributeTypes.encryption, algorithm, { name, keyBits: key.length * 8 }, key.reveal()),
    );
  }
  if (compression) {
    const head = { name: compression.name, keyBits: 0 };
    attributes.push(attributeWithTail(attributeTypes.compression, algorithm, head, new Uint8Array(0)));
  }
  if (sa.encapsulation) {
    const { type, sourcePort, destinationPort, original } = sa.encapsulation;
    const { family } = sa.destination;
    const value = { type, sourcePort, destinationPort, original: addressOctets(family, original) };
    attributes.push(attributeOf(attributeTypes.encapsulation, encapsulation, value));
  }
  if (hasOwnReplayState(sa)) {
    const words = Math.max(1, Math.ceil(sa.replayWindow / 32));
    const state = { words, sent: 0, received: 0, sentHigh: 0, receivedHigh: 0, window: sa.replayWindow };
    // The bitmap itself may be left out, and is all zeros then.
    attributes.push(attributeOf(attributeTypes.replayState, replayState, state));
  }
  if (sa.tfcPadding !== undefined) attributes.push(attributeOf(attributeTypes.tfcPadding, u32, sa.tfcPadding));
  if (sa.extraFlags !== 0) attributes.push(attributeOf(attributeTypes.extraFlags, u32, sa.extraFlags));
  attributes.push(...markAttributes(sa.mark));
  if (sa.ifId !== 0) attributes.push(attributeOf(attributeTypes.ifId, u32, sa.ifId));
  return attributes;
}

/** The body of DELSA and GETSA for one SA. */
export function encodeSaId({ destination, spi, protocol, mark }: HostSa): Uint8Array {
  const id = toOctets(saId, {
    destination: addressOctets(destination.family, destination.value),
    spi,
    family: familyNumbers[destination.family],
    protocol,
  });
  return concatenate([id, encodeAttributes(markAttributes(mark))]);
}

/** What an SPI is asked for. `sequence` is that of an acquire, whose larval SA becomes this one. */
export interface SpiRequest {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly mode: HostSa['mode'];
  readonly reqid: number;
  readonly sequence: number;
  readonly first: number;
  readonly last: number;
}

/** The body of ALLOCSPI. */
export function encodeSpiRequest({ first, last, sequence, ...request }: SpiRequest): Uint8Array {
  const bare: HostSa = {
    ...request,
    spi: 0,
    mark: { value: 0, mask: 0 },
    ifId: 0,
    replayWindow: 0,
    esn: false,
    flags: 0,
    extraFlags: 0,
    limits: {},
  };
  return toOctets(spiRange, { info: { ...rawInfo(bare, sequence), flags: 0 }, first, last });
}

/** An SA of a dump; undefined when it is of a family or mode nobody knows, or broken. */
export function decodeSa(body: Uint8Array): HostSa | undefined {
  const info = fromOctets(saInfo, body);
  return info && saOf(info, decodeAttributes(body.subarray(saInfo.size)));
}

export function saOf(
  info: FieldValue<typeof saInfo>,
  attributes: ReadonlyMap<number, Uint8Array> | undefined,
): HostSa | undefined {
  const family = familyOf(info.family);
  const mode = saModes[info.mode];
  if (family === undefined || mode === undefined || !attributes) return undefined;
  const selector = restriction(hostSelector(info.selector));
  const state = readAttribute(attributes, attributeTypes.replayState, replayState);
  if (state && state.words > replayWordsMax) return undefined;
  const algorithms = decodeAlgorithms(attributes);
  if (!algorithms) return undefined;
  const encap = readAttribute(attributes, attributeTypes.encapsulation, encapsulation);
  const tfcPadding = readNumber(attributes, attributeTypes.tfcPadding);
  return {
    destination: addressOf(family, info.id.destination),
    spi: info.id.spi,
    protocol: info.id.protocol,
    source: addressOf(family, info.source),
    reqid: info.reqid,
    mode,
    ...(selector ? { selector } : {}),
    mark: readMark(attributes),
    ifId: readNumber(attributes, attributeTypes.ifId) ?? 0,
    replayWindow: state?.window ?? info.replayWindow,
    esn: (info.flags & saFlags.esn) !== 0,
    flags: info.flags & ~(saFlags.esn | saFlags.anyFamily),
    extraFlags: readNumber(attributes, attributeTypes.extraFlags) ?? 0,
    ...algorithms,
    ...(encap
      ? {
          encapsulation: {
            type: encap.type,
            sourcePort: encap.sourcePort,
            destinationPort: encap.destinationPort,
            original: addressValue(family, encap.original),
          },
        }
      : {}),
    ...(tfcPadding === undefined ? {} : { tfcPadding }),
    limits: hostLimits(info.limits),
    usage: hostUsage(info.usage),
  };
}

/** The kernel gives an SA without a selector one for everything. */
function restriction(selector: HostSelector | undefined): HostSelector | undefined {
  if (!selector) return undefined;
  const { sourcePrefix, destinationPrefix, protocol, sourcePortMask, destinationPortMask, interfaceIndex } = selector;
  const isOpen =
    sourcePrefix === 0 &&
    destinationPrefix === 0 &&
    protocol === 0 &&
    sourcePortMask === 0 &&
    destinationPortMask === 0 &&
    interfaceIndex === 0;
  return isOpen ? undefined : selector;
}

type Algorithms = Pick<HostSa, 'aead' | 'encryption' | 'authentication' | 'compression'>;

/** Undefined when a key does not have the length that it says. */
function decodeAlgorithms(attributes: ReadonlyMap<number, Uint8Array>): Algorithms | undefined {
  const aead = readAttribute(attributes, attributeTypes.aead, aeadAlgorithm);
  const truncated = readAttribute(attributes, attributeTypes.truncatedAuthentication, truncatedAlgorithm);
  const encryption = readAttribute(attributes, attributeTypes.encryption, algorithm);
  const compression = readAttribute(attributes, attributeTypes.compression, algorithm);
  const keyed = (head: { readonly name: string; readonly keyBits: number }, type: number, size: number) => {
    const octets = attributes.get(type)!;
    const length = Math.ceil(head.keyBits / 8);
    if (head.keyBits > keyBitsMax || octets.length < size + length) return undefined;
    const key = new Secret(octets.slice(size, size + length));
    return { name: head.name, key } satisfies HostAlgorithm;
  };
  const aeadKey = aead && keyed(aead, attributeTypes.aead, aeadAlgorithm.size);
  const truncatedKey = truncated && keyed(truncated, attributeTypes.truncatedAuthentication, truncatedAlgorithm.size);
  const encryptionKey = encryption && keyed(encryption, attributeTypes.encryption, algorithm.size);
  if ((aead && !aeadKey) || (truncated && !truncatedKey) || (encryption && !encryptionKey)) return undefined;
  return {
    ...(aead && aeadKey ? { aead: { ...aeadKey, icvBits: aead.icvBits } } : {}),
    ...(encryptionKey ? { encryption: encryptionKey } : {}),
    ...(truncated && truncatedKey
      ? { authentication: { ...truncatedKey, truncatedBits: truncated.truncatedBits } }
      : {}),
    ...(compression ? { compression: { name: compression.name } } : {}),
  };
}
