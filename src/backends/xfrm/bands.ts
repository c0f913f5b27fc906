/**
 * How a list of rules that select packets freely becomes a list of policies that each are for one protocol or for any.
 *
 * The kernel has no "every protocol but ICMPv6", which is what a record for all of IPv6 selects, because it leaves neighbour discovery
 * alone. So a list is searched in bands: packets of such a protocol meet all rules once in a band for it alone, which ends
 * with a rule for everything, and never come to the band behind it, where "any protocol" then means all the others.
 */
import type { Family } from '../../model/address.js';
import type { DefaultAction, PolicyDirection } from '../../model/host-state.js';
import { anyPort, anyProtocol, type Box } from '../../model/selector/box.js';
import { simplify } from '../../model/selector/simplify.js';
import { type Refusal, sourceName } from './refusal.js';
import type { Rule } from './rules.js';

/** A rule's part in one band. */
export interface BandedRule {
  readonly rule: Rule;
  /** The protocol that the band is for; 0 for the last band, of all other protocols. */
  readonly band: number;
  /** Boxes whose protocol is one number, or all. */
  readonly boxes: readonly Box[];
}

/** Up to so many protocols missing from "any" get bands; more are written out one by one. */
const missingMax = 8;

interface Parts {
  /** Boxes for any protocol but `missing`. */
  readonly open: readonly Box[];
  /** Protocols that `open` leaves out, by family. */
  readonly missing: readonly number[];
  /** Boxes for one protocol each. */
  readonly single: readonly Box[];
}

/**
 * Puts the rules of one direction of the kernel into bands, first match first. `otherwise` is what the kernel does with packets
 * that no policy takes.
 */
export function bandedRules(
  rules: readonly Rule[],
  direction: PolicyDirection,
  otherwise: DefaultAction,
): { readonly banded: readonly BandedRule[]; readonly refusals: readonly Refusal[] } {
  const refusals: Refusal[] = [];
  const banded: BandedRule[] = [];
  for (const family of [4, 6] as const) {
    const parted: { readonly rule: Rule; readonly parts: readonly Parts[] }[] = [];
    const special = new Set<number>();
    for (const rule of rules) {
      const parts = partsOf(rule, family, refusals);
      if (parts.length > 0) parted.push({ rule, parts });
      for (const { missing } of parts) for (const protocol of missing) special.add(protocol);
    }
    const bands = [...special].sort((a, b) => a - b);
    for (const band of [...bands, 0]) {
      const inBand: BandedRule[] = [];
      for (const { rule, parts } of parted) {
        const boxes =
          parts.length === 1
            ? boxesInBand(parts[0]!, band, special)
            : parts.flatMap((part) => boxesInBand(part, band, special));
        if (boxes.length > 0) inBand.push({ rule, band, boxes });
      }
      banded.push(...withoutEmptyEnd(inBand, direction, band === 0 && otherwise === 'accept'));
    }
  }
  return { banded, refusals };
}

const none: readonly never[] = [];
const noParts: readonly Parts[] = [];

function boxesInBand({ open, missing, single }: Parts, band: number, special: ReadonlySet<number>): readonly Box[] {
  if (band === 0) {
    if (single.length === 0) return open;
    const others = special.size === 0 ? single : single.filter((box) => !special.has(box.protocol.lo));
    return open.length === 0 ? others : [...open, ...others];
  }
  const protocol = { lo: band, hi: band };
  return [
    ...(missing.includes(band) ? [] : open.map((box) => ({ ...box, protocol }))),
    ...single.filter((box) => box.protocol.lo === band),
  ];
}

/** A rule's boxes of one family, grouped by their addresses. */
function partsOf(rule: Rule, family: Family, refusals: Refusal[]): readonly Parts[] {
  const isOfFamily = (box: Box) => box.family === family;
  if (!rule.region.some(isOfFamily)) return noParts;
  const boxes = simplify(rule.region.every(isOfFamily) ? rule.region : rule.region.filter(isOfFamily));
  if (boxes.every(isOpen)) return [{ open: boxes, missing: none, single: none }];
  if (boxes.every(isSingle)) return [{ open: none, missing: none, single: boxes }];
  if (boxes.every((box) => isOpen(box) || isSingle(box)))
    return [{ open: boxes.filter(isOpen), missing: none, single: boxes.filter((box) => !isOpen(box)) }];
  const groups = new Map<string, Box[]>();
  for (const box of boxes) {
    const key = `${box.local.lo} ${box.local.hi} ${box.remote.lo} ${box.remote.hi}`;
    const group = groups.get(key);
    if (group) group.push(box);
    else groups.set(key, [box]);
  }
  return [...groups.values()].flatMap((group) => partsOfGroup(rule, group, refusals));
}

function isOpen({ protocol }: Box): boolean {
  return protocol.lo === anyProtocol.lo && protocol.hi === anyProtocol.hi;
}

/** 0 cannot be asked for alone: to the kernel it means any. */
function isSingle({ protocol }: Box): boolean {
  return protocol.lo === protocol.hi && protocol.lo !== 0;
}

function partsOfGroup(rule: Rule, group: readonly Box[], refusals: Refusal[]): readonly Parts[] {
  const [first] = group;
  const isWhole = new Uint8Array(256);
  for (const { protocol, x, y } of group) {
    if (x.lo !== 0 || x.hi !== anyPort.hi || y.lo !== 0 || y.hi !== anyPort.hi) continue;
    for (let number = protocol.lo; number <= protocol.hi; number += 1) isWhole[number] = 1;
  }
  const missing = [...isWhole.keys()].filter((number) => isWhole[number] === 0);
  const restricted = group.filter((box) => isSingle(box) && isWhole[box.protocol.lo] === 0);
  if (isWhole[0] === 1 && missing.length <= missingMax)
    return [{ open: [{ ...first!, protocol: anyProtocol, x: anyPort, y: anyPort }], missing, single: restricted }];
  if (isWhole[0] === 1) {
    refusals.push({
      source: rule.source,
      message: `${sourceName(rule.source)} selects protocol 0 but not all others, and to the kernel 0 means any protocol`,
      help: 'select one protocol, or all of them',
    });
  }
  const whole = [...isWhole.keys()].filter((number) => number > 0 && isWhole[number] === 1);
  return [
    {
      open: [],
      missing: [],
      single: [
        ...restricted,
        ...whole.map((number) => ({ ...first!, protocol: { lo: number, hi: number }, x: anyPort, y: anyPort })),
      ],
    },
  ];
}

/**
 * Leaves out what makes no difference at the end of a band: rules of the product that allow what the rest allows too, and the rest
 * itself where the kernel goes on to allow it, which is only behind the last band.
 */
function withoutEmptyEnd(
  rules: readonly BandedRule[],
  direction: PolicyDirection,
  isRestAllowed: boolean,
): readonly BandedRule[] {
  const last = rules.at(-1);
  if (!last?.rule.isDefault || last.rule.verdict.kind !== 'allow') return rules;
  let end = rules.length - 1;
  while (end > 0 && isOmissible(rules[end - 1]!.rule, direction)) end -= 1;
  return [...rules.slice(0, end), ...(isRestAllowed ? [] : [last])];
}

function isOmissible({ source, verdict }: Rule, direction: PolicyDirection): boolean {
  return verdict.kind === 'allow' && (source.record.kind === 'builtin' || direction === 'fwd');
}
