/** One proposal of `ike=`, `esp=` or `ah=`, from its words; see proposals.ts for the grammar. */
import type {
  AuthenticationTransform,
  EncryptionTransform,
  KeyExchangeTransform,
  PrfTransform,
} from '../../model/transform.js';
import {
  type Cipher,
  findCipher,
  findGroup,
  findIntegrity,
  findPrf,
  integrityOf,
  noKeyExchange,
} from './algorithms.js';
import type { ProposalDefaults } from './product.js';
import type { ProposalRules, Protocol, Support } from './support.js';

/** What a list is read for. */
export interface SuiteQuestion {
  readonly protocol: Protocol;
  readonly version: 1 | 2;
  readonly defaults: ProposalDefaults;
  readonly rules: ProposalRules;
  /** A child's key exchange of its own is wanted: groups count. */
  readonly pfs?: boolean;
}

/** A proposal before it becomes one of the model. */
export interface Suite {
  readonly name: string;
  readonly encryption: readonly EncryptionTransform[];
  readonly integrity: readonly AuthenticationTransform[];
  readonly prfs: readonly PrfTransform[];
  /** Empty: none are written, and there are no defaults. */
  readonly groups: readonly KeyExchangeTransform[];
  /** A group is written, if it were `none`. */
  readonly namesGroup: boolean;
  /** Further key exchanges (RFC 9370), in their order. */
  readonly additional: readonly (readonly KeyExchangeTransform[])[];
}

export interface Token {
  readonly text: string;
  /** `prf` of `prf=sha1`, in lower case. */
  readonly key?: string;
  readonly at: number;
  /** The character before it: `-`, `;`, `+` or nothing. */
  readonly before: string;
}

/** A proposal that cannot be read, and the word that is at fault. */
export class SuiteFault extends Error {
  readonly token: Token;

  constructor(message: string, token: Token) {
    super(message);
    this.token = token;
  }
}

/** The words of one proposal; at least one, which may be empty. */
export function tokenize(part: string, offset: number): readonly Token[] {
  return [...part.matchAll(/(^|[-;+])([^-;+]*)/g)].map((match) => {
    const before = match[1]!;
    const raw = match[2]!;
    const written = raw.trim();
    const at = offset + match.index + before.length + (raw.length - raw.trimStart().length);
    const equals = written.indexOf('=');
    if (equals <= 0) return { text: written, before, at };
    return {
      text: written.slice(equals + 1),
      key: written.slice(0, equals).toLowerCase(),
      before,
      at: at + equals + 1,
    };
  });
}

/** Reads one proposal; throws a `SuiteFault` for what cannot be read. */
export function parseSuite(tokens: readonly Token[], question: SuiteQuestion, support: Support): Suite {
  return new SuiteParser(tokens, question, support).suite();
}

const defaultKeyBits = 128;

interface ChosenCipher {
  readonly cipher: Cipher;
  readonly bits?: number;
}

class SuiteParser {
  readonly #tokens: readonly Token[];
  readonly #question: SuiteQuestion;
  readonly #support: Support;
  #next = 0;
  #integrity?: (AuthenticationTransform | 'none')[];
  #prfs?: readonly PrfTransform[];
  #groups?: readonly (KeyExchangeTransform | 'none')[];
  readonly #additional: (readonly KeyExchangeTransform[])[] = [];

  constructor(tokens: readonly Token[], question: SuiteQuestion, support: Support) {
    this.#tokens = tokens;
    this.#question = question;
    this.#support = support;
  }

  suite(): Suite {
    const { protocol } = this.#question;
    const start = this.#tokens[0]!;
    const ciphers = protocol === 'AH' ? [] : this.#several(() => this.#cipher());
    const isAead = ciphers.length > 0 && ciphers.every(({ cipher }) => cipher.isAead);
    if (!isAead && ciphers.some(({ cipher }) => cipher.isAead))
      throw new SuiteFault('ciphers with and without integrity of their own do not go together', start);
    this.#byPlace();
    this.#byKey();
    const rest = this.#peek();
    if (rest) throw new SuiteFault(`'${rest.text}' is no algorithm that can stand here`, rest);
    this.#checkIntegrity(isAead, ciphers, start);
    const prfs = protocol === 'IKE' ? (this.#prfs ?? named(this.#question.defaults.prfs, findPrf)) : [];
    const groups = this.#groups ?? named(this.#question.defaults.groups, findGroup);
    return {
      name: this.#tokens.map(({ before, text }) => before + text).join(''),
      encryption: unique(ciphers.flatMap((cipher) => this.#rows(cipher))),
      integrity: isAead ? [] : unique(this.#integrityOr(prfs)),
      prfs: unique(prfs),
      groups: unique(groups.flatMap((group) => (group === 'none' ? [] : [group]))),
      namesGroup: this.#groups !== undefined,
      additional: this.#additional,
    };
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(): Token {
    const token = this.#tokens[this.#next]!;
    this.#next += 1;
    return token;
  }

  #several<T>(read: () => T): T[] {
    const found = [read()];
    while (this.#peek()?.before === '+') {
      if (!this.#support.joins(this.#question.version))
        throw new SuiteFault('IKEv1 has one algorithm in a place, and no +', this.#peek()!);
      found.push(read());
    }
    return found;
  }

  /** What stands in its place: integrity (ESP, AH), PRF or integrity and PRF (IKE), group. */
  #byPlace(): void {
    const { protocol, version } = this.#question;
    const isPlain = () => this.#peek() !== undefined && this.#peek()?.key === undefined;
    const isHash = () => isPlain() && this.#peek()?.before !== ';';
    if (protocol === 'IKE') {
      const names = this.#alternatives();
      // `aes-sha1` is a PRF, and what its integrity is made of; `aes_gcm-none-sha1` names both.
      const isIntegrity =
        version === 2 && !names.every((name) => findPrf(name)) && names.every((name) => findIntegrity(name));
      if (isHash() && isIntegrity) this.#integrity = this.#several(() => this.#oneIntegrity());
      // Openswan takes a group in the place of a PRF.
      const isGroup = !this.#support.oneChildGroup && findGroup(this.#peek()?.text ?? '') !== undefined;
      if (isHash() && !isGroup) this.#prfs = this.#several(() => this.#onePrf());
      const after = this.#peek();
      if (
        this.#support.keys(version) &&
        isHash() &&
        after &&
        !this.#integrity &&
        findIntegrity(after.text) &&
        !findPrf(after.text) &&
        !findGroup(after.text)
      )
        this.#integrity = this.#several(() => this.#oneIntegrity());
    } else if (isPlain() && (isHash() || protocol === 'AH')) {
      const { text } = this.#peek()!;
      if (findIntegrity(text) !== undefined || findGroup(text) === undefined)
        this.#integrity = this.#several(() => this.#oneIntegrity());
    }
    if (isPlain()) this.#groups = this.#several(() => this.#oneGroup());
  }

  /** What is named by a key: `addke1=` of RFC 9370, and in Libreswan 5 all the others. */
  #byKey(): void {
    for (let token = this.#peek(); token?.key !== undefined; token = this.#peek()) {
      const { key } = token;
      const place = /^addke([1-7])$/.exec(key);
      if (place && this.#support.additional(this.#question.version)) {
        while (this.#additional.length < Number(place[1])) this.#additional.push([noKeyExchange]);
        this.#additional[Number(place[1]) - 1] = this.#several(() => {
          const group = this.#oneGroup(true);
          return group === 'none' ? noKeyExchange : group;
        });
      } else if (!this.#support.keys(this.#question.version) || place) return;
      else if (key === 'prf') this.#prfs = this.#several(() => this.#onePrf());
      else if (key === 'integ') this.#integrity = this.#several(() => this.#oneIntegrity());
      else if (key === 'ke' || key === 'dh') this.#groups = this.#several(() => this.#oneGroup());
      // Sequence numbers: esn= of the connection counts here.
      else if (key === 'sn' || key === 'esn') this.#several(() => this.#take());
      else return;
    }
    // A group may also follow what is named.
    if (this.#peek() && !this.#groups && this.#tokens.some(({ key }) => key !== undefined))
      this.#groups = this.#several(() => this.#oneGroup());
  }

  #cipher(): ChosenCipher {
    const token = this.#take();
    if (token.text === '') throw new SuiteFault('a cipher is missing', token);
    const following = this.#peek();
    const separate = following?.before === '-' && /^\d+$/.test(following.text) ? Number(following.text) : undefined;
    if (separate !== undefined) this.#next += 1;
    const whole = findCipher(token.text);
    if (whole) return this.#supported(whole, separate, token);
    const digits = /_?(\d+)$/.exec(token.text);
    const shorter = digits && findCipher(token.text.slice(0, -digits[0].length));
    if (!shorter || separate !== undefined)
      throw new SuiteFault(`'${token.text}' is no cipher that is known here`, token);
    return this.#supported(shorter, Number(digits[1]), token);
  }

  #supported(cipher: Cipher, bits: number | undefined, token: Token): ChosenCipher {
    const { protocol, version } = this.#question;
    if (!this.#support.cipher(cipher.name, protocol, version))
      throw new SuiteFault(`${cipher.name} is not supported for ${protocol} with IKEv${version}`, token);
    if (bits === undefined) return { cipher };
    const isKnown = cipher.rows.some(({ keyBits }) => keyBits === bits) && (cipher.hasLengths || bits !== 192);
    if (!isKnown) throw new SuiteFault(`${cipher.name} has no key length of ${bits} bits`, token);
    return { cipher, bits };
  }

  /** The key lengths that stand for a cipher: IKE prefers the longest one, ESP the default one. */
  #rows({ cipher: { rows, hasLengths }, bits }: ChosenCipher): readonly EncryptionTransform[] {
    if (!hasLengths) return rows;
    if (bits !== undefined) return rows.filter(({ keyBits }) => keyBits === bits);
    const usual = rows.filter(({ keyBits }) => keyBits === 256 || keyBits === defaultKeyBits);
    return this.#question.protocol === 'ESP' ? [...usual].reverse() : usual;
  }

  /** The names that stand side by side next. */
  #alternatives(): string[] {
    const names: string[] = [];
    for (let at = this.#next; at < this.#tokens.length; at += 1) {
      const token = this.#tokens[at]!;
      if (at > this.#next && token.before !== '+') break;
      names.push(token.text);
    }
    return names;
  }

  #oneIntegrity(): AuthenticationTransform | 'none' {
    const token = this.#take();
    const found = findIntegrity(token.text);
    if (!found) throw new SuiteFault(`'${token.text}' is no integrity algorithm that is known here`, token);
    if (found !== 'none' && !this.#support.integrity(found.name, this.#question.protocol, this.#question.version))
      throw new SuiteFault(`'${token.text}' is for the kernel alone, not for IKE`, token);
    return found;
  }

  #onePrf(): PrfTransform {
    const token = this.#take();
    const found = findPrf(token.text);
    if (!found) throw new SuiteFault(`'${token.text}' is no PRF that is known here`, token);
    if (!this.#support.prf(found.name, this.#question.protocol, this.#question.version))
      throw new SuiteFault(`'${token.text}' is not supported with IKEv${this.#question.version}`, token);
    return found;
  }

  #oneGroup(isFurther = false): KeyExchangeTransform | 'none' {
    const token = this.#take();
    const found = findGroup(token.text);
    if (!found) throw new SuiteFault(`'${token.text}' is no group that is known here`, token);
    const { protocol, version } = this.#question;
    // A further exchange may be left out, the first one not.
    const mayBeNone = isFurther && found === 'none';
    if (!mayBeNone && !this.#support.group(found === 'none' ? 0 : found.id, protocol, version))
      throw new SuiteFault(`group ${token.text} is not supported for ${protocol} with IKEv${version}`, token);
    return found;
  }

  #checkIntegrity(isAead: boolean, ciphers: readonly ChosenCipher[], start: Token): void {
    const isNone = this.#integrity?.every((row) => row === 'none') ?? false;
    if (isAead && this.#integrity && !isNone) throw new SuiteFault('this cipher brings its own integrity', start);
    if (!isAead && isNone && ciphers.every(({ cipher }) => cipher.name !== 'null'))
      throw new SuiteFault('this cipher needs an integrity algorithm', start);
  }

  /** The integrity algorithms that are written; IKEv2's are made of the PRFs otherwise, those of ESP are the defaults. */
  #integrityOr(prfs: readonly PrfTransform[]): AuthenticationTransform[] {
    const { protocol, version, defaults } = this.#question;
    if (!this.#integrity && protocol === 'IKE')
      return version === 2 ? prfs.flatMap((prf) => integrityOf(prf) ?? []) : [];
    const found = this.#integrity ?? named(defaults.integrity, findIntegrity);
    return found.flatMap((row) => (row === 'none' ? [] : [row]));
  }
}

function named<T>(names: readonly string[] | undefined, find: (name: string) => T | undefined): T[] {
  return (names ?? []).flatMap((name) => find(name) ?? []);
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
