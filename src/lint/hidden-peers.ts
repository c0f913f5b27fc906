/** Records that are chosen by a peer's address and never are, because earlier ones win every address of theirs. */
import { type AddressRange, formatRange, rangeContains } from '../model/address.js';
import type { Dialect } from '../model/language/dialect.js';
import type { AuthRecord } from '../model/record/auth.js';
import type { IkeRecord } from '../model/record/ike.js';
import type { Prioritised } from '../model/resolve.js';
import type { Lookup } from './lookup.js';
import { type FreeNumbers, moveBefore } from './priorities.js';
import type { RuleFinding } from './rule.js';

type PeerRecord = Prioritised<AuthRecord> | Prioritised<IkeRecord>;

/** A record that wins no address. */
export interface HiddenRecord<R> {
  readonly record: R;
  /** The records that win its addresses instead, in search order: one that holds them all where there is such. */
  readonly by: readonly R[];
}

/** Addresses of a hidden record are followed through so many stretches. */
const stretchesMax = 64;

/** The records of a look-up that no address chooses. */
export function* hiddenRecords<R extends PeerRecord>({ records, index }: Lookup<R>): Iterable<HiddenRecord<R>> {
  for (const [number, record] of records.entries()) {
    if (index.wins(number)) continue;
    const range = rangeOf(record);
    const winners = new Set<number>();
    for (const { winner } of index.segments(range)) {
      winners.add(winner);
      if (winners.size >= stretchesMax) break;
    }
    const by = [...winners].sort((a, b) => a - b).map((winner) => records[winner]!);
    const alone = by.find((other) => rangeContains(rangeOf(other), range));
    yield { record, by: alone ? [alone] : by };
  }
}

/** `auth 'site' (priority 10, 10.0.0.0/8)`. */
export function peerRecordName(record: PeerRecord): string {
  return `${record.kind} '${record.name}' (priority ${record.priority.value}, ${formatRange(rangeOf(record))})`;
}

/** What findings about a hidden record have in common: who comes first instead, and how to be found before. */
export function hiddenParts<R extends PeerRecord>(
  { record, by }: HiddenRecord<R>,
  free: FreeNumbers,
  dialect: Dialect,
): Pick<RuleFinding, 'at' | 'record' | 'related' | 'help' | 'fixes'> & { readonly instead: string } {
  const [first] = by;
  // To be found before those that it holds itself would hide them in turn.
  const isNarrower = by.every((other) => !rangeContains(rangeOf(record), rangeOf(other)));
  const fix = first && isNarrower && first.kind === record.kind ? moveBefore(free, record, first, dialect) : undefined;
  return {
    at: record.nameAt,
    record: { kind: record.kind, name: record.name },
    instead: `${namesOf(by)} ${by.length > 1 ? 'are' : 'is'} found first for every address of it`,
    related: by.slice(0, 3).map((other) => ({ at: other.nameAt, text: `${peerRecordName(other)} is found first` })),
    help: `give it a lower priority number${first ? ` than '${first.name}'` : ''}, or remove it`,
    ...(fix ? { fixes: [fix] } : {}),
  };
}

function namesOf(records: readonly PeerRecord[]): string {
  const names = records.slice(0, 3).map(peerRecordName);
  if (records.length > 3) return `${names.join(', ')} and ${records.length - 3} more`;
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? 'no record');
}

function rangeOf(record: PeerRecord): AddressRange {
  return record.remote.value.range;
}
