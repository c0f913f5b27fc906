/**
 * A value that must never be shown.
 *
 * Whatever way a `Secret` is turned into text (template, JSON, console, error) gives `[secret]`; the octets are only had
 * by asking for them by name.
 */
export class Secret {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** The secret of ASCII or UTF-8 text. */
  static ofText(text: string): Secret {
    return new Secret(new TextEncoder().encode(text));
  }

  /** The octets themselves. The caller must not show, log or keep them longer than needed. */
  reveal(): Uint8Array {
    return this.#octets;
  }

  /** Length in octets. */
  get length(): number {
    return this.#octets.length;
  }

  /** Equal octets? Takes the same time wherever two secrets of one length differ. */
  equals(other: Secret): boolean {
    if (this.#octets.length !== other.#octets.length) return false;
    let difference = 0;
    for (let index = 0; index < this.#octets.length; index += 1) {
      difference |= this.#octets[index]! ^ other.#octets[index]!;
    }
    return difference === 0;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
