/**
 * Every format of other products, and which of them a text is in. Readers and writers are loaded only for texts that may be in their
 * format: a command that reads records needs none of them, and starts sooner without.
 */
import type { SourceText } from '../model/span.js';
import type { Dialect } from './dialect.js';
import { detectIked, detectIpsecctl } from './iked/detect.js';
import { mayBeIpsecConf } from './libreswan/sniff.js';
import { detectRacoon, detectSetkey } from './racoon/detect.js';
import { detectSwan } from './strongswan/detect.js';
import { detectXfrm } from './xfrm/detect.js';

/** Formats that are loaded together. */
interface Family {
  readonly formats: readonly { readonly name: string; readonly reads: boolean; readonly writes: boolean }[];
  /** Would one of them claim the text? */
  claims(source: SourceText): boolean;
  load(): Promise<readonly Dialect[]>;
}

const readsOnly = (name: string) => ({ name, reads: true, writes: false });
const both = (name: string) => ({ name, reads: true, writes: true });

const families: readonly Family[] = [
  {
    formats: [both('swanctl')],
    claims: (source) => detectSwan(source) !== undefined,
    load: async () => [(await import('./strongswan/dialect.js')).strongswan],
  },
  {
    formats: [both('libreswan'), readsOnly('openswan'), readsOnly('strongswan-starter')],
    claims: mayBeIpsecConf,
    async load() {
      const { libreswan, openswan, starter } = await import('./libreswan/dialect.js');
      return [libreswan, openswan, starter];
    },
  },
  {
    formats: [readsOnly('racoon'), both('setkey')],
    claims: (source) => detectRacoon(source) !== undefined || detectSetkey(source) !== undefined,
    async load() {
      const { racoon, setkey } = await import('./racoon/dialect.js');
      return [racoon, setkey];
    },
  },
  {
    formats: [readsOnly('iked'), readsOnly('openbsd-ipsec')],
    claims: (source) => detectIked(source) !== undefined || detectIpsecctl(source) !== undefined,
    async load() {
      const { iked, ipsecctl } = await import('./iked/dialect.js');
      return [iked, ipsecctl];
    },
  },
  {
    formats: [both('xfrm')],
    claims: (source) => detectXfrm(source) !== undefined,
    load: async () => [(await import('./xfrm/dialect.js')).xfrm],
  },
  {
    // The record language as a format to write; it is read by the parser of its own.
    formats: [{ name: 'records', reads: false, writes: true }],
    claims: () => false,
    load: async () => [(await import('./hpux/dialect.js')).records],
  },
];

/** In the order in which `--help` names them. */
export const formatNames: readonly Family['formats'][number][] = families.flatMap(({ formats }) => formats);

/** The record language, which is no dialect of this folder but is named beside them. */
export const recordsFormat = 'records';

/** A format and the version of its product, as `--format-in swanctl@5.9.8` names them. */
export interface FormatChoice {
  readonly dialect: Dialect;
  readonly version?: string;
}

/** Is a text in a format of another product? Needs no readers. */
export function isForeign(source: SourceText): boolean {
  return families.some(({ claims }) => claims(source));
}

/** The formats that any of the texts may be in, in the order of `formatNames`. */
export async function loadFormats(sources: readonly SourceText[]): Promise<readonly Dialect[]> {
  const wanted = families.filter(({ claims }) => sources.some(claims));
  return (await Promise.all(wanted.map(({ load }) => load()))).flat();
}

/**
 * The format of a text by its name and words; undefined for the record language, and for what nobody claims. `formats` are those
 * of `loadFormats` for this text, and may be more.
 */
export function detectFormat(source: SourceText, formats: readonly Dialect[]): Dialect | undefined {
  let likely: Dialect | undefined;
  for (const dialect of formats) {
    const likelihood = dialect.detect(source);
    if (likelihood === 'certain') return dialect;
    if (likelihood === 'likely') likely ??= dialect;
  }
  if (!likely && formats.length === 0 && isForeign(source))
    throw new Error(`the formats that ${source.path} may be in were not loaded`);
  return likely;
}

/** Reads `swanctl`, `swanctl@5.9.8` or `records`, and loads the format; undefined for a name or version that is not known. */
export async function parseFormat(text: string): Promise<FormatChoice | typeof recordsFormat | undefined> {
  const [name, version] = text.split('@', 2);
  if (name === recordsFormat && version === undefined) return recordsFormat;
  const family = families.find(({ formats }) => formats.some((format) => format.name === name));
  const dialect = (await family?.load())?.find((candidate) => candidate.name === name);
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
