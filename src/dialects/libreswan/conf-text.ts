/** The text of ipsec.conf: sections, and values that stand in quotes where they have to. */

export type Settings = readonly (readonly [key: string, value: string])[];

/** A value as it can stand behind an equals sign; undefined where it cannot. */
export function confValue(value: string): string | undefined {
  if (/[\n\r"\0]/.test(value)) return undefined;
  return value === '' || /[\s#'{}=,]/.test(value) ? `"${value}"` : value;
}

/** A section with its settings, one a line. */
export function section(head: string, settings: Settings): string {
  return [head, ...settings.map(([key, value]) => `\t${key}=${value}`), ''].join('\n');
}

/** A name that a connection can have and that none of the others has. */
export function connName(wanted: string, taken: ReadonlySet<string>): string {
  const cleaned = wanted.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[-.]+|-+$/g, '');
  const base = cleaned === '' ? 'conn' : cleaned;
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) {
    const name = `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
