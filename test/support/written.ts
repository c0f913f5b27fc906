/** Configurations that are written by a dialect in tests. */
import type { Dialect, DialectWriting } from '../../src/dialects/dialect.js';
import { noFiles } from '../../src/dialects/dialect.js';
import type { Address } from '../../src/model/address.js';
import { SourceText } from '../../src/model/span.js';
import type { SystemConfig } from '../../src/model/system-config.js';
import { loadSystem } from '../../src/services/load-system.js';
import { type ReadDialectOptions, readDialect } from './dialects.js';

/** What a text of records means. */
export function recordsConfig(text: string, addresses: readonly Address[] = []): SystemConfig {
  return loadSystem({ name: 't', sources: [new SourceText('t.conf', text)], addresses, format: 'records' }).config;
}

/** Reads a text by one dialect and writes it by another. */
export function convert(
  from: Dialect,
  text: string,
  to: Dialect,
  options: ReadDialectOptions & { readonly writeVersion?: string } = {},
): DialectWriting {
  const { writeVersion, ...rest } = options;
  return write(to, readDialect(from, text, rest).config, writeVersion);
}

export function write(to: Dialect, config: SystemConfig, version?: string): DialectWriting {
  return to.write!(config, { baseName: 't', ...(version === undefined ? {} : { version }) });
}

/** The text of a file that was written; undefined where there is none. */
export function textOf({ files }: DialectWriting, path: string): string | undefined {
  return files.find((file) => file.path === path)?.text;
}

/** Losses as `effect: message`. */
export function lossesOf({ losses }: DialectWriting): readonly string[] {
  return losses.map(({ effect, message }) => `${effect}: ${message}`);
}

/** Reads files that were written. */
export function readBack(dialect: Dialect, { files }: DialectWriting, config: SystemConfig, version?: string) {
  return dialect.read!({
    name: 't',
    sources: files.map(({ path, text }) => new SourceText(path, text)),
    files: noFiles,
    addresses: config.addresses,
    ...(version === undefined ? {} : { version }),
  });
}
