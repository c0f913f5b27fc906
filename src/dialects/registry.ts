/** Every format of other products, and which of them a text is in. */
import type { SourceText } from '../model/span.js';
import type { Dialect } from './dialect.js';
import { records } from './hpux/dialect.js';
import { iked, ipsecctl } from './iked/dialect.js';
import { libreswan, openswan, starter } from './libreswan/dialect.js';
import { racoon, setkey } from './racoon/dialect.js';
import { strongswan } from './strongswan/dialect.js';
import { xfrm } from './xfrm/dialect.js';

/** In the order in which `--help` names them. */
export const formats: readonly Dialect[] = [
  strongswan,
  libreswan,
  openswan,
  starter,
  racoon,
  setkey,
  iked,
  ipsecctl,
  xfrm,
  records,
];

/** The record language, which is no dialect of this folder but is named beside them. */
export const recordsFormat = 'records';

/** Octets of a text that detection looks at: comments at the beginning must not cost more. */
export const detectionLengthMax = 65_536;

/** A format and the version of its product, as `--format-in swanctl@5.9.8` names them. */
export interface FormatChoice {
  readonly dialect: Dialect;
  readonly version?: string;
}

/** The format of a text by its name and words; undefined for the record language, and for what nobody claims. */
export function detectFormat(source: SourceText): Dialect | undefined {
  let likely: Dialect | undefined;
  for (const dialect of formats) {
    const likelihood = dialect.detect(source);
    if (likelihood === 'certain') return dialect;
    if (likelihood === 'likely') likely ??= dialect;
  }
  return likely;
}

/** Reads `swanctl`, `swanctl@5.9.8` or `records`; undefined for a name or version that is not known. */
export function parseFormat(text: string): FormatChoice | typeof recordsFormat | undefined {
  const [name, version] = text.split('@', 2);
  if (name === recordsFormat && version === undefined) return recordsFormat;
  const dialect = formats.find((candidate) => candidate.name === name);
  if (!dialect) return undefined;
  if (version === undefined) return { dialect };
  const known = versionOf(dialect, version);
  return known === undefined ? undefined : { dialect, version: known };
}

/** The version of the list that a written one stands for: itself, or the newest that it begins (`6` is `6.0`). */
function versionOf({ versions }: Dialect, written: string): string | undefined {
  if (versions.includes(written)) return written;
  return [...versions].reverse().find((known) => known.startsWith(`${written}.`));
}
