/** Reads configurations of other products in tests. */

import { type Dialect, type DialectReading, type FileAccess, noFiles } from '../../src/dialects/dialect.js';
import { parseAddress } from '../../src/model/address.js';
import { SourceText } from '../../src/model/span.js';
import type { PadEntry, SaTemplate, SpdEntry } from '../../src/model/system-config.js';
import { formatSelector, regionSelectors } from '../../src/model/traffic-selector.js';
import { sayProblem } from './read.js';

export interface ReadDialectOptions {
  readonly version?: string;
  readonly addresses?: readonly string[];
  /** Texts by path; a pattern finds those that it is, or that begin with it up to its first asterisk. */
  readonly files?: Readonly<Record<string, string>>;
  readonly path?: string;
}

export interface DialectText extends DialectReading {
  /** `line:column CODE message`, by place. */
  readonly said: readonly string[];
}

/** Files of a test. */
export function filesOf(texts: Readonly<Record<string, string>>): FileAccess {
  const sources = new Map(Object.entries(texts).map(([path, text]) => [path, new SourceText(path, text)]));
  return {
    find(pattern) {
      const star = pattern.indexOf('*');
      const found = [...sources].filter(([path]) =>
        star < 0 ? path === pattern : path.startsWith(pattern.slice(0, star)),
      );
      return found.map(([, source]) => ({ source, problems: [] }));
    },
  };
}

/** Reads one text, and texts that it names. */
export function readDialect(dialect: Dialect, text: string, options: ReadDialectOptions = {}): DialectText {
  const { version, addresses, files, path = 'main.conf' } = options;
  const reading = dialect.read!({
    name: 't',
    sources: [new SourceText(path, text)],
    files: files ? filesOf(files) : noFiles,
    ...(version === undefined ? {} : { version }),
    ...(addresses ? { addresses: addresses.map((address) => parseAddress(address)!) } : {}),
  });
  return { ...reading, said: [...reading.problems].sort((a, b) => a.at.start - b.at.start).map(sayProblem) };
}

/** Entries that somebody wrote, as `name: selectors > action`. */
export function entriesOf({ config }: DialectReading): readonly string[] {
  return config.spd.filter(({ source }) => source.record.kind !== 'builtin').map(describeEntry);
}

export function describeEntry({ source, selectors, action }: SpdEntry): string {
  const pairs = regionSelectors(selectors).map(
    ({ local, remote }) => `${formatSelector(local)} - ${formatSelector(remote)}`,
  );
  return `${source.record.name}: ${pairs.join(', ')} > ${action.kind}`;
}

/** The only SA template of a reading. */
export function templateOf({ config }: DialectReading): SaTemplate {
  const found = config.spd.flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : []));
  if (found.length !== 1) throw new Error(`${found.length} templates`);
  return found[0]!;
}

export function padOf({ config }: DialectReading): PadEntry {
  if (config.pad.length !== 1) throw new Error(`${config.pad.length} PAD entries`);
  return config.pad[0]!;
}
