/**
 * A registry of assigned numbers: what IANA, an RFC or a vendor calls a number. Any number can be put into words, so that
 * an unknown one is shown as what it is: unassigned, or from the range for private use.
 */
export interface Registry<Name extends string = string> {
  readonly title: string;
  /** Numbers by name, as `exchangeTypes.number.IKE_AUTH`. */
  readonly number: Readonly<Record<Name, number>>;
  /** The name of an assigned number. */
  name(number: number): Name | undefined;
  /** `ENCR_AES_CBC (12)`, `private use (1027)` or `unassigned (99)`. */
  describe(number: number): string;
  /** As short as can be: the name, or the bare number. */
  brief(number: number): string;
}

export interface RegistryOptions {
  /** The first number for private use; all from there on are, or up to `privateLast`. */
  readonly privateFirst?: number;
  readonly privateLast?: number;
  /** Names that are no identifiers, by number; they are for reading and take the place of the identifier. */
  readonly spelled?: Readonly<Record<number, string>>;
}

/** Makes a registry of names and their numbers. Two names of one number are a mistake in the table. */
export function registry<const Name extends string>(
  title: string,
  number: Readonly<Record<Name, number>>,
  {
    privateFirst = Number.POSITIVE_INFINITY,
    privateLast = Number.POSITIVE_INFINITY,
    spelled = {},
  }: RegistryOptions = {},
): Registry<Name> {
  const names = new Map<number, Name>();
  for (const [name, value] of Object.entries(number) as [Name, number][]) {
    if (names.has(value)) throw new Error(`${title}: ${value} has two names, ${names.get(value)} and ${name}`);
    names.set(value, name);
  }
  const spelling = (value: number): string | undefined => spelled[value] ?? names.get(value);
  return {
    title,
    number,
    name: (value) => names.get(value),
    describe(value) {
      const range = value >= privateFirst && value <= privateLast ? 'private use' : 'unassigned';
      return `${spelling(value) ?? range} (${value})`;
    },
    brief: (value) => spelling(value) ?? String(value),
  };
}
