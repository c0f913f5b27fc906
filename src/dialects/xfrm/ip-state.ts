/** An SA as `ip xfrm state` prints it, or as it takes it. */
import { type Address, parseAddress } from '../../model/address.js';
import { Secret } from '../../model/secret.js';
import { hide, type Piece, spanOf } from '../common/piece.js';
import { cipherByXfrm, integrityByXfrm } from './algorithms.js';
import { readSelector } from './ip-policy.js';
import { readNumber, type Words } from './ip-words.js';
import type { KernelSa } from './kernel.js';

const protocols = { esp: 'ESP', ah: 'AH', comp: 'IPCOMP' } as const;

/** Reads an SA. */
export function readState(words: Words): KernelSa | undefined {
  const start = words.first;
  let source: Address | undefined;
  let destination: Address | undefined;
  let protocol: KernelSa['protocol'] | undefined;
  let sa: Pick<KernelSa, 'spi' | 'reqid' | 'mode'> & Partial<KernelSa> = { spi: 0, reqid: 0, mode: 'transport' };
  let isKnown = true;
  for (let word = words.take(); word; word = words.take()) {
    switch (word.text) {
      case 'src':
        source = words.value(word, parseAddress, 'an address')?.value;
        break;
      case 'dst':
        destination = words.value(word, parseAddress, 'an address')?.value;
        break;
      case 'proto': {
        const named = words.take();
        protocol = protocols[named?.text as keyof typeof protocols];
        if (!protocol)
          words.context.partly(
            spanOf(words.source, named ?? word),
            `SAs of ${named?.text ?? 'no protocol'} are not modelled`,
          );
        break;
      }
      case 'spi':
        sa = { ...sa, spi: words.number(word) ?? 0 };
        break;
      case 'reqid':
        sa = { ...sa, reqid: words.number(word) ?? 0 };
        break;
      case 'mode': {
        const mode = words.take();
        if (mode?.text !== 'tunnel' && mode?.text !== 'transport')
          words.context.partly(
            spanOf(words.source, mode ?? word),
            `mode ${mode?.text ?? ''} is not modelled, and taken for tunnel mode`,
          );
        sa = { ...sa, mode: mode?.text === 'transport' ? 'transport' : 'tunnel' };
        break;
      }
      case 'replay-window':
        sa = { ...sa, replayWindow: Math.max(sa.replayWindow ?? 0, words.number(word) ?? 0) };
        break;
      case 'auth':
      case 'auth-trunc':
      case 'enc':
      case 'aead':
      case 'comp': {
        const found = readAlgorithm(word, words);
        isKnown &&= found.isKnown;
        sa = { ...sa, ...found.sa };
        break;
      }
      case 'flag':
        sa = { ...sa, ...readFlags(words) };
        break;
      case 'encap':
        skip(words, 'type', 'espinudp', 'espinudp-nonike', 'espintcp', 'sport', 'dport', 'addr');
        break;
      case 'sel':
        readSelector(words);
        break;
      case 'mark':
      case 'output-mark':
        words.take();
        if (words.takeIf('mask')) words.take();
        break;
      case 'limit':
        readLimit(words, (seconds) => {
          sa = { ...sa, lifetimeSeconds: seconds };
        });
        break;
      case 'if_id':
      case 'seq':
      case 'dir':
      case 'extra-flag':
      case 'tfcpad':
      case 'coa':
      case 'ctx':
      case 'replay-seq':
      case 'replay-oseq':
      case 'replay-seq-hi':
      case 'replay-oseq-hi':
      case 'nat_keepalive_interval':
      case 'pcpu-num':
        words.take();
        if (word.text === 'extra-flag') words.takeIf('dont-encap-dscp', 'oseq-may-wrap');
        break;
      case 'offload':
        // Where it is done does not change what is done.
        words.takeIf('packet', 'crypto');
        for (let more = words.takeIf('dev', 'dir'); more; more = words.takeIf('dev', 'dir')) words.take();
        break;
      default:
        words.unknown(word);
    }
  }
  const at = spanOf(words.source, start);
  if (!source || !destination || !protocol) {
    if (protocol) words.context.syntax(words.source, start, 'an SA needs src, dst, proto and spi');
    return undefined;
  }
  if (!isKnown) words.context.partly(at, `the algorithms of the SA with SPI ${sa.spi} are not all known here`);
  return { at, source, destination, protocol, ...sa, isKnown };
}

function skip(words: Words, ...known: readonly string[]): void {
  while (words.peek() && (words.takeIf(...known) || /^[\d.:a-f]+$/i.test(words.peek()!.text))) {
    if (words.peek() && /^[\d.:a-f]+$/i.test(words.peek()!.text)) words.take();
  }
}

function readFlags(words: Words): Partial<KernelSa> {
  let isEsn = false;
  const known = ['noecn', 'decap-dscp', 'nopmtudisc', 'wildrecv', 'icmp', 'af-unspec', 'align4', 'esn'];
  for (let word = words.peek(); word; word = words.peek()) {
    const flag = words.takeIf(...known);
    if (flag?.text === 'esn') isEsn = true;
    if (flag) continue;
    if (!/^\(0x[0-9a-f]+\)$/i.test(word.text)) break;
    words.take();
  }
  return isEsn ? { isEsn } : {};
}

/** Of limits only the time after which an SA is gone counts. */
function readLimit(words: Words, set: (seconds: number) => void): void {
  const kind = words.take();
  const seconds = kind && words.number(kind);
  if (kind?.text === 'time-hard' && seconds !== undefined) set(seconds);
}

interface ReadAlgorithm {
  readonly isKnown: boolean;
  readonly sa: Partial<KernelSa>;
}

/** `enc NAME KEY`, `auth NAME KEY`, `auth-trunc NAME KEY BITS`, `aead NAME KEY BITS`; -s puts the key's length behind it. */
function readAlgorithm(keyword: Piece, words: Words): ReadAlgorithm {
  const name = words.take();
  if (!name) return { isKnown: false, sa: {} };
  if (keyword.text === 'comp') {
    words.takeIf('<<Keys hidden>>');
    return { isKnown: true, sa: {} };
  }
  const next = words.peek();
  const isKey =
    next !== undefined && (next.quoted === true || /^0x[0-9a-f]*$/i.test(next.text) || next.text === '<<Keys hidden>>');
  const keyWord = isKey ? words.take() : undefined;
  const key = keyWord && keyOf(keyWord);
  if (keyWord) hide(words.source, keyWord);
  if (words.peek()?.text === '(' || /^\(\d+$/.test(words.peek()?.text ?? '')) {
    words.take();
    words.takeIf('bits)');
  }
  const hasBits = keyword.text === 'aead' || keyword.text === 'auth-trunc';
  const bits = hasBits ? readBits(words) : undefined;
  const keyBits = (key?.length ?? 0) * 8;
  const secret = key && key.length > 0 ? new Secret(key) : undefined;
  if (keyword.text === 'enc' || keyword.text === 'aead') {
    const encryption = cipherByXfrm(name.text, keyBits, bits);
    return {
      isKnown: encryption !== undefined,
      sa: { ...(encryption ? { encryption } : {}), ...(secret ? { encryptionKey: secret } : {}) },
    };
  }
  const authentication = integrityByXfrm(name.text, bits);
  const isNull = name.text === 'digest_null';
  return {
    isKnown: isNull || authentication !== undefined,
    sa: { ...(authentication ? { authentication } : {}), ...(secret ? { authenticationKey: secret } : {}) },
  };
}

function readBits(words: Words): number | undefined {
  const bits = readNumber(words.peek()?.text ?? '');
  if (bits !== undefined) words.take();
  return bits;
}

/** Octets of a key in hexadecimal, or of one in quotes. */
function keyOf({ text, quoted }: Piece): Uint8Array | undefined {
  if (/^0x(?:[0-9a-f]{2})*$/i.test(text))
    return Uint8Array.from(text.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return quoted ? new TextEncoder().encode(text) : undefined;
}
