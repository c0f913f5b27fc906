/**
 * From a SystemConfig to what the kernel must hold: policies in, out and forward whose priorities make the kernel's look-up find
 * what a search of the SPD finds first, and the SAs with manual keys. Pure: equal inputs, equal results.
 */
import type { Family } from '../../model/address.js';
import {
  type HostPolicy,
  type HostSa,
  type HostState,
  type HostTemplate,
  noMark,
  type PolicyDirection,
  policyDirections,
  policyKey,
  saKey,
} from '../../model/host-state.js';
import { protocolNumbers } from '../../model/packet.js';
import { anyPort, type Box, fullBox } from '../../model/selector/box.js';
import type { EntrySource, SaTemplate, SystemConfig } from '../../model/system-config.js';
import { type BandedRule, bandedRules } from './bands.js';
import { manualSasOf } from './manual.js';
import { assignPriorities, type PriorityTable, priorityOfDefault } from './priorities.js';
import { type Refusal, sourceName } from './refusal.js';
import { type HostFacts, type Rule, ruleLists } from './rules.js';
import { selectorsOfBox } from './selectors.js';
import { type RequestIds, requestIds, templatesOf } from './templates.js';

/** Numbers that were given out before and should stay. */
export interface Numbers {
  readonly priorities: PriorityTable;
  readonly reqids: ReadonlyMap<string, number>;
}

export const noNumbers: Numbers = { priorities: new Map(), reqids: new Map() };

export interface Compiled {
  /** What the host must hold of ours. */
  readonly desired: HostState;
  readonly numbers: Numbers;
  /** Why it cannot be had; when there are any, nothing may be applied. */
  readonly refusals: readonly Refusal[];
  /** What should be known about how it will work. */
  readonly notes: readonly string[];
}

/** Policies that one record may take; more is a mistake in its ranges. */
export const policiesPerRecordMax = 10_000;
/** Policies in all. */
export const policiesMax = 500_000;

/** Ports where IKE is spoken, whose packets pass without protection (RFC 7296 §2, RFC 4301 §4.4.1). */
export const ikePorts = [500, 4500] as const;
const ikeSource: EntrySource = { record: { kind: 'builtin', name: 'ike' } };
const ikePlace = 'ike';

/** A policy whose place in the order is known, but not its priority. */
interface Draft {
  readonly place: string;
  readonly isDefault: boolean;
  readonly policy: Omit<HostPolicy, 'priority'>;
}

/** Compiles. `host` is what the host told about itself, `numbers` are those of the state directory. */
export function compileXfrm(config: SystemConfig, host: HostFacts, numbers: Numbers = noNumbers): Compiled {
  const { lists, places, refusals: ruleRefusals, notes } = ruleLists(config, host);
  const refusals = [...ruleRefusals];
  const ids = requestIds(numbers.reqids);
  const sas = manualSas(config, ids, refusals);
  const bands = new Set<number>();
  const drafts: Draft[] = [];
  const counts = new Map<string, number>();
  for (const direction of policyDirections) {
    const { banded, refusals: bandRefusals } = bandedRules(lists[direction], direction, host.defaults[direction]);
    refusals.push(...bandRefusals);
    const keys = new Set<string>();
    for (const rule of banded) {
      bands.add(rule.band);
      drafts.push(...draftsOf(rule, direction, { ids, refusals, keys, counts }));
      if (drafts.length > policiesMax) {
        refusals.push(tooManyPolicies(rule.rule));
        return { desired: { policies: [], sas: [], defaults: host.defaults }, numbers, refusals, notes };
      }
    }
  }
  const all = withIkeExempt(config, drafts);
  const priorities = assignPriorities(usedPlaces(places, bands, all), numbers.priorities);
  const policies = all.map(
    ({ place, isDefault, policy }): HostPolicy => ({
      ...policy,
      priority: isDefault ? priorityOfDefault : priorities.get(place)!,
    }),
  );
  return {
    desired: { policies, sas, defaults: host.defaults },
    numbers: { priorities, reqids: ids.table() },
    refusals: distinct(refusals),
    notes,
  };
}

interface DraftContext {
  readonly ids: RequestIds;
  readonly refusals: Refusal[];
  /** Of the policies of this direction; two with one key cannot be, and the second would never be found. */
  readonly keys: Set<string>;
  /** Policies of each record. */
  readonly counts: Map<string, number>;
}

function draftsOf(
  { rule, band, boxes }: BandedRule,
  direction: PolicyDirection,
  context: DraftContext,
): readonly Draft[] {
  const { verdict, source } = rule;
  const place = placeInBand(band, rule.place);
  const drafts: Draft[] = [];
  const templates = new Map<Family, readonly HostTemplate[] | undefined>();
  const name = sourceName(source);
  const isProtecting = verdict.kind === 'protect';
  const mark = isProtecting && verdict.mark !== 0 ? { value: verdict.mark, mask: 0xffff_ffff } : noMark;
  for (const box of boxes) {
    const unseen = unseenByKernel(rule, box);
    if (unseen) {
      context.refusals.push(unseen);
      return [];
    }
    const had = context.counts.get(name) ?? 0;
    const selectors = selectorsOfBox(box, direction, policiesPerRecordMax - had);
    if ('tooMany' in selectors) {
      context.refusals.push({
        source,
        message: `${name} would take more than ${policiesPerRecordMax} policies of the kernel, which knows no ranges`,
        help: 'take fewer ranges of addresses and ports, or ones that begin and end at powers of two',
      });
      return [];
    }
    context.counts.set(name, had + selectors.length);
    if (isProtecting && !templates.has(box.family))
      templates.set(box.family, familyTemplates(rule, box.family, direction, context));
    const asked = isProtecting ? templates.get(box.family) : noTemplates;
    if (!asked) return [];
    for (const selector of selectors) {
      const policy: Draft['policy'] = {
        direction,
        selector: rule.interfaceIndex === undefined ? selector : { ...selector, interfaceIndex: rule.interfaceIndex },
        mark,
        ifId: verdict.kind === 'allow' ? 0 : (verdict.ifId ?? 0),
        type: 'main',
        index: 0,
        action: verdict.kind === 'block' ? 'block' : 'allow',
        flags: 0,
        share: 0,
        templates: asked,
        limits: noLimits,
        record: source.record,
      };
      const key = policyKey(policy);
      if (context.keys.has(key)) continue;
      context.keys.add(key);
      drafts.push({ place, isDefault: rule.isDefault && band === 0, policy });
    }
  }
  return drafts;
}

/** DCCP's ports and the types of Mobility Header messages are nothing to kernels of today (6.9 and 6.16 took them out). */
function unseenByKernel({ source }: Rule, { protocol, x, y }: Box): Refusal | undefined {
  const isRestricted = x.lo !== anyPort.lo || x.hi !== anyPort.hi || y.lo !== anyPort.lo || y.hi !== anyPort.hi;
  if (!isRestricted || protocol.lo !== protocol.hi) return undefined;
  const what =
    protocol.lo === dccp ? 'ports of DCCP' : protocol.lo === protocolNumbers.MH ? 'types of MH messages' : undefined;
  return what === undefined
    ? undefined
    : {
        source,
        message: `${sourceName(source)} selects ${what}, which the kernel does not look at`,
        help: 'select the whole protocol',
      };
}

const dccp = 33;

const noTemplates: readonly HostTemplate[] = [];
const noLimits: HostPolicy['limits'] = {};

function familyTemplates(
  { verdict, region }: Rule,
  family: Family,
  direction: PolicyDirection,
  { ids, refusals }: DraftContext,
): readonly HostTemplate[] | undefined {
  if (verdict.kind !== 'protect') return noTemplates;
  const part = region.filter((box) => box.family === family);
  const templates = templatesOf(verdict.bundle, part, family, direction, ids);
  if (!('message' in templates)) return templates;
  refusals.push(templates);
  return undefined;
}

function placeInBand(band: number, place: string): string {
  return band === 0 ? place : `protocol ${band}: ${place}`;
}

/** Bands for one protocol come first, and within each band the rules in their order. */
function usedPlaces(
  places: readonly string[],
  bands: ReadonlySet<number>,
  drafts: readonly Draft[],
): readonly string[] {
  const used = new Set(drafts.flatMap(({ place, isDefault }) => (isDefault ? [] : [place])));
  const special = [...bands].filter((band) => band !== 0).sort((a, b) => a - b);
  const all = [ikePlace, ...[...special, 0].flatMap((band) => places.map((place) => placeInBand(band, place)))];
  return all.filter((place) => used.has(place));
}

/** IKE's own packets pass before everything else, where something is negotiated and something could stop them. */
function withIkeExempt(config: SystemConfig, drafts: readonly Draft[]): readonly Draft[] {
  const exempt = ikeDrafts(config, drafts);
  if (exempt.length === 0) return drafts;
  const keyOf = ({ policy }: Draft) => policyKey(policy);
  const keys = new Set(exempt.map(keyOf));
  return [
    ...exempt,
    ...drafts.filter((draft) => draft.policy.selector.protocol !== protocolNumbers.UDP || !keys.has(keyOf(draft))),
  ];
}

function ikeDrafts(config: SystemConfig, drafts: readonly Draft[]): readonly Draft[] {
  const isNegotiated = [...config.spd, ...config.forwardSpd].some(
    ({ action }) => action.kind === 'PROTECT' && action.bundle.some(({ manual }) => !manual),
  );
  if (!isNegotiated) return [];
  const made: Draft[] = [];
  for (const direction of ['in', 'out'] as const) {
    for (const family of [4, 6] as const) {
      const isStopped = drafts.some(
        ({ policy }) =>
          policy.direction === direction &&
          policy.selector.family === family &&
          (policy.action === 'block' || policy.templates.length > 0),
      );
      if (!isStopped) continue;
      for (const port of ikePorts) made.push(ikeDraft(direction, family, port));
    }
  }
  return made;
}

function ikeDraft(direction: PolicyDirection, family: Family, port: number): Draft {
  const udp = { lo: protocolNumbers.UDP, hi: protocolNumbers.UDP };
  const box = { ...fullBox(family), protocol: udp, x: { lo: port, hi: port }, y: anyPort };
  const selectors = selectorsOfBox(box, direction, 1);
  if ('tooMany' in selectors) throw new Error('one port is one selector');
  return {
    place: ikePlace,
    isDefault: false,
    policy: {
      direction,
      selector: selectors[0]!,
      mark: noMark,
      ifId: 0,
      type: 'main',
      index: 0,
      action: 'allow',
      flags: 0,
      share: 0,
      templates: noTemplates,
      limits: {},
      record: ikeSource.record,
    },
  };
}

/** The SAs with manual keys, each once. */
function manualSas(config: SystemConfig, ids: RequestIds, refusals: Refusal[]): readonly HostSa[] {
  const seen = new Set<SaTemplate>();
  const byKey = new Map<string, HostSa>();
  for (const { action } of [...config.spd, ...config.forwardSpd]) {
    if (action.kind !== 'PROTECT') continue;
    for (const template of action.bundle) {
      if (!template.manual || seen.has(template)) continue;
      seen.add(template);
      const made = manualSasOf(template, ids.of(template));
      if ('message' in made) {
        refusals.push(made);
        continue;
      }
      for (const sa of made) {
        const first = byKey.get(saKey(sa));
        if (first) {
          refusals.push({
            source: template.source,
            message: `${sourceName(template.source)} has SPI ${sa.spi}, which ${sourceName({ record: first.record! })} has for the same destination`,
            help: 'give every manual SA an SPI of its own',
          });
        } else byKey.set(saKey(sa), sa);
      }
    }
  }
  return [...byKey.values()];
}

function tooManyPolicies({ source }: Rule): Refusal {
  return {
    source,
    message: `the records take more than ${policiesMax} policies of the kernel, counted up to ${sourceName(source)}`,
    help: 'take fewer ranges of addresses and ports',
  };
}

function distinct(refusals: readonly Refusal[]): readonly Refusal[] {
  const seen = new Set<string>();
  return refusals.filter(({ message }) => !seen.has(message) && seen.add(message));
}
