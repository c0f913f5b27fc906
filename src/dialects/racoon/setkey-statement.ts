/** The statements of setkey that say something: `add`, `spdadd` and their relatives (setkey(8)). */
import { type Address, type AddressRange, parseAddress } from '../../model/address.js';
import { hasTypes } from '../../model/packet.js';
import { Secret } from '../../model/secret.js';
import type { Interval } from '../../model/selector/box.js';
import type { SourceText } from '../../model/span.js';
import type { ReadContext } from '../common/context.js';
import { hide, type Piece, spanOf } from '../common/piece.js';
import { parseNumber, parsePort, parseProtocol, parseRange, portInterval } from '../common/selectors.js';
import { cipherBySetkey, hashBySetkey, setkeyCipherWords, setkeyHashWords } from '../xfrm/algorithms.js';
import { endpoint } from '../xfrm/build.js';
import type { KernelPolicy, KernelSa, KernelSelector, KernelTemplate } from '../xfrm/kernel.js';

/** The words of one statement, taken one after the other. */
export class Statement {
  #next = 1;

  constructor(
    readonly words: readonly Piece[],
    readonly source: SourceText,
    readonly context: ReadContext,
  ) {}

  get command(): Piece {
    return this.words[0]!;
  }

  peek(): Piece | undefined {
    return this.words[this.#next];
  }

  take(): Piece | undefined {
    const word = this.words[this.#next];
    if (word) this.#next += 1;
    return word;
  }

  fault(at: Piece | undefined, message: string, help?: string): undefined {
    this.context.badValue(spanOf(this.source, at ?? this.command), message, help);
    return undefined;
  }

  /** `-4`, `-6`, `-n`, `-46n`: which addresses a name may stand for. */
  skipOptions(): void {
    while (/^-[46n]+$/.test(this.peek()?.text ?? '')) this.take();
  }
}

interface EndOfSelector {
  readonly range: AddressRange;
  readonly port?: Interval;
}

/** `10.0.0.0/8[80]`; `[any]` is every port. */
function readEnd(statement: Statement): EndOfSelector | undefined {
  let word = statement.take();
  if (!word) return statement.fault(undefined, 'an address is missing');
  let { text } = word;
  // A blank may stand before the bracket.
  if (/^\[[^\]]*\]/.test(statement.peek()?.text ?? '')) text += statement.take()?.text ?? '';
  word = { ...word, text };
  const match = /^([^[]+)(?:\[([^\]]*)\])?$/.exec(text);
  const range = match && parseRange(match[1]!);
  if (!match || !range)
    return statement.fault(word, `'${text}' is no address, prefix or range`, 'names are not looked up here');
  const port = match[2] === undefined || match[2] === 'any' ? 0 : parsePort(match[2]);
  if (port === undefined) return statement.fault(word, `'${match[2]}' is no port`);
  return { range, ...(port === 0 ? {} : { port: portInterval(port) }) };
}

const directions = { in: 'in', out: 'out', fwd: 'fwd' } as const;

/** What identifies a policy: its selector and direction; `spddelete` has no more. */
export interface PolicyHead {
  readonly selector: KernelSelector;
  readonly direction: KernelPolicy['direction'];
}

/** Reads source, destination, upper protocol and direction. */
export function readPolicyHead(statement: Statement): PolicyHead | undefined {
  statement.skipOptions();
  const source = readEnd(statement);
  const destination = source && readEnd(statement);
  if (!source || !destination) return undefined;
  const upper = statement.take();
  if (!upper)
    return statement.fault(undefined, 'the upper protocol is missing', 'write any, tcp, udp, icmp or a number');
  const [name = '', ...rest] = upper.text.split(',');
  const protocol = parseProtocol(name);
  if (protocol === undefined)
    return statement.fault(upper, `'${name}' is no protocol`, 'write any, tcp, udp, icmp or a number');
  const types = hasTypes(protocol) ? readTypes(rest.join(','), statement) : undefined;
  if (source.range.family !== destination.range.family)
    return statement.fault(upper, 'the two ends of a policy are of different families');
  let flag = statement.take();
  if (flag?.text === '-ctx') {
    statement.context.partly(spanOf(statement.source, flag), 'security contexts are not selectors here');
    for (let count = 0; count < 3; count += 1) statement.take();
    flag = statement.take();
  }
  const way = statement.take();
  const direction = directions[way?.text as keyof typeof directions];
  if (flag?.text !== '-P' || !direction)
    return statement.fault(way ?? flag, 'a policy says where it counts', 'write -P in, -P out or -P fwd');
  return {
    direction,
    selector: {
      source: source.range,
      destination: destination.range,
      protocol,
      ...(source.port ? { sourcePorts: source.port } : {}),
      ...(destination.port ? { destinationPorts: destination.port } : {}),
      ...(types ? { types } : {}),
    },
  };
}

/** `icmp6 135,1`: a type and perhaps a code, as one word or as the next. */
function readTypes(joined: string, statement: Statement): Interval | undefined {
  const next = statement.peek()?.text ?? '';
  const text = joined !== '' ? joined : /^\d+(?:,\d+)?$/.test(next) ? (statement.take()?.text ?? '') : '';
  if (text === '') return undefined;
  // They travel in the places of ports, where 0 stands for any.
  const [type, code = 0] = text.split(',').map((part) => parseNumber(part));
  if (type === undefined || type > 255 || type === 0) return undefined;
  const base = type * 256;
  return code === 0 ? { lo: base, hi: base + 255 } : { lo: base + Math.min(code, 255), hi: base + Math.min(code, 255) };
}

/** Where nothing is written, and what numbers count from (PRIORITY_DEFAULT of libipsec). */
const priorityDefault = 2 ** 31;

/** Linux' priorities by name; the lower number is looked at first (setkey(8), libipsec). */
const priorityWords: ReadonlyMap<string, number> = new Map([
  ['low', 3 * 2 ** 30],
  ['def', priorityDefault],
  ['high', 2 ** 30],
]);

/** Reads what is done: `discard`, `none` or `ipsec` with its requests. */
export function readPolicy(statement: Statement, name: string): KernelPolicy | undefined {
  const head = readPolicyHead(statement);
  if (!head) return undefined;
  const { priority, at: priorityAt } = readPriority(statement);
  const what = statement.take();
  const base = {
    at: spanOf(statement.source, statement.command, statement.words.at(-1) ?? statement.command),
    name,
    ...head,
    priority,
    ...(priorityAt ? { priorityAt: spanOf(statement.source, priorityAt) } : {}),
  };
  switch (what?.text) {
    case 'discard':
      return { ...base, action: 'discard', templates: [] };
    case 'none':
    case 'bypass':
    case 'entrust':
      if (what.text === 'entrust')
        statement.context.partly(spanOf(statement.source, what), 'entrust is taken for passing');
      return { ...base, action: 'allow', templates: [] };
    case 'ipsec': {
      const templates: KernelTemplate[] = [];
      let isUnique = false;
      for (let word = statement.take(); word; word = statement.take()) {
        const request = readRequest(word, statement);
        if (!request) return undefined;
        templates.push(request.template);
        isUnique ||= request.isUnique;
      }
      if (templates.length === 0) return statement.fault(what, 'ipsec needs a request', 'as esp/transport//require');
      return { ...base, action: 'allow', templates, ...(isUnique ? { isUnique } : {}) };
    }
    default:
      return statement.fault(what, 'a policy is discard, none or ipsec');
  }
}

function readPriority(statement: Statement): { readonly priority: number; readonly at?: Piece } {
  const keyword = statement.peek();
  if (keyword?.text !== 'prio' && keyword?.text !== 'priority') return { priority: priorityDefault };
  statement.take();
  const word = statement.take();
  const named = priorityWords.get(word?.text ?? '');
  const sign = statement.peek();
  if (named !== undefined) {
    if (sign?.text !== '+' && sign?.text !== '-') return { priority: named, ...(word ? { at: word } : {}) };
    statement.take();
    const offset = parseNumber(statement.take()?.text ?? '') ?? 0;
    return { priority: named + (sign.text === '+' ? -offset : offset), ...(word ? { at: word } : {}) };
  }
  // A number counts the other way round on the way to the kernel: the higher one is looked at first.
  const number = /^-?\d{1,10}$/.test(word?.text ?? '') ? Number(word?.text) : undefined;
  if (number === undefined) {
    statement.fault(word, 'a priority is low, def, high or a number');
    return { priority: priorityDefault };
  }
  return { priority: priorityDefault - number, ...(word ? { at: word } : {}) };
}

const requestProtocols = { esp: 'ESP', ah: 'AH', ipcomp: 'IPCOMP' } as const;

/** `esp/tunnel/192.0.2.1-192.0.2.2/require`: protocol, mode, ends, level. */
function readRequest(word: Piece, statement: Statement): { template: KernelTemplate; isUnique: boolean } | undefined {
  const [protocolText = '', modeText = '', endsText = '', levelText = 'default', ...more] = word.text.split('/');
  const protocol = requestProtocols[protocolText as keyof typeof requestProtocols];
  if (!protocol || more.length > 0)
    return statement.fault(
      word,
      `'${word.text}' is no PROTOCOL/MODE/ENDS/LEVEL`,
      'as esp/tunnel/192.0.2.1-192.0.2.2/require',
    );
  if (modeText !== 'transport' && modeText !== 'tunnel' && modeText !== 'any')
    return statement.fault(word, `'${modeText}' is no mode`, 'write transport or tunnel');
  if (modeText === 'any') statement.context.partly(spanOf(statement.source, word), 'mode any is taken for transport');
  const ends = endsText === '' ? [] : endsText.split('-', 2).map((end) => endpoint(end.replace(/\[[^\]]*\]$/, '')));
  if (ends.includes('fault') || (modeText === 'tunnel' && ends.length !== 2))
    return statement.fault(word, 'the ends of a tunnel are SOURCE-DESTINATION', 'as 192.0.2.1-192.0.2.2');
  const [level = '', unique] = levelText.split(':', 2);
  if (!['default', 'use', 'require', 'unique', ''].includes(level))
    return statement.fault(word, `'${level}' is no level`, 'write use, require or unique');
  const reqid = level === 'unique' && unique !== undefined ? parseNumber(unique) : undefined;
  const [source, destination] = ends as (Address | undefined)[];
  return {
    isUnique: level === 'unique' && reqid === undefined,
    template: {
      protocol,
      mode: modeText === 'tunnel' ? 'tunnel' : 'transport',
      ...(modeText === 'tunnel' && source ? { source } : {}),
      ...(modeText === 'tunnel' && destination ? { destination } : {}),
      ...(reqid ? { reqid } : {}),
      // Linux takes `default` for `require`; the BSDs ask a sysctl.
      isOptional: level === 'use',
    },
  };
}

const saProtocols: ReadonlyMap<string, KernelSa['protocol']> = new Map([
  ['esp', 'ESP'],
  ['esp-old', 'ESP'],
  ['esp-udp', 'ESP'],
  ['ah', 'AH'],
  ['ah-old', 'AH'],
  ['ipcomp', 'IPCOMP'],
]);

/** What identifies an SA; `delete` has no more. */
export interface SaHead {
  readonly protocol: KernelSa['protocol'];
  readonly source: Address;
  readonly destination: Address;
  readonly spi: number;
}

/** Reads source, destination, protocol and SPI; `deleteall` has no SPI. */
export function readSaHead(statement: Statement, hasSpi = true): SaHead | undefined {
  statement.skipOptions();
  const [sourceWord, destinationWord, protocolWord] = [statement.take(), statement.take(), statement.take()];
  const [source, destination] = [sourceWord, destinationWord].map(
    (word) => word && parseAddress(word.text.replace(/\[[^\]]*\]$/, '')),
  );
  if (!source || !destination)
    return statement.fault(
      source ? destinationWord : sourceWord,
      'an SA is between two addresses',
      'names are not looked up here',
    );
  const protocol = saProtocols.get(protocolWord?.text ?? '');
  if (protocolWord?.text === 'tcp') {
    statement.context.partly(spanOf(statement.source, protocolWord), 'signatures of TCP segments are not modelled');
    return undefined;
  }
  if (!protocol) return statement.fault(protocolWord, 'an SA is for esp, ah or ipcomp');
  if (protocolWord?.text.endsWith('-old'))
    statement.context.partly(
      spanOf(statement.source, protocolWord),
      `${protocolWord.text} of RFC 1826 and 1827 is taken for its successor`,
    );
  if (!hasSpi) return { protocol, source, destination, spi: 0 };
  const spiWord = statement.take();
  const spi = spiWord && (/^0x[0-9a-f]{1,8}$/i.test(spiWord.text) ? Number(spiWord.text) : parseNumber(spiWord.text));
  if (spi === undefined || spi > 0xffff_ffff)
    return statement.fault(spiWord, 'the SPI is a number', 'as 4096 or 0x1000');
  return { protocol, source, destination, spi };
}

/** Reads an SA with its extensions and algorithms. */
export function readSa(statement: Statement): KernelSa | undefined {
  // Before anything is found wrong: what cannot be read further on may hold keys all the same.
  for (const word of statement.words)
    if (word.quoted || /^0x[0-9a-f]{9,}/i.test(word.text)) hide(statement.source, word);
  const head = readSaHead(statement);
  if (!head) return undefined;
  const at = spanOf(statement.source, statement.command);
  let sa: Omit<KernelSa, 'isKnown' | 'at'> = { ...head, reqid: 0, mode: 'any' };
  let isKnown = true;
  for (let word = statement.take(); word; word = statement.take()) {
    switch (word.text) {
      case '-m': {
        const mode = statement.take();
        if (mode?.text === 'transport' || mode?.text === 'tunnel' || mode?.text === 'any')
          sa = { ...sa, mode: mode.text };
        else statement.fault(mode, 'a mode is transport, tunnel or any');
        break;
      }
      case '-u':
        sa = { ...sa, reqid: parseNumber(statement.take()?.text ?? '') ?? 0 };
        break;
      case '-r':
        sa = { ...sa, replayWindow: (parseNumber(statement.take()?.text ?? '') ?? 0) * 8 };
        break;
      case '-lh':
        sa = { ...sa, lifetimeSeconds: parseNumber(statement.take()?.text ?? '') ?? 0 };
        break;
      case '-ls':
      case '-bh':
      case '-bs':
      case '-f':
      case '-esp_frag':
        statement.take();
        break;
      case '-ctx':
        for (let count = 0; count < 3; count += 1) statement.take();
        break;
      case '-E': {
        const read = readCipher(statement);
        isKnown &&= read.isKnown;
        sa = { ...sa, ...read.sa };
        break;
      }
      case '-A': {
        const read = readHash(statement);
        isKnown &&= read.isKnown;
        sa = { ...sa, ...read.sa };
        break;
      }
      case '-C':
        statement.take();
        break;
      case '-R':
        break;
      default:
        hide(statement.source, word);
        statement.fault(word, 'this is no option of add', 'as -m, -r, -u, -E, -A');
    }
  }
  if (!isKnown) statement.context.partly(at, `the algorithms of the SA with SPI ${head.spi} are not all known here`);
  return { at, ...sa, isKnown };
}

interface Algorithm {
  readonly isKnown: boolean;
  readonly sa: Partial<KernelSa>;
}

function readCipher(statement: Statement): Algorithm {
  const name = statement.take();
  if (!name || !setkeyCipherWords.has(name.text)) {
    statement.fault(name, '-E is followed by a cipher', 'as aes-cbc');
    return { isKnown: false, sa: {} };
  }
  const key = readKey(statement);
  const encryption = cipherBySetkey(name.text, (key?.length ?? 0) * 8);
  const hasKey = key !== undefined && key.length > 0 && encryption?.keyBits !== 0;
  return {
    isKnown: encryption !== undefined,
    sa: { ...(encryption ? { encryption } : {}), ...(hasKey ? { encryptionKey: new Secret(key) } : {}) },
  };
}

function readHash(statement: Statement): Algorithm {
  const name = statement.take();
  if (!name || !setkeyHashWords.has(name.text)) {
    statement.fault(name, '-A is followed by an integrity algorithm', 'as hmac-sha256');
    return { isKnown: false, sa: {} };
  }
  if (name.text === 'null') return { isKnown: true, sa: {} };
  const key = readKey(statement);
  const authentication = hashBySetkey(name.text);
  return {
    isKnown: authentication !== undefined,
    sa: { ...(authentication ? { authentication } : {}), ...(key ? { authenticationKey: new Secret(key) } : {}) },
  };
}

/** A key in quotes, or in hexadecimal digits; neither is ever shown. */
function readKey(statement: Statement): Uint8Array | undefined {
  const word = statement.peek();
  if (!word || (!word.quoted && !/^0x/i.test(word.text))) return undefined;
  statement.take();
  hide(statement.source, word);
  if (word.quoted) return new TextEncoder().encode(word.text);
  const digits = word.text.slice(2);
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) {
    statement.fault(word, 'a key is an even number of hexadecimal digits');
    return undefined;
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
