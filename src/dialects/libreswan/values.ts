/** Values of a connection's settings, with their origins and with what the product takes where nothing is written. */
import type { Origin, Sourced } from '../../model/origin.js';
import type { ReadContext } from '../common/context.js';
import { parseNumber } from '../common/selectors.js';
import { parseAmount, parseDuration } from '../common/units.js';
import type { Conn, Setting } from './conns.js';
import { settingSpan } from './ends.js';
import type { Product } from './product.js';

/** Seconds: IKE_SA_LIFETIME_MAXIMUM and IPSEC_SA_LIFETIME_MAXIMUM of pluto_constants.h. */
export const lifetimeMax = 86_400;

export class ConnValues {
  constructor(
    readonly conn: Conn,
    readonly product: Product,
    readonly context: ReadContext,
  ) {}

  get(name: string): Setting | undefined {
    const setting = this.conn.settings.get(name);
    return setting?.text === '' ? undefined : setting;
  }

  /** Where a value comes from: the file, or the product's defaults. */
  origin(setting: Setting | undefined): Origin {
    if (setting) return { kind: 'explicit', at: settingSpan(setting), argumentStart: setting.key.start };
    const { title, versionText } = this.product;
    return { kind: 'builtin', what: `default of ${title} ${versionText}` };
  }

  /** One of some words, in lower case; another one is reported, and the default is taken. */
  word<W extends string>(name: string, words: readonly W[], otherwise: W): Sourced<W> {
    const setting = this.get(name);
    if (!setting) return { value: otherwise, origin: this.origin(undefined) };
    const text = setting.text.toLowerCase();
    const found = words.find((word) => word === text);
    if (found !== undefined) return { value: found, origin: this.origin(setting) };
    this.context.badValue(
      settingSpan(setting),
      `'${setting.text}' is no value of ${name}`,
      `write one of ${words.join(', ')}`,
    );
    return { value: otherwise, origin: this.origin(undefined) };
  }

  /** `yes`, `no` and what else means them. */
  flag(name: string, otherwise: boolean): Sourced<boolean> {
    const setting = this.get(name);
    if (!setting) return { value: otherwise, origin: this.origin(undefined) };
    const text = setting.text.toLowerCase();
    if (/^(?:y|yes|true|on|1|force|insist|accept)$/.test(text)) return { value: true, origin: this.origin(setting) };
    if (/^(?:n|no|false|off|0|never)$/.test(text)) return { value: false, origin: this.origin(setting) };
    this.context.badValue(settingSpan(setting), `'${setting.text}' is no value of ${name}`, 'write yes or no');
    return { value: otherwise, origin: this.origin(undefined) };
  }

  /** A length of time in seconds. */
  seconds(name: string, otherwise: number): Sourced<number> {
    return this.#number(name, otherwise, parseDuration, 'a length of time, as 30s, 20m, 8h or 1d');
  }

  /** A lifetime; pluto lets none be without end, or longer than a day. */
  lifetime(name: string, otherwise: number): Sourced<number> {
    const written = this.seconds(name, otherwise);
    const setting = this.get(name);
    if (this.product.flavour === 'starter' || (written.value > 0 && written.value <= lifetimeMax)) return written;
    if (setting)
      this.context.partly(
        settingSpan(setting),
        `${this.product.title} takes ${lifetimeMax} seconds, its longest lifetime, for ${setting.text}`,
      );
    return { value: lifetimeMax, origin: written.origin };
  }

  amount(name: string, otherwise: number): Sourced<number> {
    return this.#number(name, otherwise, parseAmount, 'a number, as 1000, 10MiB or 2^40');
  }

  number(name: string, otherwise: number): Sourced<number> {
    return this.#number(name, otherwise, parseNumber, 'a number');
  }

  #number(
    name: string,
    otherwise: number,
    parse: (text: string) => number | undefined,
    expected: string,
  ): Sourced<number> {
    const setting = this.get(name);
    if (!setting) return { value: otherwise, origin: this.origin(undefined) };
    const value = parse(setting.text);
    if (value !== undefined) return { value, origin: this.origin(setting) };
    this.context.badValue(settingSpan(setting), `'${setting.text}' is no value of ${name}`, `write ${expected}`);
    return { value: otherwise, origin: this.origin(undefined) };
  }
}
