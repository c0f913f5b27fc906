/** Lifetimes of child SAs as the rules read them, and the edits that change them. */
import type { Fix } from '../model/finding.js';
import type { HostRecord, TunnelRecord } from '../model/record/policy.js';
import type { PolicySet } from '../model/resolve.js';
import type { Span } from '../model/span.js';
import { type AlgorithmList, type ListElement, protectingRecords, transformList } from './algorithm-lists.js';
import { isManual } from './peer-policies.js';
import { setArgument } from './places.js';
import { spelled } from './weak-algorithms.js';

/** What a transform lives where nothing is written (hpux-ipsec reference 3.4). */
export const defaultSeconds = 28800;
export const defaultKilobytes = 0;

/** IKE needs up to this long to renew a key: 31 seconds of retries (hpux-ipsec reference 7.4). */
export const renewalSeconds = 31;

/** Sensible time before the end of a key at which its renewal begins. */
export const rekeyMarginSeconds = 300;

export interface ChildLifetime {
  readonly record: HostRecord | TunnelRecord;
  readonly list: AlgorithmList;
  readonly element: ListElement;
  /** 0 is without limit. */
  readonly seconds: number;
  /** 0 is without limit. */
  readonly kilobytes: number;
}

/** The lifetimes of every transform that IKE negotiates; manual SAs have none. */
export function* childLifetimes(policies: PolicySet): Iterable<ChildLifetime> {
  for (const record of protectingRecords(policies)) {
    if (!isManual(record)) yield* lifetimesOf(record);
  }
}

/** The lifetimes of one policy's transforms. */
export function* lifetimesOf(record: HostRecord | TunnelRecord): Iterable<ChildLifetime> {
  const list = transformList(record);
  for (const element of list.elements) {
    const { lifetimeSeconds, lifetimeKilobytes } = element.spec ?? {};
    yield {
      record,
      list,
      element,
      seconds: lifetimeSeconds ?? defaultSeconds,
      kilobytes: lifetimeKilobytes ?? defaultKilobytes,
    };
  }
}

/** Where a lifetime stands: its own digits, else the transform. */
export function lifetimePlace({ list, element }: ChildLifetime, which: 'seconds' | 'kilobytes'): Span {
  const at = element.place();
  if (list.origin.kind !== 'explicit') return at;
  const fields = at.source.text.slice(at.start, at.end).split('/');
  const index = which === 'seconds' ? 1 : 2;
  const field = fields[index];
  if (field === undefined) return at;
  const start = at.start + fields.slice(0, index).join('/').length + 1;
  return { source: at.source, start, end: start + field.length };
}

/** What to say about a lifetime that nobody wrote. */
export function lifetimeNotes({ element }: ChildLifetime): string[] {
  return element.spec?.lifetimeSeconds === undefined
    ? [`no lifetime is written: ${defaultSeconds} seconds are the default`]
    : [];
}

/** The fix that writes other lifetimes behind a transform; none where a continuation line cuts through it. */
export function lifetimeFixes({ record, list, element }: ChildLifetime, seconds: number, kilobytes: number): Fix[] {
  const spell = `/${seconds}${kilobytes > 0 ? `/${kilobytes}` : ''}`;
  const title = kilobytes > 0 ? `write ${spell}` : `write ${seconds} seconds`;
  if (list.origin.kind === 'explicit') {
    const at = element.place();
    const [names] = at.source.text.slice(at.start, at.end).split('/');
    if (names?.toUpperCase() !== element.word) return [];
    return [{ safety: 'unsafe', title, edits: [{ at, newText: `${names}${spell}` }] }];
  }
  const words = list.elements.map((other) => (other === element ? `${element.word}${spell}` : spelled(other)));
  return [{ safety: 'unsafe', title, edits: [setArgument(record, 'action', list.origin, words.join(','))] }];
}

/** `28800 s (8 h)`. */
export function formatSeconds(seconds: number): string {
  for (const [size, unit] of [
    [86400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const) {
    if (seconds >= size) return `${seconds} s (${Number((seconds / size).toFixed(1))} ${unit})`;
  }
  return `${seconds} s`;
}
