/**
 * Findings that may only be the consequence of something that could not be read. A value that cannot be read counts as its
 * default, and a statement that cannot be understood adds nothing: what follows from that is nobody's fault. Such findings
 * are held back, and the finding that says what could not be read tells how many; where it is not among the findings,
 * they stay and say what they rest on.
 */
import type { Finding } from '../model/finding.js';
import { allRecords } from '../model/resolve.js';
import type { SourceText, Span } from '../model/span.js';
import type { SystemContext } from './context.js';
import { type AnyRecord, recordRef } from './places.js';
import type { Rule } from './rule.js';

/** Families whose findings are about the values that they point at; those of the others are about whole records. */
const aboutValues = /^(?:AUT|CRY|HYG|LIF|OPS|PQC|PRO|RPL)/;

/** A statement that stands for something else than was meant, or for nothing. */
interface Faulty {
  readonly at: Span;
  readonly system: string;
  /** Kind of the record; undefined where it may have been any. */
  readonly kind?: string;
  /** Absent for a statement that made no record. */
  readonly record?: AnyRecord;
  held: number;
}

export interface Doubt {
  /** The finding as it may be shown: itself, with what it rests on, or nothing where it is held back. */
  judge(rule: Rule, finding: Finding): Finding | undefined;
  /** A finding about what could not be read, with what was held back for it. */
  told(finding: Finding): Finding;
}

/** What is doubtful in a run; undefined where everything could be read. `told` are the findings of reading. */
export function doubtOf(systems: Iterable<SystemContext>, told: readonly Finding[]): Doubt | undefined {
  const faulty = [...new Set(systems)].flatMap(faultyStatements);
  if (faulty.length === 0) return undefined;
  const bySource = new Map<SourceText, Faulty[]>();
  const firsts = new Map<string, Map<string | undefined, Faulty>>();
  for (const one of faulty) {
    append(bySource, one.at.source, one);
    const first = firsts.get(one.system) ?? new Map<string | undefined, Faulty>();
    if (!first.has(one.kind)) firsts.set(one.system, first.set(one.kind, one));
  }
  for (const list of bySource.values()) list.sort((a, b) => a.at.start - b.at.start);
  const byRecord = new Map(
    faulty.flatMap((one) => (one.record ? [[recordKey(one.system, recordRef(one.record)), one] as const] : [])),
  );
  const carriers = new Map<Faulty, Finding>();
  for (const finding of told) {
    const one = statementAt(bySource, finding.at);
    if (one && finding.severity === 'error' && !carriers.has(one)) carriers.set(one, finding);
  }

  function cause(rule: Rule, finding: Finding): Faulty | undefined {
    if (rule.absenceOf) {
      const { absenceOf } = rule;
      const systemsOf = rule.scope === 'repository' ? firsts.keys() : [finding.system, finding.peer];
      for (const system of systemsOf) {
        const ofKind = firsts.get(system ?? '');
        const missing = [...absenceOf, undefined].map((kind) => ofKind?.get(kind)).find((one) => one !== undefined);
        if (missing) return missing;
      }
    }
    const own = finding.record
      ? (byRecord.get(recordKey(finding.system, finding.record)) ??
        byRecord.get(recordKey(finding.peer, finding.record)))
      : statementAt(bySource, finding.at);
    if (own && (restsOnRecords(rule) || isAtName(own, finding.at))) return own;
    if (!restsOnRecords(rule)) return undefined;
    for (const { at } of finding.related) {
      const related = statementAt(bySource, at);
      if (related) return related;
    }
    return undefined;
  }

  return {
    judge(rule, finding) {
      const one = cause(rule, finding);
      if (!one) return finding;
      if (!carriers.has(one)) return { ...finding, notes: [...finding.notes, restsOn(one)] };
      one.held += 1;
      return undefined;
    },
    told(finding) {
      const one = statementAt(bySource, finding.at);
      if (!one || one.held === 0 || carriers.get(one) !== finding) return finding;
      const many = one.held === 1 ? 'one finding that rests' : `${one.held} findings that rest`;
      return {
        ...finding,
        notes: [
          ...finding.notes,
          `${many} on this statement ${one.held === 1 ? 'is' : 'are'} held back until it can be read`,
        ],
      };
    },
  };
}

function restsOnRecords(rule: Rule): boolean {
  return rule.restsOn ? rule.restsOn === 'records' : !aboutValues.test(rule.code);
}

/** A finding about a value that nobody wrote, or whose writing could not be read, points at the record itself. */
function isAtName({ record, at }: Faulty, place: Span): boolean {
  const name = record?.nameAt ?? at;
  return place.source === at.source && place.start <= name.end && place.end >= name.start;
}

function faultyStatements({ name: system, policies }: SystemContext): Faulty[] {
  const unread = allRecords(policies)
    .filter((record) => record.unread !== undefined)
    .map((record): Faulty => ({ at: record.at, system, kind: recordRef(record).kind, record, held: 0 }));
  const lost = policies.lost.map(({ kind, at }): Faulty => ({ at, system, ...(kind ? { kind } : {}), held: 0 }));
  return [...unread, ...lost];
}

function restsOn({ record, at }: Faulty): string {
  const { line } = at.source.position(at.start);
  const names = record?.unread?.filter((name) => name !== '?').map((name) => `-${name}`) ?? [];
  if (!record)
    return `the statement at line ${line} of ${at.source.path} could not be understood and counts for nothing`;
  const what = names.length > 0 ? names.join(' and ') : 'a part';
  return `${what} of the statement at line ${line} of ${at.source.path} could not be read`;
}

function recordKey(
  system: string | undefined,
  { kind, name }: { readonly kind: string; readonly name: string },
): string {
  return `${system ?? ''} ${kind} ${name}`;
}

/** The faulty statement that a place lies in, by halving. */
function statementAt(
  bySource: ReadonlyMap<SourceText, readonly Faulty[]>,
  { source, start }: Span,
): Faulty | undefined {
  const list = bySource.get(source);
  if (!list) return undefined;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.at.start <= start) low = middle + 1;
    else high = middle;
  }
  const found = list[low - 1];
  return found && start <= found.at.end ? found : undefined;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
