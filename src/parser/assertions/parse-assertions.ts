/**
 * Assertion files: one sentence a line.
 *
 *   define LAB = 10.9.0.0/16, 10.10.0.0/16
 *   on alpha: tcp from 10.1.1.1 to 10.7.7.0/24 port 5432 must be protected with at least AES-128
 *   telnet from LAB to 10.1.1.1 inbound must be discarded
 *
 *   assertion := [ 'on' SYSTEM ':' ] WHAT 'from' ENDS [ 'port' PORTS ] [ 'to' ENDS [ 'port' PORTS ] ] [ 'inbound' | 'outbound' ]
 *                'must' 'be' ( 'protected' { DEMAND } | 'discarded' | 'passed' )
 *   DEMAND    := 'end' 'to' 'end' | 'with' 'at' 'least' STRENGTH [ 'integrity' ] | 'in' ( 'tunnel' | 'transport' ) 'mode' | 'by' 'tunnel' 'to' ADDRESS
 *   WHAT      := 'any' | protocol | service | 'icmp' [ 'type' NUMBER ]
 *   ENDS      := 'any' | NAME | address | address/prefix | low-high | list of these with commas
 *   STRENGTH  := 'AES-128' | 'SHA2-256' | 'N bits' | …
 */
import { type Address, type AddressRange, anyAddress, parseAddress, parseRange } from '../../model/address.js';
import type { Requirement } from '../../model/assertion.js';
import { closest } from '../../model/did-you-mean.js';
import { protocolRows, serviceRows } from '../../model/language/values.js';
import { hasPorts, hasTypes } from '../../model/packet.js';
import type { Problem } from '../../model/problem.js';
import { anyPort, anyProtocol, type Box, type Interval, type Region } from '../../model/selector/box.js';
import type { SourceText, Span } from '../../model/span.js';
import { authenticationTransforms, encryptionTransforms } from '../../model/transform.js';

export interface Assertion {
  readonly at: Span;
  /** The sentence as written. */
  readonly text: string;
  /** Name of the system; absent: the system that has one of the addresses, or the only one. */
  readonly system?: string;
  readonly direction?: 'inbound' | 'outbound';
  /** Where the packets come from and go to. */
  readonly from: readonly AddressRange[];
  readonly to: readonly AddressRange[];
  /** The packets for a direction, in local/remote terms. */
  packets(direction: 'inbound' | 'outbound'): Region;
  readonly requirement: Requirement;
}

export interface AssertionFile {
  readonly assertions: readonly Assertion[];
  readonly problems: readonly Problem[];
}

/** Code under which failing and unreadable assertions are reported. */
export const assertionCode = 'TST001';

/** A sentence is not longer than this. */
const sentenceLengthMax = 4096;

/** Reads assertion files; what cannot be read is a problem at its place. */
export function parseAssertions(
  source: SourceText,
  names: ReadonlyMap<string, readonly AddressRange[]> = new Map(),
): AssertionFile {
  const assertions: Assertion[] = [];
  const problems: Problem[] = [];
  const defined = new Map(names);
  for (let line = 1; line <= source.lineCount; line += 1) {
    const range = source.lineRange(line);
    const raw = source.text.slice(range.start, Math.min(range.end, range.start + sentenceLengthMax + 1));
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) continue;
    const start = range.start + raw.indexOf(text);
    const sentence = new Sentence(source, text, start, defined);
    try {
      if (raw.length > sentenceLengthMax) sentence.fail(0, 'the line is too long');
      const assertion = sentence.read();
      if (assertion) assertions.push(assertion);
    } catch (error) {
      if (!(error instanceof SentenceFault)) throw error;
      problems.push(error.problem);
    }
  }
  return { assertions, problems };
}

/** Leaves a sentence that cannot be read; caught in `parseAssertions`. */
class SentenceFault extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

/** Ciphers and hashes as people call them. */
const strengthWords = ['3DES', 'AES-128', 'AES-192', 'AES-256', 'SHA1', 'SHA2-256', 'SHA2-384', 'SHA2-512'];

function didYouMean(word: string, words: readonly string[]): string | undefined {
  const guess = closest(word, words);
  return guess === undefined ? undefined : `did you mean ${guess}?`;
}

const protectionWords = ['with', 'in', 'by', 'and', 'end'];

class Sentence {
  readonly #words: { text: string; start: number }[] = [];
  #at = 0;

  constructor(
    readonly source: SourceText,
    readonly text: string,
    readonly start: number,
    readonly names: Map<string, readonly AddressRange[]>,
  ) {
    for (const match of text.matchAll(/[^\s,:=]+(?::[^\s,=]+)*|[,:=]/g))
      this.#words.push({ text: match[0], start: match.index });
  }

  fail(index: number, message: string, help?: string): never {
    const word = this.#words[index];
    const start = this.start + (word?.start ?? this.text.length);
    const at = { source: this.source, start, end: start + (word?.text.length ?? 0) };
    throw new SentenceFault({ code: assertionCode, message, at, ...(help ? { help } : {}) });
  }

  read(): Assertion | undefined {
    if (this.#take('define')) {
      const name = this.#next('a name');
      if (!/^[A-Za-z][\w-]*$/.test(name)) this.fail(this.#at - 1, `'${name}' is not a name`);
      this.#expect('=');
      this.names.set(name.toLowerCase(), this.#ends());
      this.#end();
      return undefined;
    }
    const system = this.#take('on') ? this.#system() : undefined;
    const what = this.#what();
    this.#expect('from');
    const from = this.#ends();
    const fromPorts = this.#take('port') ? this.#ports() : undefined;
    const hasTo = this.#take('to');
    const to = hasTo ? this.#ends() : [anyAddress(4), anyAddress(6)];
    const toPorts = hasTo && this.#take('port') ? this.#ports() : what.port;
    const direction = this.#take('inbound') ? 'inbound' : this.#take('outbound') ? 'outbound' : undefined;
    this.#expect('must');
    this.#expect('be');
    const requirement = this.#requirement();
    this.#end();
    if ((fromPorts || toPorts) && what.protocols.some((protocol) => !hasPorts(protocol))) {
      this.fail(0, 'ports need a protocol that has them', 'begin with tcp, udp or a service');
    }
    return {
      at: { source: this.source, start: this.start, end: this.start + this.text.length },
      text: this.text,
      ...(system === undefined ? {} : { system }),
      ...(direction ? { direction } : {}),
      from,
      to,
      packets: (way) => packetsOf(way, { from, to, fromPorts, toPorts, protocols: what.protocols, type: what.type }),
      requirement,
    };
  }

  #peek(): string | undefined {
    return this.#words[this.#at]?.text;
  }

  #take(word: string): boolean {
    if (this.#peek()?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #next(what: string): string {
    const word = this.#peek();
    if (word === undefined) this.fail(this.#at, `the sentence ends where ${what} belongs`);
    this.#at += 1;
    return word;
  }

  #expect(word: string): void {
    const found = this.#peek();
    if (!this.#take(word)) {
      this.fail(
        this.#at,
        `expected '${word}', found ${found === undefined ? 'the end' : `'${found}'`}`,
        'write: WHAT from A to B must be protected|discarded|passed',
      );
    }
  }

  #end(): void {
    const word = this.#peek();
    if (word === undefined) return;
    this.fail(
      this.#at,
      `unexpected '${word}'`,
      didYouMean(word, ['inbound', 'outbound', 'must', 'port', ...protectionWords]),
    );
  }

  #system(): string {
    const word = this.#next('the name of a system');
    if (!word.endsWith(':')) this.#take(':');
    return word.replace(/:$/, '');
  }

  #what(): { protocols: readonly number[]; port?: Interval; type?: number } {
    const word = this.#next('what the packets are');
    const upper = word.toUpperCase();
    if (upper === 'ANY' || upper === 'ALL') return { protocols: [] };
    const service = serviceRows.find((row) => row.word === upper);
    if (service) return { protocols: [service.protocol], port: { lo: service.port, hi: service.port } };
    const protocol = /^\d{1,3}$/.test(word) ? Number(word) : protocolRows.find((row) => row.word === upper)?.number;
    if (protocol === undefined || protocol > 255) {
      const guess = closest(
        upper,
        [...protocolRows, ...serviceRows].map((row) => row.word).concat('DEFINE', 'ON', 'ANY'),
      );
      this.fail(
        this.#at - 1,
        `'${word}' is no protocol or service`,
        guess ? `did you mean ${guess.toLowerCase()}?` : undefined,
      );
    }
    if (!hasTypes(protocol) || !this.#take('type')) return { protocols: [protocol] };
    const type = this.#next('a message type');
    if (!/^\d{1,3}$/.test(type) || Number(type) > 255) this.fail(this.#at - 1, `'${type}' is not a message type`);
    return { protocols: [protocol], type: Number(type) };
  }

  #ends(): AddressRange[] {
    const ranges: AddressRange[] = [];
    do ranges.push(...this.#oneEnd());
    while (this.#take(','));
    return ranges;
  }

  #oneEnd(): readonly AddressRange[] {
    const word = this.#next('an address');
    if (word.toLowerCase() === 'any') return [anyAddress(4), anyAddress(6)];
    const named = this.names.get(word.toLowerCase());
    if (named) return named;
    const range = parseRange(word);
    if (range) return [range];
    const guess = closest(word, [...this.names.keys()]);
    this.fail(
      this.#at - 1,
      `'${word}' is neither an address nor a name that is defined`,
      guess ? `did you mean ${guess}?` : 'write an address, address/prefix, low-high, or a defined name',
    );
  }

  #ports(): Interval {
    const word = this.#next('a port');
    const service = serviceRows.find((row) => row.word === word.toUpperCase());
    if (service) return { lo: service.port, hi: service.port };
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word);
    const lo = Number(match?.[1]);
    const hi = Number(match?.[2] ?? match?.[1]);
    if (!match || hi > 65535 || hi < lo) this.fail(this.#at - 1, `'${word}' is not a port or range of ports`);
    return { lo, hi };
  }

  #requirement(): Requirement {
    const word = this.#next('protected, discarded or passed').toLowerCase();
    if (word === 'discarded' || word === 'dropped') return { treatment: 'DISCARD' };
    if (word === 'passed' || word === 'bypassed') return { treatment: 'BYPASS' };
    if (word !== 'protected')
      this.fail(
        this.#at - 1,
        `'${word}' is no treatment`,
        didYouMean(word, ['protected', 'discarded', 'passed']) ?? 'write protected, discarded or passed',
      );
    let requirement: Requirement = { treatment: 'PROTECT' };
    while (protectionWords.includes(this.#peek()?.toLowerCase() ?? ''))
      requirement = { ...requirement, ...this.#demand() };
    return requirement;
  }

  #demand(): Partial<Requirement> {
    this.#take('and');
    if (this.#take('end')) {
      this.#expect('to');
      this.#expect('end');
      return { endToEnd: true };
    }
    if (this.#take('in')) {
      const mode = this.#next('tunnel or transport').toLowerCase();
      if (mode !== 'tunnel' && mode !== 'transport')
        this.fail(
          this.#at - 1,
          `'${mode}' is no mode`,
          didYouMean(mode, ['tunnel', 'transport']) ?? 'write tunnel or transport',
        );
      this.#expect('mode');
      return { mode };
    }
    if (this.#take('by')) {
      this.#expect('tunnel');
      this.#expect('to');
      const address = parseAddress(this.#next('an address'));
      if (!address) this.fail(this.#at - 1, 'not an address');
      return { mode: 'tunnel', tunnelTo: address };
    }
    this.#take('with');
    this.#expect('at');
    this.#expect('least');
    return this.#strength();
  }

  #strength(): Partial<Requirement> {
    const word = this.#next('a strength').toUpperCase();
    if (/^\d+$/.test(word)) {
      this.#expect('bits');
      return this.#take('integrity') ? { authenticationBits: Number(word) } : { encryptionBits: Number(word) };
    }
    const cipher = encryptionTransforms.find(
      ({ name }) =>
        name === word ||
        name === word.replace(/^AES-?(\d+)$/, 'AES-CBC-$1') ||
        (word === '3DES' && name === '3DES-CBC'),
    );
    if (cipher) return { encryptionBits: cipher.strengthBits };
    const hash = authenticationTransforms.find(
      ({ name }) => name === word || name.startsWith(`HMAC-${word.replace(/^HMAC-/, '').replace('_', '-')}-`),
    );
    if (hash) return { authenticationBits: hash.strengthBits };
    this.fail(
      this.#at - 1,
      `'${word}' is no cipher, hash or number of bits`,
      didYouMean(word, strengthWords) ?? 'write for instance AES-128, SHA2-256, or 128 bits',
    );
  }
}

interface Parts {
  readonly from: readonly AddressRange[];
  readonly to: readonly AddressRange[];
  readonly fromPorts: Interval | undefined;
  readonly toPorts: Interval | undefined;
  /** Empty: every protocol. */
  readonly protocols: readonly number[];
  readonly type: number | undefined;
}

function packetsOf(direction: 'inbound' | 'outbound', parts: Parts): Region {
  const outbound = direction === 'outbound';
  const [locals, remotes] = outbound ? [parts.from, parts.to] : [parts.to, parts.from];
  const [localPorts, remotePorts] = outbound ? [parts.fromPorts, parts.toPorts] : [parts.toPorts, parts.fromPorts];
  const protocols: readonly Interval[] =
    parts.protocols.length > 0 ? parts.protocols.map((protocol) => ({ lo: protocol, hi: protocol })) : [anyProtocol];
  const x = parts.type === undefined ? (localPorts ?? anyPort) : { lo: parts.type * 256, hi: parts.type * 256 + 255 };
  const boxes: Box[] = [];
  for (const local of locals) {
    for (const remote of remotes) {
      if (local.family !== remote.family) continue;
      for (const protocol of protocols) {
        boxes.push({
          family: local.family,
          direction: outbound ? { lo: 0, hi: 0 } : { lo: 1, hi: 1 },
          local: { lo: local.first, hi: local.last },
          remote: { lo: remote.first, hi: remote.last },
          protocol,
          x,
          y: remotePorts ?? anyPort,
        });
      }
    }
  }
  return boxes;
}

/** The one address of a range list, for messages and for finding the system. */
export function holdsAddress(ranges: readonly AddressRange[], address: Address): boolean {
  return ranges.some(
    (range) => range.family === address.family && range.first <= address.value && address.value <= range.last,
  );
}
