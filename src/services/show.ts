/** The use case behind `policy show`: records of systems with their effective values, or the order-free SPD. */
import { type DescribedEntry, describeConfig } from '../model/describe-config.js';
import { isError } from '../model/problem.js';
import { type DescribedField, describeRecord } from '../model/record/describe.js';
import { allRecords, type PolicySet } from '../model/resolve.js';
import type { Region } from '../model/selector/box.js';
import { decorrelate } from '../model/selector/partition.js';
import type { SpdEntry, SystemConfig } from '../model/system-config.js';
import { UsageError } from '../model/tool-error.js';
import { type LoadOptions, loadRepository } from './repository/load-repository.js';

export interface ShowOptions extends LoadOptions {
  /** Record kind, as `host`. */
  readonly kind?: string;
  readonly name?: string;
  readonly host?: string;
}

export interface ShownRecord {
  readonly kind: string;
  readonly name: string;
  /** Of a configuration without records: where the entry belongs. */
  readonly database?: DescribedEntry['database'];
  readonly fields: readonly DescribedField[];
}

export interface ShownSystem {
  readonly name: string;
  /** Version of the record language; the format of other products' files. */
  readonly dialect: string;
  /** Read from another product's files: entries in RFC 4301's words in the place of records. */
  readonly imported: boolean;
  readonly records: readonly ShownRecord[];
  /** Errors of reading: what they hid is not shown. */
  readonly errors: number;
}

const kindOrder = ['startup', 'bypass', 'host', 'gateway', 'tunnel', 'ike', 'ikev1', 'ikev2', 'auth'];

/** The record kinds that can be asked for. */
export const shownKinds: readonly string[] = [...kindOrder, 'cacert', 'mycert', 'csr', 'crl', 'spd', 'pad'];

/** The records of every system behind the paths, each kind in search order, preloaded policies last in theirs. */
export async function show(options: ShowOptions): Promise<readonly ShownSystem[]> {
  const repository = await loadRepository(options);
  const systems = repository.systems.filter((system) => options.host === undefined || system.name === options.host);
  if (systems.length === 0 && options.host !== undefined) {
    throw new UsageError(`no system is called '${options.host}'`, {
      code: 'NO_SUCH_SYSTEM',
      hints: [
        `Systems here: ${repository.systems
          .slice(0, 20)
          .map((system) => system.name)
          .join(', ')}.`,
      ],
    });
  }
  const shown = systems.map(
    ({ name, dialect, format, imported, policies, config, problems }): ShownSystem => ({
      name,
      imported: imported !== undefined,
      dialect: imported ? format : dialect,
      records: imported ? shownEntries(config, options) : shownRecords(policies, options),
      errors: problems.filter(isError).length,
    }),
  );
  if (options.name !== undefined && shown.every((system) => system.records.length === 0)) {
    throw new UsageError(`there is no ${options.kind} record '${options.name}'`, { code: 'NO_SUCH_RECORD' });
  }
  return shown;
}

function shownEntries(config: SystemConfig, { kind, name }: ShowOptions): ShownRecord[] {
  return describeConfig(config).filter(
    (entry) => (kind === undefined || entry.database === kind) && (name === undefined || entry.name === name),
  );
}

function shownRecords(policies: PolicySet, { kind, name }: ShowOptions): ShownRecord[] {
  const preloaded = [policies.defaultIkev1, policies.defaultIkev2].flatMap((record) => (record ? [record] : []));
  return [...allRecords(policies), ...preloaded]
    .map((record) => ({
      kind: record.kind.replace('default-', ''),
      name: record.kind.startsWith('default-') ? 'default' : record.name,
      record,
    }))
    .filter((shown) => (kind === undefined || shown.kind === kind) && (name === undefined || shown.name === name))
    .map(({ record, ...shown }) => ({ ...shown, fields: describeRecord(record) }))
    .sort((a, b) => kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind));
}

export interface DecorrelatedEntry {
  readonly entry: SpdEntry;
  /** Disjoint from that of every other entry; absent where working it out was cut off. */
  readonly region?: Region;
}

export interface DecorrelatedSystem {
  readonly name: string;
  /** Entries that no packet reaches are left out. */
  readonly entries: readonly DecorrelatedEntry[];
  /** Errors of reading: what they hid is not counted. */
  readonly errors: number;
}

/** The SPD of each system without order (RFC 4301 appendix B). */
export async function showDecorrelated(options: ShowOptions): Promise<readonly DecorrelatedSystem[]> {
  const repository = await loadRepository(options);
  return repository.systems
    .filter((system) => options.host === undefined || system.name === options.host)
    .map(({ name, config, problems }) => {
      const { entries: leftovers } = decorrelate(config.spd.map((entry) => entry.selectors));
      const entries = config.spd.flatMap((entry, index): DecorrelatedEntry[] => {
        const leftover = leftovers[index];
        if (leftover?.kind !== 'exact') return [{ entry }];
        return leftover.region.length > 0 ? [{ entry, region: leftover.region }] : [];
      });
      return { name, entries, errors: problems.filter(isError).length };
    });
}
