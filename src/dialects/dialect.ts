/**
 * What a reader and a writer of another product's configuration are. One folder per product under src/dialects; the
 * list of all is registry.ts. Readers and writers do no I/O: other files that a configuration names (includes, secrets,
 * keys) are asked for through `FileAccess`.
 *
 * The rule of every reader: each option that stands in a file is supported, partial, noted or unknown, and none is
 * dropped silently. `OptionReport` is how that is kept.
 */
import type { Address } from '../model/address.js';
import type { Problem } from '../model/problem.js';
import type { SourceText, Span } from '../model/span.js';
import type { EntrySource, SystemConfig } from '../model/system-config.js';
import type { DialectEditor } from './editing.js';

/** Reads and writes one format. */
export interface Dialect {
  /** As `--format-in` and `--from` spell it: `swanctl`. */
  readonly name: string;
  /** For messages: `swanctl.conf (strongSwan)`. */
  readonly title: string;
  /** Versions of the product whose defaults and options are known, oldest first; empty where they do not differ. */
  readonly versions: readonly string[];
  /** The version that counts where none is told. */
  readonly defaultVersion?: string;
  /** Names of formats whose files belong to a configuration in this one: the policies of setkey beside racoon.conf. */
  readonly companions?: readonly string[];
  /** How sure is it that this text is in the format? Looks at the path's last part and at the beginning of the text. */
  detect(source: SourceText): Likelihood | undefined;
  /** Absent: the format can only be written. */
  read?(input: DialectInput): DialectReading;
  /** Makes small changes of a configuration in its own language; absent: none. */
  edit?: DialectEditor;
  /** Absent: the format can only be read. */
  write?(config: SystemConfig, options: WriteOptions): DialectWriting;
}

/** `certain`: by its name or by words that no other format has; `likely`: it could be another. */
export type Likelihood = 'certain' | 'likely';

export interface DialectInput {
  /** Name of the system. */
  readonly name: string;
  /** The files that were named, in order; usually one. */
  readonly sources: readonly SourceText[];
  readonly files: FileAccess;
  /** One of the dialect's versions. */
  readonly version?: string;
  /** The system's own addresses, where an inventory tells them; else the reader takes what the configuration implies. */
  readonly addresses?: readonly Address[];
}

/** Other files, as the product would find them. Reading never goes outside of what the caller allows. */
export interface FileAccess {
  /**
   * The files that a path or glob pattern means, relative to the folder of `from`, sorted; none where nothing is there.
   * Faults of reading (permissions, octets that are no text) come back as problems of the text.
   */
  find(pattern: string, from: SourceText): readonly FoundFile[];
}

export interface FoundFile {
  readonly source: SourceText;
  readonly problems: readonly Problem[];
}

/** No other file is there: texts of tests and of standard input. */
export const noFiles: FileAccess = { find: () => [] };

export interface DialectReading {
  readonly config: SystemConfig;
  /** Syntax (IMP001), unknown options (IMP002), partial ones (IMP003), values that cannot be read (IMP004), … */
  readonly problems: readonly Problem[];
  /** Every option that stands in the files, in order. */
  readonly options: readonly ReportedOption[];
  /** All texts that were read, includes among them. */
  readonly sources: readonly SourceText[];
  /** Product and version whose behaviour counts, as the name of a peer profile: `strongswan-5.9.8`. */
  readonly product: string;
}

/**
 * - `supported`: what it says is in the SystemConfig;
 * - `partial`: something of it is not, which may matter to an answer: warns;
 * - `noted`: it has no effect on what packets and peers are treated like (logging, scripts);
 * - `unknown`: the product does not know it, or this tool does not: an error.
 */
export type OptionSupport = 'supported' | 'partial' | 'noted' | 'unknown';

export interface ReportedOption {
  /** `connections.home.version`, `conn %default: keyexchange`. */
  readonly name: string;
  readonly at: Span;
  readonly support: OptionSupport;
  /** For partial and noted: what is left out, or why it does not matter. */
  readonly why?: string;
}

export interface WriteOptions {
  readonly version?: string;
  /** What to call files, where the format does not say: the system's name. */
  readonly baseName: string;
}

export interface DialectWriting {
  readonly files: readonly WrittenFile[];
  /** What the format, or this writer, cannot say. */
  readonly losses: readonly Loss[];
}

export interface WrittenFile {
  /** Relative, as the product would call it: `swanctl.conf`. */
  readonly path: string;
  readonly text: string;
  /** Holds keys: written with mode 0600. */
  readonly isSecret: boolean;
}

/**
 * What did not survive a conversion.
 *
 * - `packets`: packets may be treated otherwise than by the original;
 * - `negotiation`: peers may agree on something else, or not at all;
 * - `local`: it changes neither (names, comments, audit settings).
 */
export interface Loss {
  readonly effect: 'packets' | 'negotiation' | 'local';
  /** One sentence without a full stop, naming the entry and the value; never a secret. */
  readonly message: string;
  readonly source?: EntrySource;
  /** The value that was lost, without its entry and value: `MOBIKE`. */
  readonly what?: string;
  /** What to do about it, where that is more than to look at it. */
  readonly remedy?: string;
}
