/**
 * `ike=`, `esp=` and `ah=` as pluto reads them (Libreswan lib/libswan/v1_proposals.c, v2_proposals.c, proposals.c):
 *
 *   list     := proposal { ',' proposal }
 *   IKE      := cipher [ '-' prf | '-' integrity '-' prf ] [ ( '-' | ';' ) group ] { ';' 'addke'N '=' group }
 *   ESP      := cipher [ '-' integrity ] [ ( '-' | ';' ) group ]
 *   AH       := integrity [ ( '-' | ';' ) group ]
 *
 * In IKEv2 each name may be several, joined by '+', and one proposal has them all; in IKEv1 what is left out is multiplied
 * out into proposals of one choice each. A cipher without key length stands for its longest and its default length.
 */
import type { ChildProposal, IkeProposal } from '../../model/system-config.js';
import type { AuthenticationTransform, EncryptionTransform, KeyExchangeTransform, PrfTransform } from '../../model/transform.js';
import { type Cipher, findCipher, findGroup, findIntegrity, findPrf, integrityOf, noKeyExchange } from './algorithms.js';
import type { ProposalDefaults } from './product.js';

export type Protocol = 'IKE' | 'ESP' | 'AH';

/** A proposal before it becomes one of the model. */
export interface Suite {
  readonly name: string;
  readonly encryption: readonly EncryptionTransform[];
  readonly integrity: readonly AuthenticationTransform[];
  readonly prfs: readonly PrfTransform[];
  /** Empty: none are written, and there are no defaults. */
  readonly groups: readonly KeyExchangeTransform[];
  /** Further key exchanges (RFC 9370), in their order. */
  readonly additional: readonly (readonly KeyExchangeTransform[])[];
}

export type SuiteReading =
  | { readonly kind: 'read'; readonly suites: readonly Suite[] }
  /** `at` is where in the text the fault is. */
  | { readonly kind: 'fault'; readonly message: string; readonly at: number; readonly length: number };

/** Proposals of one list, and of what one list is multiplied out into. */
const suitesMax = 512;
const defaultKeyBits = 128;

interface Token {
  readonly text: string;
  readonly at: number;
  /** The character before it: `-`, `;`, `+` or nothing. */
  readonly before: string;
}

class Fault extends Error {
  readonly token: Token;

  constructor(message: string, token: Token) {
    super(message);
    this.token = token;
  }
}

/** Reads a list of proposals. */
export function readSuites(text: string, protocol: Protocol, version: 1 | 2, defaults: ProposalDefaults): SuiteReading {
  const suites: Suite[] = [];
  let offset = 0;
  try {
    for (const part of text.split(',')) {
      const tokens = tokenize(part, offset);
      offset += part.length + 1;
      const suite = new SuiteParser(tokens, protocol, version, defaults).suite();
      for (const each of version === 1 ? multiplied(suite) : [suite]) {
        if (suites.length >= suitesMax) throw new Fault(`more than ${suitesMax} proposals`, tokens[0]!);
        if (!suites.some((known) => isSame(known, each))) suites.push(each);
      }
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { kind: 'fault', message: error.message, at: error.token.at, length: error.token.text.length };
  }
  return { kind: 'read', suites };
}

function tokenize(part: string, offset: number): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of part.matchAll(/(^|[-;+])([^-;+]*)/g)) {
    const before = match[1]!;
    const raw = match[2]!;
    const text = raw.trim();
    tokens.push({ text, before, at: offset + match.index + before.length + (raw.length - raw.trimStart().length) });
  }
  return tokens;
}

class SuiteParser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(
    tokens: readonly Token[],
    readonly protocol: Protocol,
    readonly version: 1 | 2,
    readonly defaults: ProposalDefaults,
  ) {
    this.#tokens = tokens;
  }

  suite(): Suite {
    const start = this.#tokens[0]!;
    const ciphers = this.protocol === 'AH' ? [] : this.#several(() => this.#cipher());
    const isAead = ciphers.length > 0 && ciphers.every(({ cipher }) => cipher.isAead);
    if (!isAead && ciphers.some(({ cipher }) => cipher.isAead))
      throw new Fault('ciphers with and without integrity of their own do not go together', start);
    let integrity = this.#integrity();
    const prfs = this.protocol === 'IKE' ? this.#prfs(integrity) : [];
    const groups = this.#groups();
    const additional = this.#additional();
    const rest = this.#tokens[this.#next];
    if (rest) throw new Fault(`'${rest.text}' is no algorithm that can stand here`, rest);
    const isNone = integrity?.every((row) => row === 'none') ?? false;
    if (isAead && integrity && !isNone) throw new Fault('this cipher brings its own integrity', start);
    if (!isAead && isNone && ciphers.every(({ cipher }) => cipher.name !== 'null'))
      throw new Fault('this cipher needs an integrity algorithm', start);
    if (!integrity && !isAead) {
      if (this.protocol === 'IKE' && this.version === 2) integrity = prfs.flatMap((prf) => integrityOf(prf) ?? []);
      else if (this.protocol !== 'IKE') integrity = (this.defaults.integrity ?? []).flatMap((name) => findIntegrity(name) ?? []);
    }
    return {
      name: this.#tokens.map(({ before, text }) => before + text).join(''),
      encryption: ciphers.flatMap(({ cipher, bits }) => this.#rows(cipher, bits)),
      integrity: isAead ? [] : (integrity ?? []).flatMap((row) => (row === 'none' ? [] : [row])),
      prfs,
      groups,
      additional,
    };
  }

  #several<T>(read: () => T): T[] {
    const found = [read()];
    while (this.#tokens[this.#next]?.before === '+') found.push(read());
    return found;
  }

  #take(): Token {
    const token = this.#tokens[this.#next]!;
    this.#next += 1;
    return token;
  }

  #cipher(): { readonly cipher: Cipher; readonly bits?: number } {
    const token = this.#take();
    if (token.text === '') throw new Fault('a cipher is missing', token);
    const following = this.#tokens[this.#next];
    const separate = following?.before === '-' && /^\d+$/.test(following.text) ? Number(following.text) : undefined;
    if (separate !== undefined) this.#next += 1;
    const whole = findCipher(token.text);
    if (whole) return withLength(whole, separate, token);
    const digits = /_?(\d+)$/.exec(token.text);
    const shorter = digits && findCipher(token.text.slice(0, -digits[0].length));
    if (!shorter || separate !== undefined) throw new Fault(`'${token.text}' is no cipher that is known here`, token);
    return withLength(shorter, Number(digits[1]), token);
  }

  /** The key lengths that stand for a cipher: IKE prefers the longest one, ESP the default one. */
  #rows({ rows, hasLengths }: Cipher, bits: number | undefined): readonly EncryptionTransform[] {
    if (!hasLengths) return rows;
    if (bits !== undefined) return rows.filter(({ keyBits }) => keyBits === bits);
    const usual = rows.filter(({ keyBits }) => keyBits === 256 || keyBits === defaultKeyBits);
    return this.protocol === 'ESP' ? [...usual].reverse() : usual;
  }

  /** ESP and AH have an integrity algorithm next; IKE only where no PRF can stand. */
  #integrity(): (AuthenticationTransform | 'none')[] | undefined {
    const token = this.#tokens[this.#next];
    if (!token || (token.before === ';' && this.protocol !== 'AH')) return undefined;
    if (this.protocol === 'IKE') {
      // `aes-sha1` is a PRF, and what its integrity is made of; `aes_gcm-none-sha1` names both.
      const names = this.#alternatives();
      if (names.every((name) => findPrf(name)) || this.version === 1) return undefined;
      if (!names.every((name) => findIntegrity(name))) return undefined;
    } else if (findIntegrity(token.text) === undefined && findGroup(token.text) !== undefined) return undefined;
    return this.#several(() => {
      const { text, at, before } = this.#take();
      const found = findIntegrity(text);
      if (!found) throw new Fault(`'${text}' is no integrity algorithm that is known here`, { text, at, before });
      return found;
    });
  }

  #alternatives(): string[] {
    const names: string[] = [];
    for (let at = this.#next; at < this.#tokens.length; at += 1) {
      const token = this.#tokens[at]!;
      if (at > this.#next && token.before !== '+') break;
      names.push(token.text);
    }
    return names;
  }

  #prfs(integrity: readonly unknown[] | undefined): readonly PrfTransform[] {
    const token = this.#tokens[this.#next];
    if (token && token.before !== ';' && (integrity !== undefined || findGroup(token.text) === undefined)) {
      return this.#several(() => {
        const taken = this.#take();
        const found = findPrf(taken.text);
        if (!found) throw new Fault(`'${taken.text}' is no PRF that is known here`, taken);
        return found;
      });
    }
    return (this.defaults.prfs ?? []).flatMap((name) => findPrf(name) ?? []);
  }

  #groups(): readonly KeyExchangeTransform[] {
    const token = this.#tokens[this.#next];
    if (token && !isAddKe(token)) {
      const written = this.#several(() => {
        const taken = this.#take();
        const found = findGroup(taken.text);
        if (!found) throw new Fault(`'${taken.text}' is no group that is known here`, taken);
        return found;
      });
      return written.flatMap((group) => (group === 'none' ? [] : [group]));
    }
    return (this.defaults.groups ?? []).flatMap((name) => {
      const group = findGroup(name);
      return group && group !== 'none' ? [group] : [];
    });
  }

  /** RFC 9370: `addke1=ml_kem_768+none`; one that is left out is NONE. */
  #additional(): (readonly KeyExchangeTransform[])[] {
    const found: KeyExchangeTransform[][] = [];
    while (this.#tokens[this.#next] && isAddKe(this.#tokens[this.#next]!)) {
      const [place = 0] = /\d/.exec(this.#tokens[this.#next]!.text)?.map(Number) ?? [];
      while (found.length < place) found.push([noKeyExchange]);
      found[place - 1] = this.#several(() => {
        const taken = this.#take();
        const name = taken.text.replace(/^addke\d=/i, '');
        const group = findGroup(name);
        if (group === undefined) throw new Fault(`'${name}' is no key exchange that is known here`, taken);
        return group === 'none' ? noKeyExchange : group;
      });
    }
    return found;
  }
}

function isAddKe({ text }: Token): boolean {
  return /^addke[1-7]=/i.test(text);
}

function withLength(cipher: Cipher, bits: number | undefined, token: Token): { cipher: Cipher; bits?: number } {
  if (bits === undefined) return { cipher };
  const isKnown = cipher.hasLengths
    ? cipher.rows.some(({ keyBits }) => keyBits === bits)
    : cipher.rows.some(({ keyBits }) => keyBits === bits && bits !== 192);
  if (!isKnown) throw new Fault(`${cipher.name} has no key length of ${bits} bits`, token);
  return { cipher, bits };
}

/** IKEv1: each choice is a proposal; groups vary slowest, then PRFs and integrity. */
function multiplied(suite: Suite): Suite[] {
  const pick = <T>(list: readonly T[]): readonly (readonly T[])[] => (list.length === 0 ? [[]] : list.map((one) => [one]));
  return pick(suite.groups).flatMap((groups) =>
    pick(suite.prfs).flatMap((prfs) => pick(suite.integrity).map((integrity) => ({ ...suite, groups, prfs, integrity }))),
  );
}

function isSame(a: Suite, b: Suite): boolean {
  const key = ({ encryption, integrity, prfs, groups, additional }: Suite) =>
    [encryption, integrity, prfs, groups, ...additional].map((list) => list.map(({ name }) => name).join('+')).join(' ');
  return key(a) === key(b);
}

/** What a suite is called in messages, as `ipsec algparse` prints it. */
export function suiteName({ encryption, integrity, prfs, groups, additional }: Suite): string {
  const parts = [encryption, integrity, prfs, groups, ...additional].map((list) => list.map(({ name }) => name).join('+'));
  return parts.filter((part) => part !== '').join('/');
}

/** An IKE proposal of the model. */
export function ikeProposal(suite: Suite, version: 1 | 2): IkeProposal {
  return {
    name: suiteName(suite),
    encryption: suite.encryption,
    authentication: version === 1 ? [] : suite.integrity,
    prf: suite.prfs,
    keyExchange: suite.groups,
    ...(suite.additional.length > 0 ? { additionalKeyExchanges: suite.additional } : {}),
  };
}

/** A child proposal of the model, without its source and lifetimes. */
export function childProposal(
  suite: Suite,
  protocol: 'ESP' | 'AH',
  esn: ChildProposal['esn'],
): Pick<ChildProposal, 'name' | 'protocol' | 'encryption' | 'authentication' | 'esn'> {
  return {
    name: `${protocol} ${suiteName({ ...suite, groups: [] })}`,
    protocol,
    encryption: protocol === 'AH' ? [] : suite.encryption,
    authentication: suite.integrity,
    esn,
  };
}
